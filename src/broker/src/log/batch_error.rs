//! What can be wrong with a batch, whether it comes from a client or from the disk.

/// Why bytes are not a batch that can be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BatchError {
    #[error("a batch is cut short")]
    Short,
    #[error("message format {0} is not served, only 2")]
    Magic(i8),
    #[error("the checksum of a batch does not match its bytes")]
    Checksum,
    #[error("a batch contradicts itself: {0}")]
    Contradiction(&'static str),
}
