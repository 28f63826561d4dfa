//! A type as the values of each kind that fit it: what references, unions and intersections come to.

use super::shape::{self, Shape};
use crate::model::{Array, Literal, Model, Number, Text, Tuple, Type};

/// How many alternatives are looked at; a type of more is taken for unclear.
const MOST: usize = 20_000;
/// How deep references and unions may be nested without an object or a list between them.
const DEEPEST: usize = 100;

/// The values of a type, by kind.
#[derive(Debug, Default)]
pub(super) struct Forms<'m> {
    /// Every value.
    pub(super) any: bool,
    pub(super) null: bool,
    /// `false`, `true`.
    pub(super) booleans: [bool; 2],
    pub(super) numbers: Vec<&'m Number>,
    pub(super) constants: Vec<f64>,
    pub(super) texts: Vec<&'m Text>,
    pub(super) words: Vec<&'m str>,
    pub(super) lists: Vec<List<'m>>,
    pub(super) objects: Vec<Shape<'m>>,
    /// Whether a value must fit no more than one of several alternatives.
    pub(super) exclusive: bool,
    /// Whether there is more to it than is known here.
    pub(super) unclear: bool,
}

/// An array or a tuple.
#[derive(Debug, Clone, Copy)]
pub(super) enum List<'m> {
    Array(&'m Array),
    Tuple(&'m Tuple),
}

/// A kind of values, `null` left out: it comes beside every other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Boolean,
    Number,
    Text,
    List,
    Object,
}

impl Kind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Kind::Boolean => "a boolean",
            Kind::Number => "a number",
            Kind::Text => "a string",
            Kind::List => "an array",
            Kind::Object => "an object",
        }
    }
}

impl<'m> Forms<'m> {
    pub(super) fn of(shape: &'m Type, model: &'m Model) -> Self {
        let mut forms = Forms::default();
        forms.add(shape, model, None, 0);
        forms
    }

    fn add(&mut self, shape: &'m Type, model: &'m Model, name: Option<&'m str>, depth: usize) {
        if depth > DEEPEST || self.count() > MOST {
            self.unclear = true;
            return;
        }
        match shape {
            Type::Json => self.any = true,
            Type::Never => {}
            Type::Null => self.null = true,
            Type::Boolean => self.booleans = [true, true],
            Type::Literal(Literal::Boolean(value)) => self.booleans[usize::from(*value)] = true,
            Type::Number(number) => self.numbers.push(number),
            Type::Literal(Literal::Number(number)) => self.constants.push(*number),
            Type::Text(text) => self.texts.push(text),
            Type::Literal(Literal::Text(word)) => self.words.push(word),
            Type::Array(array) => self.lists.push(List::Array(array)),
            Type::Tuple(tuple) => self.lists.push(List::Tuple(tuple)),
            Type::Object(object) => self.objects.push(Shape::of(object, name)),
            Type::Union(union) => {
                self.exclusive |= union.exclusive && union.arms.len() > 1;
                for arm in &union.arms {
                    self.add(&arm.shape, model, name, depth + 1);
                }
            }
            Type::Reference(id) => {
                let definition = model.definition(*id);
                self.add(&definition.shape, model, Some(&definition.name), depth + 1);
            }
            Type::Intersection(all) => {
                let parts = all.parts.iter().map(|part| {
                    let mut forms = Forms::default();
                    forms.add(part, model, None, depth + 1);
                    forms
                });
                let parts: Vec<_> = parts.collect();
                self.exclusive |= parts.iter().any(|part| part.exclusive);
                match shape::all_of(&parts, &all.rest, MOST) {
                    Some(objects) => self.objects.extend(objects),
                    None => self.unclear = true,
                }
            }
        }
    }

    fn count(&self) -> usize {
        let scalars = self.constants.len() + self.words.len();
        scalars + self.numbers.len() + self.texts.len() + self.lists.len() + self.objects.len()
    }

    /// How much there is to compare.
    pub(super) fn size(&self) -> usize {
        let members = self.objects.iter().map(|shape| shape.members.len());
        self.count() + members.sum::<usize>()
    }

    /// The kinds of values that fit.
    pub(super) fn kinds(&self) -> Vec<Kind> {
        let kinds = [
            (Kind::Boolean, self.booleans != [false, false]),
            (
                Kind::Number,
                !self.numbers.is_empty() || !self.constants.is_empty(),
            ),
            (Kind::Text, !self.texts.is_empty() || !self.words.is_empty()),
            (Kind::List, !self.lists.is_empty()),
            (Kind::Object, !self.objects.is_empty()),
        ];
        let there = kinds.into_iter().filter(|(_, there)| *there);
        there.map(|(kind, _)| kind).collect()
    }

    /// Whether nothing but objects fits.
    pub(super) fn is_objects(&self) -> bool {
        !self.any && !self.null && !self.unclear && self.kinds() == [Kind::Object]
    }

    /// What fits, in words.
    pub(super) fn names(&self) -> String {
        if self.any {
            return "any value".to_owned();
        }
        let kinds = self.kinds();
        let mut names: Vec<_> = kinds.into_iter().map(Kind::name).collect();
        names.extend(self.null.then_some("`null`"));
        match names.as_slice() {
            [] => "nothing".to_owned(),
            names => names.join(" or "),
        }
    }

    /// Whether a value may fit two alternatives, as far as is known.
    pub(super) fn overlaps(&self) -> bool {
        let several = |general: usize, constants: usize| general + usize::from(constants > 0) > 1;
        self.any && self.count() > 0
            || several(self.numbers.len(), self.constants.len())
            || several(self.texts.len(), self.words.len())
            || self.lists.len() > 1
            || shape::overlap(&self.objects)
    }
}
