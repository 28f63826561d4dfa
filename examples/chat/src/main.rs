//! A chat room.
mod contract;
fn main() {}
