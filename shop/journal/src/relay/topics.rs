//! The topics: created where they are missing, checked where they exist, never changed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use rdkafka::admin::{
    AdminClient, AdminOptions, NewTopic, OwnedResourceSpecifier, ResourceSpecifier, TopicReplication,
};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::metadata::Metadata;
use schemas::Topic;
use tracing::{debug, info, warn};

use super::{Context, Health, RelayOptions, base_config};

const PATIENCE: Duration = Duration::from_secs(5);
const MAX_REPLICATION: usize = 3;
const RETENTION: &str = "retention.ms";
const FOR_EVER: &str = "-1";
const CLEANUP: &str = "cleanup.policy";
const COMPACT: &str = "compact";
/// Whatever an event is dated, its message is taken: Kafka (from 4.0 on) refuses what is more than an hour ahead of its own clock, and a
/// message that is refused holds up all that come after it. The sink judges the dates. Kafka knows the setting since 3.6.
const LATEST: (&str, &str) = ("message.timestamp.after.max.ms", "9223372036854775807");

/// Why it is not certain that every topic exists; worth another try.
#[derive(Debug, thiserror::Error)]
pub(super) enum TopicsError {
    #[error("Kafka can't be asked for its topics")]
    Kafka(#[from] KafkaError),
    #[error("Kafka refuses to create the topic {topic}: {code}")]
    Refused { topic: String, code: RDKafkaErrorCode },
    #[error("the task that asks Kafka was stopped")]
    Stopped(#[from] tokio::task::JoinError),
}

/// Makes sure that every topic of the shop exists.
pub(super) async fn ensure(options: &RelayOptions, health: &Health) -> Result<(), TopicsError> {
    let context = Context::new(health.clone());
    let admin: AdminClient<Context> = base_config(options).create_with_context(context)?;
    let admin = Arc::new(admin);
    let asking = Arc::clone(&admin);
    let metadata = tokio::task::spawn_blocking(move || asking.inner().fetch_metadata(None, PATIENCE)).await??;
    let existing = partitions(&metadata);
    let missing: Vec<Topic> = Topic::ALL
        .into_iter()
        .filter(|topic| !existing.contains_key(topic.name()))
        .collect();
    if !missing.is_empty() {
        let brokers = metadata.brokers().len();
        create_as_it_can(&admin, options, &missing, brokers).await?;
    }
    for topic in Topic::ALL {
        if let Some(found) = existing.get(topic.name())
            && *found != options.partitions
            && health.is_news(&format!("{} has {found} partitions", topic.name()))
        {
            let (topic, wanted) = (topic.name(), options.partitions);
            warn!(
                topic,
                found, wanted, "A topic has another number of partitions than the setting; it is used as it is"
            );
        }
    }
    if !existing.is_empty() {
        // A broker that is slow to tell, or can't, holds nothing up.
        tokio::spawn(check_retention((admin, health.clone()), options.retention, existing));
    }
    Ok(())
}

/// The shop's topics that exist, with the number of their partitions.
fn partitions(metadata: &Metadata) -> BTreeMap<&'static str, i32> {
    let usable = metadata.topics().iter().filter(|topic| topic.error().is_none());
    usable
        .filter_map(|topic| {
            let known = Topic::from_name(topic.name())?;
            Some((known.name(), i32::try_from(topic.partitions().len()).ok()?))
        })
        .collect()
}

/// What a broker may not know yet.
#[derive(Debug, Clone, Copy)]
struct Abilities {
    takes_any_date: bool,
    compacts: bool,
}

/// With all that the broker knows. Where it doesn't compact, a compacted topic keeps everything: what is asked of it holds there, too.
async fn create_as_it_can(
    admin: &AdminClient<Context>,
    options: &RelayOptions,
    missing: &[Topic],
    brokers: usize,
) -> Result<(), TopicsError> {
    for (takes_any_date, compacts) in [(true, true), (false, true), (true, false)] {
        let abilities = Abilities {
            takes_any_date,
            compacts,
        };
        match create(admin, options, missing, brokers, abilities).await {
            Err(TopicsError::Refused {
                code: RDKafkaErrorCode::InvalidConfig,
                ..
            }) => {}
            done => return done,
        }
    }
    let neither = Abilities {
        takes_any_date: false,
        compacts: false,
    };
    create(admin, options, missing, brokers, neither).await
}

async fn create(
    admin: &AdminClient<Context>,
    options: &RelayOptions,
    missing: &[Topic],
    brokers: usize,
    abilities: Abilities,
) -> Result<(), TopicsError> {
    let replication = i32::try_from(brokers.clamp(1, MAX_REPLICATION)).unwrap_or(1);
    let retention = options.retention.as_millis().to_string();
    let wanted: Vec<NewTopic<'_>> = missing
        .iter()
        .map(|topic| {
            let new = NewTopic::new(topic.name(), options.partitions, TopicReplication::Fixed(replication));
            let new = match (topic.is_compacted(), abilities.compacts) {
                (false, _) => new.set(RETENTION, &retention),
                (true, true) => new.set(CLEANUP, COMPACT),
                (true, false) => new.set(RETENTION, FOR_EVER),
            };
            if abilities.takes_any_date {
                new.set(LATEST.0, LATEST.1)
            } else {
                new
            }
        })
        .collect();
    let results = admin
        .create_topics(&wanted, &AdminOptions::new().request_timeout(Some(PATIENCE)))
        .await?;
    let mut created = Vec::new();
    for result in results {
        match result {
            Ok(topic) => created.push(topic),
            // Somebody else was faster, for instance the sink.
            Err((topic, RDKafkaErrorCode::TopicAlreadyExists)) => debug!(topic, "A topic exists by now"),
            Err((topic, code)) => return Err(TopicsError::Refused { topic, code }),
        }
    }
    if !created.is_empty() {
        let topics = created.join(" ");
        info!(
            topics,
            partitions = options.partitions,
            replication,
            "Topics were created"
        );
    }
    Ok(())
}

/// Only looks: a broker that can't tell is no reason not to send.
async fn check_retention(
    (admin, health): (Arc<AdminClient<Context>>, Health),
    retention: Duration,
    existing: BTreeMap<&'static str, i32>,
) {
    let kept_for_a_time = |name: &&&str| Topic::from_name(name).is_some_and(|topic| !topic.is_compacted());
    let resources: Vec<_> = existing
        .keys()
        .filter(kept_for_a_time)
        .map(|topic| ResourceSpecifier::Topic(topic))
        .collect();
    let patience = AdminOptions::new().request_timeout(Some(PATIENCE));
    let described = match admin.describe_configs(&resources, &patience).await {
        Ok(described) => described,
        Err(error) => return debug!(%error, "Kafka does not tell the retention of its topics"),
    };
    let wanted = retention.as_millis().to_string();
    for resource in described.into_iter().flatten() {
        let OwnedResourceSpecifier::Topic(topic) = &resource.specifier else {
            continue;
        };
        let found = resource.get(RETENTION).and_then(|entry| entry.value.as_deref());
        let found = found.filter(|found| *found != wanted);
        if let Some(found) = found.filter(|found| health.is_news(&format!("{topic} keeps for {found}"))) {
            warn!(
                topic,
                found, wanted, "A topic has another retention.ms than the setting; it is used as it is"
            );
        }
    }
}
