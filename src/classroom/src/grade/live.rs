//! An answer that stands in a topic, also while it is still growing: a pipeline puts out rows, corrects them, takes them back.
//!
//! Each message is a row as a JSON object. Of a key the last row counts; one whose values are all null takes the row back.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::answer::{self, AnswerError};
use crate::error::ClassroomError;
use crate::exercises::table::{Column, Row};
use crate::replay;

/// What stands in the topic at a moment.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Standing {
    pub rows: Vec<Row>,
    /// Rows that a later one of the same key took the place of: early firings.
    pub replaced: usize,
    /// Rows that were taken back.
    pub retracted: usize,
}

/// What a pipeline put out: a row, or that one is taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// The record's time, in microseconds since 1970.
    pub at: i64,
    pub value: Vec<u8>,
}

/// Everything in the topic, from its beginning to its end as it is now, and the answer that it makes.
pub fn read(brokers: &str, topic: &str, columns: &[Column]) -> Result<(Vec<Output>, Standing), ClassroomError> {
    let messages = replay::messages_of(brokers, topic)?;
    let output: Vec<Output> = messages.into_iter().map(|(at, value)| Output { at, value }).collect();
    let standing = standing(&output.iter().collect::<Vec<_>>(), columns);
    let standing = standing.map_err(|source| ClassroomError::Answer {
        path: topic.into(),
        source,
    })?;
    Ok((output, standing))
}

/// The answer that this output makes.
pub(super) fn standing(output: &[&Output], columns: &[Column]) -> Result<Standing, AnswerError> {
    let mut standing = Standing::default();
    let mut rows: BTreeMap<Vec<String>, &[u8]> = BTreeMap::new();
    for (place, Output { value, .. }) in output.iter().enumerate() {
        let Ok(Json::Object(object)) = serde_json::from_slice(value) else {
            let reason = "the message is no JSON object".to_owned();
            return Err(AnswerError::Row { row: place + 1, reason });
        };
        let cell = |column: &Column| object.get(column.name).filter(|cell| !cell.is_null());
        let key = columns.iter().filter(|column| column.key);
        let key: Vec<String> = key
            .map(|column| cell(column).map(Json::to_string).unwrap_or_default())
            .collect();
        if columns
            .iter()
            .filter(|column| !column.key)
            .all(|column| cell(column).is_none())
        {
            standing.retracted += usize::from(rows.remove(&key).is_some());
        } else if rows.insert(key, value).is_some() {
            standing.replaced += 1;
        }
    }
    if rows.is_empty() {
        return Ok(standing);
    }
    let lines: Vec<&[u8]> = rows.into_values().collect();
    standing.rows = answer::parse(&lines.join(&b'\n'), columns)?;
    Ok(standing)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exercises::table::{Kind, Value};

    const COLUMNS: [Column; 2] = [
        Column::key("product_id", Kind::Integer),
        Column::value("adds", Kind::Integer),
    ];

    fn of(values: &[&str]) -> Result<Standing, AnswerError> {
        let output = |value: &&str| Output {
            at: 0,
            value: value.as_bytes().to_vec(),
        };
        let output: Vec<Output> = values.iter().map(output).collect();
        standing(&output.iter().collect::<Vec<_>>(), &COLUMNS)
    }

    #[test]
    fn the_last_row_of_a_key_counts_and_one_without_values_takes_it_back() {
        let found = of(&[
            r#"{"product_id":1,"adds":1}"#,
            r#"{"product_id":2,"adds":5}"#,
            r#"{"product_id":1,"adds":2}"#,
            r#"{"product_id":2,"adds":null}"#,
        ]);
        let found = found.unwrap();
        assert_eq!(found.rows, [vec![Value::Integer(1), Value::Integer(2)]]);
        assert_eq!((found.replaced, found.retracted), (1, 1));
    }

    #[test]
    fn an_empty_topic_has_no_rows_and_what_is_no_row_is_said() {
        assert_eq!(of(&[]).unwrap(), Standing::default());
        assert!(of(&["[]"]).unwrap_err().to_string().contains("JSON object"));
    }
}
