//! The module of a contract's validators: a constant for each event, so that a bundler keeps only those that are used.

mod checks;
mod constants;
mod exports;
mod scalars;

use std::collections::BTreeSet;

use checks::Checks;
use exports::{Export, Role};

use super::code::Code;
use super::codecs::{Codecs, Table};
use super::form::{self, Form};
use super::names::{CLIENT_EVENTS, Names, REQUESTS, SERVER_EVENTS};
use super::{Emit, OutputFile, ValidatorName, quote};
use crate::model::Model;

/// The files with the validators of one contract.
pub(super) fn files(model: &Model, names: &Names, codecs: &Codecs, emit: Emit) -> Vec<OutputFile> {
    let module = Module::new(model, names, codecs);
    let name = format!("{}.validators", model.name);
    form::files(model, &name, emit, |form| module.print(form))
}

/// What the validators of a contract are called.
pub(super) fn names(model: &Model, names: &Names) -> Vec<ValidatorName> {
    let checks = Checks::new(model, names);
    let exports = exports::exports(model, &checks).into_iter();
    let named = exports.map(|export| ValidatorName {
        from: export.role.from(),
        part: export.role.part(),
        constant: export.name,
        validated: export.validated,
        event: export.event,
    });
    named.collect()
}

/// What the module holds, before it is printed.
struct Module<'m> {
    model: &'m Model,
    names: &'m Names,
    codecs: &'m Codecs,
    exports: Vec<Export>,
    /// The functions that check definitions, with their names.
    functions: Vec<(String, Code)>,
    /// Regular expressions, with the names of their constants.
    patterns: Vec<(String, String)>,
}

impl<'m> Module<'m> {
    fn new(model: &'m Model, names: &'m Names, codecs: &'m Codecs) -> Self {
        let checks = Checks::new(model, names);
        let exports = exports::exports(model, &checks);
        let definitions = model.definitions();
        let mut functions: Vec<_> = definitions
            .map(|(id, it)| (checks.name_of(id), checks.check(&it.shape, "value")))
            .collect();
        functions.sort_by(|(one, _), (other, _)| one.cmp(other));
        Module {
            model,
            names,
            codecs,
            exports,
            functions,
            patterns: checks.patterns(),
        }
    }

    fn print(&self, form: Form) -> String {
        let mut sections = vec![self.imports(form)];
        let exports = self.exports.iter();
        sections.extend(exports.map(|export| self.export(export, form)));
        sections.push(self.all(form));
        if form != Form::Declarations {
            let patterns = self.patterns.iter();
            sections.extend(patterns.map(|(name, pattern)| print_pattern(name, pattern, form)));
            let functions = self.functions.iter();
            sections.extend(functions.map(|(name, check)| print_function(name, check, form)));
        }
        sections.join("\n")
    }

    fn imports(&self, form: Form) -> String {
        let mut values = BTreeSet::new();
        let mut types: Vec<&str> = Vec::new();
        if form != Form::Declarations {
            let checks = self.exports.iter().map(|export| &export.check);
            for check in checks.chain(self.functions.iter().map(|(_, check)| check)) {
                check.imports(&mut values);
            }
            values.extend(self.exports.iter().map(|export| self.maker(export)));
        }
        if form == Form::Source && !self.functions.is_empty() {
            types.push("Issue");
        }
        if form != Form::Script {
            types.push("Validator");
        }
        let mut text = String::new();
        if form != Form::Declarations && !self.codecs.is_empty() {
            let module = &self.model.name;
            text = format!("import {{ codecs }} from \"./{module}.codecs.js\";\n");
        }
        if form != Form::Script {
            let client = self
                .exports
                .iter()
                .any(|export| export.role == Role::FromClient);
            let client = if client {
                format!("{CLIENT_EVENTS}, ")
            } else {
                String::new()
            };
            let module = &self.model.name;
            text += &format!(
                "import type {{ {client}{REQUESTS}, {SERVER_EVENTS} }} from \"./{module}.js\";\n"
            );
        }
        let all_types = if values.is_empty() { "type " } else { "" };
        let each_type = if values.is_empty() { "" } else { "type " };
        let values = values.into_iter().map(str::to_owned);
        let types = types.into_iter().map(|name| format!("{each_type}{name}"));
        let imported: Vec<_> = values.chain(types).collect();
        if !imported.is_empty() {
            let list = super::code::import_list(&imported);
            text.push_str(&format!(
                "import {all_types}{list} from \"./runtime/checks.js\";\n"
            ));
        }
        text
    }

