//! What the contract declares of each field, from the JSON Schema that is made of the Rust types.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use schemas::{EventType, Topic, generate};
use serde_json::Value;

use crate::personal::is_personal;
use crate::table;

/// A field as the schema has it.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// Its path in the message: `details.lines[].quantity`.
    pub path: String,
    /// The JSON type: `string`, `integer`, `object`, ...
    pub kind: String,
    pub unit: Option<&'static str>,
    /// What the Rust type's comment says.
    pub meaning: String,
    /// The only values, where the set is closed.
    pub allowed: Vec<String>,
    /// Smallest and largest, a pattern or a format.
    pub limits: Option<String>,
    /// It is in every message; otherwise it may be missing or null.
    pub required: bool,
    pub personal: bool,
    pub origin: Origin,
    /// The column of `user_activity_log` that keeps it, or the table and column.
    pub column: Option<String>,
    /// A map with names of its own: `args`, `form`.
    pub is_map: bool,
}

/// Who says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The visitor's browser, by the client script.
    Browser,
    /// The HTTP request.
    Request,
    /// The signed cookie of the visit.
    Cookie,
    /// The shop's own rules and database.
    Shop,
    /// The journal, which numbers every event.
    Journal,
}

/// Every field of a message of this type, in the order of the schema, the envelope before the details.
#[must_use]
pub fn fields(event_type: EventType) -> &'static [Field] {
    FIELDS.get(&event_type).map_or(&[], Vec::as_slice)
}

/// They are the program's own: the schemas are made once.
static FIELDS: LazyLock<BTreeMap<EventType, Vec<Field>>> = LazyLock::new(|| {
    let of = |event_type| (event_type, of_schema(&generate::schema(event_type), event_type));
    EventType::ALL.map(of).into()
});

/// The fields that this schema declares.
#[must_use]
pub fn of_schema(schema: &Value, event_type: EventType) -> Vec<Field> {
    let mut found = Vec::new();
    collect(schema, "", event_type, &mut found);
    found.sort_by_key(|field| (field.path.starts_with("details"), !field.required, field.path.clone()));
    found
}

/// The paths of the maps of this type: their names are data, not fields.
#[must_use]
pub fn maps(fields: &[Field]) -> BTreeSet<&str> {
    let maps = fields.iter().filter(|field| field.is_map);
    maps.map(|field| field.path.as_str()).collect()
}

fn collect(schema: &Value, prefix: &str, event_type: EventType, found: &mut Vec<Field>) {
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
        return;
    };
    let required = schema.get("required").and_then(Value::as_array);
    for (name, property) in properties {
        let path = if prefix.is_empty() {
            name.clone()
        } else {
            format!("{prefix}.{name}")
        };
        let property = not_null(property);
        let item = property.get("items").map(not_null);
        let inner = item.unwrap_or(property);
        let is_required = required.is_some_and(|required| required.iter().any(|one| one == name.as_str()));
        let below = if item.is_some() {
            format!("{path}[]")
        } else {
            path.clone()
        };
        if inner.get("properties").is_none() {
            found.push(field((&path, property), is_required, event_type));
        }
        collect(inner, &below, event_type, found);
    }
}

/// Of "this or null" the first.
fn not_null(schema: &Value) -> &Value {
    let choices = schema.get("anyOf").and_then(Value::as_array);
    let real = choices.and_then(|choices| choices.iter().find(|choice| choice["type"] != "null"));
    real.unwrap_or(schema)
}

fn field((path, schema): (&str, &Value), required: bool, event_type: EventType) -> Field {
    Field {
        path: path.to_owned(),
        kind: kind(schema),
        unit: unit(path),
        meaning: meaning(schema),
        allowed: allowed(schema),
        limits: limits(schema),
        required,
        personal: is_personal(path),
        origin: origin(path, event_type),
        column: column(path, event_type),
        is_map: schema
            .get("additionalProperties")
            .is_some_and(|value| *value != Value::Bool(false)),
    }
}

fn kind(schema: &Value) -> String {
    let named = match &schema["type"] {
        Value::String(name) => Some(name.as_str()),
        Value::Array(names) => names.iter().filter_map(Value::as_str).find(|name| *name != "null"),
        _ => None,
    };
    match (named, schema.get("const").or_else(|| schema["enum"].get(0))) {
        (Some("array"), _) => format!("array of {}", kind(not_null(&schema["items"]))),
        (Some(name), _) => name.to_owned(),
        (None, Some(Value::Number(_))) => "integer".to_owned(),
        (None, _) => "string".to_owned(),
    }
}

fn meaning(schema: &Value) -> String {
    let said = schema.get("description").and_then(Value::as_str);
    let of_values = || schema["oneOf"][0]["description"].as_str().map(|_| "See the values.");
    said.or_else(of_values).unwrap_or_default().replace('\n', " ")
}

