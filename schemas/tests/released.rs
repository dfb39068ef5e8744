//! What was released stays readable: messages of every version are decoded by today's types, for ever.

use std::fs;
use std::path::Path;

use schemas::{EventType, decode};
use serde_json::Value;

type Outcome = Result<(), Box<dyn std::error::Error>>;

#[test]
fn messages_of_every_released_version_are_decoded() -> Outcome {
    let mut versions = 0;
    for version in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("released"))? {
        let folder = version?.path();
        if !folder.is_dir() {
            continue;
        }
        versions += 1;
        let messages = fs::read_to_string(folder.join("messages.ndjson"))?;
        let mut seen = std::collections::BTreeSet::new();
        for message in messages.lines() {
            let value: Value = serde_json::from_str(message)?;
            let name = value["event_type"].as_str().unwrap_or_default();
            let event_type = EventType::from_name(name).ok_or_else(|| format!("no type is called {name}"))?;
            let record =
                decode(event_type.topic(), message.as_bytes()).map_err(|error| format!("{message}: {error}"))?;
            assert_eq!(record.event_type(), event_type);
            seen.insert(name.to_owned());
        }
        let types = fs::read_dir(&folder)?
            .filter_map(Result::ok)
            .filter(|file| file.path().extension().is_some_and(|extension| extension == "json"));
        assert_eq!(
            seen.len(),
            types.count(),
            "{}: every type has messages",
            folder.display()
        );
    }
    assert!(versions > 0, "a version was released");
    Ok(())
}
