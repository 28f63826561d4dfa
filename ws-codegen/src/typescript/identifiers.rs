//! Names of a contract as identifiers of TypeScript.

/// The characters of a definition's name that may stand in an identifier. Where others stood, the next word begins:
/// `Page<chat-msg>` is `PageChatMsg`.
pub(super) fn identifier(name: &str) -> String {
    let mut identifier = String::with_capacity(name.len());
    let mut new_word = false;
    for character in name.chars() {
        let fits = if identifier.is_empty() {
            unicode_ident::is_xid_start(character) || character == '_'
        } else {
            unicode_ident::is_xid_continue(character)
        };
        if !fits {
            new_word = true;
        } else if std::mem::take(&mut new_word) && !identifier.is_empty() {
            identifier.extend(
                character
                    .to_uppercase()
                    .filter(|upper| unicode_ident::is_xid_continue(*upper)),
            );
        } else {
            identifier.push(character);
        }
    }
    identifier
}

/// `my-chat` as `MyChat`.
pub(super) fn pascal(name: &str) -> String {
    let capitalized = |word: &str| {
        let mut characters = word.chars();
        let first = characters.next().map(|first| first.to_ascii_uppercase());
        first.into_iter().chain(characters).collect::<String>()
    };
    name.split(['-', '_']).map(capitalized).collect()
}

/// `my-chat` as `myChat`.
pub(super) fn camel(name: &str) -> String {
    let pascal = pascal(name);
    let (first, rest) = pascal.split_at(pascal.len().min(1));
    first.to_ascii_lowercase() + rest
}

/// Whether TypeScript gives the word a meaning that a type or a constant must not have.
pub(super) fn is_reserved(word: &str) -> bool {
    matches!(
        word,
        "any"
            | "arguments"
            | "as"
            | "async"
            | "await"
            | "bigint"
            | "boolean"
            | "break"
            | "case"
            | "catch"
            | "class"
            | "const"
            | "continue"
            | "debugger"
            | "default"
            | "delete"
            | "do"
            | "else"
            | "enum"
            | "eval"
            | "export"
            | "extends"
            | "false"
            | "finally"
            | "for"
            | "function"
            | "if"
            | "implements"
            | "import"
            | "in"
            | "infer"
            | "instanceof"
            | "interface"
            | "is"
            | "keyof"
            | "let"
            | "never"
            | "new"
            | "null"
            | "number"
            | "object"
            | "package"
            | "private"
            | "protected"
            | "public"
            | "readonly"
            | "return"
            | "static"
            | "string"
            | "super"
            | "switch"
            | "symbol"
            | "this"
            | "throw"
            | "true"
            | "try"
            | "type"
            | "typeof"
            | "undefined"
            | "unique"
            | "unknown"
            | "var"
            | "void"
            | "while"
            | "with"
            | "yield"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn definitions_become_identifiers() {
        for (name, expected) in [
            ("ChatMsg", "ChatMsg"),
            ("Range_of_int32", "Range_of_int32"),
            ("Page<chat-msg>", "PageChatMsg"),
            ("2nd", "nd"),
            ("../x", "x"),
            ("\"; alert(1)", "alert1"),
            ("Größe", "Größe"),
            ("{}", ""),
        ] {
            assert_eq!(identifier(name), expected, "{name}");
        }
    }

    #[test]
    fn contracts_become_identifiers() {
        assert_eq!(
            (pascal("my-chat_2"), camel("my-chat_2")),
            ("MyChat2".into(), "myChat2".into())
        );
        assert_eq!(
            (pascal("Chat"), camel("Chat")),
            ("Chat".into(), "chat".into())
        );
    }
}
