//! `/data/contract.yaml`: the sink's table, by the Open Data Contract Standard (<https://bitol-io.github.io/open-data-contract-standard/>).

use serde_json::{Map, Value, json};

use super::Setting;
use super::table::{Column, columns};
use crate::declared::{self, Field};
use crate::personal::is_personal;

const VERSION: &str = "v3.0.2";
const TABLE: &str = "user_activity_log";

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
        "schema": [{
            "name": TABLE,
            "physicalName": TABLE,
            "physicalType": "table",
            "logicalType": "object",
            "description": "What people did: one row for each message of the activity topics.",
            "properties": columns(TABLE).iter().map(property).collect::<Vec<_>>(),
        }],
        "slaProperties": [
            { "property": "retention", "value": days, "unit": "d", "element": format!("{TABLE}.event_time") },
        ],
        "support": [{ "channel": "portal", "url": format!("{}/data", setting.public_url) }],
    })
}

/// The field of a message that ends in this column.
fn field_of(column: &str) -> Option<Field> {
    let fields = declared::fields(schemas::EventType::View);
    fields.into_iter().find(|field| field.column.as_deref() == Some(column))
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
        "details" => "What is special to the event type, as JSON.",
        _ => "",
    };
    if !own.is_empty() {
        return own.to_owned();
    }
    let said = field_of(column)
        .map(|field| field.meaning)
        .filter(|meaning| !meaning.is_empty());
    said.unwrap_or_else(|| format!("The message's {column}."))
}

fn logical(kind: &str) -> &'static str {
    match kind {
        "TIMESTAMPTZ" => "date",
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
    fn every_field_of_an_activity_ends_in_a_column_of_the_contract() {
        let setting = Setting {
            bootstrap: "one:9092".to_owned(),
            public_url: "http://127.0.0.1:8080".to_owned(),
            partitions: 3,
            retention: std::time::Duration::from_hours(720),
        };
        let document = document(&setting);
        let properties = document["schema"][0]["properties"].as_array().unwrap();
        let has = |name: &str| properties.iter().any(|property| property["name"] == name);
        for field in declared::fields(schemas::EventType::View) {
            if let Some(column) = field.column {
                assert!(has(&column), "{} ends in {column}, which the table has not", field.path);
            }
        }
        assert_eq!(document["slaProperties"][0]["value"], 30);
    }
}
