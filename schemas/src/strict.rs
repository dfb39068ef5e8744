//! Schemas as the strictest common validators take them: Ajv in strict mode with ajv-formats, Python's jsonschema, pydantic's generator.
//!
//! `schemars` says a number's size by formats of its own (`uint32`), and leaves `type` out where code makes it clear. Validators refuse
//! formats that they don't know and keywords that apply to no type, so both are said in JSON Schema's own words.

use serde_json::{Map, Value, json};

/// Formats of Rust's numbers and the largest of each; none where JavaScript can't count so far, and then nothing is said.
const SIZES: [(&str, Option<u64>); 7] = [
    ("uint8", Some(u8::MAX as u64)),
    ("uint16", Some(u16::MAX as u64)),
    ("uint32", Some(u32::MAX as u64)),
    ("uint64", None),
    ("uint", None),
    ("int64", None),
    ("double", None),
];

/// Rewrites a schema and all schemas within it. What is strict already stays as it is.
pub fn strict(schema: &mut Value) {
    let Value::Object(members) = schema else { return };
    sized(members);
    typed(members);
    for (name, member) in members.iter_mut() {
        match (name.as_str(), member) {
            ("properties", Value::Object(properties)) => properties.values_mut().for_each(strict),
            ("anyOf" | "oneOf" | "allOf", Value::Array(schemas)) => schemas.iter_mut().for_each(strict),
            ("items" | "additionalProperties" | "if" | "then" | "else" | "not", schema) => strict(schema),
            _ => {}
        }
    }
}

fn sized(members: &mut Map<String, Value>) {
    let format = members.get("format").and_then(Value::as_str);
    let Some((_, most)) = SIZES.into_iter().find(|(name, _)| Some(*name) == format) else {
        return;
    };
    members.remove("format");
    if let Some(most) = most {
        members.entry("maximum").or_insert(json!(most));
    }
}

/// What speaks of members speaks of an object, and names those that it requires.
fn typed(members: &mut Map<String, Value>) {
    let speaks_of_members = ["properties", "required", "additionalProperties"]
        .iter()
        .any(|keyword| members.contains_key(*keyword));
    if !speaks_of_members {
        return;
    }
    members.entry("type").or_insert(json!("object"));
    let required: Vec<String> = members
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|name| name.as_str().map(str::to_owned))
        .collect();
    let properties = members.entry("properties").or_insert(json!({}));
    if let Value::Object(properties) = properties {
        for name in required {
            properties.entry(name).or_insert(json!({}));
        }
    }
    if properties == &json!({}) {
        members.remove("properties");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_of_numbers_are_said_as_bounds() {
        let mut schema = json!({ "type": "object", "properties": { "a": { "type": ["integer", "null"], "format": "uint16", "minimum": 0 } } });
        strict(&mut schema);
        assert_eq!(
            schema["properties"]["a"],
            json!({ "type": ["integer", "null"], "minimum": 0, "maximum": 65535 })
        );
    }

    #[test]
    fn what_is_required_is_named_and_its_owner_is_an_object() {
        let mut schema = json!({ "then": { "required": ["performance"] } });
        strict(&mut schema);
        assert_eq!(
            schema["then"],
            json!({ "type": "object", "required": ["performance"], "properties": { "performance": {} } })
        );
        let once = schema.clone();
        strict(&mut schema);
        assert_eq!(schema, once);
    }
}
