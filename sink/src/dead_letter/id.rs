//! The name of a letter: its place in the dead-letter topic.

use std::fmt;
use std::str::FromStr;

use crate::{Offset, Partition};

/// Where a letter stands in the dead-letter topic; written `PARTITION/OFFSET`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LetterId {
    pub partition: Partition,
    pub offset: Offset,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not of the form PARTITION/OFFSET")]
pub struct LetterIdError;

impl fmt::Display for LetterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.partition.0, self.offset)
    }
}

impl FromStr for LetterId {
    type Err = LetterIdError;

    fn from_str(text: &str) -> Result<Self, LetterIdError> {
        let (partition, offset) = text.split_once('/').ok_or(LetterIdError)?;
        Ok(Self {
            partition: Partition(partition.parse().map_err(|_| LetterIdError)?),
            offset: Offset(offset.parse().map_err(|_| LetterIdError)?),
        })
    }
}
