//! What can go wrong with a page, and how it is said.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::html;
use serde_json::json;

use super::layout;
use crate::question::QuestionError;
use crate::source::SourceError;
use crate::state::NotYet;

#[derive(Debug, thiserror::Error)]
pub(super) enum PageError {
    #[error("{0}")]
    Question(#[from] QuestionError),
    #[error("there is no such page, figure or visit: {0}")]
    NotFound(String),
    #[error("the events are being read for the first time: {} rows so far; try again in a moment", .0.rows)]
    NotYet(NotYet),
    #[error("{0}")]
    Source(#[from] SourceError),
    #[error("the analysis broke, which is a mistake in the program: please report {0}")]
    Broke(String),
}

impl From<NotYet> for PageError {
    fn from(not_yet: NotYet) -> Self {
        Self::NotYet(not_yet)
    }
}

impl PageError {
    const fn status(&self) -> StatusCode {
        match self {
            Self::Question(_) => StatusCode::BAD_REQUEST,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::NotYet(_) | Self::Source(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Broke(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// As a program reads it.
    pub(super) fn into_json(self) -> Response {
        (self.status(), Json(json!({ "error": self.to_string() }))).into_response()
    }
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        let content = html! {
            p.alert role="alert" { (self.to_string()) "." }
            p { a href="/insights" { "To the overview" } }
        };
        let page = match self {
            Self::NotYet(_) => layout::waiting("Insights", &content),
            _ => layout::bare("Insights", &content),
        };
        (self.status(), page).into_response()
    }
}
