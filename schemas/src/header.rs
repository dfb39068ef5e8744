//! The names of the Kafka headers that a message carries.
//!
//! Those with `ce_` follow CloudEvents 1.0, Kafka protocol binding, binary content mode.

/// A header of a message; the values are UTF-8 text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Header {
    /// Always `1.0`.
    CeSpecVersion,
    /// The event's id, the same as in the value.
    CeId,
    /// The event type, the same as in the value.
    CeType,
    /// `de-shop/INSTANCE`.
    CeSource,
    /// The event's timestamp, the same as in the value.
    CeTime,
    /// Always `application/json`.
    ContentType,
    /// `EVENT_TYPE/VERSION`: which file of `schemas/generated` describes the value.
    Schema,
    /// W3C Trace Context of the request, where the caller sent one.
    TraceParent,
    /// Dead letters: why the sink refused it.
    DeadLetterReason,
    /// Dead letters: which field was wrong, where one was.
    DeadLetterField,
    /// Dead letters: the topic, partition and offset where it stood.
    DeadLetterTopic,
    DeadLetterPartition,
    DeadLetterOffset,
    /// Dead letters: when the sink refused it; resolutions: when it was decided.
    DeadLetterTime,
    /// Dead letters: the record timestamp of the refused message, in milliseconds since 1970; the letter itself is dated by its refusal.
    DeadLetterTimestamp,
    /// Dead letters: `at_origin` where the message was too large to be copied; it still stands in its own topic.
    DeadLetterValue,
    /// Resolutions, and what was sent again: which letter, `PARTITION/OFFSET` in the dead-letter topic.
    DeadLetterId,
    /// Resolutions: `redriven` or `discarded`.
    DeadLetterOutcome,
    /// Resolutions: why it was discarded.
    DeadLetterBecause,
}

impl Header {
    pub const ALL: [Self; 19] = [
        Self::CeSpecVersion,
        Self::CeId,
        Self::CeType,
        Self::CeSource,
        Self::CeTime,
        Self::ContentType,
        Self::Schema,
        Self::TraceParent,
        Self::DeadLetterReason,
        Self::DeadLetterField,
        Self::DeadLetterTopic,
        Self::DeadLetterPartition,
        Self::DeadLetterOffset,
        Self::DeadLetterTime,
        Self::DeadLetterTimestamp,
        Self::DeadLetterValue,
        Self::DeadLetterId,
        Self::DeadLetterOutcome,
        Self::DeadLetterBecause,
    ];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::CeSpecVersion => "ce_specversion",
            Self::CeId => "ce_id",
            Self::CeType => "ce_type",
            Self::CeSource => "ce_source",
            Self::CeTime => "ce_time",
            Self::ContentType => "content-type",
            Self::Schema => "schema",
            Self::TraceParent => "traceparent",
            Self::DeadLetterReason => "dead_letter_reason",
            Self::DeadLetterField => "dead_letter_field",
            Self::DeadLetterTopic => "dead_letter_topic",
            Self::DeadLetterPartition => "dead_letter_partition",
            Self::DeadLetterOffset => "dead_letter_offset",
            Self::DeadLetterTime => "dead_letter_time",
            Self::DeadLetterTimestamp => "dead_letter_timestamp",
            Self::DeadLetterValue => "dead_letter_value",
            Self::DeadLetterId => "dead_letter_id",
            Self::DeadLetterOutcome => "dead_letter_outcome",
            Self::DeadLetterBecause => "dead_letter_because",
        }
    }
}
