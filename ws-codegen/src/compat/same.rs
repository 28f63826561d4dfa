//! Whether two types are the same but for names and docs.

use std::collections::HashSet;

use crate::model::{Model, Object, Rest, Type, TypeId};

/// How many pairs of types are looked at before two types count as different.
const MOST: usize = 100_000;

/// Whether the values of two types are described in the same way.
pub(super) fn same(old: (&Model, &Type), new: (&Model, &Type)) -> bool {
    let mut comparison = Comparison {
        seen: HashSet::new(),
        pending: Vec::new(),
    };
    if !comparison.types(old.1, new.1) {
        return false;
    }
    while let Some((one, other)) = comparison.pending.pop() {
        let shapes = (&old.0.definition(one).shape, &new.0.definition(other).shape);
        if comparison.seen.len() > MOST || !comparison.types(shapes.0, shapes.1) {
            return false;
        }
    }
    true
}

/// The pairs of definitions that must be the same, too.
struct Comparison {
    seen: HashSet<(TypeId, TypeId)>,
    pending: Vec<(TypeId, TypeId)>,
}

impl Comparison {
    fn types(&mut self, old: &Type, new: &Type) -> bool {
        match (old, new) {
            (Type::Reference(old), Type::Reference(new)) => {
                if self.seen.insert((*old, *new)) {
                    self.pending.push((*old, *new));
                }
                true
            }
            (Type::Array(old), Type::Array(new)) => {
                old.limits == new.limits && self.types(&old.item, &new.item)
            }
            (Type::Tuple(old), Type::Tuple(new)) => {
                old.required == new.required
                    && self.all(old.items.iter(), new.items.iter())
                    && self.options(old.rest.as_deref(), new.rest.as_deref())
            }
            (Type::Object(old), Type::Object(new)) => self.objects(old, new),
            (Type::Union(old), Type::Union(new)) => {
                let arms = old.arms.iter().zip(&new.arms);
                old.exclusive == new.exclusive
                    && old.arms.len() == new.arms.len()
                    && arms
                        .into_iter()
                        .all(|(old, new)| self.types(&old.shape, &new.shape))
            }
            (Type::Intersection(old), Type::Intersection(new)) => {
                self.all(old.parts.iter(), new.parts.iter()) && self.rest(&old.rest, &new.rest)
            }
            (Type::Reference(_), _) | (_, Type::Reference(_)) => false,
            (old, new) => old == new,
        }
    }

    fn all<'t>(
        &mut self,
        old: impl ExactSizeIterator<Item = &'t Type>,
        new: impl ExactSizeIterator<Item = &'t Type>,
    ) -> bool {
        old.len() == new.len() && old.zip(new).all(|(old, new)| self.types(old, new))
    }

    fn options(&mut self, old: Option<&Type>, new: Option<&Type>) -> bool {
        match (old, new) {
            (Some(old), Some(new)) => self.types(old, new),
            (old, new) => old.is_none() && new.is_none(),
        }
    }

    fn rest(&mut self, old: &Rest, new: &Rest) -> bool {
        match (old, new) {
            (Rest::Map(old), Rest::Map(new)) => self.types(old, new),
            (old, new) => old == new,
        }
    }

    fn objects(&mut self, old: &Object, new: &Object) -> bool {
        let members = old.properties.len() == new.properties.len()
            && old
                .properties
                .iter()
                .zip(&new.properties)
                .all(|(old, new)| {
                    old.name == new.name
                        && old.required == new.required
                        && self.types(&old.shape, &new.shape)
                });
        let patterns = old.patterns.len() == new.patterns.len()
            && old.patterns.iter().zip(&new.patterns).all(|(old, new)| {
                old.expression == new.expression && self.types(&old.shape, &new.shape)
            });
        members
            && patterns
            && old.limits == new.limits
            && self.options(old.names.as_deref(), new.names.as_deref())
            && self.rest(&old.rest, &new.rest)
    }
}
