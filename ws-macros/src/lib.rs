//! The derive macro of `ws-core`.
