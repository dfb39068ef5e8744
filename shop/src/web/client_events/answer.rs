//! What a batch is answered with, event by event.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use schemas::EventId;
use serde::Serialize;

use super::Refused;
use super::unsure::LeftOut;

/// What became of an event.
pub(super) enum Outcome<'a> {
    /// Without an id when logging is compiled to nothing; and what was left out of it.
    Accepted(Option<EventId>, &'a LeftOut),
    Rejected(&'a Refused),
}

#[derive(Serialize)]
pub(super) struct Answer<'a> {
    accepted: usize,
    results: Vec<Said<'a>>,
}

#[derive(Serialize)]
#[serde(tag = "status", rename_all = "snake_case")]
enum Said<'a> {
    Accepted {
        index: usize,
        #[serde(skip_serializing_if = "Option::is_none")]
        event_id: Option<EventId>,
        #[serde(skip_serializing_if = "LeftOut::is_empty")]
        left_out: &'a LeftOut,
    },
    Rejected {
        index: usize,
        field: &'a str,
        reason: &'a str,
    },
}

impl<'a> Answer<'a> {
    pub(super) fn new(outcomes: impl Iterator<Item = Outcome<'a>>) -> Self {
        let said = outcomes.enumerate().map(|(index, outcome)| match outcome {
            Outcome::Accepted(event_id, left_out) => Said::Accepted {
                index,
                event_id,
                left_out,
            },
            Outcome::Rejected(Refused { field, reason }) => Said::Rejected { index, field, reason },
        });
        let results: Vec<Said<'a>> = said.collect();
        let accepted = results
            .iter()
            .filter(|said| matches!(said, Said::Accepted { .. }))
            .count();
        Self { accepted, results }
    }
}

/// The status for a batch of which so many events were accepted.
pub(super) fn status(accepted: usize, all: usize) -> StatusCode {
    match accepted {
        _ if accepted == all => StatusCode::ACCEPTED,
        0 => StatusCode::UNPROCESSABLE_ENTITY,
        _ => StatusCode::MULTI_STATUS,
    }
}

/// Nothing of the batch could be used.
pub(super) fn error(status: StatusCode, said: &str) -> Response {
    (status, Json(serde_json::json!({ "accepted": 0, "error": said }))).into_response()
}
