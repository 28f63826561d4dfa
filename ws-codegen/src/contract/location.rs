//! Where in the contract file something stands.

use std::fmt;

/// A place in the contract file, printed as a JSON pointer (RFC 6901).
///
/// It is a list on the stack: walking down a schema costs nothing, and only a problem pays for the text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Location<'a> {
    parent: Option<&'a Location<'a>>,
    step: Step<'a>,
}

#[derive(Debug, Clone, Copy)]
enum Step<'a> {
    Root,
    Member(&'a str),
    Item(usize),
}

impl Location<'static> {
    /// The whole document.
    pub(crate) const ROOT: Location<'static> = Location {
        parent: None,
        step: Step::Root,
    };
}

impl<'a> Location<'a> {
    /// The member `name` of the object that stands here.
    pub(crate) fn member(&'a self, name: &'a str) -> Location<'a> {
        Location {
            parent: Some(self),
            step: Step::Member(name),
        }
    }

    /// The item `index` of the array that stands here.
    pub(crate) fn item(&'a self, index: usize) -> Location<'a> {
        Location {
            parent: Some(self),
            step: Step::Item(index),
        }
    }
}

impl fmt::Display for Location<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent {
            parent.fmt(out)?;
        }
        match self.step {
            Step::Root => Ok(()),
            Step::Member(name) => write!(out, "/{}", name.replace('~', "~0").replace('/', "~1")),
            Step::Item(index) => write!(out, "/{index}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_are_escaped() {
        let definitions = Location::ROOT.member("$defs");
        let odd = definitions.member("a/b~c");
        assert_eq!(odd.item(3).to_string(), "/$defs/a~1b~0c/3");
        assert_eq!(Location::ROOT.to_string(), "");
    }
}
