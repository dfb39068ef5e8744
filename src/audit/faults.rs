//! What is wrong with whole parts: files, partitions, a broker's segments, the sink's books.

use std::path::PathBuf;

use serde::Serialize;

/// A daily file that holds less than was committed to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CutFile {
    pub sink: String,
    pub name: String,
    /// Bytes, by the sink's books.
    pub committed: u64,
    /// Bytes; none when the file is gone.
    pub found: Option<u64>,
}

/// A partition that ends before what the sink has read of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CutPartition {
    pub topic: &'static str,
    pub partition: i32,
    /// The offset behind its last message; none when it is gone.
    pub end: Option<i64>,
    /// What the sink reads next.
    pub position: i64,
}

/// Bytes of a broker's segment that are no batch, though batches follow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unreadable {
    pub path: PathBuf,
    pub from: u64,
    pub bytes: u64,
}

/// What is wrong with the books and with files as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Faults {
    /// Messages that retention removed from the topics before the sink had read them.
    pub removed_unread: u64,
    /// Files of days that are kept, cut or gone: lines are lost, whatever the topics still hold.
    pub cut_files: Vec<CutFile>,
    /// Files of days that are kept, with a sink's name, of which its books know nothing.
    pub unknown_files: Vec<String>,
    pub cut_partitions: Vec<CutPartition>,
    pub unreadable: Vec<Unreadable>,
    /// Events in files of which the sink's books don't know that they are kept: a repetition would be kept once more.
    pub not_in_books: u64,
}

impl Faults {
    pub(super) fn are_none(&self) -> bool {
        *self == Self::default()
    }
}
