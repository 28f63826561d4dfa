//! The three forms in which a module is printed.

use super::{Emit, OutputFile, header};
use crate::model::Model;

/// What a file of a module holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Types and values: `.ts`.
    Source,
    /// Values without types: `.js`.
    Script,
    /// Types of everything: `.d.ts`.
    Declarations,
}

impl Form {
    /// `text` where the file has types, else nothing.
    pub(super) fn typed(self, text: impl Into<String>) -> String {
        match self {
            Form::Source | Form::Declarations => text.into(),
            Form::Script => String::new(),
        }
    }
}

/// The files of a module of a contract, each printed in its form below a header.
pub(super) fn files(
    model: &Model,
    name: &str,
    emit: Emit,
    print: impl Fn(Form) -> String,
) -> Vec<OutputFile> {
    let origin = format!("from {}.json (contract hash {})", model.name, model.hash);
    let forms: &[_] = match emit {
        Emit::Ts => &[("ts", Form::Source)],
        Emit::Js => &[("d.ts", Form::Declarations), ("js", Form::Script)],
    };
    let file = |(extension, form): &(&str, Form)| {
        let file = format!("{name}.{extension}");
        OutputFile {
            contents: header::header(&origin, &file) + &print(*form),
            path: file,
        }
    };
    forms.iter().map(file).collect()
}
