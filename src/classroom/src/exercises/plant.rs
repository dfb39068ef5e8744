//! What is planted in an exercise's data, so that each of its traps is there: times are set, events copied, marked or taken out.

use uuid::Uuid;

use crate::replay::message::Message;
use crate::replay::rewrite::{Change, renumber};
use crate::simulate::random::Random;
use crate::simulate::stream::moment;

pub const MINUTE: i64 = 60 * 1_000_000;

/// The name of the shop that exercises' data comes from.
const INSTANCE: &str = "classroom";

/// A text field at the top of the message, such as `event_type`.
#[must_use]
pub fn field<'a>(message: &'a Message, name: &str) -> Option<&'a str> {
    let text = std::str::from_utf8(&message.value).ok()?;
    let mark = format!("\"{name}\":\"");
    let (_, rest) = text.split_once(&mark)?;
    rest.split_once('"').map(|(value, _)| value)
}

/// The first whole number called so, wherever it stands.
#[must_use]
pub fn number(message: &Message, name: &str) -> Option<i64> {
    let text = std::str::from_utf8(&message.value).ok()?;
    let (_, rest) = text.split_once(&format!("\"{name}\":"))?;
    let end = rest.find(|letter: char| !letter.is_ascii_digit())?;
    rest[..end].parse().ok()
}

/// Moves the event, with all times that it tells.
pub fn move_to(message: &mut Message, at: i64) {
    let change = Change {
        micros: at - message.at,
        renew: None,
    };
    change.apply(&mut message.value);
    message.at = at;
}

/// The same again at another time, as an event of its own.
#[must_use]
pub fn copied(message: &Message, at: i64, random: &mut Random) -> Message {
    let mut copy = message.clone();
    move_to(&mut copy, at);
    if let Some(id) = field(&copy, "event_id").map(str::to_owned) {
        let millis = u64::try_from(at.div_euclid(1000)).unwrap_or(0);
        let new: Uuid = uuid::Builder::from_unix_timestamp_millis(millis, &random.bytes()).into_uuid();
        replace(&mut copy, &id, &new.to_string());
    }
    copy
}

/// Replaces a text wherever it stands in the message.
pub fn replace(message: &mut Message, from: &str, to: &str) {
    if let Ok(text) = std::str::from_utf8(&message.value) {
        message.value = text.replace(from, to).into_bytes();
    }
}

/// Up to `wanted` of the messages that fit, evenly spread, by their places.
#[must_use]
pub fn some(messages: &[Message], wanted: usize, fits: impl Fn(&Message) -> bool) -> Vec<usize> {
    let fitting: Vec<usize> = (0..messages.len()).filter(|place| fits(&messages[*place])).collect();
    let step = (fitting.len() / wanted.max(1)).max(1);
    fitting.into_iter().step_by(step).take(wanted).collect()
}

#[must_use]
pub fn is(message: &Message, event_type: &str) -> bool {
    field(message, "event_type") == Some(event_type)
}

/// In the order of time again, with sequences without a gap.
pub fn settle(messages: &mut [Message]) {
    messages.sort_by(|one, other| (one.at, &one.value).cmp(&(other.at, &other.value)));
    for (message, sequence) in messages.iter_mut().zip(1_u64..) {
        renumber(&mut message.value, INSTANCE, sequence);
        message.source = Some((INSTANCE.to_owned(), sequence));
    }
}

/// For people.
#[must_use]
pub fn words(at: i64) -> String {
    moment(at).to_string()
}
