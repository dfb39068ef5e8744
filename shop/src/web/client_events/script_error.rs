//! A script that failed in the browser: a line of the application log.

use std::borrow::Cow;

use schemas::events::Tab;
use schemas::record::{AppLine, Fields, Level};
use schemas::{EventType, SCHEMA_VERSION, Timestamp};
use serde::Deserialize;

use super::fields::{bounded, page, read_fields, tab};
use super::times::{ClientTime, Received};
use super::unsure::{LeftOut, Unsure};
use super::{Dated, Refused, What};
use crate::observe::{Occasion, Place};
use crate::web::recorded_address::{recorded_address, recorded_text};

const LONGEST_MESSAGE: usize = 300;
const LONGEST_SOURCE: usize = 600;

/// What failed, and where.
#[derive(Deserialize)]
pub(super) struct ScriptError<'a> {
    at: ClientTime,
    sent_at: ClientTime,
    #[serde(borrow)]
    page: Cow<'a, str>,
    #[serde(borrow, default)]
    page_view_id: Unsure<'a>,
    #[serde(borrow)]
    message: Cow<'a, str>,
    /// `/static/../main.js:12:3`
    #[serde(borrow, default)]
    source: Option<Cow<'a, str>>,
    #[serde(borrow)]
    tab: Tab<'a>,
}

/// Reads, checks and dates it.
pub(super) fn read<'a>(json: &'a str, received: &Received) -> Result<Dated<'a>, Refused> {
    let mut sent: ScriptError<'a> = read_fields(json)?;
    page("page", &sent.page)?;
    bounded("message", &sent.message, 1, LONGEST_MESSAGE)?;
    if let Some(source) = &sent.source {
        bounded("source", source, 1, LONGEST_SOURCE)?;
    }
    tab(&sent.tab)?;
    sent.page = recorded_address(sent.page);
    sent.message = recorded_text(sent.message);
    sent.source = sent.source.map(recorded_text);
    let mut left_out = LeftOut::default();
    Ok(Dated {
        page_view_id: left_out.page_view_id(sent.page_view_id),
        at: received.corrected("at", sent.at, sent.sent_at)?,
        what: What::Failed(sent),
        left_out,
    })
}

impl ScriptError<'_> {
    pub(super) const fn tab(&self) -> &Tab<'_> {
        &self.tab
    }

    /// By the client's clock.
    pub(super) const fn at(&self) -> Timestamp {
        self.at.moment()
    }

    /// The line that it becomes.
    pub(super) fn line(&self, occasion: &Occasion, place: Place) -> AppLine<'_> {
        let mut fields = Fields::from([
            (Cow::Borrowed("page"), Cow::Borrowed(self.page.as_ref())),
            (Cow::Borrowed("tab"), Cow::Borrowed(self.tab.id.as_ref())),
        ]);
        if let Some(source) = &self.source {
            fields.insert(Cow::Borrowed("source"), Cow::Borrowed(source));
        }
        if let Some(view) = place.page_view_id {
            fields.insert(Cow::Borrowed("page_view_id"), Cow::Owned(view.to_string()));
        }
        AppLine {
            timestamp: place.at,
            level: Level::Error,
            message: Cow::Borrowed(&self.message),
            module: Cow::Borrowed("browser"),
            event_type: EventType::App,
            phase: None,
            request_id: Some(occasion.request_id),
            session_id: Some(occasion.session_id),
            user_id: occasion.user_id,
            http: None,
            performance: None,
            error: Vec::new(),
            fields,
            event_id: place.event_id,
            schema_version: SCHEMA_VERSION,
            source: None,
        }
    }
}