    /// The constant that the runtime takes to check everything that the server sends.
    fn all(&self, form: Form) -> String {
        let docs = format!(
            "/** Checks everything that the server sends: `{}(url, {{ validate: validateWith(validators) }})`. */\n",
            self.names.connect
        );
        let typed = form.typed(format!(
            ": {{\n  \
             readonly events: {{ readonly [Name in keyof {SERVER_EVENTS}]: Validator<{SERVER_EVENTS}[Name]> }};\n  \
             readonly outputs: {{ readonly [Name in keyof {REQUESTS}]: Validator<{REQUESTS}[Name][\"output\"]> }};\n  \
             readonly errors: {{ readonly [Name in keyof {REQUESTS}]?: Validator<{REQUESTS}[Name][\"error\"]> }};\n}}"
        ));
        if form == Form::Declarations {
            return format!("{docs}export declare const validators{typed};\n");
        }
        let events = self.table(Role::FromServer);
        let outputs = self.table(Role::Output);
        let errors = self.table(Role::Error);
        format!(
            "{docs}export const validators{typed} = {{\n  events: {events},\n  outputs: {outputs},\n  errors: {errors},\n}};\n"
        )
    }

    fn export(&self, export: &Export, form: Form) -> String {
        let event = quote::comment(&export.event);
        let docs = format!("/** Validates {} `{event}`. */\n", export.role.describe());
        let typed = form.typed(format!(": Validator<{}>", export.validated));
        if form == Form::Declarations {
            return format!("{docs}export declare const {}{typed};\n", export.name);
        }
        let start = format!("export const {}{typed} =", export.name);
        let maker = self.maker(export);
        let mut arguments = vec![export.check.clone()];
        if maker != "validator" {
            let table = export.role.table().name();
            let event = quote::string(&export.event);
            arguments.push(Code::word(format!("() => codecs.{table}?.[{event}]")));
        }
        let made = Code::word(format!("/* @__PURE__ */ {maker}"));
        let made = Code::Call(Box::new(made), arguments);
        format!("{docs}{start}{};\n", made.print_assigned(&start))
    }

    /// The function that makes the validator: what is converted is looked at in the form that it has on the wire.
    fn maker(&self, export: &Export) -> &'static str {
        let table = export.role.table();
        match table {
            _ if !self.codecs.converts(table, &export.event) => "validator",
            Table::Inputs => "sent",
            Table::Events | Table::Outputs | Table::Errors => "received",
        }
    }

    /// An object with the validators of one role by event.
    fn table(&self, role: Role) -> String {
        let exports = self.exports.iter().filter(|export| export.role == role);
        let entries: String = exports
            .map(|export| {
                format!(
                    "    {}: {},\n",
                    quote::value_key(&export.event),
                    export.name
                )
            })
            .collect();
        if entries.is_empty() {
            "{}".to_owned()
        } else {
            format!("{{\n{entries}  }}")
        }
    }
}

fn print_pattern(name: &str, pattern: &str, form: Form) -> String {
    let typed = form.typed(": RegExp");
    let pattern = quote::string(pattern);
    format!("const {name}{typed} = /* @__PURE__ */ new RegExp({pattern}, \"u\");\n")
}

fn print_function(name: &str, check: &Code, form: Form) -> String {
    let value = format!("value{}", form.typed(": unknown"));
    let result = form.typed(": Issue | undefined");
    let check = check.print_returned();
    format!("function {name}({value}){result} {{\n  return {check};\n}}\n")
}
