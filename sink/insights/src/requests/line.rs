//! A line of the app log: of a request that was answered, or of something else.

use std::borrow::Cow;

use schemas::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

use super::{Day, Request};
use crate::events::Dictionary;

/// What is read of a line.
#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    timestamp: Cow<'a, str>,
    #[serde(borrow)]
    event_type: Cow<'a, str>,
    #[serde(borrow, default)]
    phase: Option<Cow<'a, str>>,
    #[serde(default)]
    request_id: Option<Uuid>,
    #[serde(borrow, default)]
    session_id: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    http: Option<Http<'a>>,
    #[serde(default)]
    performance: Option<Performance>,
    #[serde(borrow, default)]
    error: Vec<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Http<'a> {
    #[serde(borrow)]
    method: Cow<'a, str>,
    #[serde(borrow)]
    ip: Cow<'a, str>,
    #[serde(borrow, default)]
    endpoint: Option<Cow<'a, str>>,
    #[serde(default)]
    status: Option<u16>,
}

#[derive(Deserialize)]
struct Performance {
    processing_time_ms: f64,
}

/// Takes a line in; one that is no answered request's changes nothing.
pub(super) fn take(day: &mut Day, names: &mut Dictionary, line: &[u8]) {
    match request(names, line) {
        Ok(Some(request)) => day.requests.push(request),
        Ok(None) => {}
        Err(Unreadable) => day.unreadable += 1,
    }
}

/// The sink keeps only lines that meet the contract, so that there is none unless somebody wrote into the file.
#[derive(Debug, PartialEq, Eq)]
struct Unreadable;

fn request(names: &mut Dictionary, line: &[u8]) -> Result<Option<Request>, Unreadable> {
    let line: Line<'_> = serde_json::from_slice(line).map_err(|_| Unreadable)?;
    if line.event_type != "request" || line.phase.as_deref() != Some("finished") {
        return Ok(None);
    }
    let (Some(http), Some(took), Some(id)) = (line.http, line.performance, line.request_id) else {
        return Err(Unreadable);
    };
    Ok(Some(Request {
        at: Timestamp::parse(&line.timestamp).map_err(|_| Unreadable)?.unix_micros(),
        millis: took.processing_time_ms,
        id: id.as_u128(),
        session: line.session_id.and_then(|text| u128::from_str_radix(&text, 16).ok()),
        endpoint: names.intern(http.endpoint.as_deref().unwrap_or_default()),
        method: names.intern(&http.method),
        address: names.intern(&http.ip),
        chain: names.intern(&line.error.join(" \u{2190} ")),
        cause: names.intern(line.error.last().map_or("", |cause| cause)),
        status: http.status.ok_or(Unreadable)?,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_answered_is_a_request() {
        let mut names = Dictionary::default();
        let mut of = |text: &str| request(&mut names, text.as_bytes());
        let failed = of(include_str!("../../../../schemas/examples/request/failed.json"));
        let failed = failed.expect("it can be read").expect("it is a request");
        assert!(failed.failed());
        let started = include_str!("../../../../schemas/examples/request/started.json");
        assert_eq!(of(started), Ok(None));
        assert_eq!(of("{"), Err(Unreadable));
        assert_eq!(
            names.text(failed.cause),
            "pool timed out while waiting for an open connection"
        );
        assert_eq!(names.text(failed.endpoint), "checkout.place");
        assert!((failed.millis - 5004.12).abs() < 1e-9);
    }
}
