//! The combined log format of Apache and Nginx:
//! `127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET /a.gif HTTP/1.0" 200 2326 "http://a/b" "Mozilla/4.08"`.

use serde_json::{Map, Value};
use time::OffsetDateTime;
use time::macros::format_description;

/// The time and the fields; none when the line is of another kind.
pub(super) fn read(line: &[u8]) -> Option<(i64, Map<String, Value>)> {
    let text = std::str::from_utf8(line).ok()?;
    let (who, rest) = text.split_once(" [")?;
    let (time, rest) = rest.split_once("] \"")?;
    let (request, rest) = quoted(rest)?;
    let mut who = who.splitn(3, ' ');
    let (ip, ident, user) = (who.next()?, who.next()?, who.next()?);
    let mut numbers = rest.trim_start().splitn(3, ' ');
    let (status, bytes) = (numbers.next()?, numbers.next()?);
    let (referrer, agent) = numbers.next().map_or((None, None), |rest| {
        let (referrer, rest) = rest.strip_prefix('"').and_then(quoted).unzip();
        let agent = rest
            .and_then(|rest| rest.strip_prefix(" \""))
            .and_then(quoted)
            .map(|(agent, _)| agent);
        (referrer, agent)
    });
    let mut parts = request.splitn(3, ' ');
    let text = |text: Option<&str>| {
        text.filter(|text| *text != "-")
            .map_or(Value::Null, |text| Value::String(text.to_owned()))
    };
    let number = |text: &str| text.parse::<i64>().map_or(Value::Null, Value::from);
    let fields = [
        ("ip", text(Some(ip))),
        ("ident", text(Some(ident))),
        ("user", text(Some(user))),
        ("method", text(parts.next())),
        ("path", text(parts.next())),
        ("protocol", text(parts.next())),
        ("status", number(status)),
        ("bytes", number(bytes)),
        ("referrer", text(referrer)),
        ("user_agent", text(agent)),
    ];
    let object = fields
        .map(|(name, value)| (name.to_owned(), value))
        .into_iter()
        .collect();
    Some((moment(time)?, object))
}

/// Up to the quotation mark that isn't escaped, and what follows it.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let mut escaped = false;
    for (place, letter) in text.char_indices() {
        match letter {
            '"' if !escaped => return Some((&text[..place], &text[place + 1..])),
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    None
}

/// `10/Oct/2000:13:55:36 -0700`
fn moment(text: &str) -> Option<i64> {
    let format = format_description!(
        "[day]/[month repr:short]/[year]:[hour]:[minute]:[second] [offset_hour sign:mandatory][offset_minute]"
    );
    let read = OffsetDateTime::parse(text, format).ok()?;
    i64::try_from(read.unix_timestamp_nanos() / 1000).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_apache_is_read() {
        let line = br#"127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET /a.gif HTTP/1.0" 200 2326 "http://a/\"b\"" "Mozilla/4.08""#;
        let (at, fields) = read(line).unwrap();
        assert_eq!(at, 971_211_336_000_000);
        assert_eq!(
            (&fields["path"], &fields["status"], &fields["ident"]),
            (&"/a.gif".into(), &200.into(), &Value::Null)
        );
        assert_eq!(fields["referrer"], r#"http://a/\"b\""#);
        assert_eq!(fields["user_agent"], "Mozilla/4.08");
    }

    #[test]
    fn another_line_is_none() {
        assert!(read(b"hello").is_none() && read(b"a b c [now] \"GET\" 1 2").is_none() && read(b"\xff").is_none());
    }
}
