//! What the module exports: a validator for everything that an event carries.

use super::checks::Checks;
use super::constants;
use crate::model::{Model, Type};
use crate::typescript::code::Code;
use crate::typescript::codecs::Table;
use crate::typescript::names::{CLIENT_EVENTS, REQUESTS, SERVER_EVENTS};
use crate::typescript::quote;

/// A validator of one payload, reply or error.
pub(super) struct Export {
    /// The constant's name.
    pub(super) name: String,
    /// The event that it belongs to.
    pub(super) event: String,
    /// What it validates there.
    pub(super) role: Role,
    /// The type of what it validates.
    pub(super) validated: String,
    pub(super) check: Code,
}

/// What is validated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    FromServer,
    FromClient,
    Input,
    Output,
    Error,
}

impl Role {
    /// The end of the constant's name.
    fn suffix(self) -> &'static str {
        match self {
            Role::FromServer => "FromServer",
            Role::FromClient => "FromClient",
            Role::Input => "Input",
            Role::Output => "Output",
            Role::Error => "Error",
        }
    }

    /// The side that sends the event.
    pub(super) fn from(self) -> &'static str {
        match self {
            Role::FromServer => "server",
            Role::FromClient | Role::Input | Role::Output | Role::Error => "client",
        }
    }

    /// Which part of the event is validated.
    pub(super) fn part(self) -> &'static str {
        match self {
            Role::FromServer | Role::FromClient | Role::Input => "payload",
            Role::Output => "reply",
            Role::Error => "error",
        }
    }

    /// The table with the conversion of what is validated.
    pub(super) fn table(self) -> Table {
        match self {
            Role::FromServer => Table::Events,
            Role::FromClient | Role::Input => Table::Inputs,
            Role::Output => Table::Outputs,
            Role::Error => Table::Errors,
        }
    }

    /// What comes before the event in its description.
    pub(super) fn describe(self) -> &'static str {
        match self {
            Role::FromServer => "what the server sends as",
            Role::FromClient => "what a client sends as",
            Role::Input => "the input of",
            Role::Output => "the reply to",
            Role::Error => "the error of",
        }
    }

    /// The type of what is validated, in terms of the tables of types.
    fn validated(self, event: &str) -> String {
        let event = quote::string(event);
        match self {
            Role::FromServer => format!("{SERVER_EVENTS}[{event}]"),
            Role::FromClient => format!("{CLIENT_EVENTS}[{event}]"),
            Role::Input => format!("{REQUESTS}[{event}][\"input\"]"),
            Role::Output => format!("{REQUESTS}[{event}][\"output\"]"),
            Role::Error => format!("{REQUESTS}[{event}][\"error\"]"),
        }
    }
}

/// The validators of a contract, sorted by what they validate, then by event.
pub(super) fn exports(model: &Model, checks: &Checks<'_>) -> Vec<Export> {
    let mut exports = Vec::new();
    let mut add = |role: Role, carried: &[(&str, &Type)]| {
        let names = constants::names(carried.iter().map(|(event, _)| *event));
        exports.extend(carried.iter().map(|(event, shape)| Export {
            name: format!("{}{}", names[event], role.suffix()),
            event: (*event).to_owned(),
            role,
            validated: role.validated(event),
            check: checks.function(shape),
        }));
    };
    let server: Vec<_> = model
        .server_events
        .iter()
        .map(|it| (&*it.name, &it.payload))
        .collect();
    let client: Vec<_> = model
        .client_events
        .iter()
        .map(|it| (&*it.name, &it.payload))
        .collect();
    let inputs: Vec<_> = model
        .requests
        .iter()
        .map(|it| (&*it.name, &it.input))
        .collect();
    let outputs: Vec<_> = model
        .requests
        .iter()
        .map(|it| (&*it.name, &it.output))
        .collect();
    let errors = model.requests.iter().filter(|it| it.error != Type::Never);
    let errors: Vec<_> = errors.map(|it| (&*it.name, &it.error)).collect();
    add(Role::FromServer, &server);
    add(Role::FromClient, &client);
    add(Role::Input, &inputs);
    add(Role::Output, &outputs);
    add(Role::Error, &errors);
    exports
}
