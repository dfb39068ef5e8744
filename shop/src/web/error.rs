//! What keeps a handler from answering as it should: status and page in one match, the cause kept, told once in the request's event.

use std::any::Any;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::rejection::{BytesRejection, FormRejection};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::pace::Wait;
use crate::pages::error::Failure;
use crate::store::StoreError;

/// When a shop that is busy may have caught its breath, in seconds.
const SOON: u64 = 10;

/// Why a page can't be shown.
#[derive(Debug, thiserror::Error)]
pub(super) enum PageError {
    #[error("there is no such page")]
    NotFound,
    #[error("there is no such product")]
    NoSuchProduct,
    #[error("this product is no longer sold")]
    NoLongerSold,
    #[error("there is no such order for this visitor")]
    NoSuchOrder,
    #[error("messages are shown only with the portal's token, as a cookie or as `Authorization: Bearer TOKEN`")]
    NoToken,
    #[error("the request comes from another site")]
    OtherSite,
    #[error("the address is there for another method")]
    WrongMethod,
    #[error("the body is larger than 64 KiB")]
    TooLarge,
    #[error("the request can't be understood: {0}")]
    BadRequest(String),
    #[error("too many requests; wait for {} s", .0.0)]
    TooMany(Wait),
    #[error("the answer took longer than {} s", .0.as_secs_f32())]
    TimedOut(Duration),
    #[error("the store can't answer")]
    Store(#[from] StoreError),
    #[error("the answer can't be encoded")]
    Encode(#[source] serde_json::Error),
    #[error("the handler panicked: {0}")]
    Panic(String),
    /// The handler stands outside of `record::around`: a mistake in the router.
    #[error("the request has no caller")]
    Unrouted,
}

impl PageError {
    pub(super) fn kind(&self) -> (StatusCode, Failure) {
        match self {
            Self::NotFound | Self::NoSuchOrder => (StatusCode::NOT_FOUND, Failure::NotFound),
            Self::NoSuchProduct => (StatusCode::NOT_FOUND, Failure::NoSuchProduct),
            Self::NoLongerSold => (StatusCode::GONE, Failure::NoLongerSold),
            Self::TooMany(_) => (StatusCode::TOO_MANY_REQUESTS, Failure::TooMany),
            Self::OtherSite | Self::NoToken => (StatusCode::FORBIDDEN, Failure::Forbidden),
            Self::WrongMethod => (StatusCode::METHOD_NOT_ALLOWED, Failure::WrongMethod),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, Failure::TooLarge),
            Self::BadRequest(_) => (StatusCode::BAD_REQUEST, Failure::BadRequest),
            Self::Store(StoreError::Conflict) | Self::TimedOut(_) => (StatusCode::SERVICE_UNAVAILABLE, Failure::Busy),
            Self::Store(_) | Self::Encode(_) | Self::Panic(_) | Self::Unrouted => {
                (StatusCode::INTERNAL_SERVER_ERROR, Failure::Broken)
            }
        }
    }

    /// When it is worth another try, in seconds.
    pub(super) const fn retry_after(&self) -> Option<u64> {
        match self {
            Self::TooMany(Wait(seconds)) => Some(*seconds),
            Self::Store(StoreError::Conflict) | Self::TimedOut(_) => Some(SOON),
            _ => None,
        }
    }

    /// This error and its causes, outermost first.
    pub(super) fn chain(&self) -> Vec<String> {
        let mut chain = vec![self.to_string()];
        let mut cause = self.source();
        while let Some(error) = cause {
            chain.push(error.to_string());
            cause = error.source();
        }
        chain
    }
}

impl IntoResponse for PageError {
    /// An empty answer that carries the error; `record::around` makes a page of it.
    fn into_response(self) -> Response {
        let mut response = self.kind().0.into_response();
        response.extensions_mut().insert(Arc::new(self));
        response
    }
}

impl From<FormRejection> for PageError {
    fn from(rejection: FormRejection) -> Self {
        match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Self::TooLarge,
            _ => Self::BadRequest(rejection.body_text()),
        }
    }
}

impl From<BytesRejection> for PageError {
    fn from(rejection: BytesRejection) -> Self {
        match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Self::TooLarge,
            _ => Self::BadRequest(rejection.body_text()),
        }
    }
}

/// The answer to a request whose handler panicked.
#[expect(clippy::needless_pass_by_value, reason = "tower-http hands the panic over")]
pub(super) fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response {
    let said = panic.downcast_ref::<String>().map(String::as_str);
    let said = said.or_else(|| panic.downcast_ref::<&str>().copied());
    PageError::Panic(said.unwrap_or("without a word").to_owned()).into_response()
}
