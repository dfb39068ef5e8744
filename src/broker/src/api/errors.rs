//! What went wrong, in the protocol's numbers.

use std::error::Error;

use kafka_protocol::ResponseError;
use kafka_protocol::protocol::StrBytes;

use crate::log::producers::SequenceError;
use crate::log::{BatchError, LogError};
use crate::topics::TopicError;

/// An error for the client; the disk's troubles are said in our own log, where someone can mend them.
pub(super) fn of_log(error: &LogError) -> ResponseError {
    match error {
        LogError::Batch(BatchError::Magic(_)) => ResponseError::UnsupportedForMessageFormat,
        LogError::Batch(BatchError::Short | BatchError::Checksum) => ResponseError::CorruptMessage,
        LogError::Batch(BatchError::Contradiction(_)) => ResponseError::InvalidRecord,
        LogError::Sequence(SequenceError::OutOfOrder { .. }) => ResponseError::OutOfOrderSequenceNumber,
        LogError::Sequence(SequenceError::OldEpoch { .. }) => ResponseError::InvalidProducerEpoch,
        LogError::TooLarge { .. } => ResponseError::MessageTooLarge,
        LogError::Transactional => ResponseError::InvalidTxnState,
        LogError::OutOfRange { .. } => ResponseError::OffsetOutOfRange,
        LogError::Deleted => ResponseError::UnknownTopicOrPartition,
        LogError::Overlap { .. } | LogError::Io(_) => {
            // Said where it begins and ends, see `health`: a client asks again and again.
            tracing::debug!(error = as_dyn(error), "a partition's log failed");
            ResponseError::KafkaStorageError
        }
    }
}

pub(super) fn of_topic(error: &TopicError) -> ResponseError {
    match error {
        TopicError::Name => ResponseError::InvalidTopicException,
        TopicError::Exists => ResponseError::TopicAlreadyExists,
        TopicError::Unknown => ResponseError::UnknownTopicOrPartition,
        TopicError::Partitions => ResponseError::InvalidPartitions,
        TopicError::TooMany => ResponseError::PolicyViolation,
        TopicError::Config(_) => ResponseError::InvalidConfig,
        TopicError::Storage(_) | TopicError::Log(_) => {
            tracing::error!(
                error = as_dyn(error),
                "a topic could not be changed; the client is told to try again. Look after the disk of --data"
            );
            ResponseError::KafkaStorageError
        }
    }
}

/// The code of a result: 0 where it went well.
pub(super) fn code(result: Result<(), ResponseError>) -> i16 {
    result.err().map_or(0, |error| error.code())
}

/// Words for the person at the other end.
pub(super) fn words(error: &impl Error) -> StrBytes {
    StrBytes::from_string(error.to_string())
}

fn as_dyn<'a>(error: &'a (dyn Error + 'static)) -> &'a (dyn Error + 'static) {
    error
}

/// Leader epochs are always 0 here: a client that knows a later one talked to another cluster.
pub(super) fn check_epoch(epoch: i32) -> Result<(), ResponseError> {
    if epoch > 0 {
        Err(ResponseError::UnknownLeaderEpoch)
    } else {
        Ok(())
    }
}
