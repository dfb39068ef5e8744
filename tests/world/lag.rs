//! How far the sinks are, by a few cheap questions: for tests that can't read everything again and again.

use std::collections::BTreeMap;
use std::time::Duration;

use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::metadata::MetadataTopic;
use schemas::Topic;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Connection, Row};

use super::evidence::until_it_answers;

/// Offsets by topic and partition.
pub type Offsets = BTreeMap<(String, i64), i64>;

/// Where all topics that the sink reads end now.
pub fn ends(kafka: &str) -> Offsets {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", kafka)
        .create()
        .expect("a consumer is made");
    let mut ends = Offsets::new();
    for topic in Topic::consumed().map(Topic::name) {
        let metadata = until_it_answers(|| consumer.fetch_metadata(Some(topic), Duration::from_secs(20)));
        for partition in metadata.topics().iter().flat_map(MetadataTopic::partitions) {
            let ask = || consumer.fetch_watermarks(topic, partition.id(), Duration::from_secs(20));
            let (_, end) = until_it_answers(ask);
            ends.insert((topic.to_owned(), partition.id().into()), end);
        }
    }
    ends
}

/// The partitions whose position is before its end: position and end.
pub async fn behind(database: &str, ends: &Offsets) -> BTreeMap<(String, i64), (i64, i64)> {
    let sql = "SELECT topic, CAST(partition AS BIGINT) AS partition, next_offset FROM sink_position";
    let rows = ask(database, sql, None).await;
    let positions: Offsets = rows
        .iter()
        .map(|row| ((row.get("topic"), row.get("partition")), row.get("next_offset")))
        .collect();
    ends.iter()
        .map(|(at, end)| (at.clone(), (positions.get(at).copied().unwrap_or(0), *end)))
        .filter(|(_, (position, end))| position < end)
        .collect()
}

/// Whether an activity of this request is in the table.
pub async fn is_kept(database: &str, request_id: &str) -> bool {
    let sql = "SELECT 1 FROM user_activity_log WHERE CAST(request_id AS TEXT) = $1 LIMIT 1";
    !ask(database, sql, Some(request_id)).await.is_empty()
}

/// How many partitions each sink's log folder owns in the books, by the folder's instance.
pub async fn owners(database: &str) -> BTreeMap<String, i64> {
    let sql = "SELECT owner, CAST(COUNT(*) AS BIGINT) AS partitions FROM sink_position GROUP BY owner";
    let rows = ask(database, sql, None).await;
    rows.iter()
        .map(|row| (row.get("owner"), row.get("partitions")))
        .collect()
}

async fn ask(database: &str, sql: &'static str, value: Option<&str>) -> Vec<AnyRow> {
    sqlx::any::install_default_drivers();
    let mut connection = AnyConnection::connect(database).await.expect("the database answers");
    let query = match value {
        Some(value) => sqlx::query(sql).bind(value.to_owned()),
        None => sqlx::query(sql),
    };
    let rows = query
        .fetch_all(&mut connection)
        .await
        .expect("the sink's tables are there");
    connection.close().await.expect("a connection that works closes");
    rows
}
