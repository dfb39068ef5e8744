//! How large a request may be, and how long its answer may take.

use axum::body::to_bytes;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::header::CONTENT_LENGTH;
use axum::middleware::Next;
use axum::response::Response;

use tokio::time::timeout;

use super::error::PageError;
use super::{Site, origin};

/// The largest body, in bytes.
pub(super) const LARGEST_BODY: usize = 64 * 1024;
const LARGER_BODY: usize = LARGEST_BODY + 1;

/// A body that is too large is read away up to this size: who still writes when the connection is closed gets a reset instead of the
/// answer.
const READ_AWAY: usize = 256 * 1024;

/// Stops reading a body that turns out too large.
pub(super) fn of_bodies() -> DefaultBodyLimit {
    DefaultBodyLimit::max(LARGEST_BODY)
}

/// What is refused before any handler sees it, and how long the rest may take. One layer for all of it: each one copies the layers below it
/// for every request.
pub(super) async fn around(State(site): State<Site>, request: Request, next: Next) -> Result<Response, PageError> {
    let answer = async {
        origin::check(&request)?;
        let request = refuse_large(request).await?;
        Ok(next.run(request).await)
    };
    // What the handler was doing is dropped, a transaction rolled back.
    let longest = site.manners.answer_timeout;
    timeout(longest, answer)
        .await
        .unwrap_or(Err(PageError::TimedOut(longest)))
}

/// Refuses a body that says itself that it is too large.
async fn refuse_large(request: Request) -> Result<Request, PageError> {
    let announced = request.headers().get(CONTENT_LENGTH);
    let length = announced.and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    match length.filter(|_| !takes_a_file(request.uri().path())) {
        Some(LARGER_BODY..=READ_AWAY) => {
            // Whether all of it came changes nothing.
            drop(to_bytes(request.into_body(), READ_AWAY).await);
            Err(PageError::TooLarge)
        }
        Some(LARGER_BODY..) => Err(PageError::TooLarge),
        _ => Ok(request),
    }
}

/// The one address that takes more: an answer's file in the classroom, which has a limit of its own.
fn takes_a_file(path: &str) -> bool {
    path.starts_with("/classroom/") && path.ends_with("/file")
}
