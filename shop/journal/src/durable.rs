//! How far what was appended survives a power cut.

use schemas::Sequence;

/// How far the disk has confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Durable {
    /// Every entry up to this one survives a power cut.
    pub(super) sequence: Sequence,
    /// The segment in which it ends, and where.
    pub(super) segment: Sequence,
    pub(super) offset: u64,
}
