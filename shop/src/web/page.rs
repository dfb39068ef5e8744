//! A page as it is answered, and what to know of it when it is compressed.

use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

use crate::pages::Shown;

/// An answer's whole body is this page.
#[derive(Debug)]
pub(super) struct Page {
    shown: Shown,
    is_kept: bool,
}

/// Beside the answer with a page that is shown again and again: it is compressed once.
#[derive(Debug, Clone)]
pub(super) struct Kept(pub Shown);

impl Page {
    /// One that was just drawn.
    pub(super) const fn new(shown: Shown) -> Self {
        Self { shown, is_kept: false }
    }

    /// One that was shown before.
    pub(super) const fn kept(shown: Shown) -> Self {
        Self { shown, is_kept: true }
    }
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let mut response = Response::new(self.shown.plain().into());
        let html = HeaderValue::from_static("text/html; charset=utf-8");
        response.headers_mut().insert(CONTENT_TYPE, html);
        if self.is_kept {
            response.extensions_mut().insert(Kept(self.shown));
        }
        response
    }
}
