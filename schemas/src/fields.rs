//! What there is to say about each field beyond its type and its meaning: unit, where it comes from, whether it is personal, since when it
//! is there (one table, [`table`]), and an example (out of a real message of `examples/`).
//!
//! The schemas say it in `examples` and `$comment`; `FIELDS.md` and the portal show it. A field is named by its path in the message, such as
//! `details.items[].quantity`; objects whose members are fields, and lists of such objects, are none themselves.

mod examples;
mod table;

use serde_json::{Map, Value, json};

use crate::EventType;

pub use examples::example;

/// What a number counts, or by which clock a moment is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// It has none: a name, an id, a place in an order.
    Unitless,
    Milliseconds,
    /// Of 100.
    Percent,
    /// Whole won, South Korea's currency.
    Won,
    /// As style sheets count them, whatever the screen has.
    CssPixels,
    /// A moment, in UTC.
    Utc,
    Pieces,
}

impl Unit {
    /// How it is written; none where there is none.
    #[must_use]
    pub const fn symbol(self) -> Option<&'static str> {
        match self {
            Self::Unitless => None,
            Self::Milliseconds => Some("ms"),
            Self::Percent => Some("%"),
            Self::Won => Some("KRW"),
            Self::CssPixels => Some("px"),
            Self::Utc => Some("UTC"),
            Self::Pieces => Some("pieces"),
        }
    }
}

/// Who says what stands in a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The visitor's browser, by the client script.
    Browser,
    /// The HTTP request: its address, headers or form.
    Request,
    /// The signed cookie of the visit, or what is derived from it.
    Cookie,
    /// The shop's own rules and database.
    Shop,
    /// The journal, which numbers every event.
    Journal,
}

impl Origin {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Browser => "browser",
            Self::Request => "request",
            Self::Cookie => "cookie",
            Self::Shop => "shop",
            Self::Journal => "journal",
        }
    }
}

/// A row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Facts {
    pub unit: Unit,
    pub origin: Origin,
    /// About a person: hidden from strangers wherever messages are shown.
    pub personal: bool,
    /// The first version of the shop that says it, in types that were there already.
    since: &'static str,
}

/// What the table says about the field at `path` of this type; none for a field that it doesn't know, which a test forbids.
#[must_use]
pub fn facts(event_type: EventType, path: &str) -> Option<&'static Facts> {
    row(event_type, path).map(|row| &row.facts)
}

/// The first version of the shop that has the field at `path` in this type.
#[must_use]
pub fn since(event_type: EventType, path: &str) -> Option<&'static str> {
    facts(event_type, path).map(|facts| facts.since.max(event_type.since()))
}

/// The paths of all fields about a person, whatever the type.
pub fn personal() -> impl Iterator<Item = &'static str> {
    table::ROWS.iter().filter(|row| row.facts.personal).map(|row| row.path)
}

/// The row that speaks of this field: the first that names its type, or all types.
fn row(event_type: EventType, path: &str) -> Option<&'static table::Row> {
    let is_of = |row: &&table::Row| row.path == path && (row.types.is_empty() || row.types.contains(&event_type));
    table::ROWS.iter().find(is_of)
}

/// Calls `visit` for each field that a schema declares, with its path and its own schema, in the order of the schema.
pub fn each(schema: &mut Value, visit: &mut dyn FnMut(&str, &mut Map<String, Value>)) {
    below(schema, "", visit);
}

fn below(schema: &mut Value, prefix: &str, visit: &mut dyn FnMut(&str, &mut Map<String, Value>)) {
    let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) else {
        return;
    };
    for (name, property) in properties {
        let path = if prefix.is_empty() {
            name.clone()
        } else {
            format!("{prefix}.{name}")
        };
        let is_list = not_null(property).get("items").is_some();
        let inner = if is_list {
            not_null(&mut not_null(property)["items"])
        } else {
            not_null(property)
        };
        if inner.get("properties").is_some() {
            let path = if is_list { format!("{path}[]") } else { path };
            below(inner, &path, visit);
        } else if let Value::Object(field) = property {
            visit(&path, field);
        }
    }
}

/// Of "this or null" the first.
fn not_null(schema: &mut Value) -> &mut Value {
    let choices = schema.get("anyOf").and_then(Value::as_array);
    let real = choices.and_then(|choices| choices.iter().position(|choice| choice["type"] != "null"));
    match real {
        Some(real) => &mut schema["anyOf"][real],
        None => schema,
    }
}

/// Says in the schema of a type what is known of its fields, in JSON Schema's own words.
pub(crate) fn annotate(schema: &mut Value, event_type: EventType) {
    each(schema, &mut |path, field| {
        if let Some(example) = example(event_type, path) {
            field.insert("examples".into(), json!([example]));
        }
        if let Some(comment) = comment(event_type, path) {
            field.insert("$comment".into(), json!(comment));
        }
    });
}

fn comment(event_type: EventType, path: &str) -> Option<String> {
    let facts = facts(event_type, path)?;
    let unit = facts.unit.symbol().map(|symbol| format!("unit: {symbol}; "));
    Some(format!(
        "{}from: {}; personal: {}; since: {}",
        unit.unwrap_or_default(),
        facts.origin.name(),
        if facts.personal { "yes" } else { "no" },
        since(event_type, path)?,
    ))
}
