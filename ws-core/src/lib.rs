//! Typed events over WebSockets.