fn allowed(schema: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let constants = schema["oneOf"].as_array().into_iter().flatten();
    let constants = constants.filter_map(|one| one.get("const").or_else(|| one["enum"].get(0)));
    let listed = schema["enum"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|value| !value.is_null());
    schema
        .get("const")
        .into_iter()
        .chain(listed)
        .chain(constants)
        .map(text)
        .collect()
}

fn limits(schema: &Value) -> Option<String> {
    let (least, most) = (schema.get("minimum"), schema.get("maximum"));
    match (least, most) {
        (Some(least), Some(most)) => Some(format!("{least} – {most}")),
        (Some(least), None) => Some(format!("≥ {least}")),
        (None, Some(most)) => Some(format!("≤ {most}")),
        (None, None) => {
            let text = schema.get("format").or_else(|| schema.get("pattern"));
            text.and_then(Value::as_str).map(str::to_owned)
        }
    }
}

/// Names keep their units: `active_ms`, `x_percent`; money is in won.
fn unit(path: &str) -> Option<&'static str> {
    let name = path.rsplit('.').next().unwrap_or(path);
    match name {
        _ if name.ends_with("_ms") || name == "ms" => Some("ms"),
        _ if name.ends_with("_percent") => Some("%"),
        "unit_price" | "price" | "total" | "line_total" | "amount" => Some("KRW"),
        "viewport_width" | "viewport_height" | "page_height" => Some("px"),
        "timestamp" | "at" | "sent_at" | "entered_at" | "left_at" => Some("UTC"),
        _ => None,
    }
}

fn origin(path: &str, event_type: EventType) -> Origin {
    let by_script = matches!(
        event_type,
        EventType::Dwell
            | EventType::Click
            | EventType::Impression
            | EventType::PagePerformance
            | EventType::FormAbandoned
    );
    match path.split('.').next().unwrap_or(path) {
        "source" => Origin::Journal,
        "session_id" | "visitor_id" => Origin::Cookie,
        "method" | "path" | "args" | "form" | "ip_address" | "user_agent" | "referrer" | "http" => Origin::Request,
        "details" | "timestamp" if by_script => Origin::Browser,
        _ => Origin::Shop,
    }
}

/// The columns that the table has.
static COLUMNS: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let columns = table::columns("user_activity_log").into_iter();
    columns.map(|column| column.name).collect()
});

fn column(path: &str, event_type: EventType) -> Option<String> {
    if event_type.topic() == Topic::Product {
        return path.strip_prefix("details.").map(|column| format!("product.{column}"));
    }
    if !event_type.topic().has_rows() {
        return None;
    }
    let column = match path {
        "timestamp" => "event_time",
        "event_type" => "activity_type",
        "source.instance" => "source_instance",
        "source.sequence" => "source_sequence",
        "schema_version" => return None,
        _ => path.split(['.', '[']).next().unwrap_or(path),
    };
    COLUMNS.contains(column).then(|| column.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(event_type: EventType, path: &str) -> Field {
        let fields = fields(event_type);
        let found = fields.iter().find(|field| field.path == path);
        found
            .unwrap_or_else(|| panic!("{path} of {}: {fields:#?}", event_type.name()))
            .clone()
    }

    #[test]
    fn a_field_says_what_its_type_says() {
        let reason = named(EventType::Click, "details.frustration");
        assert_eq!(reason.allowed, ["rage", "dead"]);
        assert!(!reason.required);
        let percent = named(EventType::Click, "details.x_percent");
        assert_eq!((percent.unit, percent.limits.as_deref()), (Some("%"), Some("0 – 100")));
        assert_eq!(percent.meaning, "Where in the viewport.");
        assert_eq!(percent.origin, Origin::Browser);
        assert_eq!(percent.column.as_deref(), Some("details"));
        let address = named(EventType::View, "ip_address");
        assert!(address.personal && address.kind == "string");
        assert_eq!(
            named(EventType::View, "purpose").column,
            None,
            "the table has no such column"
        );
        assert_eq!(
            named(EventType::View, "timestamp").column.as_deref(),
            Some("event_time")
        );
        assert_eq!(named(EventType::View, "source.sequence").origin, Origin::Journal);
        assert!(named(EventType::View, "args").is_map);
        assert_eq!(named(EventType::Request, "http.path").column, None);
    }

    #[test]
    fn lines_of_an_order_are_fields_of_their_own() {
        assert_eq!(
            named(EventType::OrderPlaced, "details.items[].quantity").kind,
            "integer"
        );
    }

    #[test]
    fn every_type_has_fields_and_each_path_once() {
        for event_type in EventType::ALL {
            let fields = fields(event_type);
            let paths: BTreeSet<&str> = fields.iter().map(|field| field.path.as_str()).collect();
            assert_eq!(paths.len(), fields.len(), "{}", event_type.name());
            assert!(
                paths.contains("event_id") && paths.contains("source.sequence"),
                "{}",
                event_type.name()
            );
        }
    }
}
