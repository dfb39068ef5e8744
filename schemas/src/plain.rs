//! What JSON allows but a line, a table or a consumer can't keep: checked in two passes over the bytes.
//!
//! Limits: nesting of 32, numbers of 64 characters with exponents of 3 digits, no U+0000, no half of a surrogate pair
//! (PostgreSQL's `jsonb` refuses the last three, and a whole batch with them).

const NESTING: usize = 32;
const NUMBER: usize = 64;
const EXPONENT: usize = 3;

/// Says what can't be kept, if anything; text that is no JSON at all is left to the JSON reader.
pub(crate) fn objection(json: &[u8]) -> Option<&'static str> {
    if memchr::memchr2(b'\n', b'\r', json).is_some() {
        return Some("is more than one line");
    }
    let mut depth = 0_usize;
    let mut rest = json;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b'"' => {
                rest = match string(after) {
                    Ok(after) => after,
                    Err(objection) => return Some(objection),
                }
            }
            b'{' | b'[' => {
                depth += 1;
                if depth > NESTING {
                    return Some("is nested deeper than 32");
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            b'-' | b'0'..=b'9' => {
                let length = after.iter().take_while(|byte| is_of_number(**byte)).count();
                let (number, after) = after.split_at(length);
                let exponent = number.iter().position(|byte| byte.eq_ignore_ascii_case(&b'e'));
                let digits = exponent.map_or(0, |at| number[at..].iter().filter(|byte| byte.is_ascii_digit()).count());
                if length >= NUMBER || digits > EXPONENT {
                    return Some("holds a number that no column keeps");
                }
                rest = after;
            }
            _ => {}
        }
    }
    None
}

const fn is_of_number(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-')
}

/// Passes over the rest of a string, up to and with its closing quote.
fn string(mut rest: &[u8]) -> Result<&[u8], &'static str> {
    while let Some(at) = memchr::memchr2(b'"', b'\\', rest) {
        let after = &rest[at + 1..];
        if rest[at] == b'"' {
            return Ok(after);
        }
        rest = escape(after)?;
    }
    Ok(&[])
}

/// Passes over an escape, of which the backslash is already read.
fn escape(rest: &[u8]) -> Result<&[u8], &'static str> {
    const HALF: &str = "holds half of a surrogate pair";
    let Some(first) = code_unit(rest) else {
        return Ok(rest.get(1..).unwrap_or_default());
    };
    let after = &rest[5..];
    match first {
        0 => Err("holds the character U+0000, which no text column keeps"),
        0xD800..=0xDBFF => match after.strip_prefix(b"\\").and_then(code_unit) {
            Some(0xDC00..=0xDFFF) => Ok(&after[6..]),
            _ => Err(HALF),
        },
        0xDC00..=0xDFFF => Err(HALF),
        _ => Ok(after),
    }
}

/// The code unit of `uXXXX`.
fn code_unit(escape: &[u8]) -> Option<u16> {
    let digits = std::str::from_utf8(escape.strip_prefix(b"u")?.get(..4)?).ok()?;
    u16::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_a_real_nul_is_a_nul() {
        assert!(objection(br#"{"a":"x\u0000"}"#).is_some());
        assert!(objection(br#"{"a":"x\\u0000"}"#).is_none());
        assert!(objection(br#"{"a":"x\\\u0000"}"#).is_some());
        assert!(objection(br#"{"a":"\u0001"}"#).is_none());
    }

    #[test]
    fn surrogates_come_in_pairs() {
        assert!(objection(br#"["\ud83e\uded6"]"#).is_none());
        for half in [
            &br#"["\ud83e"]"#[..],
            br#"["\ud83e\n"]"#,
            br#"["\uded6"]"#,
            br#"["\ud83e\ud83e"]"#,
        ] {
            assert!(objection(half).is_some(), "{}", String::from_utf8_lossy(half));
        }
    }

    #[test]
    fn brackets_and_digits_in_strings_do_not_count() {
        assert!(objection(format!("{:?}", "[".repeat(100)).as_bytes()).is_none());
        assert!(objection(format!("{:?}", "1e99999".repeat(100)).as_bytes()).is_none());
        assert!(objection(b"[1e99999]").is_some());
        assert!(objection("[".repeat(33).as_bytes()).is_some());
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(prop_oneof![Just(b'\\'), Just(b'u'), Just(b'"'), Just(b'd'), any::<u8>()], 0..64)) {
            objection(&bytes);
        }
    }
}
