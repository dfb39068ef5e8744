//! `/api/log/events`, which takes every kind, and `/api/log/dwell-time` and `/api/log/click-event`, which take their own: what the
//! browser tells by itself.
//!
//! One event or an array of at most 100, as `application/json`, or as `text/plain`, which is what a beacon may send without
//! asking first. Every field is checked; each event is answered for itself, and the good ones of a batch are in the journal
//! before the answer leaves:
//! - 200 with nothing accepted: this visitor allows only what is necessary, and the client can forget the events;
//! - 202 all accepted, 207 some, 422 none; `{"accepted":1,"results":[{"index":0,"status":"accepted","event_id":".."},
//!   {"index":1,"status":"rejected","field":"scroll_depth_percent","reason":".."}]}`;
//!   A field that joins the event to other things (`page_view_id`, `page_endpoint`, `list`, `position`, `search_id`, where on the page and
//!   the element's name) is left out when it is wrong, the rest is kept, and the answer names it: `{"index":2,"status":"accepted",
//!   "event_id":"..","left_out":["position"]}`;
//! - 400 not JSON, 413 more than 100 events or 64 KiB, 415 another content type;
//! - 429 with `Retry-After`: more than `--client-events-per-minute` requests from this address, the client keeps the events;
//! - 503 with `Retry-After`: the journal has no room, the client keeps the events.
//!
//! An event's id follows from the visitor, the tab, its number and its moment: what is told again, because the answer was lost, is the
//! same event. The shop remembers the last 100,000 and answers as before, without recording it again; what it has forgotten, the sink
//! knows.

mod answer;
mod batch;
mod click;
mod dwell;
mod fields;
mod identity;
mod kind;
mod page;
mod script_error;
mod times;
mod unsure;

use std::convert::Infallible;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequestParts, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use schemas::{Details, EventId, Timestamp, Unsealed};

use super::Site;
use super::beside::Seen;
use super::caller::{By, Caller};
use super::error::PageError;
use super::pace::place;
use super::recorder;
use super::site::Paces;
use crate::chance;
use crate::observe::Place;
use answer::{Answer, Outcome};
pub(super) use identity::Told;
use script_error::ScriptError;
use times::Received;
use unsure::LeftOut;

/// Why an event is refused: the field and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Refused {
    field: String,
    reason: String,
}

impl Refused {
    fn new(field: &str, reason: impl Into<String>) -> Self {
        Self {
            field: field.to_owned(),
            reason: reason.into(),
        }
    }
}

/// What an accepted event becomes: when it happened, by the shop's clock, and what.
struct Dated<'a> {
    at: Timestamp,
    /// On which page.
    page_view_id: Option<EventId>,
    what: What<'a>,
    left_out: LeftOut,
}

enum What<'a> {
    Activity(Box<Details<'a>>),
    /// A line of the application log.
    Failed(ScriptError<'a>),
}

type Read = for<'a> fn(&'a str, &Received) -> Result<Dated<'a>, Refused>;

pub(super) async fn events(
    By(caller): By,
    State(site): State<Site>,
    IsJson(is_json): IsJson,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, PageError> {
    in_pace(&caller, &site.paces)?;
    answer(&caller, &site, is_json, &body?, kind::read)
}

pub(super) async fn dwell_time(
    By(caller): By,
    State(site): State<Site>,
    IsJson(is_json): IsJson,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, PageError> {
    in_pace(&caller, &site.paces)?;
    answer(&caller, &site, is_json, &body?, dwell::read)
}

pub(super) async fn click_event(
    By(caller): By,
    State(site): State<Site>,
    IsJson(is_json): IsJson,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, PageError> {
    in_pace(&caller, &site.paces)?;
    answer(&caller, &site, is_json, &body?, click::read)
}

/// A program that floods the journal is slowed down; its address is told when to come again.
fn in_pace(caller: &Caller, paces: &Paces) -> Result<(), PageError> {
    let taken = paces.client_events.take(&place(caller.address), caller.occasion.at);
    taken.map_err(PageError::TooMany)
}

fn answer(caller: &Caller, site: &Site, is_json: bool, body: &[u8], read: Read) -> Result<Response, PageError> {
    if !caller.consent.allows_observing() {
        return Ok((StatusCode::OK, Json(Answer::new(std::iter::empty()))).into_response());
    }
    if !is_json {
        return Ok(answer::error(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "send application/json or text/plain",
        ));
    }
    let text =
        std::str::from_utf8(body).map_err(|error| PageError::BadRequest(format!("the body is not UTF-8: {error}")))?;
    let events = match batch::split(text) {
        Ok(events) => events,
        Err(batch::Unusable::TooMany) => {
            return Ok(answer::error(
                StatusCode::PAYLOAD_TOO_LARGE,
                "at most 100 events in a batch",
            ));
        }
        Err(batch::Unusable::NotJson(why)) => return Err(PageError::BadRequest(why)),
    };
    let received = Received {
        at: caller.occasion.at,
        retention: site.manners.retention,
    };
    let read: Vec<Result<Dated<'_>, Refused>> = events.iter().map(|event| read(event, &received)).collect();
    let status = answer::status(read.iter().filter(|event| event.is_ok()).count(), read.len());
    let outcomes = read
        .into_iter()
        .map(|event| event.map(|dated| encoded(caller, dated, status)));
    let outcomes: Vec<Result<(Option<Unsealed>, LeftOut), Refused>> = outcomes.collect();
    let answer = Answer::new(outcomes.iter().map(|outcome| match outcome {
        Ok((event, left_out)) => Outcome::Accepted(event.as_ref().map(|event| event.event_id), left_out),
        Err(refused) => Outcome::Rejected(refused),
    }));
    let response = (status, Json(answer)).into_response();
    let told = outcomes.into_iter().flatten().filter_map(|(event, _)| event);
    let seen = Seen {
        events: site.told.but_the_known(told),
        or_refuse: true,
    };
    Ok((seen, response).into_response())
}

/// No event when logging is compiled to nothing.
fn encoded(caller: &Caller, dated: Dated<'_>, status: StatusCode) -> (Option<Unsealed>, LeftOut) {
    let (occasion, visitor) = (&caller.occasion, caller.visit.visitor);
    let place = |event_id| Place {
        event_id,
        at: dated.at,
        page_view_id: dated.page_view_id,
    };
    let event = match dated.what {
        What::Activity(details) => {
            let id = identity::of(visitor, &details).unwrap_or_else(|| chance::event_id(dated.at));
            recorder::encode_at(occasion, place(id), *details, status.as_u16())
        }
        What::Failed(error) => {
            let place = place(identity::of_error(visitor, &error));
            recorder::encode_line(&error.line(occasion, place))
        }
    };
    (event, dated.left_out)
}

/// Whether a body is JSON, by its content type. One without passes: some programs send none.
pub(super) struct IsJson(bool);

impl<S: Sync> FromRequestParts<S> for IsJson {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let Some(kind) = parts.headers.get(CONTENT_TYPE) else {
            return Ok(Self(true));
        };
        let kind = kind.to_str().unwrap_or("");
        let kind = kind.split(';').next().unwrap_or("").trim();
        let is_json = kind.eq_ignore_ascii_case("application/json") || kind.eq_ignore_ascii_case("text/plain");
        Ok(Self(is_json))
    }
}
