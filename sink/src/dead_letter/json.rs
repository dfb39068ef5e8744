//! Letters as JSON, one a line: what `list --json` writes, and what `redrive --mended` reads once `value` was mended.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::headers::unreadable;
use super::{Letter, LetterId, Resolution};
use crate::SinkError;

/// A letter; bytes that are no text are in the `_base64` field instead.
#[derive(Serialize)]
pub(super) struct LetterJson<'a> {
    id: String,
    reason: &'a str,
    field: Option<&'a str>,
    cause: &'a str,
    topic: &'static str,
    partition: i32,
    offset: i64,
    refused_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    because: Option<&'a str>,
    headers: Vec<HeaderJson<'a>>,
    /// Headers whose names are no text; a redriven message keeps them.
    #[serde(skip_serializing_if = "is_none")]
    unreadable_headers: usize,
    key: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_base64: Option<String>,
    /// The message; null when it has none.
    value: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value_base64: Option<String>,
}

#[derive(Serialize)]
struct HeaderJson<'a> {
    name: &'a str,
    value: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value_base64: Option<String>,
}

impl<'a> LetterJson<'a> {
    pub(super) fn new(letter: &'a Letter, resolution: Option<&'a Resolution>) -> Self {
        let (key, key_base64) = text_or_base64(letter.key.as_deref());
        let (value, value_base64) = text_or_base64(letter.value.as_deref());
        let header = |(name, value): &'a (String, Option<Vec<u8>>)| {
            let (value, value_base64) = text_or_base64(value.as_deref());
            HeaderJson {
                name,
                value,
                value_base64,
            }
        };
        Self {
            id: letter.id.to_string(),
            reason: &letter.kind,
            field: letter.field.as_deref(),
            cause: &letter.reason,
            topic: letter.origin.at.topic.name(),
            partition: letter.origin.at.partition.0,
            offset: letter.origin.offset.0,
            refused_at: letter.refused.map(|at| at.to_string()),
            outcome: resolution.map(|resolution| resolution.outcome.name()),
            outcome_at: resolution.and_then(|resolution| Some(resolution.at?.to_string())),
            because: resolution.and_then(|resolution| resolution.because.as_deref()),
            headers: letter.headers.iter().map(header).collect(),
            unreadable_headers: letter.all_headers.as_ref().map_or(0, unreadable),
            key,
            key_base64,
            value,
            value_base64,
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "what serde asks for")]
const fn is_none(count: &usize) -> bool {
    *count == 0
}

fn text_or_base64(bytes: Option<&[u8]>) -> (Option<Cow<'_, str>>, Option<String>) {
    match bytes.map(|bytes| (std::str::from_utf8(bytes), bytes)) {
        None => (None, None),
        Some((Ok(text), _)) => (Some(text.into()), None),
        Some((Err(_), bytes)) => (None, Some(STANDARD.encode(bytes))),
    }
}

/// The mended messages of a file, by letter. Each line is an object with `id` and `value`: the message as a text, or as the
/// object itself (or `value_base64`). Other members, such as those of `list --json`, are not looked at.
#[derive(Debug, Default)]
pub(super) struct Mended(HashMap<LetterId, Vec<u8>>);

#[derive(Deserialize)]
struct Line<'a> {
    id: Cow<'a, str>,
    #[serde(borrow, default)]
    value: Option<&'a RawValue>,
    #[serde(default)]
    value_base64: Option<Cow<'a, str>>,
}

impl Mended {
    pub(super) fn read(path: &Path) -> Result<Self, SinkError> {
        let refuse = |reason: String| SinkError::Setting {
            setting: "--mended",
            reason: format!("{}{reason}", path.display()),
        };
        let file = File::open(path).map_err(|error| refuse(format!(": {error}")))?;
        let mut mended = HashMap::new();
        for (number, line) in (1..).zip(BufReader::new(file).split(b'\n')) {
            let line = line.map_err(|error| refuse(format!(": {error}")))?;
            if line.trim_ascii().is_empty() {
                continue;
            }
            let (id, value) = entry(&line).map_err(|reason| refuse(format!(", line {number}: {reason}")))?;
            if mended.insert(id, value).is_some() {
                return Err(refuse(format!(", line {number}: {id} is there twice")));
            }
        }
        Ok(Self(mended))
    }

    pub(super) fn get(&self, id: LetterId) -> Option<&[u8]> {
        self.0.get(&id).map(Vec::as_slice)
    }

    pub(super) fn ids(&self) -> Vec<LetterId> {
        let mut ids: Vec<_> = self.0.keys().copied().collect();
        ids.sort_unstable();
        ids
    }
}

fn entry(line: &[u8]) -> Result<(LetterId, Vec<u8>), String> {
    let line: Line<'_> = serde_json::from_slice(line).map_err(|error| error.to_string())?;
    let id = line.id.parse().map_err(|error| format!("`id` {error}"))?;
    let value = match (line.value.map(RawValue::get), line.value_base64) {
        (Some(text), _) if text.starts_with('"') => {
            let text: String = serde_json::from_str(text).map_err(|error| format!("`value`: {error}"))?;
            text.into_bytes()
        }
        (Some(object), _) if object != "null" => object.as_bytes().to_vec(),
        (_, Some(base64)) => STANDARD
            .decode(base64.as_bytes())
            .map_err(|error| format!("`value_base64`: {error}"))?,
        _ => return Err("has no `value`".to_owned()),
    };
    Ok((id, value))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn read(lines: &str) -> Result<Mended, String> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(lines.as_bytes()).unwrap();
        Mended::read(file.path()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_value_is_a_text_or_the_object_itself_with_its_own_bytes() {
        let mended = read(
            "{\"id\":\"0/1\",\"value\":\"{\\\"a\\\":1}\",\"reason\":\"invalid\"}\n\n\
             {\"id\":\"2/7\",\"value\":{\"a\": 1.50}}\n{\"id\":\"2/8\",\"value\":null,\"value_base64\":\"/w==\"}",
        )
        .unwrap();
        let get = |id: &str| mended.get(id.parse().unwrap());
        assert_eq!(get("0/1"), Some(&b"{\"a\":1}"[..]));
        assert_eq!(get("2/7"), Some(&b"{\"a\": 1.50}"[..]));
        assert_eq!(get("2/8"), Some(&b"\xff"[..]));
        assert_eq!(mended.ids().len(), 3);
    }

    #[test]
    fn a_line_that_is_wrong_is_named() {
        for (lines, said) in [
            ("{\"id\":\"0/1\",\"value\":{}}\nnot json", "line 2"),
            (
                "{\"id\":\"0/1\",\"value\":{}}\n{\"id\":\"0/1\",\"value\":{}}",
                "there twice",
            ),
            ("{\"id\":\"0/1\"}", "no `value`"),
            ("{\"id\":\"one\",\"value\":{}}", "PARTITION/OFFSET"),
        ] {
            let error = read(lines).unwrap_err();
            assert!(error.contains(said), "{error}");
        }
    }
}
