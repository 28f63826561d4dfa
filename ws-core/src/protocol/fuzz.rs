//! A guess of an envelope is what parsing finds, or its `data` is no JSON; and parsing finds what is there.
//!
//! See [`seeds`](crate::seeds) for how long, and how to repeat a failure.

use rand::rngs::SmallRng;
use rand::seq::{IndexedRandom, SliceRandom};
use rand::{RngExt, SeedableRng};
use serde::de::IgnoredAny;
use serde_json::Value;

use super::Incoming;
use crate::seeds::seeds;

/// The events that there are: whatever else a guess takes for a name is looked up in vain.
const EVENTS: [&str; 3] = ["a.b", "chats.msg", "participants.info"];

/// What a text is changed with: what the envelope is made of, and what may be taken for it.
const PIECES: [&str; 16] = [
    "\"",
    "\\",
    ",\"id\":",
    ",\"data\":",
    "\"event\":",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    " ",
    "7",
    "0",
    "null",
    "\u{1}é🙂",
];

fn any<'a>(random: &mut SmallRng, from: &[&'a str]) -> &'a str {
    from.choose(random).copied().unwrap()
}

/// Some JSON, which may look like an envelope.
fn json(random: &mut SmallRng, depth: usize) -> String {
    let kinds = if depth == 0 { 3 } else { 5 };
    let space = if random.random_bool(0.1) { " " } else { "" };
    match random.random_range(0..kinds) {
        0 => any(
            random,
            &["null", "true", "0", "-7", "1.5e3", "9007199254740992"],
        )
        .to_owned(),
        1 | 2 => {
            let text = [
                r#""""#,
                r#""text""#,
                r#"",\"id\":8""#,
                r#"",\"data\":{}""#,
                r#""}""#,
                r#""\\""#,
                r#""\ud83d\ude42 é""#,
            ];
            any(random, &text).to_owned()
        }
        3 => {
            let items: Vec<String> = (0..random.random_range(0..3))
                .map(|_| json(random, depth - 1))
                .collect();
            format!("[{space}{}]", items.join(","))
        }
        _ => {
            let members: Vec<String> = (0..random.random_range(0..4))
                .map(|_| {
                    let name = any(random, &["id", "data", "event", "text", "x"]);
                    format!(r#""{name}":{space}{}"#, json(random, depth - 1))
                })
                .collect();
            format!("{{{}{space}}}", members.join(","))
        }
    }
}

/// A message as a client might send it, most of them right.
fn text(random: &mut SmallRng) -> String {
    let name = any(
        random,
        &[EVENTS[0], EVENTS[1], EVENTS[2], "no.such", r"a\u002eb"],
    );
    let mut members = vec![format!(r#""event":"{name}""#)];
    if random.random_bool(0.9) {
        members.push(format!(r#""data":{}"#, json(random, 3)));
    }
    if random.random_bool(0.5) {
        let id = any(
            random,
            &[
                "0",
                "7",
                "9007199254740991",
                "9007199254740992",
                "01",
                "-1",
                "1.0",
            ],
        );
        members.push(format!(r#""id":{id}"#));
    }
    if random.random_bool(0.1) {
        let other = [
            r#""trace":1"#,
            r#""cancel":1"#,
            r#""hello":{}"#,
            r#""id":8"#,
            r#""data":[]"#,
        ];
        members.push(any(random, &other).to_owned());
    }
    if random.random_bool(0.1) {
        members.shuffle(random);
    }
    let (comma, end) = match random.random_range(0..10) {
        0 => (" , ", "}"),
        1 => (",", " } "),
        _ => (",", "}"),
    };
    let mut text = format!("{{{}{end}", members.join(comma));
    for _ in 0..[0, 0, 0, 1, 2].choose(random).copied().unwrap() {
        change(random, &mut text);
    }
    text
}

/// Puts something in, or takes something out.
fn change(random: &mut SmallRng, text: &mut String) {
    let place = |random: &mut SmallRng, text: &str| {
        text.floor_char_boundary(random.random_range(0..=text.len()))
    };
    let start = place(random, text);
    if random.random_bool(0.5) {
        text.insert_str(start, any(random, &PIECES));
    } else {
        let end = place(random, text).clamp(start, text.ceil_char_boundary(start + 3));
        text.replace_range(start..end, "");
    }
}

#[test]
fn a_guess_of_an_envelope_is_what_parsing_finds() {
    let (mut guessed, mut parsed, mut refused) = (0, 0, 0);
    for seed in seeds() {
        let mut random = SmallRng::seed_from_u64(seed.0);
        for _ in 0..100 {
            let text = text(&mut random);
            let found = Incoming::parse(&text);
            if let Some(Incoming::Event { name, data, id }) = Incoming::guess(&text)
                && EVENTS.contains(&&*name)
                && serde_json::from_str::<IgnoredAny>(data).is_ok()
            {
                guessed += 1;
                // White space around a payload is nobody's.
                let guess = (&name, data.trim_ascii(), id);
                match &found {
                    Ok(Incoming::Event { name, data, id }) => {
                        assert_eq!(guess, (name, *data, *id), "{text}");
                    }
                    other => panic!("{text} is {other:?}"),
                }
            }
            match found {
                Ok(found) => {
                    parsed += 1;
                    assert_is(&text, &found);
                }
                Err(_) => refused += 1,
            }
        }
    }
    assert!(guessed > 0 && parsed > 0 && refused > 0);
}

/// Compares with what serde's own type for any JSON has at these places. It takes no number that is too large and no half of
/// a surrogate pair, which an envelope leaves to whoever reads the payload.
fn assert_is(text: &str, found: &Incoming<'_>) {
    let Ok(value) = serde_json::from_str::<Value>(text) else {
        return;
    };
    match found {
        Incoming::Event { name, data, id } => {
            assert_eq!(value["event"], **name, "{text}");
            assert_eq!(value.get("id").is_some(), id.is_some(), "{text}");
            let data: Value = serde_json::from_str(data).unwrap();
            match value.get("data") {
                Some(found) => assert_eq!(*found, data, "{text}"),
                None => assert_eq!(data, Value::Object(serde_json::Map::new()), "{text}"),
            }
        }
        Incoming::Cancel(_) => assert!(value.get("cancel").is_some(), "{text}"),
        Incoming::Hello(_) => assert!(value.get("hello").is_some(), "{text}"),
        Incoming::Pong => assert_eq!(value, Value::Object(serde_json::Map::new()), "{text}"),
    }
}
