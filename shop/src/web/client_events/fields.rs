//! What the fields of client events have in common: read, named when wrong, bounded.

use schemas::events::Tab;
use serde::Deserialize;

use super::Refused;

const LONGEST_PAGE: usize = 500;
const LONGEST_TAB_ID: usize = 64;
/// The largest whole number that JavaScript counts without a mistake.
const LARGEST_SEQUENCE: u64 = (1 << 53) - 1;

/// The fast reader first; only what it refuses is read again by the one that names the field.
pub(super) fn read_fields<'a, T: Deserialize<'a>>(json: &'a str) -> Result<T, Refused> {
    serde_json::from_str(json).or_else(|_| {
        let mut reader = serde_json::Deserializer::from_str(json);
        serde_path_to_error::deserialize(&mut reader).map_err(|error| {
            let path = error.path().to_string();
            let reason = error.inner().to_string();
            // serde says `missing field `x`` of the object around it.
            let missing = reason
                .strip_prefix("missing field `")
                .and_then(|rest| rest.split_once('`'));
            match missing {
                Some((name, _)) if path == "." => Refused::new(name, "is missing"),
                Some((name, _)) => Refused::new(&format!("{path}.{name}"), "is missing"),
                None => Refused::new(&path, reason),
            }
        })
    })
}

/// `least` to `most` characters, without U+0000, which no text column keeps.
pub(super) fn bounded(field: &str, text: &str, least: usize, most: usize) -> Result<(), Refused> {
    // Bytes bound characters from above, so most texts need no counting.
    if text.len() < least || (text.len() > most && text.chars().count() > most) {
        return Err(Refused::new(field, format!("is not {least} to {most} characters long")));
    }
    if text.as_bytes().contains(&0) {
        return Err(Refused::new(field, "holds the character U+0000"));
    }
    Ok(())
}

/// A path within the shop.
pub(super) fn page(field: &str, path: &str) -> Result<(), Refused> {
    if !path.starts_with('/') {
        return Err(Refused::new(field, "is not a path: it begins with a slash"));
    }
    bounded(field, path, 1, LONGEST_PAGE)
}

pub(super) fn tab(tab: &Tab<'_>) -> Result<(), Refused> {
    bounded("tab.id", &tab.id, 1, LONGEST_TAB_ID)?;
    if !(1..=LARGEST_SEQUENCE).contains(&tab.sequence) {
        return Err(Refused::new("tab.sequence", "counts from 1"));
    }
    Ok(())
}
