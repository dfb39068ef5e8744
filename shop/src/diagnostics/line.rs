//! From a log line of this process to an `app` event.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::{Debug, Write};

use schemas::record::{AppLine, Level};
use schemas::{EventType, SCHEMA_VERSION, SessionId, Timestamp, Unsealed, UserId};
use tracing::field::{Field, Visit};
use uuid::Uuid;

use crate::chance;

const MAX_MESSAGE_BYTES: usize = 8 * 1024;
const MAX_FIELD_BYTES: usize = 2 * 1024;
const MAX_FIELDS: usize = 32;

/// What a line says, field by field. Ids that messages have members for are taken out of the fields.
#[derive(Debug, Default)]
pub(super) struct Said {
    message: String,
    request_id: Option<Uuid>,
    session_id: Option<SessionId>,
    user_id: Option<UserId>,
    error: Vec<String>,
    fields: BTreeMap<&'static str, String>,
}

impl Said {
    /// The event; it is as good as the line, only too long texts are cut.
    pub(super) fn event(
        self,
        at: Timestamp,
        level: tracing::Level,
        module: &str,
    ) -> Result<Unsealed, serde_json::Error> {
        let line = AppLine {
            timestamp: at,
            level: level_of(level),
            message: Cow::Owned(self.message),
            module: Cow::Borrowed(module),
            event_type: EventType::App,
            phase: None,
            request_id: self.request_id,
            session_id: self.session_id,
            user_id: self.user_id,
            http: None,
            performance: None,
            error: self.error.into_iter().map(Cow::Owned).collect(),
            fields: self
                .fields
                .into_iter()
                .map(|(name, value)| (Cow::Borrowed(name), Cow::Owned(value)))
                .collect(),
            event_id: chance::event_id(at),
            schema_version: SCHEMA_VERSION,
            source: None,
        };
        line.encode()
    }

    fn note(&mut self, field: &Field, text: &str) {
        match field.name() {
            "message" => self.message = clean(text, MAX_MESSAGE_BYTES),
            "error" => self.error.push(clean(text, MAX_MESSAGE_BYTES)),
            "request_id" if self.request_id.is_none() && text.parse::<Uuid>().is_ok() => {
                self.request_id = text.parse().ok();
            }
            "session_id" if self.session_id.is_none() && text.parse::<SessionId>().is_ok() => {
                self.session_id = text.parse().ok();
            }
            "user_id" if self.user_id.is_none() && text.parse::<i64>().is_ok() => {
                self.user_id = text.parse().ok().map(UserId);
            }
            name if self.fields.len() < MAX_FIELDS => {
                self.fields.insert(name, clean(text, MAX_FIELD_BYTES));
            }
            _ => {}
        }
    }
}

impl Visit for Said {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.note(field, value);
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        let mut cause = Some(value);
        while let Some(error) = cause {
            self.error.push(clean(&error.to_string(), MAX_FIELD_BYTES));
            cause = error.source().filter(|_| self.error.len() < MAX_FIELDS);
        }
        if field.name() != "error" {
            self.note(field, &value.to_string());
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let mut text = String::new();
        // A Debug that fails leaves what it has written so far.
        let _ = write!(text, "{value:?}");
        self.note(field, &text);
    }
}

/// U+0000 is refused by text columns and so by the contract.
fn clean(text: &str, max_bytes: usize) -> String {
    let end = text.floor_char_boundary(max_bytes);
    text[..end].replace('\0', "\u{fffd}")
}

fn level_of(level: tracing::Level) -> Level {
    match level {
        tracing::Level::TRACE => Level::Trace,
        tracing::Level::DEBUG => Level::Debug,
        tracing::Level::INFO => Level::Info,
        tracing::Level::WARN => Level::Warning,
        tracing::Level::ERROR => Level::Error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_characters_and_keeps_no_nul() {
        assert_eq!(clean("가나다", 7), "가나");
        assert_eq!(clean("a\0b", 100), "a\u{fffd}b");
    }
}
