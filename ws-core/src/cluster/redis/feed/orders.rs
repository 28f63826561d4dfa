use std::collections::VecDeque;

/// Which orders to end connections were carried out here.
///
/// An order comes with what is published, and is also kept under a key of its own, for nodes that do not hear it. Whichever
/// way it comes first, it is carried out then, and not once more when it comes on the other way: who has come since is not
/// meant by it.
#[derive(Debug, Default)]
pub(super) struct Orders {
    /// The mark of the last order to disconnect everyone, where one is known.
    everyone: Option<u64>,
    carried_out: VecDeque<(u64, Way)>,
}

/// How an order came first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// It was published, or this node has sent it.
    Heard,
    /// It was found under its key, and may still be heard.
    Found,
}

impl Orders {
    /// Of so many it is known that they were carried out.
    const MOST: usize = 1024;

    /// The last order to disconnect everyone, at the time at which this node began to listen.
    pub(super) fn know_everyone(&mut self, mark: u64) {
        self.everyone.get_or_insert(mark);
    }

    /// An order of this mark is heard. Returns whether it is to be carried out.
    pub(super) fn hear(&mut self, mark: u64) -> bool {
        match self.way_of(mark) {
            Some(way) => way == Way::Heard,
            None => {
                self.note(mark, Way::Heard);
                true
            }
        }
    }

    /// An order to disconnect everyone is the last one that was given. Returns whether it is to be carried out.
    pub(super) fn find_everyone(&mut self, mark: u64) -> bool {
        let is_another = self.everyone.is_some_and(|known| known != mark);
        if is_another {
            self.everyone = Some(mark);
        }
        is_another && self.find(mark)
    }

    fn find(&mut self, mark: u64) -> bool {
        let is_new = self.way_of(mark).is_none();
        if is_new {
            self.note(mark, Way::Found);
        }
        is_new
    }

    fn way_of(&self, mark: u64) -> Option<Way> {
        let mut carried_out = self.carried_out.iter();
        let known = carried_out.find(|(known, _)| *known == mark);
        known.map(|(_, way)| *way)
    }

    fn note(&mut self, mark: u64, way: Way) {
        if self.carried_out.len() == Self::MOST {
            self.carried_out.pop_front();
        }
        self.carried_out.push_back((mark, way));
    }
}
