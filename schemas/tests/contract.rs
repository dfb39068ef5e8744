//! The contract holds: what is checked in is what the types say, and real messages keep it.

use std::fs;
use std::path::{Path, PathBuf};

use schemas::{EventType, Record, Source, Topic, Unsealed, decode, generate};

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// The messages checked in for `event_type`: file name and bytes without the line's end.
fn examples(event_type: EventType) -> Result<Vec<(String, Vec<u8>)>, std::io::Error> {
    fs::read_dir(folder("examples").join(event_type.name()))?
        .map(|entry| {
            let path = entry?.path();
            let mut bytes = fs::read(&path)?;
            assert_eq!(bytes.pop(), Some(b'\n'), "{} is one whole line", path.display());
            Ok((path.display().to_string(), bytes))
        })
        .collect()
}

#[test]
fn the_generated_schemas_are_those_of_the_types() -> Outcome {
    for event_type in EventType::ALL {
        let path = folder("generated").join(format!("{}.json", event_type.name()));
        assert_eq!(
            fs::read_to_string(&path)?,
            generate::file_text(event_type),
            "{} is stale: run `cargo run -p schemas --bin generate`",
            path.display()
        );
    }
    assert_eq!(
        fs::read_dir(folder("generated"))?.count(),
        EventType::ALL.len(),
        "a schema without a type"
    );
    Ok(())
}

#[test]
fn every_type_has_examples_that_validate_and_decode() -> Outcome {
    for event_type in EventType::ALL {
        let validator = jsonschema::validator_for(&generate::schema(event_type))?;
        let examples = examples(event_type)?;
        assert!(
            examples.len() >= 2,
            "{} has {} examples",
            event_type.name(),
            examples.len()
        );
        for (name, bytes) in examples {
            let value: serde_json::Value = serde_json::from_slice(&bytes)?;
            let errors: Vec<String> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
            assert!(errors.is_empty(), "{name}: {errors:?}");
            let record = decode(event_type.topic(), &bytes).map_err(|error| format!("{name}: {error}"))?;
            assert_eq!(record.event_type(), event_type, "{name}");
        }
    }
    Ok(())
}

#[test]
fn every_field_says_what_it_means() {
    fn walk(schema: &serde_json::Value, path: &str, mute: &mut Vec<String>) {
        for (name, field) in schema["properties"].as_object().into_iter().flatten() {
            let path = format!("{path}.{name}");
            if field["description"].as_str().is_none_or(str::is_empty) {
                mute.push(path.clone());
            }
            walk(field, &path, mute);
            walk(&field["items"], &format!("{path}[]"), mute);
        }
    }
    for event_type in EventType::ALL {
        let mut mute = Vec::new();
        walk(&generate::schema(event_type), event_type.name(), &mut mute);
        // What `then` requires is described where it stands for all.
        assert!(mute.is_empty(), "{mute:?}");
    }
}

#[test]
fn the_readme_names_every_topic_and_type() -> Outcome {
    let readme = fs::read_to_string(folder("README.md"))?;
    for event_type in EventType::ALL {
        assert!(
            readme.contains(&format!("`{}`", event_type.name())),
            "{}",
            event_type.name()
        );
        assert!(
            readme.contains(&format!("| `{}` |", event_type.topic().name())),
            "{}",
            event_type.topic().name()
        );
    }
    Ok(())
}

#[test]
fn an_example_of_one_type_is_not_a_message_of_another_topic() -> Outcome {
    for event_type in EventType::ALL {
        for (name, bytes) in examples(event_type)? {
            for topic in Topic::consumed().filter(|topic| *topic != event_type.topic()) {
                assert!(decode(topic, &bytes).is_err(), "{name} passes as {}", topic.name());
            }
        }
    }
    Ok(())
}

#[test]
fn a_required_field_that_is_missing_is_named_by_both_decoder_and_schema() -> Outcome {
    for event_type in EventType::ALL {
        let schema = generate::schema(event_type);
        let validator = jsonschema::validator_for(&schema)?;
        let required: Vec<String> = serde_json::from_value(schema["required"].clone())?;
        let (name, bytes) = examples(event_type)?.remove(0);
        for field in required {
            let mut message: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(&bytes)?;
            assert!(message.remove(&field).is_some(), "{name} lacks {field}");
            assert!(
                !validator.is_valid(&message.clone().into()),
                "{name} without {field} is valid"
            );
            let bytes = serde_json::to_vec(&message)?;
            let error = decode(event_type.topic(), &bytes)
                .err()
                .ok_or(format!("{name} without {field} decodes"))?;
            assert_eq!(error.field, field, "{name} without {field}: {error}");
        }
    }
    Ok(())
}

