//! Writes what happened into the journal: all of a request in one append, before its answer leaves. It never fails a page: what
//! the journal refuses is counted there.
//!
//! With the feature `silent` (benchmarks only) nothing is encoded and nothing is written.

use std::borrow::Cow;
use std::time::Duration;

use axum::http::StatusCode;
use schemas::record::{Fields, Http, Level, Performance, Phase};
use schemas::{AppLine, Details, EventType, SCHEMA_VERSION, Timestamp, Unsealed};

use super::endpoint::Endpoint;
use super::metrics;
use super::recent::Recent;
use crate::chance;
use crate::domain::Consent;
use crate::observe::{Occasion, Place};
use crate::settings::RequestDetail;
use journal::{Entry, Journal};

/// The way from the web into the journal.
#[derive(Clone)]
pub struct Recorder {
    pub journal: Journal,
    pub detail: RequestDetail,
    /// Requests below this level leave no events.
    pub level: Level,
    /// What `/privacy` and the drawer show.
    pub recent: Recent,
}

/// A request under way. One that ends without an answer, because the caller went away, leaves its beginning when this is dropped.
pub(super) struct Begun<'a> {
    recorder: &'a Recorder,
    occasion: &'a Occasion,
    consent: Consent,
    route: Option<&'a str>,
    is_recorded: bool,
}

/// How a request ended.
pub(super) struct Ended<'a> {
    pub at: Timestamp,
    pub endpoint: Option<Endpoint>,
    pub status: StatusCode,
    pub took: Duration,
    /// What failed, outermost first.
    pub error: &'a [String],
}

impl Ended<'_> {
    fn level(&self) -> Level {
        if self.status.is_server_error() {
            Level::Error
        } else if self.status.is_client_error() {
            Level::Warning
        } else {
            Level::Info
        }
    }
}

impl Recorder {
    /// A request begins.
    pub(super) const fn begun<'a>(
        &'a self,
        occasion: &'a Occasion,
        consent: Consent,
        route: Option<&'a str>,
    ) -> Begun<'a> {
        Begun {
            recorder: self,
            occasion,
            consent,
            route,
            is_recorded: false,
        }
    }

    /// Whether the journal took them. If not, it has told the operator and counted; the page goes on.
    async fn append(&self, occasion: &Occasion, events: Vec<Unsealed>) -> bool {
        if events.is_empty() {
            return true;
        }
        let last = self.journal.append_together(&entries(occasion, &events)).await;
        if let Ok(last) = last {
            self.recent.remember(occasion.session_id, last, &events);
        }
        last.is_ok()
    }
}

fn entries<'e>(occasion: &'e Occasion, events: &'e [Unsealed]) -> Vec<Entry<'e>> {
    let trace_parent = occasion.trace_parent.as_deref();
    let entry = |event| Entry::observation(event, trace_parent);
    events.iter().map(entry).collect()
}

impl Begun<'_> {
    /// How it ended and what was seen on the way; whether the journal took it.
    pub(super) async fn finished(mut self, ended: &Ended<'_>, seen: Vec<Unsealed>) -> bool {
        self.is_recorded = true;
        metrics::request(ended.endpoint, ended.status, ended.took, ended.at);
        if cfg!(feature = "silent") {
            return true;
        }
        let mut events = Vec::with_capacity(seen.len() + 2);
        events.extend(self.started_line());
        if ended.level() >= self.recorder.level {
            events.extend(finished_line(self.occasion, self.route, ended));
        }
        // Observations of somebody who allows only what is necessary end here, whoever made them.
        if self.consent.allows_observing() {
            events.extend(seen);
        }
        self.recorder.append(self.occasion, events).await
    }

    /// That it began, when that is wanted; dated by its arrival.
    fn started_line(&self) -> Option<Unsealed> {
        if self.recorder.detail == RequestDetail::Finished || self.recorder.level > Level::Info {
            return None;
        }
        let at = self.occasion.at;
        let line = line(self.occasion, at, Level::Info, "request started", self.route);
        encoded(&AppLine {
            phase: Some(Phase::Started),
            ..line
        })
    }
}

impl Drop for Begun<'_> {
    fn drop(&mut self) {
        if !self.is_recorded && !cfg!(feature = "silent") {
            let started: Vec<Unsealed> = self.started_line().into_iter().collect();
            if !started.is_empty() {
                // The journal has told the operator and counted.
                let _ = self.recorder.journal.append(&entries(self.occasion, &started));
            }
        }
    }
}

fn finished_line(occasion: &Occasion, route: Option<&str>, ended: &Ended<'_>) -> Option<Unsealed> {
    let line = line(occasion, ended.at, ended.level(), "request finished", route);
    let micros = u32::try_from(ended.took.as_micros()).unwrap_or(u32::MAX);
    let line = AppLine {
        phase: Some(Phase::Finished),
        http: line.http.map(|http| Http {
            status: Some(ended.status.as_u16()),
            ..http
        }),
        performance: Some(Performance {
            processing_time_ms: f64::from(micros) / 1000.0,
        }),
        error: ended.error.iter().map(|error| Cow::Borrowed(error.as_str())).collect(),
        ..line
    };
    encoded(&line)
}

fn line<'a>(
    occasion: &'a Occasion,
    at: Timestamp,
    level: Level,
    message: &'static str,
    route: Option<&'a str>,
) -> AppLine<'a> {
    AppLine {
        timestamp: at,
        level,
        message: Cow::Borrowed(message),
        module: Cow::Borrowed("shop::web"),
        event_type: EventType::Request,
        phase: None,
        request_id: Some(occasion.request_id),
        session_id: Some(occasion.session_id),
        user_id: occasion.user_id,
        http: Some(Http {
            method: Cow::Borrowed(&occasion.method),
            path: Cow::Borrowed(&occasion.path),
            ip: Cow::Borrowed(occasion.ip_address.as_deref().unwrap_or("")),
            endpoint: Some(occasion.endpoint)
                .filter(|name| !name.is_empty())
                .map(Cow::Borrowed),
            route: route.map(Cow::Borrowed),
            status: None,
        }),
        performance: None,
        error: Vec::new(),
        fields: Fields::new(),
        event_id: chance::event_id(at),
        schema_version: SCHEMA_VERSION,
        source: None,
    }
}

/// Encoding our own types can't fail short of a mistake in them; then the event is missing and the operator is told.
fn told(error: &serde_json::Error) {
    tracing::error!(%error, "An event can't be encoded and is lost, which is a mistake in the program: report this line");
}

fn encoded(line: &AppLine<'_>) -> Option<Unsealed> {
    line.encode().inspect_err(told).ok()
}

/// The event of a line that is not this program's own.
pub(super) fn encode_line(line: &AppLine<'_>) -> Option<Unsealed> {
    if cfg!(feature = "silent") {
        return None;
    }
    encoded(line)
}

/// As [`encode`], for what happened before this request.
pub(super) fn encode_at(occasion: &Occasion, place: Place, details: Details<'_>, status: u16) -> Option<Unsealed> {
    if cfg!(feature = "silent") {
        return None;
    }
    occasion.event_at(place, details, status).inspect_err(told).ok()
}

/// The event that `details` happened.
pub(super) fn encode(occasion: &Occasion, details: Details<'_>, status: u16) -> Option<Unsealed> {
    if cfg!(feature = "silent") {
        return None;
    }
    occasion.event(details, status).inspect_err(told).ok()
}
