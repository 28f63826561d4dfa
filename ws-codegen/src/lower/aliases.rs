//! Definitions that are other definitions, directly or as one of several.
//!
//! `A` that is `B` that is `A` describes nothing, and neither a type of TypeScript nor any walk below would end on it.
//! Recursion through a member, an item or an entry is fine, and not looked at here.

use crate::contract::Location;
use crate::error::{Problem, Report};
use crate::model::{Model, Type, TypeId};

/// How many loops are reported; a file with more of them is wrong as a whole.
const MOST_LOOPS: usize = 20;

/// All definitions, each after those that it is. `None` after a loop has been reported.
///
/// Chains of definitions may be as long as the file, so the search keeps its own stack.
pub(super) fn order(model: &Model, report: &mut Report) -> Option<Vec<TypeId>> {
    let edges: Vec<Vec<TypeId>> = model
        .definitions
        .iter()
        .map(|definition| {
            let mut targets = Vec::new();
            collect(&definition.shape, &mut targets);
            targets
        })
        .collect();
    let mut state = vec![State::Unseen; edges.len()];
    let mut order = Vec::with_capacity(edges.len());
    let mut loops = 0;
    for start in 0..edges.len() {
        if state[start] != State::Unseen || loops == MOST_LOOPS {
            continue;
        }
        state[start] = State::Open;
        let mut path = vec![(start, 0)];
        while let Some((current, next)) = path.last_mut() {
            let current = *current;
            let Some(target) = edges[current].get(*next) else {
                state[current] = State::Done;
                order.push(TypeId(current));
                path.pop();
                continue;
            };
            *next += 1;
            match state[target.0] {
                State::Done => {}
                State::Unseen => {
                    state[target.0] = State::Open;
                    path.push((target.0, 0));
                }
                State::Open if loops == MOST_LOOPS => return None,
                State::Open => {
                    loops += 1;
                    let start = path.iter().position(|(step, _)| *step == target.0);
                    let around = path.iter().skip(start.unwrap_or(0)).map(|(step, _)| *step);
                    report.push(describe(model, target.0, &around.collect::<Vec<_>>()));
                }
            }
        }
    }
    (loops == 0).then_some(order)
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    Unseen,
    /// On the path that is being followed.
    Open,
    Done,
}

fn collect(shape: &Type, targets: &mut Vec<TypeId>) {
    match shape {
        Type::Reference(id) => targets.push(*id),
        Type::Union(union) => union
            .arms
            .iter()
            .for_each(|arm| collect(&arm.shape, targets)),
        Type::Intersection(all) => all.parts.iter().for_each(|part| collect(part, targets)),
        Type::Object(object) => {
            if let Some(names) = &object.names {
                collect(names, targets);
            }
        }
        _ => {}
    }
}

fn describe(model: &Model, first: usize, around: &[usize]) -> Problem {
    /// How many definitions of a loop are named.
    const SHOWN: usize = 8;
    let first = &model.definitions[first];
    let mut text = String::new();
    for step in around.iter().take(SHOWN) {
        text.push_str(&model.definitions[*step].name);
        text.push_str(" > ");
    }
    if around.len() > SHOWN {
        text.push_str("… > ");
    }
    text.push_str(&first.name);
    let definitions = Location::ROOT.member("$defs");
    Problem::new(
        definitions.member(&first.name),
        format!("the definition `{}` is itself: {text}", first.name),
    )
    .reached_by(&first.route)
    .help("let it contain itself in a member or in an array instead")
}
