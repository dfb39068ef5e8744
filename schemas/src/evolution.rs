//! How one schema may follow another: what older readers and older messages can bear, and nothing else.
//!
//! Two questions, each by itself or both together:
//! - do **older readers** understand new messages? What they require must still be there, nothing may have another type or a value that
//!   they don't know; a new field does no harm, they pass over it;
//! - are **older messages** still valid? Nothing may be required that they lack, nothing bounded that they exceed.
//!
//! Titles, descriptions and examples count for nothing. Whatever else differs and is not understood here counts as a breach.

use std::collections::BTreeSet;
use std::fmt;

use serde_json::{Map, Value, json};

use crate::strict::strict;

/// Which of the two questions is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// A reader with its own schema, against what is sent now.
    Readers,
    /// A release, against the next one: readers and messages.
    Both,
}

/// What a change breaks, by a name that doesn't change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BreachKind {
    FieldRemoved,
    FieldNoLongerCertain,
    FieldNewlyRequired,
    TypeChanged,
    ValueRemoved,
    ValueAdded,
    BoundNarrowed,
    BoundWidened,
    FormatChanged,
    ShapeChanged,
}

impl BreachKind {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::FieldRemoved => "field_removed",
            Self::FieldNoLongerCertain => "field_no_longer_certain",
            Self::FieldNewlyRequired => "field_newly_required",
            Self::TypeChanged => "type_changed",
            Self::ValueRemoved => "value_removed",
            Self::ValueAdded => "value_added",
            Self::BoundNarrowed => "bound_narrowed",
            Self::BoundWidened => "bound_widened",
            Self::FormatChanged => "format_changed",
            Self::ShapeChanged => "shape_changed",
        }
    }
}

/// What is broken, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Breach {
    pub kind: BreachKind,
    /// Such as `details.product_id`; `.` is the message.
    pub field: String,
    pub why: String,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.kind.name(), self.field, self.why)
    }
}

/// What breaks for `side` when `new` follows `old`.
#[must_use]
pub fn breaches(old: &Value, new: &Value, side: Side) -> Vec<Breach> {
    let (mut old, mut new) = (old.clone(), new.clone());
    for schema in [&mut old, &mut new] {
        strict(schema);
        plain(schema);
    }
    let mut comparison = Comparison {
        side,
        breaches: Vec::new(),
    };
    comparison.schema("", &old, &new);
    comparison.breaches
}

/// Without what only people read, and with one of two ways to say a choice.
fn plain(schema: &mut Value) {
    let Value::Object(members) = schema else { return };
    for read_by_people in [
        "title",
        "description",
        "examples",
        "default",
        "$schema",
        "$id",
        "$comment",
        "x-topic",
        "deprecated",
    ] {
        members.remove(read_by_people);
    }
    for (name, member) in members.iter_mut() {
        match (name.as_str(), member) {
            ("properties", Value::Object(properties)) => properties.values_mut().for_each(plain),
            ("anyOf" | "oneOf" | "allOf", Value::Array(schemas)) => schemas.iter_mut().for_each(plain),
            ("items" | "additionalProperties" | "if" | "then" | "else" | "not", schema) => plain(schema),
            _ => {}
        }
    }
    // schemars says a set of values with descriptions as `oneOf` of constants.
    let constants = members.get("oneOf").and_then(Value::as_array).and_then(|choices| {
        choices
            .iter()
            .map(|choice| {
                choice
                    .get("const")
                    .or_else(|| choice.get("enum").and_then(|of| of.get(0)))
                    .cloned()
            })
            .collect::<Option<Vec<Value>>>()
    });
    if let Some(values) = constants {
        members.remove("oneOf");
        members.insert("enum".into(), Value::Array(values));
    }
    if let Some(value) = members.remove("const") {
        members.insert("enum".into(), json!([value]));
    }
}

struct Comparison {
    side: Side,
    breaches: Vec<Breach>,
}

impl Comparison {
    fn breach(&mut self, kind: BreachKind, field: &str, why: String) {
        let field = if field.is_empty() { "." } else { field }.to_owned();
        self.breaches.push(Breach { kind, field, why });
    }

    fn schema(&mut self, at: &str, old: &Value, new: &Value) {
        let (Value::Object(old), Value::Object(new)) = (old, new) else {
            if old != new {
                self.breach(BreachKind::ShapeChanged, at, format!("{old} became {new}"));
            }
            return;
        };
        // A reader that asks for nothing bears everything.
        if old.is_empty() && self.side == Side::Readers {
            return;
        }
        self.types(at, old, new);
        self.values(at, old, new);
        for (keyword, is_least) in [
            ("minimum", true),
            ("minLength", true),
            ("minItems", true),
            ("maximum", false),
            ("maxLength", false),
            ("maxItems", false),
        ] {
            self.bound(at, keyword, is_least, (old.get(keyword), new.get(keyword)));
        }
        for keyword in ["format", "pattern"] {
            self.format(at, keyword, (old.get(keyword), new.get(keyword)));
        }
        self.members(at, old, new);
        for keyword in ["items", "additionalProperties"] {
            match (old.get(keyword), new.get(keyword)) {
                (Some(old), Some(new)) => self.schema(&format!("{at}[]"), old, new),
                (None, None) => {}
                (None, Some(_)) if self.side == Side::Readers => {}
                _ => self.breach(BreachKind::ShapeChanged, at, format!("`{keyword}` came or went")),
            }
        }
        for keyword in ["anyOf", "oneOf", "allOf", "not", "if", "then", "else"] {
            let asks = self.side == Side::Both || old.contains_key(keyword);
            if asks && old.get(keyword) != new.get(keyword) {
                self.breach(BreachKind::ShapeChanged, at, format!("`{keyword}` is another one"));
            }
        }
    }

