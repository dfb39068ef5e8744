//! What a batch must be to come into a log: looked at before the log is locked, because undoing its compression takes a while.

use std::borrow::Cow;

use super::batch::{self, BatchHeader};
use super::batch_error::BatchError;
use super::{AppendRules, LogError, records};

/// A batch that may be written, compressed as its topic asks.
pub(crate) struct Admitted<'a> {
    pub(super) header: BatchHeader,
    pub(super) bytes: Cow<'a, [u8]>,
}

/// The rules that every batch from a producer must meet; `sent` must be exactly one batch, as Apache Kafka demands.
pub(crate) fn admit(sent: &[u8], rules: AppendRules) -> Result<Admitted<'_>, LogError> {
    if sent.len() > rules.max_batch {
        return Err(LogError::TooLarge {
            size: sent.len(),
            allowed: rules.max_batch,
        });
    }
    let header = batch::check(sent)?;
    if header.size != sent.len() {
        return Err(BatchError::Contradiction("more than one batch").into());
    }
    if header.is_transactional() {
        return Err(LogError::Transactional);
    }
    if header.records < 1 || header.records - 1 != header.last_delta {
        return Err(BatchError::Contradiction("number of records").into());
    }
    if header
        .producer
        .is_some_and(|stamp| stamp.epoch < 0 || stamp.first_sequence < 0)
    {
        return Err(BatchError::Contradiction("negative sequence").into());
    }
    let unfolded = batch::records(&header, sent)?;
    records::are_sound(header, &unfolded, rules.needs_keys)?;
    Ok(match rules.codec.filter(|wanted| header.codec() != Some(*wanted)) {
        None => Admitted {
            header,
            bytes: Cow::Borrowed(sent),
        },
        Some(codec) => {
            let bytes = batch::with_records(sent, codec, header.records, &unfolded)?;
            Admitted {
                header: BatchHeader::parse(&bytes)?,
                bytes: Cow::Owned(bytes),
            }
        }
    })
}
