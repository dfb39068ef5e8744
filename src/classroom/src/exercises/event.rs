//! The stream of an exercise as its graders read it.

use serde_json::Value;

use crate::replay::message::Message;

/// An event, with what the tasks ask about.
#[derive(Debug, Clone)]
pub struct Event {
    /// Microseconds since 1970.
    pub at: i64,
    /// The latest time of the stream when it came.
    pub clock: i64,
    pub id: String,
    pub kind: String,
    pub session: String,
    /// None for crawlers.
    pub visitor: Option<String>,
    pub product: Option<i64>,
    pub details: Value,
}

/// What a student is given: the messages in the order in which they come, and those of them that are events.
#[derive(Debug)]
pub struct Stream {
    pub messages: Vec<Message>,
    pub events: Vec<Event>,
}

impl Stream {
    #[must_use]
    pub fn new(messages: Vec<Message>) -> Self {
        let mut clock = i64::MIN;
        let events = messages.iter().filter_map(|message| {
            clock = clock.max(message.at);
            let value: Value = serde_json::from_slice(&message.value).ok()?;
            Event::read(&value, message.at, clock)
        });
        let events = events.collect();
        Self { messages, events }
    }

    pub fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Event> {
        self.events.iter().filter(move |event| event.kind == kind)
    }
}

impl Event {
    fn read(value: &Value, at: i64, clock: i64) -> Option<Self> {
        let text = |name: &str| value[name].as_str().map(str::to_owned);
        let details = value.get("details").cloned().unwrap_or_default();
        Some(Self {
            at,
            clock,
            id: text("event_id")?,
            kind: text("event_type")?,
            session: text("session_id").unwrap_or_default(),
            visitor: text("visitor_id"),
            product: details["product_id"].as_i64(),
            details,
        })
    }

    /// A whole number of the event's details.
    #[must_use]
    pub fn number(&self, name: &str) -> i64 {
        self.details[name].as_i64().unwrap_or(0)
    }

    /// Product, quantity and price of each line of an order or a merged cart.
    #[must_use]
    pub fn lines(&self) -> Vec<(i64, i64)> {
        let items = self.details["items"].as_array().map(Vec::as_slice).unwrap_or_default();
        let line = |item: &Value| Some((item["product_id"].as_i64()?, item["quantity"].as_i64()?));
        items.iter().filter_map(line).collect()
    }
}

/// The events in the order of their own time; of the same moment, by id.
#[must_use]
pub fn in_time<'a>(events: impl Iterator<Item = &'a Event>) -> Vec<&'a Event> {
    let mut sorted: Vec<_> = events.collect();
    sorted.sort_by(|one, other| (one.at, &one.id).cmp(&(other.at, &other.id)));
    sorted
}
