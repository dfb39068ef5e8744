//! What was decided about a letter: a record behind it in the same partition of the dead-letter topic, without key and value.
//! So the topic tells the whole story, to every Kafka client, and a decision lives at least as long as its letter.

use std::fmt;

use futures_util::future::try_join_all;
use rdkafka::message::{Header as KafkaHeader, Message, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord};
use schemas::{Header, Timestamp, Topic};

use super::headers::own;
use super::producer::QUEUE_WITHIN;
use super::{CHUNK, LetterId};
use crate::SinkError;
use crate::fail_point::FailPoint;
use crate::kafka::Quiet;

/// How a letter ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// It was sent to its topic again.
    Redriven,
    /// Nobody wants it.
    Discarded,
}

/// What was decided about a letter, when and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolution {
    pub outcome: Outcome,
    pub because: Option<String>,
    pub at: Option<Timestamp>,
}

impl Outcome {
    pub const ALL: [Self; 2] = [Self::Redriven, Self::Discarded];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Redriven => "redriven",
            Self::Discarded => "discarded",
        }
    }
}

impl Resolution {
    /// Reads a message of the dead-letter topic; none when it is a letter, or somebody's own.
    pub(super) fn read<M: Message>(message: &M) -> Option<(LetterId, Self)> {
        let headers = message.headers()?;
        let outcome = own(headers, Header::DeadLetterOutcome)?;
        let resolution = Self {
            outcome: Outcome::ALL.into_iter().find(|known| known.name() == outcome)?,
            because: own(headers, Header::DeadLetterBecause).map(str::to_owned),
            at: own(headers, Header::DeadLetterTime).and_then(|time| Timestamp::parse(time).ok()),
        };
        Some((own(headers, Header::DeadLetterId)?.parse().ok()?, resolution))
    }

    fn headers(&self, id: LetterId) -> OwnedHeaders {
        let headers = [
            (Header::DeadLetterId, Some(id.to_string())),
            (Header::DeadLetterOutcome, Some(self.outcome.name().to_owned())),
            (Header::DeadLetterBecause, self.because.clone()),
            (Header::DeadLetterTime, self.at.map(|at| at.to_string())),
        ];
        headers
            .iter()
            .filter_map(|(name, value)| Some((name, value.as_ref()?)))
            .fold(OwnedHeaders::new(), |headers, (name, value)| {
                headers.insert(KafkaHeader {
                    key: name.name(),
                    value: Some(value),
                })
            })
    }
}

impl fmt::Display for Resolution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.outcome.name())?;
        if let Some(because) = &self.because {
            write!(f, " because: {because}")?;
        }
        if let Some(at) = self.at {
            write!(f, ", at {at}")?;
        }
        Ok(())
    }
}

/// Records the decision about these letters; returns once it is acknowledged by all replicas.
pub(super) async fn resolve(
    producer: &FutureProducer<Quiet>,
    letters: &[LetterId],
    resolution: &Resolution,
) -> Result<(), SinkError> {
    for (at, letters) in letters.chunks(CHUNK / 2).enumerate() {
        if at > 0 {
            FailPoint::DuringResolution.reach();
        }
        try_join_all(letters.iter().map(|id| resolve_one(producer, *id, resolution))).await?;
    }
    if !letters.is_empty() {
        FailPoint::AfterResolution.reach();
    }
    Ok(())
}

async fn resolve_one(producer: &FutureProducer<Quiet>, id: LetterId, resolution: &Resolution) -> Result<(), SinkError> {
    let record = FutureRecord::<[u8], [u8]>::to(Topic::DeadLetter.name())
        .partition(id.partition.0)
        .headers(resolution.headers(id));
    match producer.send(record, QUEUE_WITHIN).await {
        Ok(_) => Ok(()),
        Err((error, _)) => Err(error.into()),
    }
}
