//! Answers as tables: typed rows that compare exactly, whatever their order.

use std::collections::BTreeMap;

/// One cell. No fractions: what is marked exactly is counted in whole things.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Value {
    Empty,
    Integer(i64),
    /// Microseconds since 1970.
    Moment(i64),
    Text(String),
}

pub type Row = Vec<Value>;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Integer,
    Moment,
    Text,
    /// Text, or nothing.
    MaybeText,
}

/// A column of an answer; those with `key` say which row it is.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    pub name: &'static str,
    pub kind: Kind,
    pub key: bool,
}

impl Column {
    #[must_use]
    pub const fn key(name: &'static str, kind: Kind) -> Self {
        Self { name, kind, key: true }
    }

    #[must_use]
    pub const fn value(name: &'static str, kind: Kind) -> Self {
        Self { name, kind, key: false }
    }
}

impl Kind {
    /// For people, in one of the shop's languages.
    #[must_use]
    pub fn in_language(self, language: &str) -> &'static str {
        match (language, self) {
            ("ko", Self::Integer) => "정수",
            ("ko", Self::Moment) => "UTC 시각, 예: 2026-11-02T13:00:00Z",
            ("ko", Self::Text) => "글자",
            ("ko", Self::MaybeText) => "글자 또는 빈칸",
            _ => self.words(),
        }
    }

    /// For people.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Integer => "a whole number",
            Self::Moment => "a moment in UTC such as 2026-11-02T13:00:00Z",
            Self::Text => "text",
            Self::MaybeText => "text or nothing",
        }
    }
}

impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Empty => Ok(()),
            Self::Integer(number) => number.fmt(f),
            Self::Moment(micros) => crate::simulate::stream::moment(*micros).fmt(f),
            Self::Text(text) => text.fmt(f),
        }
    }
}

/// How often each row stands in a table: two tables are equal when these are.
#[must_use]
pub fn counted(rows: &[Row]) -> BTreeMap<&Row, usize> {
    let mut counts = BTreeMap::new();
    for row in rows {
        *counts.entry(row).or_default() += 1;
    }
    counts
}

#[must_use]
pub fn same(one: &[Row], other: &[Row]) -> bool {
    one.len() == other.len() && counted(one) == counted(other)
}

/// How many rows stand in one of the two and not in the other.
#[must_use]
pub fn differing(one: &[Row], other: &[Row]) -> usize {
    let (ones, others) = (counted(one), counted(other));
    let more = |these: &BTreeMap<&Row, usize>, those: &BTreeMap<&Row, usize>| -> usize {
        let excess = these
            .iter()
            .map(|(row, count)| count.saturating_sub(those.get(row).copied().unwrap_or(0)));
        excess.sum()
    };
    more(&ones, &others) + more(&others, &ones)
}
