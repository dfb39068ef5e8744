//! Fields that may be wrong without spoiling the rest of an event: what is wrong is left out, and the answer names it.

use std::borrow::Cow;

use schemas::EventId;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::web::Endpoint;

/// A field as it was sent, not yet looked at.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(transparent)]
pub(super) struct Unsure<'a>(#[serde(borrow)] Option<&'a RawValue>);

/// A text, borrowed where it needs no unescaping.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// The names of the fields that were left out.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(super) struct LeftOut(Vec<&'static str>);

impl LeftOut {
    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The field's value, if it is one and `fits`; its name is noted otherwise, unless the field was not sent at all.
    pub(super) fn take<'a, T: Deserialize<'a>>(
        &mut self,
        name: &'static str,
        field: Unsure<'a>,
        fits: impl FnOnce(&T) -> bool,
    ) -> Option<T> {
        self.read(name, field, |value| fits(&value).then_some(value))
    }

    /// The same for a text.
    pub(super) fn text<'a>(
        &mut self,
        name: &'static str,
        field: Unsure<'a>,
        fits: impl FnOnce(&str) -> bool,
    ) -> Option<Cow<'a, str>> {
        self.read(name, field, |Text(text)| fits(&text).then_some(text))
    }

    /// The name of another event.
    pub(super) fn event_id(&mut self, name: &'static str, field: Unsure<'_>) -> Option<EventId> {
        self.read(name, field, |Text(text)| text.parse().ok())
    }

    /// The view of the page that the event happened on.
    pub(super) fn page_view_id(&mut self, field: Unsure<'_>) -> Option<EventId> {
        self.event_id("page_view_id", field)
    }

    /// The endpoint of that page: one of the shop's.
    pub(super) fn page_endpoint(&mut self, field: Unsure<'_>) -> Option<Cow<'static, str>> {
        let mut names = Endpoint::ALL.iter().map(|endpoint| endpoint.name());
        let endpoint = self.read("page_endpoint", field, |Text(text)| names.find(|name| *name == text));
        endpoint.map(Cow::Borrowed)
    }

    /// What `meant` makes of the field's value; its name is noted when that is nothing.
    fn read<'a, S: Deserialize<'a>, T>(
        &mut self,
        name: &'static str,
        field: Unsure<'a>,
        meant: impl FnOnce(S) -> Option<T>,
    ) -> Option<T> {
        let sent = field.0?;
        let value = serde_json::from_str(sent.get()).ok().and_then(meant);
        if value.is_none() {
            self.0.push(name);
        }
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Sent<'a> {
        #[serde(borrow, default)]
        position: Unsure<'a>,
    }

    fn take(json: &str) -> (Option<u32>, LeftOut) {
        let sent: Sent<'_> = serde_json::from_str(json).unwrap();
        let mut left_out = LeftOut::default();
        let position = left_out.take("position", sent.position, |position| *position > 0);
        (position, left_out)
    }

    #[test]
    fn what_is_wrong_is_left_out_and_named() {
        for wrong in [
            "0",
            "-1",
            "1.5",
            "\"3\"",
            "[1]",
            "99999999999",
            "\"\\ud83e\"",
            "{\"a\":1}",
        ] {
            assert_eq!(
                take(&format!("{{\"position\":{wrong}}}")),
                (None, LeftOut(vec!["position"])),
                "{wrong}"
            );
        }
    }

    #[test]
    fn what_was_not_sent_is_nothing_wrong() {
        assert_eq!(take("{}"), (None, LeftOut::default()));
        assert_eq!(take("{\"position\":null}"), (None, LeftOut::default()));
        assert_eq!(take("{\"position\":3}"), (Some(3), LeftOut::default()));
    }
}
