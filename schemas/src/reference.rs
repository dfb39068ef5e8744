//! `FIELDS.md`: all there is to say about event types and fields, to be read; made from the types and the tables.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

use crate::{EventType, fields, generate};

const HEAD: &str = "# Event types and fields\n\n\
Made from the Rust types and two tables (`src/event_type.rs`, `src/fields/table.rs`) by `cargo run -p schemas --bin generate`; don't edit it. \
What stands on the topics and how to read it: [README.md](README.md).\n\n\
*From* says who says it: the **browser** by the client script, the HTTP **request**, the signed **cookie** of the visit, the **shop**'s own \
rules and database, the **journal**. A field with a `?` may be missing or null. The examples are from the messages in `examples/`.\n";

/// One field as a line of a table.
#[derive(Debug, Clone, PartialEq)]
struct Line(String);

/// The text of the file.
#[must_use]
pub fn markdown() -> String {
    let mut text = HEAD.to_owned();
    types(&mut text);
    let lines: Vec<(EventType, BTreeMap<String, Line>)> = EventType::ALL.map(|one| (one, lines_of(one))).into();
    let [first, second, ..] = EventType::ALL;
    let activities: Vec<_> = lines.iter().filter(|(one, _)| one.topic().has_rows()).collect();
    let envelope = |path: &str| !path.starts_with("details");
    if let Some((_, of_one)) = activities.first() {
        section(
            &mut text,
            "Every activity",
            of_one.iter().filter(|(path, _)| envelope(path)),
        );
    }
    for (event_type, fields) in &lines {
        let is_activity = event_type.topic().has_rows();
        let shown = fields.iter().filter(|(path, _)| !is_activity || !envelope(path));
        match *event_type {
            one if one == first => section(&mut text, &format!("`{}` and `{}`", first.name(), second.name()), shown),
            one if one == second => {}
            one => section(&mut text, &format!("`{}`", one.name()), shown),
        }
    }
    text
}

fn types(text: &mut String) {
    text.push_str("\n## Event types\n\n| type | topic | about | journal code | since | noticed by | meaning |\n|---|---|---|---|---|---|---|\n");
    for one in EventType::ALL {
        let about: Vec<&str> = one.entities().iter().map(|entity| entity.name()).collect();
        let _ = writeln!(
            text,
            "| `{}` | `{}` | {} | {} | {} | {} | {} |",
            one.name(),
            one.topic().name(),
            about.join(", "),
            one.code(),
            one.since(),
            one.noticed_by().name(),
            one.meaning(),
        );
    }
}

fn section<'a>(text: &mut String, title: &str, lines: impl Iterator<Item = (&'a String, &'a Line)>) {
    let _ = write!(
        text,
        "\n## {title}\n\n| field | type | unit | meaning | example | from | personal | since |\n|---|---|---|---|---|---|---|---|\n"
    );
    for (_, Line(line)) in lines {
        text.push_str(line);
    }
}

fn lines_of(event_type: EventType) -> BTreeMap<String, Line> {
    let mut schema = generate::schema(event_type);
    let mut optional = Vec::new();
    optionals(&schema, "", &mut optional);
    let mut lines = BTreeMap::new();
    fields::each(&mut schema, &mut |path, field| {
        let Some(facts) = fields::facts(event_type, path) else {
            return;
        };
        let field = Value::Object(field.clone());
        // In one order, whatever order other crates of a build have JSON keep.
        let mut example = field["examples"][0].clone();
        example.sort_all_objects();
        let line = format!(
            "| `{path}`{} | {} | {} | {} | {} | {} | {} | {} |\n",
            if optional.iter().any(|one| one == path) {
                " ?"
            } else {
                ""
            },
            kind(&field),
            facts.unit.symbol().unwrap_or_default(),
            cell(field["description"].as_str().unwrap_or_default()),
            code(&example.to_string()),
            facts.origin.name(),
            if facts.personal { "yes" } else { "" },
            fields::since(event_type, path).unwrap_or_default(),
        );
        lines.insert(path.to_owned(), Line(line));
    });
    lines
}

/// The paths of what may be missing or null; and of what stands in it.
fn optionals(schema: &Value, prefix: &str, found: &mut Vec<String>) {
    let Some(properties) = schema["properties"].as_object() else {
        return;
    };
    let required = schema["required"].as_array();
    for (name, property) in properties {
        let path = if prefix.is_empty() {
            name.clone()
        } else {
            format!("{prefix}.{name}")
        };
        let is_required = required.is_some_and(|names| names.iter().any(|one| one == name.as_str()));
        let may_be_null = property["type"]
            .as_array()
            .is_some_and(|types| types.iter().any(|one| one == "null"));
        if !is_required || may_be_null || property.get("anyOf").is_some() {
            found.push(path.clone());
        }
        let real = property["anyOf"].get(0).unwrap_or(property);
        optionals(real, &path, found);
        optionals(&real["items"], &format!("{path}[]"), found);
    }
}

/// The JSON type; of a closed set its values.
fn kind(schema: &Value) -> String {
    let real = schema["anyOf"].get(0).unwrap_or(schema);
    let listed = real["enum"].as_array().into_iter().flatten();
    let constants = real["oneOf"].as_array().into_iter().flatten();
    let of_constants = constants.flat_map(|one| {
        one.get("const")
            .into_iter()
            .chain(one["enum"].as_array().into_iter().flatten())
    });
    let values: Vec<String> = real
        .get("const")
        .into_iter()
        .chain(listed)
        .chain(of_constants)
        .filter_map(Value::as_str)
        .map(|value| format!("`{value}`"))
        .collect();
    if !values.is_empty() {
        return values.join(", ");
    }
    let named = match &real["type"] {
        Value::Array(names) => names.iter().filter_map(Value::as_str).find(|name| *name != "null"),
        name => name.as_str(),
    };
    match named {
        Some("array") => format!("array of {}", kind(&real["items"])),
        Some(name) => name.to_owned(),
        None => "integer".to_owned(),
    }
}

fn cell(text: &str) -> String {
    text.replace('\n', " ").replace('|', "\\|")
}

/// Long ones are cut: the whole message stands in `examples/`.
fn code(json: &str) -> String {
    const LONGEST: usize = 60;
    let json = cell(json).replace('`', "'");
    match json.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("`{}…`", &json[..end]),
        None => format!("`{json}`"),
    }
}
