//! The contract may only grow: the schemas of the last release against today's, and planted changes that must all be noticed.

use std::fs;
use std::path::{Path, PathBuf};

use schemas::evolution::{Breach, BreachKind, Side, breaches};
use schemas::{EventType, generate};
use serde_json::{Value, json};

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn released() -> Result<Vec<PathBuf>, std::io::Error> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("released");
    fs::read_dir(folder)?.map(|version| Ok(version?.path())).collect()
}

#[test]
fn todays_schemas_follow_those_of_every_release() -> Outcome {
    for version in released()? {
        for file in fs::read_dir(&version)? {
            let path = file?.path();
            if path.extension().is_none_or(|extension| extension != "json") {
                continue;
            }
            let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
            let event_type = EventType::from_name(name).ok_or_else(|| format!("no type is called {name} any more"))?;
            let old: Value = serde_json::from_str(&fs::read_to_string(&path)?)?;
            let found = breaches(&old, &generate::schema(event_type), Side::Both);
            let said: Vec<String> = found.iter().map(Breach::to_string).collect();
            assert!(said.is_empty(), "{}: {said:#?}", path.display());
        }
    }
    Ok(())
}

/// Changes what stands at `pointer` of the schema of `event_type`, and tells what breaks.
fn after(event_type: EventType, change: impl FnOnce(&mut Value)) -> Vec<(BreachKind, String)> {
    let old = generate::schema(event_type);
    let mut new = old.clone();
    change(&mut new);
    assert_ne!(old, new, "nothing was changed");
    let found = breaches(&old, &new, Side::Both);
    found.into_iter().map(|breach| (breach.kind, breach.field)).collect()
}

fn remove(list: &mut Value, value: &str) {
    if let Some(list) = list.as_array_mut() {
        list.retain(|one| one != value);
    }
}

fn push(list: &mut Value, value: Value) {
    if let Some(list) = list.as_array_mut() {
        list.push(value);
    }
}

#[test]
fn planted_changes_are_all_noticed_by_name() {
    let is = |found: Vec<(BreachKind, String)>, kind: BreachKind, field: &str| {
        assert_eq!(found, [(kind, field.to_owned())]);
    };
    is(
        after(EventType::View, |new| {
            new["properties"]["path"]["type"] = json!("integer");
        }),
        BreachKind::TypeChanged,
        "path",
    );
    is(
        after(EventType::View, |new| push(&mut new["required"], json!("visitor_id"))),
        BreachKind::FieldNewlyRequired,
        "visitor_id",
    );
    is(
        after(EventType::CartAdd, |new| {
            remove(&mut new["properties"]["details"]["required"], "unit_price");
        }),
        BreachKind::FieldNoLongerCertain,
        "details.unit_price",
    );
    is(
        after(EventType::Search, |new| {
            remove(&mut new["properties"]["details"]["required"], "query");
            let details = new["properties"]["details"]["properties"].as_object_mut();
            assert!(details.and_then(|details| details.remove("query")).is_some());
        }),
        BreachKind::FieldRemoved,
        "details.query",
    );
    is(
        after(EventType::Request, |new| {
            remove(&mut new["properties"]["level"]["enum"], "ERROR");
        }),
        BreachKind::ValueRemoved,
        "level",
    );
    is(
        after(EventType::Request, |new| {
            push(&mut new["properties"]["level"]["enum"], json!("FATAL"));
        }),
        BreachKind::ValueAdded,
        "level",
    );
    is(
        after(EventType::CartAdd, |new| {
            new["properties"]["details"]["properties"]["quantity"]["minimum"] = json!(2);
        }),
        BreachKind::BoundNarrowed,
        "details.quantity",
    );
    is(
        after(EventType::Dwell, |new| {
            new["properties"]["details"]["properties"]["scroll_depth_percent"]["maximum"] = json!(200);
        }),
        BreachKind::BoundWidened,
        "details.scroll_depth_percent",
    );
    is(
        after(EventType::View, |new| {
            new["properties"]["session_id"]["pattern"] = json!("^[0-9A-F]{32}$");
        }),
        BreachKind::FormatChanged,
        "session_id",
    );
    is(
        after(EventType::Request, |new| {
            new["then"] = json!({ "required": ["performance", "user_id"] });
        }),
        BreachKind::ShapeChanged,
        ".",
    );
    is(
        after(EventType::OrderPlaced, |new| {
            new["properties"]["details"]["properties"]["items"]["items"]["properties"]["quantity"]["type"] =
                json!("string");
        }),
        BreachKind::TypeChanged,
        "details.items[].quantity",
    );
    let renamed = after(EventType::Click, |new| {
        new["properties"]["event_type"] = json!({ "const": "clicked" });
    });
    let field = "event_type".to_owned();
    assert_eq!(
        renamed,
        [
            (BreachKind::ValueAdded, field.clone()),
            (BreachKind::ValueRemoved, field)
        ]
    );
}

#[test]
fn what_everybody_can_bear_is_no_breach() {
    for found in [
        after(EventType::View, |new| {
            new["properties"]["weather"] = json!({ "type": ["string", "null"] });
        }),
        after(EventType::View, |new| new["description"] = json!("said better")),
        after(EventType::View, |new| {
            new["properties"]["path"]["description"] = json!("said better");
        }),
    ] {
        assert_eq!(found, []);
    }
}

#[test]
fn a_reader_learns_whether_what_it_reads_survives() {
    let ours = generate::schema(EventType::CartAdd);
    let mine =
        |details: Value| json!({ "type": "object", "properties": { "details": details }, "required": ["details"] });
    let reads = |details: Value| -> Vec<(BreachKind, String)> {
        let found = breaches(&mine(details), &ours, Side::Readers);
        found.into_iter().map(|breach| (breach.kind, breach.field)).collect()
    };
    assert_eq!(
        reads(
            json!({ "type": "object", "properties": { "product_id": { "type": "number" } }, "required": ["product_id"] })
        ),
        []
    );
    assert_eq!(
        reads(json!({ "type": "object", "properties": { "colour": { "type": "string" } } })),
        [(BreachKind::FieldRemoved, "details.colour".to_owned())]
    );
    assert_eq!(
        reads(
            json!({ "type": "object", "properties": { "position": { "type": "integer" } }, "required": ["position"] })
        ),
        [
            (BreachKind::FieldNoLongerCertain, "details.position".to_owned()),
            (BreachKind::TypeChanged, "details.position".to_owned())
        ]
    );
}
