//! A contract's module: its types, its tables of events, and the function that connects.

use super::brands::{self, Scalar};
use super::codecs::Codecs;
use super::expression::{Alternative, Comment, Expression, Member};
use super::form::{self, Form};
use super::names::{CLIENT_EVENTS, Names, REQUESTS, SERVER_EVENTS, SERVER_MESSAGE};
use super::types::Types;
use super::{Emit, OutputFile, jsdoc, layout, quote};
use crate::model::{Docs, Event, Model, Object, Property, Request, Type};

/// The files that describe one contract.
pub(super) fn files(model: &Model, names: &Names, codecs: &Codecs, emit: Emit) -> Vec<OutputFile> {
    let module = Module {
        model,
        names,
        has_codecs: !codecs.is_empty(),
    };
    form::files(model, &model.name, emit, |form| module.print(form))
}

struct Module<'m> {
    model: &'m Model,
    names: &'m Names,
    has_codecs: bool,
}

impl Module<'_> {
    fn print(&self, form: Form) -> String {
        let mut sections = vec![self.imports(form)];
        let types = Types::new(self.model, self.names);
        self.definitions(&types, form, &mut sections);
        if let Some(uuid) = &self.names.uuid {
            let comment = "/** A UUID, such as `67e55044-10b1-426f-9247-bb680e5fe0c8`. */\n";
            sections.push(brands::print(uuid, Scalar::Text, comment, form));
        }
        if form != Form::Script {
            self.tables(&types, &mut sections);
            sections.extend(self.names.json.as_deref().map(json_value));
        }
        sections.push(self.constant(form));
        sections.push(self.connect(form));
        sections.join("\n")
    }

    fn imports(&self, form: Form) -> String {
        let import = |name: &str| {
            let local = self.names.free(name);
            if local == name {
                local
            } else {
                format!("{name} as {local}")
            }
        };
        let connect = import("connect");
        let types = ["Client", "ConnectOptions", "ContractInfo"].map(import);
        let (before, imported) = match form {
            Form::Source => ("", format!("{connect}, type {}", types.join(", type "))),
            Form::Script => ("", connect),
            Form::Declarations => ("type ", types.join(", ")),
        };
        let runtime = format!("import {before}{{ {imported} }} from \"./runtime/index.js\";\n");
        if form == Form::Declarations || !self.has_codecs {
            return runtime;
        }
        let codecs = import("codecs");
        format!(
            "import {{ {codecs} }} from \"./{}.codecs.js\";\n{runtime}",
            self.model.name
        )
    }

    fn definitions(&self, types: &Types<'_>, form: Form, sections: &mut Vec<String>) {
        let mut definitions: Vec<_> = self.model.definitions().collect();
        definitions.sort_by_key(|(id, _)| self.names.of(*id));
        for (id, definition) in definitions {
            let comment = types.comment(&definition.docs, &definition.shape, false);
            let name = self.names.of(id);
            if let Some(scalar) = self.names.brand_of(definition) {
                let comment = jsdoc::comment(&comment.docs, &comment.tags, "");
                sections.push(brands::print(name, scalar, &comment, form));
            } else if form != Form::Script {
                if let (Type::Union(union), Some(names)) =
                    (&definition.shape, self.names.variants(id))
                {
                    let variants = union.arms.iter().zip(names).map(|(arm, name)| {
                        let comment = Comment::from(&arm.docs);
                        alias(&comment, name, &types.expression(&arm.shape))
                    });
                    let names = names.iter().map(Expression::word).map(Alternative::from);
                    let names = Expression::Union(names.collect());
                    sections.push(alias(&comment, name, &names));
                    sections.extend(variants);
                    continue;
                }
                let expression = types.expression(&definition.shape);
                sections.push(match (&definition.shape, expression) {
                    (Type::Object(_), Expression::Object(members)) => {
                        interface(&comment, name, &members)
                    }
                    (_, expression) => alias(&comment, name, &expression),
                });
            }
        }
    }

    fn tables(&self, types: &Types<'_>, sections: &mut Vec<String>) {
        let table = |what: &str, name: &str, object: &Object| {
            interface(&said(what), name, &types.members(object))
        };
        let server = table_of(&self.model.server_events);
        let client = table_of(&self.model.client_events);
        let requests = object(self.model.requests.iter().map(request));
        sections.push(table(
            "The events that the server sends.",
            SERVER_EVENTS,
            &server,
        ));
        sections.push(table(
            "The events that a client sends without expecting a reply.",
            CLIENT_EVENTS,
            &client,
        ));
        sections.push(table(
            "The requests that a client sends.",
            REQUESTS,
            &requests,
        ));
        sections.push(format!(
            "/** The contract `{}`. */\n\
             export interface {} {{\n  server: {SERVER_EVENTS};\n  client: {CLIENT_EVENTS};\n  requests: {REQUESTS};\n}}\n",
            self.model.name, self.names.contract,
        ));
        sections.push(format!(
            "/** A message of the server: switch on its `event`. */\n\
             export type {SERVER_MESSAGE} = {{\n  \
             [Name in keyof {SERVER_EVENTS}]: {{ event: Name; data: {SERVER_EVENTS}[Name] }};\n\
             }}[keyof {SERVER_EVENTS}];\n"
        ));
    }

    fn constant(&self, form: Form) -> String {
        let comment = format!(
            "/** What the client tells the server about the contract `{}`. */\n",
            self.model.name
        );
        let constant = &self.names.constant;
        let info = self.names.free("ContractInfo");
        let events = self
            .model
            .server_events
            .iter()
            .map(|event| quote::string(&event.name));
        let codecs = match self.names.free("codecs") {
            _ if !self.has_codecs => String::new(),
            same if same == "codecs" => "  codecs,\n".to_owned(),
            local => format!("  codecs: {local},\n"),
        };
        let value = format!(
            "{{\n  name: {},\n  hash: {},\n  events: {},\n{codecs}}}",
            quote::string(&self.model.name),
            quote::string(&self.model.hash),
            list(&events.collect::<Vec<_>>(), "  ")
        );
        comment
            + &match form {
                Form::Source => format!("export const {constant}: {info} = {value};\n"),
                Form::Script => format!("export const {constant} = {value};\n"),
                Form::Declarations => format!("export declare const {constant}: {info};\n"),
            }
    }

    fn connect(&self, form: Form) -> String {
        let comment = format!(
            "/** Connects to a server of the contract `{}`. */\n",
            self.model.name
        );
        let Names {
            contract,
            constant,
            connect,
            ..
        } = self.names;
        let client = self.names.free("Client");
        let options = self.names.free("ConnectOptions");
        let url = if self.names.is_taken("URL") {
            "globalThis.URL"
        } else {
            "URL"
        };
        let typed = layout::function(
            &format!("function {connect}"),
            &[
                &format!("url: string | {url}"),
                &format!("options?: {options}"),
            ],
            &format!("{client}<{contract}>"),
        );
        let body = format!(
            "{{\n  return {}({constant}, url, options);\n}}\n",
            self.names.free("connect")
        );
        comment
            + &match form {
                Form::Source => format!("export {typed} {body}"),
                Form::Script => format!("export function {connect}(url, options) {body}"),
                Form::Declarations => format!("export declare {typed};\n"),
            }
    }
}

