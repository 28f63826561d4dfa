//! Names of definitions that say which type they describe, and do not depend on what else is in the contract.
//!
//! schemars numbers types of one name in the order in which it meets them: `Page`, `Page2`. What tells them apart is their
//! `schema_id`. A generator shows its table of ids only in its `Debug` form. If a later schemars shows it in another way, types keep
//! the names that they have, and a name that depends on an order is still found (see [`super::definitions`]).

use std::collections::{BTreeMap, BTreeSet};

use schemars::SchemaGenerator;

/// What schemars calls each type, by the type's id.
pub(super) type Identities = BTreeMap<String, String>;

/// The table of a generator whose definitions have been taken.
pub(super) fn identities(generator: &SchemaGenerator) -> Identities {
    let shown = format!("{generator:?}");
    let Some((_, mut rest)) = shown.split_once("schema_id_to_name: {SchemaUid(\"") else {
        return Identities::new();
    };
    let mut identities = Identities::new();
    while let Some((id, (name, others))) = rest.split_once("\", ").and_then(|(id, behind)| {
        let (_shape, named) = behind.split_once("): \"")?;
        Some((id, named.split_once('"')?))
    }) {
        identities.insert(id.to_owned(), name.to_owned());
        match others.strip_prefix(", SchemaUid(\"") {
            Some(next) => rest = next,
            None => break,
        }
    }
    identities
}

/// What each type is to be called, by its id. Types of the same name keep it: telling them apart is up to the application.
pub(super) fn names(identities: &Identities) -> BTreeMap<&str, String> {
    // The ids of several type arguments follow each other without a separator: the name of a crate begins the next one.
    let crates: BTreeSet<&str> = identities
        .keys()
        .filter_map(|id| id.split_once("::"))
        .map(|(first, _)| first)
        .collect();
    let named = identities.iter().map(|(id, name)| {
        let preferred = preferred(id, name, &crates).unwrap_or_else(|| name.clone());
        (id.as_str(), preferred)
    });
    named.collect()
}

/// The name of a type whose own name schemars may have numbered: `Page` for `app::Page`, `PageOfMsg` for
/// `app::Page<app::Msg>`.
fn preferred(id: &str, name: &str, crates: &BTreeSet<&str>) -> Option<String> {
    let (path, arguments) = match id.strip_suffix('>').and_then(|id| id.split_once('<')) {
        Some((path, arguments)) => (path, Some(arguments)),
        None => (id, None),
    };
    let (_module, base) = path.rsplit_once("::")?;
    let number = name.strip_prefix(base)?;
    if !number.chars().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    Some(match arguments {
        None => base.to_owned(),
        Some(arguments) => format!("{base}Of{}", words(arguments, crates)),
    })
}

/// The types in a list of type arguments, as one word: `ArrayOfMsg` for `[app::Msg]`.
fn words(arguments: &str, crates: &BTreeSet<&str>) -> String {
    let mut separated = arguments.to_owned();
    for name in crates {
        separated = separate(&separated, &format!("{name}::"));
    }
    let mut words = String::new();
    let mut word = String::new();
    for character in separated.chars().chain([' ']) {
        match character {
            ':' => word.clear(),
            _ if character.is_alphanumeric() || character == '_' => word.push(character),
            _ => {
                words.push_str(&capitalized(&std::mem::take(&mut word)));
                words.push_str(match character {
                    '[' => "ArrayOf",
                    '<' => "Of",
                    '(' => "TupleOf",
                    _ => "",
                });
            }
        }
    }
    words
}

/// Puts a space before every `start` that follows the end of another path.
fn separate(text: &str, start: &str) -> String {
    let mut separated = String::with_capacity(text.len());
    for (index, part) in text.split(start).enumerate() {
        if index > 0 {
            if separated.ends_with(|last: char| last.is_alphanumeric() || last == '_') {
                separated.push(' ');
            }
            separated.push_str(start);
        }
        separated.push_str(part);
    }
    separated
}

fn capitalized(word: &str) -> String {
    let word = if word == "str" { "string" } else { word };
    let mut characters = word.chars();
    characters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(characters).collect()
    })
}

#[cfg(test)]
mod tests {
    use schemars::JsonSchema;
    use schemars::generate::SchemaSettings;

    use super::*;

    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema is looked at")]
    struct Page<T> {
        items: Vec<T>,
    }

    #[derive(JsonSchema)]
    #[schemars(rename = "Named_{T}")]
    #[expect(dead_code, reason = "only its schema is looked at")]
    struct Named<T> {
        items: Vec<T>,
    }

    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema is looked at")]
    struct Pair<A, B> {
        one: A,
        other: B,
    }

    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema is looked at")]
    struct Grid<const N: usize> {
        cells: Vec<u8>,
    }

    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema is looked at")]
    struct Msg {
        text: String,
    }

    mod other {
        use schemars::JsonSchema;

        #[derive(JsonSchema)]
        #[expect(dead_code, reason = "only its schema is looked at")]
        pub(super) struct Msg {
            number: u32,
        }
    }

    #[test]
    fn generic_types_are_named_by_their_arguments() {
        let mut generator = SchemaSettings::draft2020_12().into_generator();
        generator.subschema_for::<Page<String>>();
        generator.subschema_for::<Page<Vec<Msg>>>();
        generator.subschema_for::<Page<Page<Msg>>>();
        generator.subschema_for::<Pair<Msg, Page<u32>>>();
        generator.subschema_for::<Grid<3>>();
        generator.subschema_for::<Named<Msg>>();
        generator.subschema_for::<std::ops::Range<i32>>();
        generator.take_definitions(true);
        let identities = identities(&generator);
        let mut names: Vec<String> = names(&identities).into_values().collect();
        names.sort();
        assert_eq!(
            names,
            [
                "GridOf3",
                "Msg",
                "Named_Msg",
                "PageOfArrayOfMsg",
                "PageOfMsg",
                "PageOfPageOfMsg",
                "PageOfString",
                "PageOfUint32",
                "PairOfMsgPageOfUint32",
                "Range_of_int32",
            ]
        );
    }

    #[test]
    fn types_of_one_name_keep_it_whatever_the_order() {
        for reversed in [false, true] {
            let mut generator = SchemaSettings::draft2020_12().into_generator();
            if reversed {
                generator.subschema_for::<other::Msg>();
            }
            generator.subschema_for::<Msg>();
            generator.subschema_for::<other::Msg>();
            generator.take_definitions(true);
            let identities = identities(&generator);
            assert_eq!(identities.len(), 2);
            assert!(names(&identities).values().all(|name| name == "Msg"));
        }
    }
}
