//! What goes wrong on a connection: who is told, and when it is too much. Knows no handlers but the application's hook.

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::dispatch::Dispatch;
use crate::contract::Contract;
use crate::error::{ClientError, ClientErrorKind};
use crate::protocol::{self, Close, CloseCode, ErrorCode, LibraryError, RequestId};

/// What is wrong with a message.
pub(super) struct Refusal<'a> {
    pub(super) code: ErrorCode,
    pub(super) id: Option<RequestId>,
    pub(super) event: Option<&'a str>,
    pub(super) path: Option<&'a str>,
    pub(super) detail: Cow<'a, str>,
}

impl<'a> Refusal<'a> {
    pub(super) fn invalid(detail: impl Into<Cow<'a, str>>) -> Self {
        Self {
            code: ErrorCode::InvalidMessage,
            id: None,
            event: None,
            path: None,
            detail: detail.into(),
        }
    }
}

impl<C: Contract, S: Send + Sync + 'static> Dispatch<C, S> {
    /// Refuses a message: tells the client why, reports it, and closes the connection where that happens too often.
    pub(super) fn refuse(&mut self, text: &str, refusal: Refusal<'_>) {
        let Refusal {
            code,
            id,
            event,
            path,
            detail,
        } = refusal;
        let error = LibraryError {
            code,
            event,
            path,
            message: Some(&detail),
        };
        self.tell(id, &error);
        self.report(
            ClientErrorKind::Refused {
                code,
                detail: detail.into_owned(),
            },
            event,
            text,
        );
        // A client that is too fast may come back. One that sends nonsense may not, unless it is right by another contract.
        let is_abuse = match code {
            ErrorCode::TooManyRequests | ErrorCode::RateLimited => false,
            ErrorCode::UnknownEvent | ErrorCode::InvalidPayload => !self.is_of_another_version,
            _ => true,
        };
        if is_abuse && self.errors.exceed(self.shared.limits().errors) {
            let close = Close::new(CloseCode::ABUSE, "too many messages were refused");
            self.report_close(&close);
            self.client.connection().close(close);
        }
    }

    /// Reports what is wrong with the connection itself.
    pub(super) fn report_close(&self, close: &Close) {
        self.report(ClientErrorKind::Closed(close.clone()), None, "");
    }

    /// Reports to the application, whose hook may panic, too.
    pub(super) fn report(&self, kind: ClientErrorKind, event: Option<&str>, message: &str) {
        let error = ClientError::new(kind, event, message);
        let (client, hooks) = (self.client.id(), self.shared.handlers.hooks());
        // With a hook, what is logged is the application's choice. Mistakes of clients stay at DEBUG, because clients could fill
        // the log with them.
        if error.kind().is_fault_of_server() && !hooks.has_error() {
            tracing::error!(%client, %error, "a handler failed");
        } else {
            tracing::debug!(%client, %error, "an error occurred on a connection");
        }
        let reported = catch_unwind(AssertUnwindSafe(|| hooks.error(&self.client, &error)));
        if reported.is_err() {
            tracing::error!(%error, "the hook `on_error` panicked");
        }
    }

    /// Tells the client of an error, as an answer to its request where it has made one.
    pub(super) fn tell(&self, request: Option<RequestId>, error: &LibraryError<'_>) {
        self.client.connection().common().metrics.error(error.code);
        self.send(protocol::library_error(request, error));
    }
}
