//! The names of the exported validators.

use std::collections::HashMap;
use std::fmt::Write as _;

/// Gives every event a name that may stand in an identifier, and none of them twice.
///
/// `chats.msg-private` is `chatsMsgPrivate`. Events that would share a name, such as `a.b` and `a-b`, are spelled out
/// instead, so that the name of an event does not depend on the order in which events were added.
pub(super) fn names<'e>(events: impl Iterator<Item = &'e str> + Clone) -> HashMap<&'e str, String> {
    let mut uses: HashMap<String, u32> = HashMap::new();
    for event in events.clone() {
        *uses.entry(camel(event)).or_default() += 1;
    }
    let name = |event| match camel(event) {
        unique if uses.get(&unique) == Some(&1) => unique,
        _ => spelled(event),
    };
    events.map(|event| (event, name(event))).collect()
}

fn camel(event: &str) -> String {
    let mut name = String::with_capacity(event.len());
    for word in event.split(|character: char| !character.is_ascii_alphanumeric()) {
        let (first, rest) = word.split_at(word.len().min(1));
        if name.is_empty() {
            name.push_str(&first.to_ascii_lowercase());
        } else {
            name.push_str(&first.to_ascii_uppercase());
        }
        name.push_str(rest);
    }
    begin(name)
}

/// Every character that is no letter and no digit as `$` and its number.
fn spelled(event: &str) -> String {
    let mut name = String::with_capacity(event.len());
    for character in event.chars() {
        if character.is_ascii_alphanumeric() {
            name.push(character);
        } else {
            // Writing to a string cannot fail.
            let _ = write!(name, "${:x}$", u32::from(character));
        }
    }
    begin(name)
}

/// No identifier begins with a digit, or is empty.
fn begin(name: String) -> String {
    if name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '$') {
        name
    } else {
        format!("event{name}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_get_names_of_their_own() {
        let events = [
            "chats.msg-private",
            "a.b",
            "a-b",
            "2.b",
            "é",
            "__proto__",
            "",
        ];
        let names = names(events.into_iter());
        assert_eq!(names["chats.msg-private"], "chatsMsgPrivate");
        assert_eq!((&*names["a.b"], &*names["a-b"]), ("a$2e$b", "a$2d$b"));
        assert_eq!((&*names["2.b"], &*names["__proto__"]), ("event2B", "proto"));
        assert_eq!((&*names["é"], &*names[""]), ("$e9$", "event"));
    }
}
