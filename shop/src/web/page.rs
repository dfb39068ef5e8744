//! A page as it is answered: in pieces, most of which stand in memory once for everybody who is shown it.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, HttpBody};
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http_body::{Frame, SizeHint};

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
        let mut response = Response::new(in_pieces(self.shown.plain()));
        let html = HeaderValue::from_static("text/html; charset=utf-8");
        response.headers_mut().insert(CONTENT_TYPE, html);
        if self.is_kept {
            response.extensions_mut().insert(Kept(self.shown));
        }
        response
    }
}

/// A body of these pieces; its length is known.
pub(super) fn in_pieces(pieces: Vec<Bytes>) -> Body {
    let left = pieces.iter().map(|piece| piece.len() as u64).sum();
    Body::new(Pieces {
        pieces: pieces.into(),
        left,
    })
}

struct Pieces {
    pieces: VecDeque<Bytes>,
    /// Their bytes.
    left: u64,
}

impl HttpBody for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let piece = self.pieces.pop_front();
        self.left -= piece.as_ref().map_or(0, |piece| piece.len() as u64);
        Poll::Ready(piece.map(|piece| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.pieces.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
