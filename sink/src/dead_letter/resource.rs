//! Gives a JSON object another `source`; every other member keeps its bytes and its place.

use std::borrow::Cow;
use std::fmt;

use serde::Deserializer as _;
use serde::de::{MapAccess, Visitor};
use serde_json::value::RawValue;

/// The members of an object in their order, each value as it stands.
struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Vec<(Cow<'de, str>, &'de RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(name) = map.next_key::<Cow<'de, str>>()? {
            members.push((name, map.next_value()?));
        }
        Ok(members)
    }
}

/// The object `json` with the source `instance`, sequence 1.
pub(super) fn with_source(json: &[u8], instance: &str) -> Result<Vec<u8>, serde_json::Error> {
    let mut reader = serde_json::Deserializer::from_slice(json);
    let members = reader.deserialize_map(Members)?;
    reader.end()?;
    let mut out = Vec::with_capacity(json.len() + 64);
    for (name, value) in members.iter().filter(|(name, _)| name != "source") {
        out.push(if out.is_empty() { b'{' } else { b',' });
        serde_json::to_writer(&mut out, name)?;
        out.push(b':');
        out.extend_from_slice(value.get().as_bytes());
    }
    out.extend_from_slice(if out.is_empty() {
        br#"{"source":"#
    } else {
        br#","source":"#
    });
    serde_json::to_writer(&mut out, &serde_json::json!({ "instance": instance, "sequence": 1 }))?;
    out.push(b'}');
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_source_changes() {
        let given = br#"{"b": 1.50, "source":{"instance":"shop","sequence":7},"a":[ 1 ],"\u00e9":null}"#;
        let got = String::from_utf8(with_source(given, "redrive-0-1").unwrap()).unwrap();
        assert_eq!(
            got,
            r#"{"b":1.50,"a":[ 1 ],"é":null,"source":{"instance":"redrive-0-1","sequence":1}}"#
        );
        assert!(with_source(b"[]", "x").is_err());
        assert!(with_source(b"{} {}", "x").is_err());
    }
}
