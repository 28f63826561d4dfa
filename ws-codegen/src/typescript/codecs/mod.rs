//! The module of a contract's codecs: conversions of what travels in another form than the contract's types have. A contract
//! without such places has none.

mod plan;

use std::collections::BTreeSet;

use plan::Planning;

use super::code::Code;
use super::form::{self, Form};
use super::names::Names;
use super::{Emit, OutputFile, quote};
use crate::error::ContractError;
use crate::model::{Model, Type};

/// What the runtime calls a table of codecs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Table {
    Events,
    Inputs,
    Outputs,
    Errors,
}

impl Table {
    const ALL: [Table; 4] = [Table::Events, Table::Inputs, Table::Outputs, Table::Errors];

    pub(super) fn name(self) -> &'static str {
        match self {
            Table::Events => "events",
            Table::Inputs => "inputs",
            Table::Outputs => "outputs",
            Table::Errors => "errors",
        }
    }

    fn way(self) -> &'static str {
        match self {
            Table::Inputs => "encode",
            Table::Events | Table::Outputs | Table::Errors => "decode",
        }
    }
}

/// The codecs of a contract.
#[derive(Debug)]
pub(super) struct Codecs {
    /// Those of definitions, with the names of their constants.
    definitions: Vec<(String, Code)>,
    /// Those of what events carry.
    entries: Vec<(Table, String, Code)>,
}

impl Codecs {
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether what the event carries is converted.
    pub(super) fn converts(&self, table: Table, event: &str) -> bool {
        let mut entries = self.entries.iter();
        entries.any(|(of, name, _)| *of == table && name == event)
    }
}

/// Finds what has to be converted.
pub(super) fn plan(model: &Model, names: &Names) -> Result<Codecs, ContractError> {
    let mut planning = Planning::new(model, names);
    let mut definitions = Vec::new();
    for (id, _) in model.definitions() {
        let codec = planning.definition(id);
        definitions.extend(codec.map(|codec| (planning.name_of(id), codec)));
    }
    definitions.sort_by(|(one, _), (other, _)| one.cmp(other));
    let events = model.server_events.iter();
    let events = events.map(|it| (Table::Events, &it.name, &it.payload));
    let sent = model.client_events.iter();
    let sent = sent.map(|it| (Table::Inputs, &it.name, &it.payload));
    let requests = model.requests.iter().flat_map(|it| {
        [
            (Table::Inputs, &it.name, &it.input),
            (Table::Outputs, &it.name, &it.output),
            (Table::Errors, &it.name, &it.error),
        ]
    });
    let carried: Vec<(Table, &String, &Type)> = events.chain(sent).chain(requests).collect();
    let mut entries = Vec::new();
    for (table, name, shape) in carried {
        let codec = planning.carried(name, shape);
        entries.extend(codec.map(|codec| (table, name.clone(), codec)));
    }
    planning.finish(Codecs {
        definitions,
        entries,
    })
}

/// The files with the codecs of one contract.
pub(super) fn files(model: &Model, codecs: &Codecs, emit: Emit) -> Vec<OutputFile> {
    if codecs.is_empty() {
        return Vec::new();
    }
    let name = format!("{}.codecs", model.name);
    form::files(model, &name, emit, |form| print(codecs, form))
}

fn print(codecs: &Codecs, form: Form) -> String {
    let mut sections = vec![imports(codecs, form)];
    if form != Form::Declarations {
        let typed = form.typed(": Codec");
        sections.extend(codecs.definitions.iter().map(|(name, codec)| {
            let start = format!("const {name}{typed} =");
            let codec = Code::Function("", Box::new(codec.clone()));
            let made = Code::Call(Box::new(Code::word("/* @__PURE__ */ lazy")), vec![codec]);
            format!("{start}{};\n", made.print_assigned(&start))
        }));
    }
    let docs = "/** Conversions of values that have another type in TypeScript than in JSON. Passed to `connect`. */\n";
    let typed = form.typed(": Codecs");
    sections.push(match form {
        Form::Declarations => format!("{docs}export declare const codecs{typed};\n"),
        Form::Source | Form::Script => {
            let tables: String = Table::ALL
                .into_iter()
                .map(|table| entries(codecs, table))
                .collect();
            // In a function, because bundlers keep what reads a property where it may be read for its effects.
            let made = format!("/* @__PURE__ */ (() => ({{\n{tables}}}))()");
            format!("{docs}export const codecs{typed} = {made};\n")
        }
    });
    sections.join("\n")
}

/// A table of conversions by event, if it has any.
fn entries(codecs: &Codecs, table: Table) -> String {
    let entries = codecs.entries.iter().filter(|(of, _, _)| *of == table);
    let entries = entries.map(|(_, event, codec)| {
        let start = format!("    {}: ", quote::value_key(event));
        let way = table.way();
        let codec = codec.print("    ", start.len(), way.len() + 2);
        format!("{start}{codec}.{way},\n")
    });
    let entries: String = entries.collect();
    match entries.as_str() {
        "" => String::new(),
        entries => format!("  {}: {{\n{entries}  }},\n", table.name()),
    }
}

fn imports(codecs: &Codecs, form: Form) -> String {
    let mut values = BTreeSet::new();
    if form != Form::Declarations {
        let all = codecs.definitions.iter().map(|(_, codec)| codec);
        let all = all.chain(codecs.entries.iter().map(|(_, _, codec)| codec));
        all.for_each(|codec| codec.imports(&mut values));
        if !codecs.definitions.is_empty() {
            values.insert("lazy");
        }
    }
    let mut names: Vec<String> = values.into_iter().map(str::to_owned).collect();
    if form == Form::Source && !codecs.definitions.is_empty() {
        names.push("type Codec".to_owned());
    }
    let mut text = String::new();
    if !names.is_empty() {
        text = format!(
            "import {} from \"./runtime/codecs.js\";\n",
            super::code::import_list(&names)
        );
    }
    text + &form.typed("import type { Codecs } from \"./runtime/index.js\";\n")
}
