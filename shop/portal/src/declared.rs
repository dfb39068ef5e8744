//! What the contract declares of each field, from the JSON Schema that is made of the Rust types, and from the table of the fields.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use schemas::fields::{self, Origin, Unit};
use schemas::{EventType, Topic, generate};
use serde_json::Value;

use crate::table;

/// A field as the schema has it.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// Its path in the message: `details.lines[].quantity`.
    pub path: String,
    /// The JSON type: `string`, `integer`, `object`, ...
    pub kind: String,
    pub unit: Unit,
    /// What the Rust type's comment says.
    pub meaning: String,
    /// The only values, where the set is closed.
    pub allowed: Vec<String>,
    /// Smallest and largest, a pattern or a format.
    pub limits: Option<String>,
    /// What a real message says, as JSON; empty where there is none.
    pub example: String,
    /// The first version of the shop that has it.
    pub since: &'static str,
    /// It is in every message; otherwise it may be missing or null.
    pub required: bool,
    pub personal: bool,
    pub origin: Origin,
    /// The column of `user_activity_log` that keeps it, or the table and column.
    pub column: Option<String>,
    /// A map with names of its own: `args`, `form`.
    pub is_map: bool,
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
    // A test of the schemas asks for a row of each field.
    let facts = fields::facts(event_type, path);
    Field {
        path: path.to_owned(),
        kind: kind(schema),
        unit: facts.map_or(Unit::Unitless, |facts| facts.unit),
        meaning: meaning(schema),
        allowed: allowed(schema),
        limits: limits(schema),
        example: fields::example(event_type, path)
            .map(Value::to_string)
            .unwrap_or_default(),
        since: fields::since(event_type, path).unwrap_or_default(),
        required,
        personal: facts.is_some_and(|facts| facts.personal),
        origin: facts.map_or(Origin::Shop, |facts| facts.origin),
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
    let constants = constants.flat_map(|one| {
        one.get("const")
            .into_iter()
            .chain(one["enum"].as_array().into_iter().flatten())
    });
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
        assert_eq!(
            (percent.unit, percent.limits.as_deref()),
            (Unit::Percent, Some("0 – 100"))
        );
        assert_eq!(percent.meaning, "Where in the viewport, from the left.");
        assert!(percent.example.parse::<f64>().is_ok(), "{}", percent.example);
        assert_eq!(
            (percent.since, named(EventType::Click, "bot").since),
            ("0.1.0", "0.2.0")
        );
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
