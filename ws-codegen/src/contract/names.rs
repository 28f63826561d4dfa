//! Which names a contract and its events may have.
//!
//! A contract's name becomes a file name and identifiers, so it is restricted to what is safe as both. An event's name is
//! only ever printed as a quoted string; it must be readable.

use super::{Json, Location, Members, short};
use crate::error::{Problem, Report};

/// The longest name of a contract or of an event, in bytes.
const LONGEST: usize = 128;

/// Names that Windows takes for devices, whatever the extension.
const DEVICES: [&str; 4] = ["aux", "con", "nul", "prn"];

/// Reads the contract's name.
pub(super) fn read<'a>(
    table: &'a Members,
    member: &'a str,
    at: &Location<'_>,
    report: &mut Report,
) -> Option<&'a str> {
    match table.get(member) {
        Some(Json::Text(name)) if is_contract_name(name) => Some(name),
        Some(other) => {
            let problem = Problem::new(
                at.member(member),
                format!("{} cannot name a contract", short(other)),
            );
            report.push(problem.help(
                "use letters, digits, `-` and `_`, beginning with a letter, for instance `chat`: \
                 it becomes a file name and an identifier",
            ));
            None
        }
        None => {
            report.push(Problem::new(
                at,
                format!("the member `{member}` is missing"),
            ));
            None
        }
    }
}

fn is_contract_name(name: &str) -> bool {
    name.len() <= LONGEST
        && name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
        && !DEVICES.contains(&name.to_ascii_lowercase().as_str())
}

/// Whether an event may have this name.
pub(super) fn is_event_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= LONGEST
        && !name
            .chars()
            .any(|character| character.is_control() || character.is_whitespace())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contract_names_are_safe_as_file_names_and_identifiers() {
        for name in ["chat", "Chat2", "my-chat", "my_chat"] {
            assert!(is_contract_name(name), "{name}");
        }
        for name in [
            "",
            "../x",
            "a/b",
            "a.b",
            "2nd",
            "-a",
            "a b",
            "a\"",
            "ü",
            "__proto__",
            "CON",
        ] {
            assert!(!is_contract_name(name), "{name}");
        }
    }

    #[test]
    fn event_names_are_readable() {
        for name in [
            "chats.msg",
            "chats.msg-private",
            "a:b/c",
            "__proto__",
            "été",
        ] {
            assert!(is_event_name(name), "{name}");
        }
        for name in ["", "a b", "a\nb", "a\u{2028}b", "a\u{0}"] {
            assert!(!is_event_name(name), "{name}");
        }
    }
}
