//! The JSON Schema of every event type, made from the Rust types.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};

use crate::events::{
    CartAdd, CartMerge, CartRemove, CartUpdate, Click, Dwell, Exposure, FormAbandoned, Impression, Login, LoginFailed,
    Logout, OrderCancelled, OrderPlaced, PagePerformance, Search, Signup, View, WishAdd, WishMerge, WishRemove,
};
use crate::fields::annotate;
use crate::record::Phase;
use crate::strict::strict;
use crate::{Activity, AppLine, CatalogueEntry, EventType, SCHEMA_VERSION};

/// The schema (draft 2020-12) of a message of `event_type`: what `schemas/generated/EVENT_TYPE.json` holds.
#[must_use]
pub fn schema(event_type: EventType) -> Value {
    let mut schema = match event_type {
        EventType::Request | EventType::App => generator().into_root_schema_for::<AppLine<'static>>().to_value(),
        EventType::Product => generator().into_root_schema_for::<CatalogueEntry<'static>>().to_value(),
        EventType::View => activity::<View<'static>>(),
        EventType::Search => activity::<Search<'static>>(),
        EventType::CartAdd => activity::<CartAdd>(),
        EventType::CartRemove => activity::<CartRemove>(),
        EventType::CartUpdate => activity::<CartUpdate>(),
        EventType::CartMerge => activity::<CartMerge>(),
        EventType::WishAdd => activity::<WishAdd>(),
        EventType::WishRemove => activity::<WishRemove>(),
        EventType::WishMerge => activity::<WishMerge>(),
        EventType::OrderPlaced => activity::<OrderPlaced>(),
        EventType::OrderCancelled => activity::<OrderCancelled>(),
        EventType::Signup => activity::<Signup<'static>>(),
        EventType::Login => activity::<Login>(),
        EventType::LoginFailed => activity::<LoginFailed>(),
        EventType::Logout => activity::<Logout>(),
        EventType::Dwell => activity::<Dwell<'static>>(),
        EventType::Click => activity::<Click<'static>>(),
        EventType::Exposure => activity::<Exposure<'static>>(),
        EventType::Impression => activity::<Impression<'static>>(),
        EventType::PagePerformance => activity::<PagePerformance<'static>>(),
        EventType::FormAbandoned => activity::<FormAbandoned<'static>>(),
    };
    if let Some(root) = schema.as_object_mut() {
        specialise(root, event_type);
    }
    annotate(&mut schema, event_type);
    strict(&mut schema);
    schema
}

/// The text of the generated file.
#[must_use]
pub fn file_text(event_type: EventType) -> String {
    format!("{:#}\n", sorted(schema(event_type)))
}

/// The same value with its keys in order: `serde_json` keeps them as inserted when any crate of a build asks it to.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.into_iter().collect();
            members.sort_by(|(one, _), (other, _)| one.cmp(other));
            members
                .into_iter()
                .map(|(name, member)| (name, sorted(member)))
                .collect()
        }
        Value::Array(items) => items.into_iter().map(sorted).collect(),
        plain => plain,
    }
}

fn generator() -> SchemaGenerator {
    SchemaSettings::draft2020_12()
        .with(|settings| settings.inline_subschemas = true)
        .into_generator()
}

fn activity<D: JsonSchema>() -> Value {
    generator().into_root_schema_for::<Activity<'static, D>>().to_value()
}

/// What the types say by code, the schema says by constants and required fields.
fn specialise(root: &mut Map<String, Value>, event_type: EventType) {
    root.insert("title".into(), json!(event_type.name()));
    root.insert(
        "$comment".into(),
        json!(format!("topic: {}", event_type.topic().name())),
    );
    if let Some(properties) = root.get_mut("properties").and_then(Value::as_object_mut) {
        properties.insert(
            "event_type".into(),
            json!({ "const": event_type.name(), "description": event_type.meaning() }),
        );
        properties.insert(
            "schema_version".into(),
            json!({
                "type": "integer", "minimum": 1, "maximum": SCHEMA_VERSION,
                "description": "The version of the contract; it rises only when a reader must know.",
            }),
        );
    }
    if event_type == EventType::Request {
        if let Some(required) = root.get_mut("required").and_then(Value::as_array_mut) {
            required.extend([json!("phase"), json!("http")]);
        }
        root.insert(
            "if".into(),
            json!({ "properties": { "phase": { "const": Phase::Finished } } }),
        );
        root.insert(
            "then".into(),
            json!({ "required": ["performance"], "properties": { "http": { "required": ["status"] } } }),
        );
    }
}
