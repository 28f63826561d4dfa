//! The files of the page, embedded in the program: there is nothing to install.

use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{StatusCode, Uri};
use include_dir::{Dir, include_dir};

static PAGE: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/page");

/// A file of the page; `/` is `index.html`.
pub async fn file(uri: Uri) -> Response {
    let path = match uri.path() {
        "/" => "index.html",
        path => path.trim_start_matches('/'),
    };
    match PAGE.get_file(path) {
        Some(file) => typed(kind(path), file.contents()),
        None => (StatusCode::NOT_FOUND, "there is no such page").into_response(),
    }
}

/// The contract, for clients in other languages.
pub async fn contract() -> Response {
    typed(
        "application/json",
        include_bytes!("../../../schemas/chat.json"),
    )
}

fn typed(kind: &'static str, contents: &'static [u8]) -> Response {
    (
        [(CONTENT_TYPE, kind), (CACHE_CONTROL, "no-cache")],
        contents,
    )
        .into_response()
}

fn kind(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, extension)| extension) {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "text/plain; charset=utf-8",
    }
}
