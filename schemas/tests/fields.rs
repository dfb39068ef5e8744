//! The table of the fields is whole, true, and what everybody is shown.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use schemas::events::Details;
use schemas::fields::{self, Unit};
use schemas::{EventType, generate, reference};
use serde_json::{Map, Value, json};

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// Every field of every type, with its own schema.
fn all() -> Vec<(EventType, String, Map<String, Value>)> {
    let mut all = Vec::new();
    for event_type in EventType::ALL {
        fields::each(&mut generate::schema(event_type), &mut |path, field| {
            all.push((event_type, path.to_owned(), field.clone()));
        });
    }
    assert!(all.len() > 500, "{} fields", all.len());
    all
}

/// The fields of which this holds, by type and path.
fn those(wrong: impl Fn(EventType, &str, &Map<String, Value>) -> bool) -> Vec<String> {
    let found = all()
        .into_iter()
        .filter(|(event_type, path, field)| wrong(*event_type, path, field));
    found
        .map(|(event_type, path, _)| format!("{} {path}", event_type.name()))
        .collect()
}

#[test]
fn every_field_has_a_row_in_the_table() {
    assert_eq!(
        those(|event_type, path, _| fields::facts(event_type, path).is_none()),
        Vec::<String>::new()
    );
}

#[test]
fn every_field_has_a_meaning_of_more_than_a_word() {
    let is_mute = |field: &Map<String, Value>| {
        field
            .get("description")
            .and_then(Value::as_str)
            .is_none_or(|text| text.split_whitespace().count() < 2)
    };
    assert_eq!(those(|_, _, field| is_mute(field)), Vec::<String>::new());
}

#[test]
fn every_field_has_an_example_that_its_own_schema_takes() -> Outcome {
    for (event_type, path, field) in all() {
        let name = format!("{} {path}", event_type.name());
        let example = field
            .get("examples")
            .and_then(|all| all.get(0))
            .ok_or(format!("{name} has no example"))?;
        let validator = jsonschema::validator_for(&Value::Object(field.clone()))?;
        assert!(validator.is_valid(example), "{name}: {example}");
        assert_ne!(example, &Value::Null, "{name}");
    }
    Ok(())
}

/// What a field's name or format says of its unit.
fn unit_by_name(path: &str, field: &Map<String, Value>) -> Option<Unit> {
    let name = path.rsplit('.').next().unwrap_or(path);
    let ends = |endings: &[&str]| {
        endings
            .iter()
            .any(|ending| name == *ending || name.ends_with(&format!("_{ending}")))
    };
    match () {
        () if field.get("format") == Some(&json!("date-time")) => Some(Unit::Utc),
        () if ends(&["ms"]) => Some(Unit::Milliseconds),
        () if ends(&["percent"]) => Some(Unit::Percent),
        () if ends(&["price", "fee", "total", "amount"]) => Some(Unit::Won),
        () if ends(&["width", "height"]) => Some(Unit::CssPixels),
        () if ends(&["quantity", "count"]) => Some(Unit::Pieces),
        () => None,
    }
}

#[test]
fn a_field_has_the_unit_that_its_name_or_format_asks_for_and_no_other() {
    let wrong = those(|event_type, path, field| {
        let expected = unit_by_name(path, field).unwrap_or(Unit::Unitless);
        fields::facts(event_type, path).is_none_or(|facts| facts.unit != expected)
    });
    assert_eq!(wrong, Vec::<String>::new());
    // Units that none has yet must not come in unnoticed.
    let unheard_of = ["_s", "_seconds", "_bytes", "_us", "_minutes", "_days", "_kb"];
    assert_eq!(
        those(|_, path, _| unheard_of.iter().any(|ending| path.ends_with(ending))),
        Vec::<String>::new()
    );
}

#[test]
fn a_field_is_as_old_as_the_release_that_first_has_it() -> Outcome {
    let released = Path::new(env!("CARGO_MANIFEST_DIR")).join("released/0.1.0");
    let mut old = BTreeSet::new();
    for event_type in EventType::ALL {
        // A type that is newer has no schema there.
        let Ok(text) = fs::read_to_string(released.join(format!("{}.json", event_type.name()))) else {
            continue;
        };
        fields::each(&mut serde_json::from_str(&text)?, &mut |path, _| {
            old.insert((event_type, path.to_owned()));
        });
    }
    assert!(old.len() > 300, "{} fields were released", old.len());
    let wrong = those(|event_type, path, _| {
        let is_old = old.contains(&(event_type, path.to_owned()));
        is_old != (fields::since(event_type, path) == Some("0.1.0"))
    });
    assert_eq!(wrong, Vec::<String>::new());
    Ok(())
}

#[test]
fn what_identifies_a_person_or_their_machine_is_personal() {
    let personal: BTreeSet<&str> = fields::personal().collect();
    let expected = [
        "form",
        "http.ip",
        "ip_address",
        "referrer",
        "user_agent",
        "user_id",
        "visitor_id",
    ];
    assert_eq!(personal, BTreeSet::from(expected));
}

#[test]
fn the_schema_says_unit_origin_and_privacy_in_words_that_every_validator_passes_over() {
    let schema = generate::schema(EventType::Dwell);
    let active = &schema["properties"]["details"]["properties"]["active_ms"];
    assert_eq!(
        active["$comment"],
        "unit: ms; from: browser; personal: no; since: 0.1.0"
    );
    assert_eq!(
        schema["properties"]["visitor_id"]["$comment"],
        "from: cookie; personal: yes; since: 0.2.0"
    );
    assert!(active["examples"][0].is_u64(), "{active}");
}

#[test]
fn a_message_is_about_nothing_that_the_table_does_not_name() -> Outcome {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    for event_type in EventType::ALL {
        let named: BTreeSet<&str> = event_type.entities().iter().map(|entity| entity.name()).collect();
        let mut seen = BTreeSet::new();
        for file in fs::read_dir(folder.join(event_type.name()))? {
            let message: Value = serde_json::from_str(&fs::read_to_string(file?.path())?)?;
            seen.extend(message["entity_type"].as_str().map(str::to_owned));
            let details = message["details"].to_string();
            if let Some(Ok(details)) = Details::parse(event_type, &details) {
                assert_eq!(
                    details.entity().0.map(|entity| json!(entity.name())),
                    message.get("entity_type").filter(|it| !it.is_null()).cloned()
                );
            }
        }
        assert_eq!(
            seen.iter().map(String::as_str).collect::<BTreeSet<_>>(),
            named,
            "{}",
            event_type.name()
        );
    }
    Ok(())
}

#[test]
fn the_reference_is_what_the_tables_say() -> Outcome {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("FIELDS.md");
    assert_eq!(
        fs::read_to_string(file)?,
        reference::markdown(),
        "FIELDS.md is stale: run `cargo run -p schemas --bin generate`"
    );
    let reference = reference::markdown();
    for (event_type, path, _) in all() {
        assert!(
            reference.contains(&format!("| `{path}`")),
            "{} {path}",
            event_type.name()
        );
    }
    Ok(())
}
