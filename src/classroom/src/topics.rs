//! Topics that a tool writes into and that don't exist yet: created as the shop does it, never changed.

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

/// The topic is there afterwards, whoever made it.
pub(crate) fn ensure(brokers: &str, topic: &str) -> Result<(), KafkaError> {
    let admin: AdminClient<DefaultClientContext> = ClientConfig::new().set("bootstrap.servers", brokers).create()?;
    let plain = NewTopic::new(topic, PARTITIONS, REPLICATION);
    let is_compacted = Topic::ALL
        .iter()
        .any(|own| own.is_compacted() && topic.ends_with(own.name()));
    if !is_compacted {
        return create(&admin, &plain);
    }
    // A broker that doesn't compact keeps everything instead.
    let compacted = NewTopic::new(topic, PARTITIONS, REPLICATION).set("cleanup.policy", "compact");
    create(&admin, &compacted).or_else(|_| create(&admin, &plain))
}

fn create(admin: &AdminClient<DefaultClientContext>, topic: &NewTopic<'_>) -> Result<(), KafkaError> {
    let options = AdminOptions::new()
        .request_timeout(Some(PATIENCE))
        .operation_timeout(Some(PATIENCE));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| KafkaError::AdminOpCreation(error.to_string()))?;
    let results = runtime.block_on(admin.create_topics([topic], &options))?;
    for result in results {
        match result {
            Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
            Err((_, code)) => return Err(KafkaError::AdminOp(code)),
        }
    }
    Ok(())
}
