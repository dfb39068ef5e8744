//! `/data/contract.yaml`: the sink's table, by the Open Data Contract Standard (<https://bitol-io.github.io/open-data-contract-standard/>).

use serde_json::{Map, Value, json};

use super::Setting;
use crate::declared::{self, Field};
use crate::personal::is_personal;
use crate::table::{Column, columns};

const VERSION: &str = "v3.2.0";
/// The tables, and what a row is.
const TABLES: [(&str, &str); 2] = [
    (
        ACTIVITY,
        "What people did: one row for each message of the activity topics.",
    ),
    (
        "product",
        "What each product was called and cost, from when until when (a slowly changing dimension of type 2).",
    ),
];
const ACTIVITY: &str = "user_activity_log";

pub(super) fn document(setting: &Setting) -> Value {
    let days = setting.retention.as_secs() / (24 * 60 * 60);
    json!({
        "apiVersion": VERSION,
        "kind": "DataContract",
        "id": "urn:de-shop:user_activity_log",
        "name": "DE Shop: what people did",
        "version": env!("CARGO_PKG_VERSION"),
        "status": "active",
        "description": {
            "purpose": "One row for each message of the activity topics, from which the shop is analysed.",
            "usage": "Read only; the sink writes. event_id is unique.",
            "limitations": format!("Rows older than {days} days are deleted."),
        },
        "tags": ["shop", "events"],
        "schema": TABLES.map(table),
        "slaProperties": [
            { "property": "retention", "value": days, "unit": "d", "element": format!("{ACTIVITY}.event_time") },
        ],
        "support": [{ "channel": "portal", "url": format!("{}/data", setting.public_url) }],
    })
}

fn table((name, description): (&str, &str)) -> Value {
    json!({
        "name": name,
        "physicalName": name,
        "physicalType": "table",
        "logicalType": "object",
        "description": description,
        "properties": columns(name).iter().map(property).collect::<Vec<_>>(),
    })
}

/// The field of a message that ends in this column.
fn field_of(column: &str) -> Option<&'static Field> {
    let fields = declared::fields(schemas::EventType::View);
    let of_product = declared::fields(schemas::EventType::Product);
    let is = |field: &&Field| field.column.as_deref().map(|kept| kept.trim_start_matches("product.")) == Some(column);
    fields.iter().chain(of_product).find(is)
}

fn property(column: &Column) -> Value {
    let mut property = Map::new();
    property.insert("name".into(), json!(column.name));
    property.insert("physicalName".into(), json!(column.name));
    property.insert("logicalType".into(), json!(logical(&column.kind)));
    property.insert("physicalType".into(), json!(column.kind.to_lowercase()));
    property.insert("required".into(), json!(column.required));
    property.insert("description".into(), json!(description(&column.name)));
    if column.name == "event_id" {
        property.insert("unique".into(), json!(true));
    }
    let example = field_of(&column.name).map(|field| field.example.as_str());
    if let Some(example) = example
        .and_then(|json| serde_json::from_str::<Value>(json).ok())
        .filter(|value| !value.is_object())
    {
        property.insert("examples".into(), json!([example]));
    }
    let classification = if is_personal(&column.name) {
        "confidential"
    } else {
        "internal"
    };
    property.insert("classification".into(), json!(classification));
    Value::Object(property)
}

fn description(column: &str) -> String {
    let own = match column {
        "event_time" => "When it happened.",
        "activity_type" => "The event type.",
        "kafka_topic" | "kafka_partition" | "kafka_offset" => "Where the message stood.",
        "source_instance" | "source_sequence" => "Which journal it came from, and its number there.",
        "valid_to" => "The moment from which another row holds; null: this one holds now.",
        "details" => "What is special to the event type, as JSON.",
        _ => "",
    };
    if !own.is_empty() {
        return own.to_owned();
    }
    let said = field_of(column)
        .map(|field| field.meaning.clone())
        .filter(|meaning| !meaning.is_empty());
    said.unwrap_or_else(|| format!("The message's {}.", column.replace('_', " ")))
}

fn logical(kind: &str) -> &'static str {
    match kind {
        "TIMESTAMPTZ" => "timestamp",
        "BIGINT" | "INTEGER" | "SMALLINT" => "integer",
        "JSONB" => "object",
        "BOOLEAN" => "boolean",
        _ => "string",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_says_what_it_is() {
        let setting = Setting {
            bootstrap: "one:9092".to_owned(),
            public_url: "http://127.0.0.1:8080".to_owned(),
            partitions: 3,
            retention: std::time::Duration::from_hours(720),
        };
        let document = document(&setting);
        let properties = document["schema"][0]["properties"].as_array().unwrap();
        let named = |name: &str| properties.iter().find(|property| property["name"] == name).unwrap();
        assert_eq!(named("event_time")["logicalType"], "timestamp");
        assert_eq!(named("ip_address")["classification"], "confidential");
        assert_eq!(named("user_id")["description"], "The account, once signed in.");
        assert_eq!(named("event_id")["unique"], true);
        assert!(named("user_id")["examples"][0].is_i64(), "{}", named("user_id"));
        let product = document["schema"][1]["properties"].as_array().unwrap();
        assert!(product.iter().any(|property| property["name"] == "valid_to"));
        assert_eq!(document["slaProperties"][0]["value"], 30);
    }
}
