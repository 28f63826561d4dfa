//! ARCHITECTURE.md is true: its layers, its invariants, and the modules that it names.

use std::collections::HashMap;
use std::fs;

use crate::source::{root, sources};

/// Modules outside of the layers: the root, and what only tests and measurements use.
const OUTSIDE: [&str; 3] = ["lib", "bench", "seeds"];

fn page() -> String {
    fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap()
}

/// The layer of each module, counted from the left.
fn layers(page: &str) -> HashMap<String, usize> {
    let mut blocks = page.split("```");
    let line = blocks
        .find(|block| block.contains(" <- cluster <- "))
        .unwrap();
    let layers = line.split("<-").enumerate();
    let modules = layers.flat_map(|(layer, modules)| {
        let modules = modules.split('·').map(str::trim);
        modules.map(move |module| (module.to_owned(), layer))
    });
    modules.collect()
}

/// The modules of the crate that a line of code names.
fn named(line: &str) -> impl Iterator<Item = &str> {
    let paths = line.match_indices("crate::").filter_map(|(start, path)| {
        // In a macro, it is the crate as others see it.
        let is_macro = line.get(..start)?.ends_with('$');
        let rest = line.get(start + path.len()..)?;
        (!is_macro).then_some(rest)
    });
    paths.map(|rest| {
        let is_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        let end = rest.find(|letter| !is_name(letter)).unwrap_or(rest.len());
        rest.get(..end).unwrap_or(rest)
    })
}

#[test]
fn modules_import_only_to_the_left() {
    let layers = layers(&page());
    for file in sources() {
        let module = file.module();
        if OUTSIDE.contains(&module) {
            continue;
        }
        let layer = layers.get(module);
        let layer = layer.unwrap_or_else(|| panic!("`{module}` has no layer"));
        for (number, line) in file.code() {
            for other in named(line).filter(|other| *other != module) {
                // Tests may use what the root exports, as an application does.
                let is_export = file.is_test() && !other.starts_with(char::is_lowercase);
                let is_left = layers.get(other).is_some_and(|other| other < layer);
                assert!(
                    is_left || is_export || OUTSIDE.contains(&other),
                    "{}:{number}: `{module}` imports `{other}`, which is not to its left",
                    file.path
                );
            }
        }
    }
}

#[test]
fn the_modules_that_the_page_names_are_there() {
    let page = page();
    let paths: Vec<String> = sources().into_iter().map(|file| file.path).collect();
    let names = page.split('`').skip(1).step_by(2);
    let names = names.filter(|name| {
        name.contains("::") && !name.starts_with(":") && name.chars().all(is_of_path)
    });
    for name in names {
        let path = name.replace("::", "/");
        let files = [format!("{path}.rs"), format!("{path}/mod.rs")];
        let is_there = files.iter().any(|file| paths.contains(file));
        assert!(is_there, "there is no module `{name}`");
    }
}

fn is_of_path(letter: char) -> bool {
    letter.is_ascii_lowercase() || letter == '_' || letter == ':'
}

#[test]
fn one_module_each_names_axum_redis_and_tasks() {
    let alone = [
        ("use axum::", "axum.rs"),
        ("use redis::", "cluster/redis/"),
        ("tokio::spawn(", "tasks.rs"),
        (".spawn_on(", "tasks.rs"),
    ];
    for file in sources().iter().filter(|file| !file.is_test()) {
        // What is behind the attribute is a test.
        let code = file.text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        let code = code
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"));
        for line in code {
            for (name, owner) in alone {
                let is_elsewhere = line.contains(name) && !file.path.starts_with(owner);
                let is_reexport = line.trim_start().starts_with("pub use ");
                assert!(
                    !is_elsewhere || is_reexport,
                    "{}: `{}` belongs to {owner}",
                    file.path,
                    line.trim()
                );
            }
        }
    }
}