    fn types(&mut self, at: &str, old: &Map<String, Value>, new: &Map<String, Value>) {
        let (was, is) = (types(old), types(new));
        if was.is_empty() && self.side == Side::Readers {
            return;
        }
        // Every whole number is a number.
        let understood =
            |one: &str, by: &BTreeSet<&str>| by.contains(one) || (one == "integer" && by.contains("number"));
        let is_bearable = is.iter().all(|one| understood(one, &was)) && (!is.is_empty() || was.is_empty());
        let keeps_messages = self.side == Side::Readers || was.iter().all(|one| understood(one, &is));
        if !is_bearable || !keeps_messages {
            self.breach(BreachKind::TypeChanged, at, format!("{was:?} became {is:?}"));
        }
    }

    fn values(&mut self, at: &str, old: &Map<String, Value>, new: &Map<String, Value>) {
        let values = |schema: &Map<String, Value>| schema.get("enum").and_then(Value::as_array).cloned();
        let (was, is) = (values(old), values(new));
        match (was, is) {
            (None, None) => {}
            (None, Some(_)) if self.side == Side::Readers => {}
            (Some(was), Some(is)) => {
                for value in is.iter().filter(|value| !was.contains(value)) {
                    self.breach(
                        BreachKind::ValueAdded,
                        at,
                        format!("{value} is unknown to older readers"),
                    );
                }
                if self.side == Side::Both {
                    for value in was.iter().filter(|value| !is.contains(value)) {
                        self.breach(BreachKind::ValueRemoved, at, format!("older messages hold {value}"));
                    }
                }
            }
            (Some(_), None) => self.breach(BreachKind::ValueAdded, at, "any value may come".to_owned()),
            (None, Some(_)) => self.breach(BreachKind::ValueRemoved, at, "older messages hold any value".to_owned()),
        }
    }

    /// A least value that rises, or a most that falls, refuses older messages; the other way round it surprises older readers.
    fn bound(&mut self, at: &str, keyword: &str, is_least: bool, (old, new): (Option<&Value>, Option<&Value>)) {
        let edge = |bound: Option<&Value>| {
            let open = if is_least { f64::NEG_INFINITY } else { f64::INFINITY };
            bound.and_then(Value::as_f64).unwrap_or(open)
        };
        let (was, is) = (edge(old), edge(new));
        let narrower = if is_least { is > was } else { is < was };
        let wider = if is_least { is < was } else { is > was };
        if narrower && self.side == Side::Both {
            self.breach(
                BreachKind::BoundNarrowed,
                at,
                format!("`{keyword}` went from {was} to {is}"),
            );
        } else if wider {
            self.breach(
                BreachKind::BoundWidened,
                at,
                format!("`{keyword}` went from {was} to {is}"),
            );
        }
    }

    fn format(&mut self, at: &str, keyword: &str, (old, new): (Option<&Value>, Option<&Value>)) {
        let asks = self.side == Side::Both || old.is_some();
        if asks && old != new {
            let said = |value: Option<&Value>| value.map_or("none".to_owned(), Value::to_string);
            self.breach(
                BreachKind::FormatChanged,
                at,
                format!("`{keyword}` went from {} to {}", said(old), said(new)),
            );
        }
    }

    fn members(&mut self, at: &str, old: &Map<String, Value>, new: &Map<String, Value>) {
        let empty = Map::new();
        let properties = |schema: &Map<String, Value>| -> Map<String, Value> {
            schema
                .get("properties")
                .and_then(Value::as_object)
                .unwrap_or(&empty)
                .clone()
        };
        let (was, is) = (properties(old), properties(new));
        let (was_certain, is_certain) = (required(old), required(new));
        for (name, schema) in &was {
            let field = if at.is_empty() {
                name.clone()
            } else {
                format!("{at}.{name}")
            };
            match is.get(name) {
                None => self.breach(
                    BreachKind::FieldRemoved,
                    &field,
                    "no message has it any more".to_owned(),
                ),
                Some(new) => {
                    if was_certain.contains(name.as_str()) && !is_certain.contains(name.as_str()) {
                        let why = "messages may come without it".to_owned();
                        self.breach(BreachKind::FieldNoLongerCertain, &field, why);
                    }
                    self.schema(&field, schema, new);
                }
            }
        }
        if self.side == Side::Both {
            for name in is_certain.iter().filter(|name| !was_certain.contains(*name)) {
                let field = if at.is_empty() {
                    (*name).to_owned()
                } else {
                    format!("{at}.{name}")
                };
                self.breach(
                    BreachKind::FieldNewlyRequired,
                    &field,
                    "older messages may lack it".to_owned(),
                );
            }
        }
    }
}

fn types(schema: &Map<String, Value>) -> BTreeSet<&str> {
    match schema.get("type") {
        Some(Value::String(one)) => BTreeSet::from([one.as_str()]),
        Some(Value::Array(some)) => some.iter().filter_map(Value::as_str).collect(),
        _ => BTreeSet::new(),
    }
}

fn required(schema: &Map<String, Value>) -> BTreeSet<&str> {
    let names = schema.get("required").and_then(Value::as_array);
    names.into_iter().flatten().filter_map(Value::as_str).collect()
}
