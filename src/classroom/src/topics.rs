//! Topics that a tool writes into and that don't exist yet: created as the shop does it, but for their retention; never changed. Those of
//! an exercise begin empty.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use schemas::Topic;
use tokio::runtime::Runtime;

use crate::error::ClassroomError;

const PARTITIONS: i32 = 3;
/// As many replicas as the cluster makes by default.
const REPLICATION: TopicReplication<'_> = TopicReplication::Fixed(-1);
const PATIENCE: Duration = Duration::from_secs(30);
/// Records bear the time of their events, which may be years ago: by any retention they would be gone at once.
const FOR_EVER: (&str, &str) = ("retention.ms", "-1");
const COMPACT: (&str, &str) = ("cleanup.policy", "compact");
/// Whatever an event is dated, its message is taken: Kafka (from 4.0 on) refuses what is more than an hour ahead of its own clock.
const LATEST: (&str, &str) = ("message.timestamp.after.max.ms", "9223372036854775807");

/// What a broker may not know yet.
#[derive(Debug, Clone, Copy)]
struct Abilities {
    takes_any_date: bool,
    compacts: bool,
}

/// The topic is there afterwards, whoever made it.
pub(crate) fn ensure(brokers: &str, topic: &str) -> Result<(), KafkaError> {
    let admin: AdminClient<DefaultClientContext> = ClientConfig::new().set("bootstrap.servers", brokers).create()?;
    for (takes_any_date, compacts) in [(true, true), (false, true), (true, false)] {
        let abilities = Abilities {
            takes_any_date,
            compacts,
        };
        match create(&admin, topic, abilities) {
            Err(KafkaError::AdminOp(RDKafkaErrorCode::InvalidConfig)) => {}
            done => return done,
        }
    }
    let neither = Abilities {
        takes_any_date: false,
        compacts: false,
    };
    create(&admin, topic, neither)
}

/// An exercise's stream is played into topics that hold nothing: those with this prefix hold no message afterwards, or it is an error.
/// Played a second time, or beside another student's, each count would be that of both.
pub(crate) fn begin(brokers: &str, prefix: &str, anew: bool) -> Result<(), ClassroomError> {
    let failed = |source| ClassroomError::Kafka {
        brokers: brokers.to_owned(),
        source,
    };
    let asking: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", brokers)
        .create()
        .map_err(failed)?;
    let held = with_messages(&asking, prefix).map_err(failed)?;
    let Some((topic, messages)) = held.first_key_value() else {
        return Ok(());
    };
    if !anew {
        let reason = format!(
            "{topic} holds {messages} messages already: --anew deletes the topics {prefix}* first; students who share a Kafka take turns"
        );
        let setting = "--kafka";
        return Err(ClassroomError::Setting { setting, reason });
    }
    let topics: Vec<&str> = held.keys().map(String::as_str).collect();
    delete(brokers, &topics).map_err(failed)?;
    let until = Instant::now() + PATIENCE;
    while !with_messages(&asking, prefix).map_err(failed)?.is_empty() {
        if Instant::now() > until {
            return Err(failed(KafkaError::AdminOp(RDKafkaErrorCode::OperationTimedOut)));
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}

/// The topics with this prefix that hold messages, and how many.
fn with_messages(asking: &BaseConsumer, prefix: &str) -> Result<BTreeMap<String, i64>, KafkaError> {
    let metadata = asking.fetch_metadata(None, PATIENCE)?;
    let mut held = BTreeMap::new();
    for topic in metadata
        .topics()
        .iter()
        .filter(|topic| topic.name().starts_with(prefix))
    {
        for partition in topic.partitions() {
            let (low, end) = asking.fetch_watermarks(topic.name(), partition.id(), PATIENCE)?;
            if end > low {
                *held.entry(topic.name().to_owned()).or_default() += end - low;
            }
        }
    }
    Ok(held)
}

fn delete(brokers: &str, topics: &[&str]) -> Result<(), KafkaError> {
    let admin: AdminClient<DefaultClientContext> = ClientConfig::new().set("bootstrap.servers", brokers).create()?;
    let results = blocking()?.block_on(admin.delete_topics(topics, &patient()))?;
    for result in results {
        match result {
            Ok(_) | Err((_, RDKafkaErrorCode::UnknownTopicOrPartition)) => {}
            Err((_, code)) => return Err(KafkaError::AdminOp(code)),
        }
    }
    Ok(())
}

fn patient() -> AdminOptions {
    AdminOptions::new()
        .request_timeout(Some(PATIENCE))
        .operation_timeout(Some(PATIENCE))
}

fn blocking() -> Result<Runtime, KafkaError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| KafkaError::AdminOpCreation(error.to_string()))
}

/// Only a topic of the contract's very name is compacted: an exercise's copy of it is there for its history.
fn settings(topic: &str, abilities: Abilities) -> Vec<(&'static str, &'static str)> {
    let is_compacted = Topic::from_name(topic).is_some_and(Topic::is_compacted);
    let mut settings = vec![FOR_EVER];
    if is_compacted && abilities.compacts {
        settings.push(COMPACT);
    }
    if abilities.takes_any_date {
        settings.push(LATEST);
    }
    settings
}

fn create(admin: &AdminClient<DefaultClientContext>, topic: &str, abilities: Abilities) -> Result<(), KafkaError> {
    let new = NewTopic::new(topic, PARTITIONS, REPLICATION);
    let new = settings(topic, abilities)
        .into_iter()
        .fold(new, |new, (name, value)| new.set(name, value));
    let results = blocking()?.block_on(admin.create_topics([&new], &patient()))?;
    for result in results {
        match result {
            Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
            Err((_, code)) => return Err(KafkaError::AdminOp(code)),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Abilities = Abilities {
        takes_any_date: true,
        compacts: true,
    };

    #[test]
    fn old_events_are_kept_and_only_the_contracts_own_topic_is_compacted() {
        assert_eq!(settings("shop.view", ALL), [FOR_EVER, LATEST]);
        assert_eq!(settings("shop.product", ALL), [FOR_EVER, COMPACT, LATEST]);
        assert_eq!(settings("exercise-10.shop.product", ALL), [FOR_EVER, LATEST]);
    }

    #[test]
    fn a_broker_that_knows_less_is_asked_for_less_and_keeps_everything_all_the_same() {
        let neither = Abilities {
            takes_any_date: false,
            compacts: false,
        };
        assert_eq!(settings("shop.product", neither), [FOR_EVER]);
    }
}
