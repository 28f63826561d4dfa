//! One program, the mistakes that are marked in it, and the comparison with what the compiler said.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// A program that is compiled.
pub(crate) struct Case {
    /// The path below `ui/`, with dashes.
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    errors: Vec<Marked>,
    notes: Vec<String>,
}

/// An error, as it is marked or as it was reported.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Marked {
    line: usize,
    message: String,
    token: Option<String>,
}

impl Case {
    /// The cases in a folder and those below it, in the order of their names.
    pub(crate) fn all(folder: &Path) -> Vec<Self> {
        let mut cases = Vec::new();
        for kind in ["fail", "pass"] {
            collect(&folder.join(kind), kind, &mut cases);
        }
        cases.sort_by(|left, right| left.name.cmp(&right.name));
        cases
    }

    fn read(path: PathBuf, name: String) -> Self {
        let source = fs::read_to_string(&path).unwrap();
        let mut case = Self {
            name,
            path,
            errors: Vec::new(),
            notes: Vec::new(),
        };
        for (line, text) in (1..).zip(source.lines()) {
            let Some((_, mark)) = text.split_once("//~") else {
                continue;
            };
            let up = mark.chars().take_while(|mark| *mark == '^').count();
            let mark = mark[up..].trim();
            if let Some(note) = mark.strip_prefix("note: ") {
                case.notes.push(note.to_owned());
            } else if let Some(error) = mark.strip_prefix("error: ") {
                let (message, token) = match error.split_once(" @ ") {
                    Some((message, token)) => (message, Some(token.to_owned())),
                    None => (error, None),
                };
                case.errors.push(Marked {
                    line: line - up,
                    message: message.to_owned(),
                    token,
                });
            } else {
                panic!(
                    "{}: the mark `{mark}` is neither an error nor a note",
                    case.name
                );
            }
        }
        case.errors.sort();
        assert_eq!(
            case.errors.is_empty(),
            case.name.starts_with("pass-"),
            "{}: its folder or its marks are wrong",
            case.name
        );
        case
    }

    /// What differs between the marks and what the compiler said; empty where nothing does.
    pub(crate) fn compare(&self, messages: &[Value]) -> String {
        let said: Vec<&Value> = messages
            .iter()
            .filter(|message| {
                message["reason"] == "compiler-message"
                    && message["target"]["name"] == self.name.as_str()
            })
            .map(|message| &message["message"])
            .filter(|message| {
                ["error", "warning"]
                    .iter()
                    .any(|level| message["level"] == *level)
            })
            .collect();
        let mut errors: Vec<Marked> = said
            .iter()
            .filter(|message| !is_summary(message))
            .map(|message| self.reported(message))
            .collect();
        errors.sort();
        let rendered: String = said
            .iter()
            .filter_map(|message| message["rendered"].as_str())
            .collect();

        let mut failure = String::new();
        if errors != self.errors {
            write!(
                failure,
                "marked: {:#?}\nreported: {errors:#?}\n",
                self.errors
            )
            .unwrap();
        }
        for note in self
            .notes
            .iter()
            .filter(|note| !without_paths(&rendered).contains(&without_paths(note)))
        {
            writeln!(failure, "missing note: {note}").unwrap();
        }
        if failure.is_empty() {
            failure
        } else {
            format!("\n== {}\n{failure}\n{rendered}", self.name)
        }
    }

    /// An error as it was reported. Its token is kept only where one is marked for it.
    fn reported(&self, message: &Value) -> Marked {
        let span = message["spans"]
            .as_array()
            .unwrap()
            .iter()
            .find(|span| span["is_primary"] == true);
        let span = span.map(outermost);
        let line = span.map_or(0, |span| span["line_start"].as_u64().unwrap()) as usize;
        let text = without_paths(message["message"].as_str().unwrap());
        let marked = self
            .errors
            .iter()
            .find(|error| error.line == line && error.message == text);
        let token = marked
            .and_then(|error| error.token.as_ref())
            .and(span.map(token));
        Marked {
            line,
            message: text,
            token,
        }
    }
}

fn collect(folder: &Path, prefix: &str, cases: &mut Vec<Case>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = format!("{prefix}-{}", path.file_stem().unwrap().to_str().unwrap());
        if path.is_dir() {
            collect(&path, &name, cases);
        } else {
            cases.push(Case::read(path, name));
        }
    }
}

/// The compiler writes `module::Type` where `Type` alone could be something else: keeps the last name of each path.
fn without_paths(message: &str) -> String {
    let part_of_path = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == ':';
    let mut short = String::new();
    let mut path = String::new();
    for letter in message.chars().chain([' ']) {
        if part_of_path(letter) {
            path.push(letter);
        } else {
            short.push_str(
                path.rsplit_once("::")
                    .map_or(path.as_str(), |(_, name)| name),
            );
            short.push(letter);
            path.clear();
        }
    }
    short.trim_end().to_owned()
}

/// Whether this is "aborting due to …", which is no error of its own.
fn is_summary(message: &Value) -> bool {
    message["spans"].as_array().unwrap().is_empty()
}

/// Where the user wrote what a macro expanded.
fn outermost(span: &Value) -> &Value {
    match span["expansion"]["span"].is_object() {
        true => outermost(&span["expansion"]["span"]),
        false => span,
    }
}

/// The text that a span covers.
fn token(span: &Value) -> String {
    let lines = span["text"].as_array().unwrap();
    let line: Vec<char> = lines[0]["text"].as_str().unwrap().chars().collect();
    let start = lines[0]["highlight_start"].as_u64().unwrap() as usize - 1;
    let end = lines[0]["highlight_end"].as_u64().unwrap() as usize - 1;
    line[start..end].iter().collect()
}
