//! Which identifier stands for what in a contract's module.
//!
//! Everything that the module exports has a name of its own; a contract in which two things would share one is refused.
//! Names that the module only uses (imports, types of the language) give way.

use std::collections::{HashMap, HashSet};

use super::brands::{self, Scalar};
use super::identifiers::{camel, identifier, is_reserved, pascal};
use super::{Options, tags};
use crate::contract::Location;
use crate::error::{ContractError, Problem, Report};
use crate::model::{Definition, Model, Type, TypeId};

/// The types that every contract's module exports under the same name.
pub(super) const SERVER_EVENTS: &str = "ServerEvents";
pub(super) const CLIENT_EVENTS: &str = "ClientEvents";
pub(super) const REQUESTS: &str = "Requests";
pub(super) const SERVER_MESSAGE: &str = "ServerMessage";

/// The identifiers of one contract's module.
#[derive(Debug)]
pub(super) struct Names {
    definitions: Vec<String>,
    /// The names of the alternatives of definitions that are told apart by a tag.
    variants: HashMap<TypeId, Vec<String>>,
    types: HashMap<String, Owner>,
    /// The type that is the contract: `Chat`.
    pub(super) contract: String,
    /// The constant that introduces the contract to the server: `chat`.
    pub(super) constant: String,
    /// The function that connects: `connectChat`.
    pub(super) connect: String,
    /// The type of any JSON value, if the contract has one.
    pub(super) json: Option<String>,
    /// The brand of UUIDs without a name of their own, if the contract has them and brands are wanted.
    pub(super) uuid: Option<String>,
    /// Whether newtypes are branded.
    brands: bool,
    /// Whether what travels as a string is converted.
    pub(super) codecs: bool,
}

/// Who has a type's name.
#[derive(Debug, Clone, Copy)]
enum Owner {
    Module(&'static str),
    Definition(TypeId),
}

impl Names {
    /// Gives every definition of the model an identifier.
    pub(super) fn assign(model: &Model, options: &Options) -> Result<Self, ContractError> {
        let (brands, codecs) = (options.brands, options.codecs);
        let pascal = pascal(&model.name);
        let camel = camel(&model.name);
        let mut names = Names {
            definitions: Vec::with_capacity(model.definitions.len()),
            variants: HashMap::new(),
            types: HashMap::new(),
            constant: if is_reserved(&camel) {
                format!("{camel}Contract")
            } else {
                camel
            },
            connect: format!("connect{pascal}"),
            contract: pascal.clone(),
            json: None,
            uuid: None,
            brands,
            codecs,
        };
        let mut report = Report::default();
        let exports = [
            (SERVER_EVENTS, "the table of the server's events"),
            (CLIENT_EVENTS, "the table of the clients' events"),
            (REQUESTS, "the table of requests"),
            (SERVER_MESSAGE, "the union of the server's events"),
        ];
        for (name, what) in exports {
            names.types.insert(name.to_owned(), Owner::Module(what));
        }
        if names
            .types
            .insert(pascal, Owner::Module("the contract itself"))
            .is_some()
        {
            let table = Location::ROOT.member("x-ws-contract");
            let problem = format!(
                "the type of the contract would be `{}`, which every client already exports",
                names.contract
            );
            report.push(
                Problem::new(table.member("name"), problem).help("give the contract another name"),
            );
        }
        for (index, definition) in model.definitions.iter().enumerate() {
            names.add(TypeId(index), definition, model, &mut report);
        }
        names.add_variants(model);
        names.json = has_json(model).then(|| names.free("JsonValue"));
        names.uuid = (brands && brands::has_uuid(model)).then(|| names.free("Uuid"));
        report.finish(Some(names))
    }

    fn add(&mut self, id: TypeId, definition: &Definition, model: &Model, report: &mut Report) {
        let definitions = Location::ROOT.member("$defs");
        let at = definitions.member(&definition.name);
        let name = identifier(&definition.name);
        if name.is_empty() || is_reserved(&name) {
            let problem = format!("{:?} cannot name a type in TypeScript", definition.name);
            report.push(
                Problem::new(at, problem)
                    .reached_by(&definition.route)
                    .help("rename the type in the schema: `#[schemars(rename = \"…\")]`"),
            );
        } else if self.brand_of(definition).is_some()
            && (name == self.constant || name == self.connect)
        {
            let problem = format!(
                "`{name}` would be the function that makes values of this type, but is already something else"
            );
            report.push(
                Problem::new(at, problem)
                    .reached_by(&definition.route)
                    .help("rename the type in the schema: `#[schemars(rename = \"…\")]`"),
            );
        } else if let Some(owner) = self.types.get(&name) {
            let other = match owner {
                Owner::Module(what) => (*what).to_owned(),
                Owner::Definition(id) => {
                    let other = model.definition(*id);
                    format!(
                        "the definition {:?}, reached by {}",
                        other.name, other.route
                    )
                }
            };
            report.push(
                Problem::new(
                    at,
                    format!("two types would be named `{name}`; the other is {other}"),
                )
                .reached_by(&definition.route)
                .help("rename one of them in the schema: `#[schemars(rename = \"…\")]`"),
            );
        } else {
            self.types.insert(name.clone(), Owner::Definition(id));
        }
        self.definitions.push(name);
    }

    /// Names the variants of tagged enums: `Shape_Circle`. They are only a convenience, so that an enum of which one would
    /// have the name of something else goes without.
    fn add_variants(&mut self, model: &Model) {
        for (id, definition) in model.definitions() {
            let Type::Union(union) = &definition.shape else {
                continue;
            };
            let Some(tag) = tags::tag(model, union) else {
                continue;
            };
            let names = tag.values.iter().map(|value| {
                let variant = identifier(&format!("V{}", pascal(value)));
                format!("{}_{}", self.of(id), variant.get(1..).unwrap_or(""))
            });
            let names: Vec<String> = names.collect();
            let different: HashSet<&String> = names.iter().collect();
            let is_free = |name: &String| !self.is_taken(name) && !name.ends_with('_');
            if different.len() == names.len() && names.iter().all(is_free) {
                let owners = names.iter().cloned();
                self.types
                    .extend(owners.map(|name| (name, Owner::Definition(id))));
                self.variants.insert(id, names);
            }
        }
    }

    /// The names of the variants of a definition that is a tagged enum.
    pub(super) fn variants(&self, id: TypeId) -> Option<&[String]> {
        self.variants.get(&id).map(Vec::as_slice)
    }

    /// The identifier of a definition.
    pub(super) fn of(&self, id: TypeId) -> &str {
        &self.definitions[id.0]
    }

    /// The scalar that a definition is a brand of, if it is branded.
    pub(super) fn brand_of(&self, definition: &Definition) -> Option<Scalar> {
        Scalar::of(definition, self.codecs).filter(|_| self.brands)
    }

    /// Whether the module has a type of this name, so that a type of the language with that name cannot be used.
    pub(super) fn is_taken(&self, name: &str) -> bool {
        self.types.contains_key(name)
    }

    /// `preferred`, or a variation of it that nothing in the module is called.
    pub(super) fn free(&self, preferred: &str) -> String {
        let mut name = preferred.to_owned();
        while self.is_taken(&name) || name == self.constant || name == self.connect {
            name.push('_');
        }
        name
    }
}

/// Whether some type of the model is any JSON value.
fn has_json(model: &Model) -> bool {
    let definitions = model.definitions.iter().map(|definition| &definition.shape);
    let mut found = false;
    definitions.chain(model.carried()).for_each(|shape| {
        shape.visit(&mut |part| found |= *part == Type::Json);
    });
    found
}