#[test]
fn the_error_names_the_field_within_the_details() -> Outcome {
    for (event_type, from, to, field) in [
        (
            EventType::View,
            "\"product_id\":211",
            "\"product_id\":\"teapot\"",
            "details.product_id",
        ),
        (
            EventType::CartMerge,
            "\"quantity\":1}",
            "\"quantity\":-1}",
            "details.merged[0].quantity",
        ),
        (
            EventType::Dwell,
            "\"end_reason\":\"navigated\"",
            "\"end_reason\":\"bored\"",
            "details.end_reason",
        ),
        (EventType::Request, "\"status\":200", "\"status\":\"OK\"", "http.status"),
    ] {
        let text = examples(event_type)?
            .into_iter()
            .map(|(_, bytes)| String::from_utf8(bytes))
            .collect::<Result<Vec<_>, _>>()?
            .into_iter()
            .find(|text| text.contains(from))
            .ok_or(format!("no {} example holds {from}", event_type.name()))?;
        let bad = text.replacen(from, to, 1);
        let error = decode(event_type.topic(), bad.as_bytes())
            .err()
            .ok_or(format!("{bad} decodes"))?;
        assert_eq!(error.field, field, "{error}");
    }
    Ok(())
}

#[test]
fn hostile_bytes_are_refused_and_never_panic() -> Outcome {
    let (_, good) = examples(EventType::View)?.remove(0);
    let text = String::from_utf8(good)?;
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let hostile: Vec<Vec<u8>> = vec![
        vec![],
        b"null".to_vec(),
        b"{}".to_vec(),
        b"\xff\xfe".to_vec(),
        text.replace(',', ",\n").into_bytes(),
        text.replace("/products/", "/\\u0000/").into_bytes(),
        text.replace("\"details\":{", &format!("\"details\":{{\"x\":{deep},"))
            .into_bytes(),
        text.replace("\"schema_version\":1", "\"schema_version\":2")
            .into_bytes(),
        text.replace("\"sequence\":", "\"sequence\":-").into_bytes(),
        text.replace("2026-", "12026-").into_bytes(),
        format!("{text}{text}").into_bytes(),
    ];
    for bytes in hostile {
        let shown: String = String::from_utf8_lossy(&bytes).chars().take(80).collect();
        assert!(decode(Topic::View, &bytes).is_err(), "{shown}");
    }
    Ok(())
}

#[test]
fn a_field_that_is_new_to_an_older_consumer_does_no_harm() -> Outcome {
    for event_type in EventType::ALL {
        let (name, bytes) = examples(event_type)?.remove(0);
        let mut message: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(&bytes)?;
        message.insert("invented_later".into(), serde_json::json!({ "by": ["us"] }));
        let bytes = serde_json::to_vec(&message)?;
        decode(event_type.topic(), &bytes).map_err(|error| format!("{name}: {error}"))?;
    }
    Ok(())
}

#[test]
fn sealing_adds_the_source_and_changes_nothing_else() -> Outcome {
    for event_type in EventType::ALL {
        for (name, message) in examples(event_type)? {
            let text = String::from_utf8(message.clone())?;
            let (body, _) = text.rsplit_once(",\"source\":").ok_or("an example without a source")?;
            let record = decode(event_type.topic(), &message)?;
            let source: Source = record.source().cloned().ok_or("decoded without a source")?;
            let unsealed = Unsealed {
                event_type,
                event_id: record.event_id(),
                timestamp: record.timestamp(),
                session_id: None,
                json: format!("{body}}}").into_bytes(),
            };
            let mut sealed = Vec::new();
            unsealed.seal_into(&source, &mut sealed);
            assert_eq!(String::from_utf8(sealed)?, text, "{name}");
            assert!(
                matches!(record, Record::Activity(_)) == event_type.topic().has_rows(),
                "{name}"
            );
        }
    }
    Ok(())
}
