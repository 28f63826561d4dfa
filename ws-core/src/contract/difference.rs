//! What differs between a contract file and the types, in words.

use std::fmt;

use serde_json::{Map, Value};

/// How much of a value is shown, in characters.
const SHOWN: usize = 60;

/// Returns every difference, one line each. Events are named, everything else has a JSON pointer. The list is empty if
/// the documents have the same values, and their events the same order.
pub(super) fn differences(file: &Value, types: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let (mut file, mut types) = (file.clone(), types.clone());
    let (old_hash, new_hash) = (take(&mut file, "hash"), take(&mut types, "hash"));
    let (old, new) = (events(&mut file), events(&mut types));
    for (event, value) in &old {
        let place = Place::of_event(event);
        match new.get(event) {
            Some(other) => compare(&place, value, other, &mut found),
            None => found.push(format!("removed: {place}")),
        }
    }
    let added = new.keys().filter(|event| !old.contains_key(*event));
    found.extend(added.map(|event| format!("added: {}", Place::of_event(event))));
    compare(&Place::default(), &file, &types, &mut found);
    if found.is_empty() && old.keys().ne(new.keys()) {
        found.push("changed: the order of the events".to_owned());
    }
    // The hash changes with everything else, and means nothing to people.
    if found.is_empty() {
        let place = Place::default().step("x-ws-contract").step("hash");
        compare(&place, &old_hash, &new_hash, &mut found);
    }
    found
}

/// Takes a member out of the contract's own part of the file.
fn take(file: &mut Value, member: &str) -> Value {
    let table = file.get_mut("x-ws-contract").and_then(Value::as_object_mut);
    table
        .and_then(|table| table.shift_remove(member))
        .unwrap_or_default()
}

/// Takes the events out of the file. The keys are what messages call them.
fn events(file: &mut Value) -> Map<String, Value> {
    let Value::Array(events) = take(file, "events") else {
        return Map::new();
    };
    let called = |event: Value| {
        let text = |member| event[member].as_str().unwrap_or_default();
        let name = format!("the {} event `{}`", text("from"), text("name"));
        (name, event)
    };
    events.into_iter().map(called).collect()
}

/// A place in a contract file.
#[derive(Clone, Default)]
struct Place {
    /// What messages call the event. Empty outside of the table of events.
    event: String,
    /// A JSON pointer: into the event, or else into the document.
    pointer: String,
}

impl Place {
    fn of_event(event: &str) -> Self {
        Self {
            event: event.to_owned(),
            pointer: String::new(),
        }
    }

    fn step(&self, key: &str) -> Self {
        let key = key.replace('~', "~0").replace('/', "~1");
        Self {
            event: self.event.clone(),
            pointer: format!("{}/{key}", self.pointer),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.event.as_str(), self.pointer.as_str()) {
            (event, "") if !event.is_empty() => f.write_str(event),
            ("", pointer) => write!(f, "`{pointer}`"),
            (event, pointer) => write!(f, "{event}, `{pointer}`"),
        }
    }
}

fn compare(place: &Place, old: &Value, new: &Value, found: &mut Vec<String>) {
    match (old, new) {
        _ if old == new => {}
        (Value::Object(old), Value::Object(new)) => compare_objects(place, old, new, found),
        (Value::Array(old), Value::Array(new)) => compare_lists(place, old, new, found),
        _ => found.push(format!(
            "changed: {place}: {} in the file, {} in the types",
            shown(old),
            shown(new)
        )),
    }
}

fn compare_objects(
    place: &Place,
    old: &Map<String, Value>,
    new: &Map<String, Value>,
    found: &mut Vec<String>,
) {
    for (name, value) in old {
        match new.get(name) {
            Some(other) => compare(&place.step(name), value, other, found),
            None => found.push(on_one_side("removed", &place.step(name), value)),
        }
    }
    for (name, value) in new {
        if !old.contains_key(name) {
            found.push(on_one_side("added", &place.step(name), value));
        }
    }
}

/// Compares items by value, because an item that was added in the middle does not change those after it. If as many items
/// are new as are gone, they are taken for changed ones, and compared in pairs.
fn compare_lists(place: &Place, old: &[Value], new: &[Value], found: &mut Vec<String>) {
    let (gone, came) = (missing(old, new), missing(new, old));
    let at = |index: usize| place.step(&index.to_string());
    if gone.is_empty() && came.is_empty() {
        found.push(format!("changed: {place}: the order"));
    } else if gone.len() == came.len() {
        for ((_, value), (index, other)) in gone.into_iter().zip(came) {
            compare(&at(index), value, other, found);
        }
    } else {
        let line = |word, (index, value)| on_one_side(word, &at(index), value);
        found.extend(gone.into_iter().map(|item| line("removed", item)));
        found.extend(came.into_iter().map(|item| line("added", item)));
    }
}

/// The items that another list does not have.
fn missing<'a>(items: &'a [Value], others: &[Value]) -> Vec<(usize, &'a Value)> {
    let items = items.iter().enumerate();
    items.filter(|(_, item)| !others.contains(item)).collect()
}

fn on_one_side(word: &str, place: &Place, value: &Value) -> String {
    if value.is_object() || value.is_array() {
        format!("{word}: {place}")
    } else {
        format!("{word}: {place}: {}", shown(value))
    }
}

fn shown(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
