//! Faults that change what a message says: cut off, not readable, another version.

use crate::simulate::random::Random;

/// Cut off, not UTF-8, or not an object.
pub(super) fn corrupted(value: &mut Vec<u8>, random: &mut Random) {
    match random.below(3) {
        0 => {
            let half = value.len() / 2 + random.index(value.len() / 2 + 1) / 2;
            value.truncate(half);
        }
        1 => {
            let at = random.index(value.len());
            if let Some(byte) = value.get_mut(at) {
                *byte = 0xff;
            }
        }
        _ => *value = b"null".to_vec(),
    }
}

/// Version 2 writes a price as `{"amount":38900,"currency":"KRW"}`. False where nothing has a price.
pub(crate) fn as_version_2(value: &mut Vec<u8>) -> bool {
    let Ok(text) = std::str::from_utf8(value) else {
        return false;
    };
    let mark = "\"unit_price\":";
    if !text.contains(mark) {
        return false;
    }
    let mut out = String::with_capacity(text.len() + 64);
    let mut rest = text;
    while let Some(at) = rest.find(mark) {
        let (before, after) = rest.split_at(at + mark.len());
        let digits = after
            .find(|letter: char| !letter.is_ascii_digit())
            .unwrap_or(after.len());
        out.push_str(before);
        out.push_str("{\"amount\":");
        out.push_str(&after[..digits]);
        out.push_str(",\"currency\":\"KRW\"}");
        rest = &after[digits..];
    }
    out.push_str(rest);
    *value = out.replace("\"schema_version\":1", "\"schema_version\":2").into_bytes();
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_2_writes_prices_as_objects() {
        let mut value = br#"{"n":0,"unit_price":5,"schema_version":1}"#.to_vec();
        assert!(as_version_2(&mut value));
        let read: serde_json::Value = serde_json::from_slice(&value).unwrap();
        assert_eq!(read["unit_price"], serde_json::json!({"amount": 5, "currency": "KRW"}));
        assert_eq!(read["schema_version"], 2);
        assert!(!as_version_2(&mut b"{}".to_vec()), "nothing has a price");
    }
}
