//! Event names: their form, and how a variant's name becomes one.

/// Turns `MsgPrivate` into `msg-private`, and `HTTPReady2` into `http-ready2`.
pub(crate) fn kebab(pascal: &str) -> String {
    let letters: Vec<char> = pascal.chars().collect();
    let mut name = String::with_capacity(letters.len() + 4);
    for (at, letter) in letters.iter().enumerate() {
        if *letter == '_' {
            name.push('-');
            continue;
        }
        let after_word = at > 0 && !letters[at - 1].is_uppercase() && letters[at - 1] != '_';
        let before_word = at > 0 && letters.get(at + 1).is_some_and(|next| next.is_lowercase());
        if letter.is_uppercase() && (after_word || (before_word && letters[at - 1] != '_')) {
            name.push('-');
        }
        name.extend(letter.to_lowercase());
    }
    name
}

/// The longest event name, in bytes.
pub(crate) const LONGEST: usize = 128;

/// What is wrong with an event name, or `None` when it is well formed: words of lower-case letters and digits, joined by
/// hyphens to segments, which are joined by dots.
pub(crate) fn fault(name: &str) -> Option<String> {
    if name.is_empty() {
        return Some("an event name cannot be empty; choose one such as `chats.msg`".into());
    }
    if name.len() > LONGEST {
        return Some(format!(
            "an event name can have at most {LONGEST} bytes, but this one has {}",
            name.len()
        ));
    }
    if name == "ws" || name.starts_with("ws.") {
        return Some(
            "names that start with `ws.` are reserved for the library; choose another namespace"
                .into(),
        );
    }
    if name.split('.').all(is_segment) {
        return None;
    }
    let suggestion = suggest(name);
    let hint = if suggestion.split('.').all(is_segment) {
        format!("; write `{suggestion}`")
    } else {
        String::new()
    };
    Some(format!(
        "`{name}` is not an event name: use lower-case words joined by `-`, in segments joined by `.`{hint}"
    ))
}

fn is_segment(segment: &str) -> bool {
    segment.starts_with(|first: char| first.is_ascii_lowercase())
        && segment.split('-').all(|word| {
            !word.is_empty()
                && word
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        })
}

/// The well-formed name that was probably meant.
fn suggest(name: &str) -> String {
    let segments = name
        .split(['.', ':', '/', ' '])
        .filter(|segment| !segment.is_empty());
    segments.map(kebab).collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use super::{fault, kebab};

    #[test]
    fn a_variant_becomes_kebab_case() {
        for (variant, name) in [
            ("Msg", "msg"),
            ("MsgPrivate", "msg-private"),
            ("HTTPReady2", "http-ready2"),
            ("Already_Split", "already-split"),
            ("A", "a"),
            ("ÄußerstGut", "äußerst-gut"),
        ] {
            assert_eq!(kebab(variant), name);
        }
    }

    #[test]
    fn a_malformed_name_is_refused_with_the_name_that_was_probably_meant() {
        for name in ["chats.msg", "chats.msg-private", "a", "a1.b2-c3.d"] {
            assert_eq!(fault(name), None, "{name}");
        }
        for (name, hint) in [
            ("chats.msgPrivate", "write `chats.msg-private`"),
            ("Chats:Msg", "write `chats.msg`"),
            ("chats..msg", "write `chats.msg`"),
            ("chats.msg_private", "write `chats.msg-private`"),
            ("", "cannot be empty"),
            ("ws.msg", "are reserved for the library"),
            ("chats.-", "is not an event name"),
        ] {
            let fault = fault(name).unwrap();
            assert!(fault.contains(hint), "{name}: {fault}");
        }
    }
}
