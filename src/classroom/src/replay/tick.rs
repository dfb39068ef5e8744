//! The tick at the end: a message to each partition that is later than all events, so that no window waits for one that never comes.

use rdkafka::message::OwnedHeaders;
use serde::Serialize;

use super::stream::Replay;
use super::target::Target;
use crate::error::ClassroomError;
use crate::kafka::Outgoing;
use crate::simulate::stream::moment;

const END: &str = "end_of_stream";

/// What stands in the topic, and, with its topic, in the manifest. No event of a shop: a sink refuses it as one that it doesn't know.
#[derive(Debug, Serialize)]
struct Tick<'a> {
    event_type: &'static str,
    timestamp: String,
    topic: &'a str,
    partition: i32,
}

/// Sends them, behind everything that was played. Files have no partitions, and an empty stream has no end.
pub(super) fn send(replay: &mut Replay<'_>, target: &mut Target, seconds: u32) -> Result<(), ClassroomError> {
    let (Target::Kafka { producer, prefix }, Some(latest)) = (target, replay.latest) else {
        return Ok(());
    };
    let at = latest.saturating_add(i64::from(seconds) * 1_000_000);
    for topic in &replay.topics {
        let topic = format!("{prefix}{topic}");
        for partition in producer.partitions(&topic)? {
            let tick = Tick {
                event_type: END,
                timestamp: moment(at).to_string(),
                topic: &topic,
                partition,
            };
            producer.send(&Outgoing {
                topic: &topic,
                partition: Some(partition),
                // A compacted topic takes nothing without a key.
                key: Some(END.as_bytes().to_vec()),
                value: &serde_json::to_vec(&tick)?,
                millis: at.div_euclid(1000).max(0),
                headers: OwnedHeaders::new(),
            })?;
            replay.manifest.write([&tick])?;
        }
    }
    Ok(())
}
