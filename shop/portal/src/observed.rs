//! What was really seen in messages, to stand beside what is declared.
//!
//! Bounds: for each field at most 1,000 different values are told apart, and 12 are named; so a topic costs a few MiB at most.

use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use serde_json::Value;

use crate::message::Message;

/// More different values than these are "many".
pub const TOLD_APART: usize = 1000;
/// The values of a field that are named: more are no closed set.
const NAMED: usize = 12;
/// A value that is longer is not named.
const LONGEST_NAMED: usize = 60;
/// Different fields of one type; more come from a broken producer.
const MOST_FIELDS: usize = 400;
/// Different types, and different producers.
const MOST_NAMES: usize = 100;
/// The newest messages that are kept whole, and how large each may be.
const RECENT: usize = 30;
const LARGEST_RECENT: usize = 64 * 1024;

/// What a number of messages of one topic showed.
#[derive(Debug, Default, Clone)]
pub struct Observed {
    pub messages: u64,
    pub bytes: u64,
    /// Messages that are no JSON object with an event type.
    pub unreadable: u64,
    /// By event type.
    pub types: BTreeMap<String, TypeSeen>,
    /// The instances that wrote, and when each last did, in milliseconds since 1970.
    pub writers: BTreeMap<String, i64>,
    pub headers: BTreeMap<String, u64>,
    /// The newest, the newest first.
    pub recent: VecDeque<Arc<Message>>,
    pub oldest: Option<i64>,
    pub newest: Option<i64>,
}

#[derive(Debug, Default, Clone)]
pub struct TypeSeen {
    pub messages: u64,
    pub fields: BTreeMap<String, FieldSeen>,
}

/// What was seen of one field.
#[derive(Debug, Default, Clone)]
pub struct FieldSeen {
    /// Messages in which it was neither missing nor null.
    pub filled: u64,
    distinct: HashSet<u64>,
    /// Its values, while they are few and short.
    pub values: BTreeMap<String, u64>,
    /// Of numbers; `None` until there is one.
    pub range: Option<(f64, f64)>,
    /// The smallest and largest of short texts.
    pub texts: Option<(String, String)>,
    pub last_seen: Option<i64>,
    pub example: Option<String>,
}

impl FieldSeen {
    /// How many different values; at [`TOLD_APART`] there may be more.
    #[must_use]
    pub fn distinct(&self) -> usize {
        self.distinct.len()
    }

    fn take(&mut self, value: &Value, millis: Option<i64>, first_of_message: bool) {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        self.filled += u64::from(first_of_message);
        self.last_seen = self.last_seen.max(millis);
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        if self.distinct.len() < TOLD_APART {
            self.distinct.insert(hasher.finish());
        }
        if let Some(number) = value.as_f64() {
            let (least, most) = self.range.unwrap_or((number, number));
            self.range = Some((least.min(number), most.max(number)));
        }
        if text.len() > LONGEST_NAMED {
            return;
        }
        if let Some(count) = self.values.get_mut(&text) {
            *count += 1;
        } else if self.values.len() <= NAMED {
            self.values.insert(text.clone(), 1);
        }
        if value.is_string() {
            match &mut self.texts {
                None => self.texts = Some((text.clone(), text.clone())),
                Some((least, _)) if text < *least => least.clone_from(&text),
                Some((_, most)) if text > *most => most.clone_from(&text),
                Some(_) => {}
            }
        }
        self.example = Some(text);
    }

    /// The values, when they are few: a closed set as it looks.
    #[must_use]
    pub fn named(&self) -> Option<&BTreeMap<String, u64>> {
        (self.values.len() <= NAMED && self.values.len() == self.distinct.len()).then_some(&self.values)
    }
}

impl Observed {
    /// Takes a message into account; `maps` says which fields of its type hold names of their own.
    pub fn take(&mut self, message: &Arc<Message>, maps: impl Fn(&str) -> Option<Arc<BTreeSet<String>>>) {
        self.messages += 1;
        self.bytes += message.value.len() as u64;
        if let Some(millis) = message.millis {
            self.oldest = Some(self.oldest.map_or(millis, |oldest| oldest.min(millis)));
            self.newest = self.newest.max(Some(millis));
        }
        for (name, _) in &message.headers {
            count(&mut self.headers, name);
        }
        let event_type = message
            .event_type()
            .filter(|name| self.types.len() < MOST_NAMES || self.types.contains_key(*name));
        let (Some(json), Some(event_type)) = (message.json(), event_type) else {
            self.unreadable += 1;
            return self.keep(message);
        };
        if let Some(writer) = message.field("source.instance").and_then(Value::as_str)
            && (self.writers.len() < MOST_NAMES || self.writers.contains_key(writer))
        {
            let last = self.writers.entry(writer.to_owned()).or_default();
            *last = (*last).max(message.millis.unwrap_or_default());
        }
        let seen = self.types.entry(event_type.to_owned()).or_default();
        seen.messages += 1;
        let maps = maps(event_type).unwrap_or_default();
        let mut already = HashSet::new();
        walk(json, "", &maps, &mut |path, value| {
            if seen.fields.len() < MOST_FIELDS || seen.fields.contains_key(path) {
                let first = already.insert(path.to_owned());
                seen.fields
                    .entry(path.to_owned())
                    .or_default()
                    .take(value, message.millis, first);
            }
        });
        self.keep(message);
    }

