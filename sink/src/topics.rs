//! The topics: created where they are missing, used as they are where they exist.

use std::collections::HashSet;

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, ResourceSpecifier, TopicReplication};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use schemas::Topic;
use tokio::runtime::Handle;

use crate::SinkError;
use crate::kafka::{ANSWER_WITHIN, Kafka, Quiet};

/// Copies of each partition, where the cluster has as many brokers.
const REPLICATION: usize = 3;

/// Whatever a message is dated, Kafka takes it, and the sink judges (from 4.0 on it would refuse what is more than an hour ahead of its
/// clock). Kafka knows the setting since 3.6.
const LATEST: (&str, &str) = ("message.timestamp.after.max.ms", "9223372036854775807");

/// How topics are made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    pub partitions: i32,
    pub retention_days: u16,
}

impl Shape {
    fn retention_ms(self) -> String {
        (i64::from(self.retention_days) * 24 * 60 * 60 * 1000).to_string()
    }
}

/// Creates the topics that are missing; says where an existing one keeps its messages for another time. Blocking.
pub(crate) fn ensure(kafka: &Kafka, shape: Shape, runtime: &Handle) -> Result<(), SinkError> {
    let admin: AdminClient<Quiet> = kafka.config().create_with_context(Quiet)?;
    let metadata = admin.inner().fetch_metadata(None, ANSWER_WITHIN)?;
    let existing: HashSet<_> = metadata.topics().iter().map(|topic| topic.name().to_owned()).collect();
    let replication = i32::try_from(metadata.brokers().len().clamp(1, REPLICATION)).unwrap_or(1);
    let (found, missing): (Vec<_>, Vec<_>) = Topic::ALL
        .into_iter()
        .partition(|topic| existing.contains(topic.name()));
    if !missing.is_empty() {
        runtime.block_on(create_as_it_can(&admin, &missing, shape, replication))?;
    }
    if !found.is_empty()
        && let Err(error) = runtime.block_on(check(&admin, &found, shape))
    {
        tracing::debug!(%error, "the topics' settings can't be read");
    }
    Ok(())
}

/// What a broker may not know yet.
#[derive(Debug, Clone, Copy)]
struct Abilities {
    takes_any_date: bool,
    compacts: bool,
}

/// With all that the broker knows. Where it doesn't compact, a compacted topic keeps everything: what is asked of it holds there, too.
async fn create_as_it_can(
    admin: &AdminClient<Quiet>,
    missing: &[Topic],
    shape: Shape,
    replication: i32,
) -> Result<(), SinkError> {
    for (takes_any_date, compacts) in [(true, true), (false, true), (true, false)] {
        let abilities = Abilities {
            takes_any_date,
            compacts,
        };
        match create(admin, missing, shape, replication, abilities).await {
            Err(SinkError::Kafka(KafkaError::AdminOp(RDKafkaErrorCode::InvalidConfig))) => {}
            done => return done,
        }
    }
    let neither = Abilities {
        takes_any_date: false,
        compacts: false,
    };
    create(admin, missing, shape, replication, neither).await
}

async fn create(
    admin: &AdminClient<Quiet>,
    missing: &[Topic],
    shape: Shape,
    replication: i32,
    abilities: Abilities,
) -> Result<(), SinkError> {
    let retention = shape.retention_ms();
    let topics: Vec<_> = missing
        .iter()
        .map(|topic| {
            let new = NewTopic::new(topic.name(), shape.partitions, TopicReplication::Fixed(replication));
            let new = match (topic.is_compacted(), abilities.compacts) {
                (false, _) => new.set("retention.ms", &retention),
                (true, true) => new.set("cleanup.policy", "compact"),
                (true, false) => new.set("retention.ms", "-1"),
            };
            if abilities.takes_any_date {
                new.set(LATEST.0, LATEST.1)
            } else {
                new
            }
        })
        .collect();
    let options = AdminOptions::new()
        .operation_timeout(Some(ANSWER_WITHIN))
        .request_timeout(Some(ANSWER_WITHIN));
    for answer in admin.create_topics(&topics, &options).await? {
        match answer {
            Ok(topic) => tracing::info!(topic, partitions = shape.partitions, replication, "topic created"),
            Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
            Err((topic, code)) => {
                tracing::debug!(topic, %code, "the topic could not be created");
                return Err(KafkaError::AdminOp(code).into());
            }
        }
    }
    Ok(())
}

async fn check(admin: &AdminClient<Quiet>, found: &[Topic], shape: Shape) -> Result<(), SinkError> {
    let wanted = shape.retention_ms();
    let resources: Vec<_> = found
        .iter()
        .filter(|topic| !topic.is_compacted())
        .map(|topic| ResourceSpecifier::Topic(topic.name()))
        .collect();
    let options = AdminOptions::new().request_timeout(Some(ANSWER_WITHIN));
    for answer in admin.describe_configs(&resources, &options).await? {
        let resource = answer.map_err(KafkaError::AdminOp)?;
        let kept = resource.get("retention.ms").and_then(|entry| entry.value.clone());
        if kept.as_ref().is_some_and(|kept| *kept != wanted) {
            tracing::warn!(topic = ?resource.specifier, kept, wanted, "retention.ms of the topic differs from --retention-days; it is left as it is");
        }
    }
    Ok(())
}
