//! What a thread lends to the connections that it serves.

use std::cell::Cell;

use tungstenite::protocol::{Role, WebSocketConfig, WebSocketContext};

use super::Bounds;

/// The bytes that are read from a socket at once.
const READ: usize = 16 * 1024;

/// What the library's buffer grows by. The library fills it with zeros before each use, so larger is slower.
const STEP: usize = 1024;

thread_local! {
    static CONTEXT: Cell<Option<Box<WebSocketContext>>> = const { Cell::new(None) };
    static BUFFER: Cell<Option<Box<[u8]>>> = const { Cell::new(None) };
}

/// A context that is between two messages.
pub(super) fn context(bounds: Bounds) -> Box<WebSocketContext> {
    let mut context = CONTEXT.take().unwrap_or_else(|| {
        let config = WebSocketConfig::default().read_buffer_size(STEP);
        Box::new(WebSocketContext::new(Role::Server, Some(config)))
    });
    context.set_config(|config| {
        config.max_message_size = Some(bounds.message);
        config.max_frame_size = Some(bounds.frame);
    });
    context
}

/// Gives a context back for the next connection. It must be between two messages, and neither failed nor closed.
pub(super) fn put_back(context: Box<WebSocketContext>) {
    CONTEXT.set(Some(context));
}

/// Lends the thread's buffer for one read.
pub(super) fn with_buffer<T>(read: impl FnOnce(&mut [u8]) -> T) -> T {
    let mut buffer = BUFFER
        .take()
        .unwrap_or_else(|| vec![0; READ].into_boxed_slice());
    let value = read(&mut buffer);
    BUFFER.set(Some(buffer));
    value
}
