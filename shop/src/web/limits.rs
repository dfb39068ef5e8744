//! How large a request may be, and how long its answer may take.

use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::header::CONTENT_LENGTH;
use axum::middleware::Next;
use axum::response::Response;

use super::Site;
use super::error::PageError;

/// The largest body, in bytes.
pub(super) const LARGEST_BODY: usize = 64 * 1024;

/// Stops reading a body that turns out too large.
pub(super) fn of_bodies() -> DefaultBodyLimit {
    DefaultBodyLimit::max(LARGEST_BODY)
}

/// Refuses a body that says itself that it is too large, before any of it is read.
pub(super) async fn refuse_large(request: Request, next: Next) -> Result<Response, PageError> {
    let announced = request.headers().get(CONTENT_LENGTH);
    let length = announced.and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if length.is_some_and(|length| length > LARGEST_BODY) {
        return Err(PageError::TooLarge);
    }
    Ok(next.run(request).await)
}

/// Gives up on an answer that takes too long; what the handler was doing is dropped, a transaction rolled back.
pub(super) async fn in_time(State(site): State<Site>, request: Request, next: Next) -> Result<Response, PageError> {
    let longest = site.manners.answer_timeout;
    tokio::time::timeout(longest, next.run(request))
        .await
        .map_err(|_| PageError::TimedOut(longest))
}
