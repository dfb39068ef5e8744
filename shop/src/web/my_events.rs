//! `/api/my-events`: what the shop recorded of the visitor's own session lately, and how far each event has got. The drawer asks for it.
//!
//! - 200 `{"state":"..","events":[{"event_id":"..","event_type":"view","topic":"shop.view","at":"12:30:05","said":"You looked at ..",
//!   "request_id":"..","request":"GET /products/101","place":{"partition":1,"offset":42},"key":"..","headers":[["ce_id",".."],..],
//!   "steps":{"journal":"done","topic":"done","file":"waiting","row":"waiting"},"times":{"journal":12,"topic":20,"kept":null},
//!   "schema":"/data/schemas/view.json","event":{..}}]}`: the last 30, the newest first. A step is `done`, `waiting`, `none` (events of this
//!   kind don't take it) or `unknown`; times are milliseconds since the event, none where nobody remembers;
//! - 204: nothing has changed since the answer whose `state` stands in `?after=`;
//! - 429 with `Retry-After`: more than `--client-events-per-minute` of these requests from this address.
//!
//! Whose session it is says the signed cookie of the visit; without one, or with a forged one, there are no events. These requests leave no
//! events and renew no cookie: a drawer that looked at itself would never come to rest, and no session would ever end.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use schemas::message::{self, HeaderTexts};
use schemas::{Source, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use super::error::PageError;
use super::pace::place;
use super::recorded::Recorded;
use super::said::{Said, said};
use super::{Site, caller, recorded, show};
use crate::domain::Language;
use crate::way::{Entered, Steps};

/// So many events are shown.
const SHOWN: u32 = 30;
const NEVER_KEPT: [(axum::http::HeaderName, &str); 1] = [(CACHE_CONTROL, "no-store")];

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Known {
    after: String,
    /// Of the words.
    lang: String,
}

#[derive(Serialize)]
struct Answer<'a> {
    state: &'a str,
    /// Where Kafka is, for whoever may read messages anyway.
    kafka: Option<&'a str>,
    events: &'a RawValue,
}

/// An event as the drawer shows it.
#[derive(Serialize)]
struct Shown {
    event_id: String,
    event_type: &'static str,
    topic: &'static str,
    /// Korea's, as everywhere in the shop.
    at: String,
    #[serde(flatten)]
    said: Said,
    place: Option<PlaceShown>,
    /// Of the message: the session, or the shop where there is none.
    key: String,
    /// But for the caller's `traceparent`, which nobody here remembers.
    headers: Vec<(&'static str, String)>,
    steps: StepsShown,
    times: TimesShown,
    schema: String,
    event: Option<Box<RawValue>>,
}

#[derive(Serialize)]
struct PlaceShown {
    partition: i32,
    offset: i64,
}

#[derive(Serialize)]
struct StepsShown {
    journal: &'static str,
    topic: &'static str,
    file: &'static str,
    row: &'static str,
}

/// In milliseconds since the event's own time.
#[derive(Serialize)]
struct TimesShown {
    journal: Option<i64>,
    topic: Option<i64>,
    /// In file and table: at most.
    kept: Option<i64>,
}

pub(super) async fn index(
    State(site): State<Site>,
    known: Result<Query<Known>, QueryRejection>,
    request: Parts,
) -> Result<Response, PageError> {
    let address = place(caller::address(&site, &request));
    let paced = site.paces.my_events.take(&address, site.clock.now());
    paced.map_err(PageError::TooMany)?;
    let cookies = site.cookies(&request.headers);
    let language = known
        .as_ref()
        .ok()
        .and_then(|Query(known)| Language::from_code(&known.lang));
    let language = language.unwrap_or(Language::Ko);
    let catalogue = site.store.catalogue();
    let visit = cookies.visit();
    let events = match visit {
        Some(visit) => recorded::of(&site, visit.session, SHOWN).await?,
        None => Vec::new(),
    };
    let kinds = events
        .iter()
        .map(|recorded| (recorded.event.event_type, recorded.entered));
    let shown: Vec<Shown> = events
        .iter()
        .zip(site.way.of(kinds))
        .map(|(recorded, steps)| shown(&site, said(&catalogue, language, &recorded.event), (recorded, steps)))
        .filter(|shown| !shown.said.is_the_drawers_own())
        .collect();
    let events = serde_json::value::to_raw_value(&shown).map_err(PageError::Encode)?;
    let digest = Sha256::digest(events.get());
    let state = digest
        .iter()
        .take(8)
        .fold(0_u64, |state, byte| state << 8 | u64::from(*byte));
    let state = format!("{state:016x}");
    let unchanged = known.is_ok_and(|Query(known)| known.after == state);
    if unchanged {
        return Ok((StatusCode::NO_CONTENT, NEVER_KEPT).into_response());
    }
    let answer = Answer {
        state: &state,
        kafka: site.manners.portal.opens(None).then(|| site.portal.bootstrap()),
        events: &events,
    };
    Ok((NEVER_KEPT, Json(answer)).into_response())
}

fn shown(site: &Site, said: Said, (Recorded { event, entered }, steps): (&Recorded, Steps)) -> Shown {
    let instance = site.recorder.journal.instance();
    // As it stands on the topic, once its place in the journal is known.
    let mut bytes = Vec::new();
    match entered {
        Entered::Here(sequence) => event.seal_into(
            &Source {
                instance: instance.clone(),
                sequence: *sequence,
            },
            &mut bytes,
        ),
        Entered::NotYet | Entered::Elsewhere => bytes.clone_from(&event.json),
    }
    let key = message::key(event.event_type, event.session_id, instance, &bytes);
    let text = String::from_utf8(bytes).ok();
    let source = message::source(instance);
    let headers = HeaderTexts::new(event.event_type, event.event_id, event.timestamp, &source);
    let since = |at: Timestamp| (at.unix_micros() - event.timestamp.unix_micros()).max(0) / 1000;
    Shown {
        event_id: event.event_id.to_string(),
        event_type: event.event_type.name(),
        topic: event.event_type.topic().name(),
        at: show::time_of_day(event.timestamp),
        said,
        place: steps.place.map(|place| PlaceShown {
            partition: place.partition.0,
            offset: place.offset.0,
        }),
        key: String::from_utf8_lossy(&key).into_owned(),
        headers: headers
            .all()
            .map(|(header, text)| (header.name(), String::from_utf8_lossy(text).into_owned()))
            .into(),
        times: TimesShown {
            journal: steps.times.journal.map(since),
            topic: steps.times.topic.map(since),
            kept: steps.times.kept.map(since),
        },
        steps: StepsShown {
            journal: steps.journal.name(),
            topic: steps.topic.name(),
            file: steps.file.name(),
            row: steps.row.name(),
        },
        schema: portal::schema_address(event.event_type),
        event: text.and_then(|text| RawValue::from_string(text).ok()),
    }
}
