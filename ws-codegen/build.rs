//! Lists the files of the runtime, so that the generator embeds all of them and no list has to be kept by hand.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// Where the runtime's sources and their compiled forms are. The generated folder has them in one place.
const FOLDERS: [&str; 4] = ["runtime/src", "checks/src", "runtime/dist", "checks/dist"];

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let mut table = String::from("&[\n");
    for folder in FOLDERS {
        println!("cargo::rerun-if-changed={folder}");
        for path in files(&root.join(folder))? {
            let name = path.file_name().and_then(|name| name.to_str());
            if let Some(name) = name.filter(|name| name.ends_with(".ts") || name.ends_with(".js")) {
                writeln!(table, "    ({name:?}, include_str!({path:?})),")?;
            }
        }
    }
    table.push(']');
    fs::write(
        PathBuf::from(env::var("OUT_DIR")?).join("runtime.rs"),
        table,
    )?;
    Ok(())
}

/// The files of a folder in a fixed order. A folder that has not been built yet has none, which a test of the crate tells.
fn files(folder: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut files = Vec::new();
    if !folder.exists() {
        return Ok(files);
    }
    for entry in fs::read_dir(folder)? {
        files.push(entry?.path());
    }
    files.sort();
    Ok(files)
}
