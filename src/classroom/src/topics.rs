//! Topics that a tool writes into and that don't exist yet: created as the shop does it, but for their retention; never changed.

use std::time::Duration;

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use schemas::Topic;

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
    let options = AdminOptions::new()
        .request_timeout(Some(PATIENCE))
        .operation_timeout(Some(PATIENCE));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| KafkaError::AdminOpCreation(error.to_string()))?;
    let results = runtime.block_on(admin.create_topics([&new], &options))?;
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