    fn keep(&mut self, message: &Arc<Message>) {
        if message.value.len() > LARGEST_RECENT {
            return;
        }
        let newer = |kept: &Arc<Message>| (kept.millis, kept.place) > (message.millis, message.place);
        let at = self
            .recent
            .iter()
            .position(|kept| !newer(kept))
            .unwrap_or(self.recent.len());
        if at < RECENT {
            self.recent.insert(at, Arc::clone(message));
            self.recent.truncate(RECENT);
        }
    }
}

fn count(counts: &mut BTreeMap<String, u64>, name: &str) {
    if let Some(count) = counts.get_mut(name) {
        *count += 1;
    } else if counts.len() < MOST_NAMES {
        counts.insert(name.to_owned(), 1);
    }
}

/// Every value that is no object, with its path; elements of a list share one.
fn walk(value: &Value, path: &str, maps: &BTreeSet<String>, each: &mut impl FnMut(&str, &Value)) {
    match value {
        Value::Null => {}
        Value::Object(fields) if maps.contains(path) => {
            if !fields.is_empty() {
                each(path, value);
            }
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                let below = if path.is_empty() {
                    name.clone()
                } else {
                    format!("{path}.{name}")
                };
                walk(field, &below, maps, each);
            }
        }
        Value::Array(items) if items.iter().any(Value::is_object) => {
            let below = format!("{path}[]");
            for item in items {
                walk(item, &below, maps, each);
            }
        }
        Value::Array(items) if items.is_empty() => {}
        _ => each(path, value),
    }
}

#[cfg(test)]
mod tests {
    use schemas::Topic;

    use super::*;
    use crate::message::Place;

    fn seen(values: &[&str]) -> Observed {
        let mut observed = Observed::default();
        for (offset, value) in (0..).zip(values) {
            let place = Place {
                topic: Topic::View,
                partition: 0,
                offset,
            };
            let mut message = Message::new(place, value.as_bytes().to_vec());
            message.millis = Some(offset * 1000);
            observed.take(&Arc::new(message), |_| {
                Some(Arc::new(BTreeSet::from(["args".to_owned()])))
            });
        }
        observed
    }

    #[test]
    fn fill_rate_values_and_range_are_what_the_messages_say() {
        let observed = seen(&[
            r#"{"event_type":"view","details":{"page":"home.index","product_id":null},"args":{}}"#,
            r#"{"event_type":"view","details":{"page":"products.detail","product_id":9},"args":{"sort":"price"}}"#,
            r#"{"event_type":"view","details":{"page":"products.detail","product_id":4},"args":{}}"#,
            "no json",
        ]);
        assert_eq!((observed.messages, observed.unreadable), (4, 1));
        let view = &observed.types["view"];
        assert_eq!(view.messages, 3);
        let product = &view.fields["details.product_id"];
        assert_eq!(
            (product.filled, product.distinct(), product.range),
            (2, 2, Some((4.0, 9.0)))
        );
        assert_eq!(product.last_seen, Some(2000));
        assert_eq!(view.fields["details.page"].named().unwrap()["products.detail"], 2);
        assert_eq!(view.fields["args"].filled, 1, "the names in a map are no fields");
        assert!(!view.fields.contains_key("args.sort"));
    }

    #[test]
    fn a_list_fills_its_field_once_a_message() {
        let observed = seen(&[r#"{"event_type":"order_placed","details":{"lines":[{"quantity":1},{"quantity":5}]}}"#]);
        let quantity = &observed.types["order_placed"].fields["details.lines[].quantity"];
        assert_eq!((quantity.filled, quantity.range), (1, Some((1.0, 5.0))));
    }

    #[test]
    fn the_newest_messages_come_first_and_are_few() {
        let many: Vec<String> = (0..50)
            .map(|number| format!(r#"{{"event_type":"view","n":{number}}}"#))
            .collect();
        let observed = seen(&many.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(observed.recent.len(), RECENT);
        assert_eq!(observed.recent[0].place.offset, 49);
        assert_eq!(
            observed.types["view"].fields["n"].named(),
            None,
            "fifty values are no closed set"
        );
    }
}
