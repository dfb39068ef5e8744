//! An answer as it was read, before an exercise gives its columns their types, and what can be wrong with it.

/// Larger answers are refused: the largest right one has some ten thousand rows. With [`MOST_ROWS`] it bounds the memory of a mark.
pub const LARGEST: u64 = 16 << 20;
pub const MOST_ROWS: usize = 1 << 20;

#[derive(Debug, thiserror::Error)]
pub enum AnswerError {
    #[error("the answer can't be read")]
    Read(#[from] std::io::Error),
    #[error("the answer has {0} bytes; more than {LARGEST} are not read")]
    Large(u64),
    #[error("the answer has more than {MOST_ROWS} rows, which are not read; a right one has some ten thousand at most")]
    Long,
    #[error("the answer is empty: it needs a first line with the columns {0}, and a line for each row")]
    Empty(String),
    #[error("the answer is not UTF-8 text (byte {0}); save it as CSV in UTF-8")]
    NotText(usize),
    #[error("column `{missing}` is missing: expected {expected}; found {found}")]
    Column {
        missing: &'static str,
        expected: String,
        found: String,
    },
    #[error("column `{0}` is there twice: which one counts?")]
    Twice(&'static str),
    #[error("row {row}, column `{column}`: expected {expected}, found `{found}`")]
    Cell {
        row: usize,
        column: &'static str,
        expected: &'static str,
        found: String,
    },
    #[error("row {row}: {reason}")]
    Row { row: usize, reason: String },
    #[error("the database: {0}")]
    Database(String),
}

/// Column names, and cells as text; None is nothing.
#[derive(Debug, Default)]
pub(super) struct Raw {
    pub(super) names: Vec<String>,
    pub(super) rows: Vec<Vec<Option<String>>>,
}
