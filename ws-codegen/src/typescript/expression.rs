//! A type of TypeScript as a tree: decided in every word, not yet laid out in lines.

use crate::model::Docs;

/// What stands on the right of `type X =`.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Expression {
    /// A name, a literal, or another piece that is never broken.
    Word(String),
    /// `{ a: A; b?: B }`
    Object(Vec<Member>),
    /// `A | B`
    Union(Vec<Alternative>),
    /// `A & B`
    Intersection(Vec<Expression>),
    /// `A[]`
    Array(Box<Expression>),
    /// `[A, B?, ...C[]]`
    Tuple(Vec<Element>),
}

/// A member of an object type.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Member {
    pub(super) comment: Comment,
    /// What stands before the colon: a name with its `?`, or an index signature.
    pub(super) name: String,
    pub(super) value: Expression,
}

/// An alternative of a union.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Alternative {
    pub(super) comment: Comment,
    pub(super) value: Expression,
}

/// An element of a tuple.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Element {
    pub(super) role: Role,
    pub(super) value: Expression,
}

/// Whether an element of a tuple must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Required,
    Optional,
    /// Any number of elements.
    Rest,
}

/// What is said above a member or an alternative.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Comment {
    pub(super) docs: Docs,
    pub(super) tags: Vec<String>,
}

impl Comment {
    pub(super) fn is_empty(&self) -> bool {
        self.tags.is_empty() && self.docs.text.is_empty() && !self.docs.deprecated
    }
}

impl From<&Docs> for Comment {
    fn from(docs: &Docs) -> Self {
        Comment {
            docs: docs.clone(),
            tags: Vec::new(),
        }
    }
}

impl From<Expression> for Alternative {
    fn from(value: Expression) -> Self {
        Alternative {
            comment: Comment::default(),
            value,
        }
    }
}

impl Expression {
    pub(super) fn word(word: impl Into<String>) -> Self {
        Expression::Word(word.into())
    }
}
