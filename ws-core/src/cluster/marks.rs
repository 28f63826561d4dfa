//! Which publications have come already. Knows their marks, and nothing of what they say.

use std::collections::VecDeque;

/// The marks of publications that end connections, the last so many.
///
/// Such a publication may come several times, and on several ways, under the same mark.
#[derive(Debug, Default)]
pub(crate) struct Marks(VecDeque<u64>);

impl Marks {
    /// Several times as many as are kept for nodes that do not hear them: none of these is forgotten before it is found.
    const MOST: usize = 8192;

    /// Whether one was added.
    pub(crate) fn has(&self, mark: u64) -> bool {
        self.0.contains(&mark)
    }

    /// Adds one. Whether it was not there.
    pub(crate) fn add(&mut self, mark: u64) -> bool {
        let is_new = !self.0.contains(&mark);
        if is_new {
            if self.0.len() == Self::MOST {
                self.0.pop_front();
            }
            self.0.push_back(mark);
        }
        is_new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_mark_is_new_once_and_the_oldest_are_forgotten() {
        let mut marks = Marks::default();
        let last = Marks::MOST as u64;
        assert!((0..=last).all(|mark| marks.add(mark)));
        assert!((1..=last).all(|mark| !marks.add(mark)));
        assert!(marks.add(0));
    }
}
