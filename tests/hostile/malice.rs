//! The ways in which a message can be bad or strange, and what must become of each.

use rand::RngExt;
use rand::seq::IndexedRandom;
use schemas::Topic;
use serde_json::{Value, json};

use super::generator::{Fate, Generator, Message};

/// A topic takes messages of 1,048,588 bytes, with what is around the value.
const HUGE: usize = 1_048_000;
/// Stands where raw text is to come.
const HOLE: &str = "\"@@\"";

macro_rules! kinds {
    ($($kind:ident)*) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Malice { $($kind),* }

        impl Malice {
            pub const ALL: &[Self] = &[$(Self::$kind),*];
        }
    };
}

kinds! {
    None NotJson RandomBytes Truncated Trailing ByteOrderMark ManyLines InvalidUtf8 Empty Tombstone
    WrongType MissingField DuplicateKey UnknownType WrongTopic WrongVersion UnknownFields
    Nul HalfSurrogate Deep HugeNumber HugeGarbage HugeButGood
    Year9999 Year0 Year10000 DayAhead RatherEarly OldAge RatherLate
    SequenceZero SequenceNegative SequenceBeyond SequenceJump SequenceGap Repetition SequenceReused
    UnknownSource BadSourceName LongSourceName NoKey
}

pub fn apply(generator: &mut Generator, message: &mut Message, mut event: Value) {
    let text = |event: &Value| event.to_string().into_bytes();
    let id = event["event_id"].as_str().unwrap_or_default().to_owned();
    message.fate = Fate::Refused("invalid");
    let value = match message.malice {
        Malice::NotJson => not_json(generator),
        Malice::RandomBytes => {
            let length = generator.random.random_range(1..200);
            (0..length).map(|_| generator.random.random()).collect()
        }
        Malice::Truncated => {
            let whole = text(&event);
            whole[..generator.random.random_range(1..whole.len())].to_vec()
        }
        Malice::Trailing => [text(&event), b"{}".to_vec()].concat(),
        Malice::ByteOrderMark => [b"\xef\xbb\xbf".to_vec(), text(&event)].concat(),
        Malice::ManyLines => serde_json::to_vec_pretty(&event).expect("JSON"),
        Malice::InvalidUtf8 => with_hole(event, b"\"\xc3\x28 \xff\""),
        Malice::Empty => Vec::new(),
        Malice::Nul => with_hole(event, br#""a\u0000b""#),
        Malice::HalfSurrogate => {
            let halves: [&[u8]; 3] = [br#""\ud800""#, br#""\udc00 and on""#, br#""\ud83e\ud83e""#];
            with_hole(event, halves.choose(&mut generator.random).expect("a half"))
        }
        Malice::Deep => {
            let depth = *[33, 100, 10_000].choose(&mut generator.random).expect("a depth");
            with_hole(event, ["[".repeat(depth), "]".repeat(depth)].concat().as_bytes())
        }
        Malice::HugeNumber => {
            let numbers = [
                "1e400000",
                "-1E-99999",
                &"9".repeat(400),
                &format!("0.{}", "1".repeat(100)),
            ];
            with_hole(
                event,
                numbers.choose(&mut generator.random).expect("a number").as_bytes(),
            )
        }
        Malice::HugeGarbage => vec![b'x'; HUGE],
        Malice::WrongType | Malice::MissingField | Malice::DuplicateKey => {
            broken_field(generator, message.malice, event)
        }
        Malice::UnknownType | Malice::WrongTopic | Malice::WrongVersion => mislabelled(generator, message, event),
        Malice::Year9999 | Malice::Year0 | Malice::Year10000 | Malice::DayAhead | Malice::OldAge => {
            message.fate = misdated(generator, message.malice, &mut event);
            text(&event)
        }
        Malice::SequenceZero | Malice::SequenceNegative | Malice::SequenceBeyond | Malice::SequenceJump => {
            message.fate = missequenced(generator, message.malice, &mut event);
            text(&event)
        }
        Malice::BadSourceName | Malice::LongSourceName => {
            let names = [
                "",
                "Shop",
                "shop\u{7}bell",
                "shop\n",
                "가게",
                "shop.one",
                "../../etc",
                "shop'; DROP TABLE",
            ];
            event["source"]["instance"] = match message.malice {
                Malice::LongSourceName => "x".repeat(generator.random.random_range(65..20_000)).into(),
                _ => (*names.choose(&mut generator.random).expect("a name")).into(),
            };
            text(&event)
        }
        Malice::Tombstone => {
            message.fate = Fate::Refused("empty");
            return;
        }
        Malice::Repetition | Malice::SequenceReused => return again(generator, message, event),
        _ => {
            strange_but_good(generator, message, &mut event);
            message.fate = Fate::Kept(id);
            text(&event)
        }
    };
    message.value = Some(value);
}

/// The headers of a producer that follows no convention, or forges the sink's.
pub fn headers(generator: &mut Generator) -> Vec<(&'static str, Vec<u8>)> {
    let all = [
        ("ce_id", b"not-the-id".to_vec()),
        ("ce_type", b"click".to_vec()),
        ("schema", b"click/99".to_vec()),
        ("traceparent", vec![0xff, 0x00]),
        ("dead_letter_topic", b"shop.cart".to_vec()),
        ("dead_letter_partition", b"-1".to_vec()),
        ("dead_letter_offset", b"0".to_vec()),
        ("dead_letter_reason", b"invalid: forged".to_vec()),
        ("dead_letter_outcome", b"discarded".to_vec()),
        ("dead_letter_id", b"0/0".to_vec()),
    ];
    let count = generator.random.random_range(1..=all.len());
    all.sample(&mut generator.random, count).cloned().collect()
}

fn not_json(generator: &mut Generator) -> Vec<u8> {
    let values = [
        "null",
        "true",
        "42",
        "\"view\"",
        "[]",
        "{}",
        "[{}]",
        " ",
        "<html></html>",
        "NaN",
        "{'a':1}",
        "event_type=view",
        "{\"timestamp\":",
        "{\"event_type\":\"view\"}",
        "\u{0}",
        "----",
        "{\"a\":1}{\"b\":2}",
    ];
    values
        .choose(&mut generator.random)
        .expect("a value")
        .as_bytes()
        .to_vec()
}

fn with_hole(mut event: Value, raw: &[u8]) -> Vec<u8> {
    event["zz_unknown"] = "@@".into();
    let text = event.to_string();
    let (before, after) = text.split_once(HOLE).expect("the hole");
    [before.as_bytes(), raw, after.as_bytes()].concat()
}

fn broken_field(generator: &mut Generator, malice: Malice, mut event: Value) -> Vec<u8> {
    let required = ["timestamp", "event_id", "event_type", "source", "schema_version"];
    let field = *required.choose(&mut generator.random).expect("a field");
    match malice {
        Malice::MissingField => {
            event.as_object_mut().expect("an object").remove(field);
        }
        Malice::DuplicateKey => {
            let text = event.to_string();
            return format!("{{\"{field}\":{},{}", event[field], &text[1..]).into_bytes();
        }
        _ => {
            let wrong = [
                Value::Null,
                json!(true),
                json!(-7),
                json!([]),
                json!({}),
                json!("\u{1f375}"),
            ];
            event[field] = wrong.choose(&mut generator.random).expect("a value").clone();
        }
    }
    event.to_string().into_bytes()
}

fn mislabelled(generator: &mut Generator, message: &Message, mut event: Value) -> Vec<u8> {
    match message.malice {
        Malice::UnknownType => event["event_type"] = "teleport".into(),
        Malice::WrongVersion => {
            event["schema_version"] = (*[0, 2, 65_535].choose(&mut generator.random).expect("a version")).into();
        }
        _ => {
            let others: Vec<_> = Topic::consumed().filter(|topic| *topic != message.topic).collect();
            let other = *others.choose(&mut generator.random).expect("a topic");
            event = generator.good(other);
        }
    }
    event.to_string().into_bytes()
}

fn misdated(generator: &mut Generator, malice: Malice, event: &mut Value) -> Fate {
    const HOUR: i64 = 3_600_000_000;
    let (moment, fate) = match malice {
        Malice::Year9999 => ("9999-12-31T23:59:59.999999Z".to_owned(), "too_new"),
        Malice::Year0 => ("0000-01-01T00:00:00.000000Z".to_owned(), "too_old"),
        Malice::Year10000 => ("+10000-01-01T00:00:00.000000Z".to_owned(), "invalid"),
        Malice::DayAhead => (generator.now.plus_micros(25 * HOUR).to_string(), "too_new"),
        _ => (generator.now.plus_micros(-32 * 24 * HOUR).to_string(), "too_old"),
    };
    event["timestamp"] = moment.into();
    Fate::Refused(fate)
}

fn missequenced(generator: &mut Generator, malice: Malice, event: &mut Value) -> Fate {
    let (sequence, fate) = match malice {
        Malice::SequenceZero => (json!(0), "invalid"),
        Malice::SequenceNegative => (json!(-generator.random.random_range(1..i64::MAX)), "invalid"),
        Malice::SequenceBeyond => (json!(u64::MAX), "invalid"),
        _ => (json!(i64::MAX - generator.random_up_to(1000)), "sequence_jump"),
    };
    event["source"]["sequence"] = sequence;
    Fate::Refused(fate)
}

/// The last good message of the partition, or another event under its sequence.
fn again(generator: &mut Generator, message: &mut Message, event: Value) {
    let kept = generator.kept(message);
    let is_first = kept.is_none();
    let mut value = kept.unwrap_or(event);
    if message.malice == Malice::SequenceReused {
        value["event_id"] = generator.id().into();
    }
    let id = value["event_id"].as_str().unwrap_or_default().to_owned();
    message.fate = match message.malice {
        _ if is_first => Fate::Kept(id),
        Malice::SequenceReused => Fate::Refused("sequence_reused"),
        _ => Fate::Skipped,
    };
    message.value = Some(value.to_string().into_bytes());
}

fn strange_but_good(generator: &mut Generator, message: &mut Message, event: &mut Value) {
    const HOUR: i64 = 3_600_000_000;
    match message.malice {
        Malice::UnknownFields => {
            event["added_in_2031"] = json!({ "deep": [[[["tea \u{1f375} 차"]]]], "many": vec![7; 50] });
        }
        Malice::RatherEarly => event["timestamp"] = generator.now.plus_micros(20 * HOUR).to_string().into(),
        Malice::RatherLate => event["timestamp"] = generator.now.plus_micros(-5 * 24 * HOUR).to_string().into(),
        Malice::SequenceGap => {
            let sequence = generator.skip(1_000);
            event["source"]["sequence"] = sequence.into();
        }
        Malice::UnknownSource => {
            let name = format!("stranger-{}", generator.random_up_to(i64::from(u32::MAX)));
            event["source"] = json!({ "instance": name, "sequence": 1 + generator.random_up_to(1_000_000) });
        }
        Malice::HugeButGood => event["zz_huge"] = "x".repeat(HUGE - 3_000).into(),
        Malice::NoKey => message.key = None,
        _ => {}
    }
}
