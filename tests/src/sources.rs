use std::fs;
use std::path::{Path, PathBuf};

/// The path of a Rust file, or those of all Rust files below a folder.
///
/// # Panics
///
/// If a folder cannot be read.
pub fn sources(place: &Path) -> Vec<PathBuf> {
    if place.is_file() {
        return vec![place.to_owned()];
    }
    let entries = fs::read_dir(place).unwrap();
    let entries = entries.map(|entry| entry.unwrap().path());
    entries
        .filter(|entry| entry.is_dir() || entry.extension().is_some_and(|ending| ending == "rs"))
        .flat_map(|entry| sources(&entry))
        .collect()
}
