//! Event names are unique within an enum, and among the enums of one direction of a contract. Checked while compiling.
//!
//! Names are found in a hash table that is filled in a constant: comparing each with each took 12 s for 400 names.

use super::EventSpec;

/// Fails to compile if two events of one enum have the same name.
///
/// # Panics
///
/// Panics during constant evaluation, which makes it a compile error that contains the name.
pub const fn assert_unique_names(events: &[EventSpec]) {
    if let Some(name) = duplicate(&[events], true) {
        fail("duplicate event name `", name, "` in this enum");
    }
}

/// Fails to compile if events of different enums have the same name. Those of a single enum have been compared before.
///
/// # Panics
///
/// Panics during constant evaluation, which makes it a compile error that contains the name.
pub const fn assert_unique_names_across(enums: &[&[EventSpec]]) {
    if let Some(name) = duplicate(enums, false) {
        fail(
            "duplicate event name `",
            name,
            "` in this contract: two of its enums use it",
        );
    }
}

/// More than twice the names that one direction of a contract has, so that the table never fills.
const SLOTS: usize = 8192;

/// The first name that occurs twice, in one enum or in two.
const fn duplicate<'a>(enums: &[&'a [EventSpec]], within_one: bool) -> Option<&'a str> {
    let mut table: [Option<(&str, usize)>; SLOTS] = [None; SLOTS];
    let mut which = 0;
    while which < enums.len() {
        let mut index = 0;
        while index < enums[which].len() {
            let name = enums[which][index].name;
            let mut slot = hash(name) % SLOTS;
            while let Some((other, owner)) = table[slot] {
                if equal(other, name) && (owner == which) == within_one {
                    return Some(name);
                }
                slot = (slot + 1) % SLOTS;
            }
            table[slot] = Some((name, which));
            index += 1;
        }
        which += 1;
    }
    None
}

/// FNV-1a, 32 bits.
const fn hash(name: &str) -> usize {
    let bytes = name.as_bytes();
    let mut hash: u32 = 0x811c_9dc5;
    let mut at = 0;
    while at < bytes.len() {
        hash = (hash ^ bytes[at] as u32).wrapping_mul(0x0100_0193);
        at += 1;
    }
    hash as usize
}

const fn equal(left: &str, right: &str) -> bool {
    let (left, right) = (left.as_bytes(), right.as_bytes());
    if left.len() != right.len() {
        return false;
    }
    let mut at = 0;
    while at < left.len() {
        if left[at] != right[at] {
            return false;
        }
        at += 1;
    }
    true
}

/// Panics with a message around a name. A constant can neither format nor allocate: the message is put together by hand.
#[expect(
    clippy::panic,
    reason = "runs in constants only, where a panic is an error of the compiler"
)]
const fn fail(before: &str, name: &str, after: &str) {
    let mut message = [b' '; 512];
    let mut length = 0;
    let parts = [before.as_bytes(), name.as_bytes(), after.as_bytes()];
    let mut part = 0;
    while part < parts.len() {
        let mut at = 0;
        while at < parts[part].len() && length < message.len() {
            message[length] = parts[part][at];
            length += 1;
            at += 1;
        }
        part += 1;
    }
    match std::str::from_utf8(message.split_at(length).0) {
        Ok(message) => panic!("{}", message),
        Err(_) => panic!("duplicate event name"),
    }
}