/// An array of strings, on one line or on a line each.
fn list(items: &[String], indent: &str) -> String {
    let line = format!("[{}]", items.join(", "));
    if line.len() <= 80 {
        return line;
    }
    let lines: String = items
        .iter()
        .map(|item| format!("{indent}  {item},\n"))
        .collect();
    format!("[\n{lines}{indent}]")
}

/// Any JSON value.
fn json_value(name: &str) -> String {
    format!(
        "/** Any JSON value. */\n\
         export type {name} =\n  | null\n  | boolean\n  | number\n  | string\n  | {name}[]\n  | {{ [key: string]: {name} }};\n"
    )
}

fn interface(comment: &Comment, name: &str, members: &[Member]) -> String {
    let comment = jsdoc::comment(&comment.docs, &comment.tags, "");
    if members.is_empty() {
        return format!("{comment}export interface {name} {{}}\n");
    }
    let members = layout::members(members, "  ");
    format!("{comment}export interface {name} {{\n{members}}}\n")
}

fn alias(comment: &Comment, name: &str, expression: &Expression) -> String {
    let comment = jsdoc::comment(&comment.docs, &comment.tags, "");
    comment + &layout::statement(&format!("export type {name} ="), expression, ";\n", "")
}

fn said(text: &str) -> Comment {
    Comment {
        docs: Docs {
            text: text.to_owned(),
            ..Docs::default()
        },
        tags: Vec::new(),
    }
}

fn table_of(events: &[Event]) -> Object {
    let entry = |event: &Event| property(&event.name, &event.docs, event.payload.clone());
    object(events.iter().map(entry))
}

/// An entry of the table of requests.
fn request(request: &Request) -> Property {
    let none = Docs::default();
    let parts = object(
        [
            property("input", &none, request.input.clone()),
            property("output", &none, request.output.clone()),
            property("error", &none, request.error.clone()),
        ]
        .into_iter(),
    );
    property(&request.name, &request.docs, Type::Object(parts))
}

fn property(name: &str, docs: &Docs, shape: Type) -> Property {
    Property {
        name: name.to_owned(),
        docs: docs.clone(),
        required: true,
        shape,
    }
}

fn object(properties: impl Iterator<Item = Property>) -> Object {
    Object {
        properties: properties.collect(),
        ..Object::bare()
    }
}
