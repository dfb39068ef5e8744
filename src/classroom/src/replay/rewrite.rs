//! Moves a message's times and renews its ids, and leaves every other byte as it is.
//!
//! Whole JSON strings that are a moment, a UUID of version 7 or 32 hex digits are changed, wherever they stand; so a reference (a
//! `page_view_id`, a `search_id`) still leads to what it led to.

use schemas::Timestamp;

/// What a replay changes about each message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct Change {
    /// All times are moved by this.
    pub micros: i64,
    /// Ids are changed by this pattern; none leaves them.
    pub renew: Option<u64>,
}

impl Change {
    #[must_use]
    pub const fn is_none(self) -> bool {
        self.micros == 0 && self.renew.is_none()
    }

    /// Changes the value's bytes in place; lengths never change.
    pub fn apply(self, value: &mut [u8]) {
        if self.is_none() {
            return;
        }
        let mut at = 0;
        while let Some(begin) = next_quote(value, at) {
            let Some(end) = next_quote(value, begin + 1) else {
                return;
            };
            self.change_string(&mut value[begin + 1..end]);
            at = end + 1;
        }
    }

    fn change_string(self, text: &mut [u8]) {
        match text.len() {
            27 => self.change_moment(text),
            32 => self.change_hex(text),
            36 => self.change_uuid(text),
            _ => {}
        }
    }

    fn change_moment(self, text: &mut [u8]) {
        let read = std::str::from_utf8(text)
            .ok()
            .and_then(|text| Timestamp::parse(text).ok());
        if let Some(moment) = read {
            text.copy_from_slice(&moment.plus_micros(self.micros).digits());
        }
    }

    fn change_hex(self, text: &mut [u8]) {
        let (Some(pattern), true) = (self.renew, text.iter().copied().all(is_hex)) else {
            return;
        };
        for (place, digit) in text.iter_mut().enumerate() {
            *digit = mixed(*digit, pattern, place);
        }
    }

    /// The time of a UUID of version 7 moves along, its version and variant stay.
    fn change_uuid(self, text: &mut [u8]) {
        let Some(uuid) = std::str::from_utf8(text)
            .ok()
            .and_then(|text| uuid::Uuid::try_parse(text).ok())
        else {
            return;
        };
        if uuid.get_version_num() != 7 {
            return;
        }
        let mut bytes = uuid.into_bytes();
        if let Some(pattern) = self.renew {
            for (byte, mask) in bytes[8..].iter_mut().skip(1).zip(pattern.to_le_bytes()) {
                *byte ^= mask;
            }
        }
        let millis = bytes[..6]
            .iter()
            .fold(0_i64, |millis, byte| millis << 8 | i64::from(*byte));
        let moved = millis + self.micros.div_euclid(1000);
        bytes[..6].copy_from_slice(&moved.max(0).to_be_bytes()[2..]);
        uuid::Uuid::from_bytes(bytes).hyphenated().encode_lower(text);
    }

    /// The key changes with the session that it names.
    pub fn apply_to_key(self, key: &mut [u8]) {
        if key.len() == 32 {
            self.change_hex(key);
        }
    }
}

fn is_hex(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
}

fn mixed(digit: u8, pattern: u64, place: usize) -> u8 {
    let value = if digit.is_ascii_digit() {
        digit - b'0'
    } else {
        digit - b'a' + 10
    };
    let mask = (pattern >> (place % 16 * 4) & 15).to_le_bytes()[0];
    b"0123456789abcdef"[usize::from(value ^ mask)]
}

/// The next quotation mark that isn't escaped.
fn next_quote(value: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    while at < value.len() {
        match value[at] {
            b'\\' => at += 2,
            b'"' => return Some(at),
            _ => at += 1,
        }
    }
    None
}

/// Gives the message a place in another shop: the last member, `source`, is written anew.
pub fn renumber(value: &mut Vec<u8>, instance: &str, sequence: u64) {
    let mark = br#","source":{"instance":""#;
    let found = value.windows(mark.len()).rposition(|window| window == mark);
    if let Some(at) = found {
        value.truncate(at);
        value.extend_from_slice(mark);
        value.extend_from_slice(format!("{instance}\",\"sequence\":{sequence}}}}}").as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VIEW: &str = r#"{"timestamp":"2026-05-14T11:46:45.722945Z","session_id":"4512dddf78e5682f4e94ca7700e0aefa","text":"a \" quote","event_id":"019e264f-835a-7cb1-b49a-e52592e5dfe8","page_view_id":"019e264f-835a-7cb1-b49a-e52592e5dfe8","source":{"instance":"shop-7f3a9c21","sequence":6}}"#;

    #[test]
    fn without_a_change_each_byte_stays() {
        let mut value = VIEW.as_bytes().to_vec();
        Change::default().apply(&mut value);
        assert_eq!(value, VIEW.as_bytes());
    }

    #[test]
    fn times_move_and_ids_keep_their_references() {
        let mut value = VIEW.as_bytes().to_vec();
        let change = Change {
            micros: 3_600_000_000,
            renew: Some(0x0123_4567_89ab_cdef),
        };
        change.apply(&mut value);
        let read: serde_json::Value = serde_json::from_slice(&value).unwrap();
        assert_eq!(read["timestamp"], "2026-05-14T12:46:45.722945Z");
        assert_ne!(read["event_id"], "019e264f-835a-7cb1-b49a-e52592e5dfe8");
        assert_eq!(read["event_id"], read["page_view_id"]);
        assert_eq!(
            uuid::Uuid::try_parse(read["event_id"].as_str().unwrap())
                .unwrap()
                .get_version_num(),
            7
        );
        assert_ne!(read["session_id"], "4512dddf78e5682f4e94ca7700e0aefa");
        assert_eq!(read["text"], "a \" quote");
        let mut key = b"4512dddf78e5682f4e94ca7700e0aefa".to_vec();
        change.apply_to_key(&mut key);
        assert_eq!(read["session_id"], String::from_utf8(key).unwrap());
    }

    #[test]
    fn a_replayed_message_gets_a_place_of_its_own() {
        let mut value = VIEW.as_bytes().to_vec();
        renumber(&mut value, "replay-1", 42);
        let read: serde_json::Value = serde_json::from_slice(&value).unwrap();
        assert_eq!(
            read["source"],
            serde_json::json!({"instance": "replay-1", "sequence": 42})
        );
    }
}
