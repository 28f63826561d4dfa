//! Text from a contract file inside of TypeScript: it must stay text.

use std::fmt::Write as _;

/// A string literal.
pub(super) fn string(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            hidden if is_hidden(hidden) => push_escape(&mut quoted, hidden),
            visible => quoted.push(visible),
        }
    }
    quoted.push('"');
    quoted
}

/// The name of a member: bare where it is an identifier, else quoted.
pub(super) fn key(name: &str) -> String {
    if is_identifier(name) {
        name.to_owned()
    } else {
        string(name)
    }
}

/// The key of a member of an object that is a value. There, `__proto__` is a member of that name only when it is computed.
pub(super) fn value_key(name: &str) -> String {
    match name {
        "__proto__" => "[\"__proto__\"]".to_owned(),
        name => key(name),
    }
}

/// One line of a comment.
pub(super) fn comment(line: &str) -> String {
    let mut safe = String::with_capacity(line.len());
    for character in line.chars() {
        match character {
            // `*/` would end the comment.
            '/' if safe.ends_with('*') => safe.push_str("\\/"),
            '\t' => safe.push(' '),
            hidden if is_hidden(hidden) => push_escape(&mut safe, hidden),
            visible => safe.push(visible),
        }
    }
    safe
}

/// Whether `name` may stand for itself in code, as far as its characters go. Only ASCII is considered.
fn is_identifier(name: &str) -> bool {
    let rest = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$';
    name.bytes().all(rest) && name.starts_with(|first: char| !first.is_ascii_digit())
}

/// Whether a reader would not see the character, or would be misled by it: controls, line separators of JavaScript,
/// marks that change the direction of text, and invisible ones.
fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
        )
}

fn push_escape(text: &mut String, character: char) {
    let mut units = [0; 2];
    for unit in character.encode_utf16(&mut units) {
        // Writing to a string cannot fail.
        let _ = write!(text, "\\u{unit:04x}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_stay_strings() {
        assert_eq!(string("a\"; alert(1); \"\\"), r#""a\"; alert(1); \"\\""#);
        assert_eq!(
            string("\u{2028}\n\r\u{202e}é😀"),
            r#""\u2028\n\u000d\u202eé😀""#
        );
    }

    #[test]
    fn keys_are_quoted_when_they_must_be() {
        assert_eq!(key("sent_at"), "sent_at");
        assert_eq!(key("__proto__"), "__proto__");
        assert_eq!(key("chats.msg"), "\"chats.msg\"");
        assert_eq!(key("2nd"), "\"2nd\"");
        assert_eq!(key(""), "\"\"");
        assert_eq!(key("é"), "\"é\"");
    }

    #[test]
    fn comments_cannot_be_left() {
        assert_eq!(comment("a */ b **/ c"), r"a *\/ b **\/ c");
        assert_eq!(comment("a\u{202e}b"), r"a\u202eb");
    }
}
