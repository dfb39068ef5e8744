//! How each kind of fault is done to a world.

use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::metadata::MetadataTopic;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use schemas::Topic;

use super::plan::{Fault, Kind};
use crate::world::process::PATIENCE;
use crate::world::{Program, World, lag};

impl World {
    /// One fault, from its beginning until what was broken is back (not necessarily caught up).
    pub async fn suffers(&mut self, fault: &Fault) {
        tokio::time::sleep(fault.after).await;
        match fault.kind {
            Kind::Kill(part) | Kind::Away(part) => {
                self.kill(part);
                tokio::time::sleep(fault.lasts).await;
                self.restart(part);
            }
            Kind::Leaves(part) => {
                self.stops(part);
                tokio::time::sleep(fault.lasts).await;
                self.restart(part);
            }
            Kind::Freeze(part) => {
                self.freezes(part);
                tokio::time::sleep(fault.lasts).await;
                self.thaws(part);
            }
            Kind::DiesAt(part, point) => {
                self.kill(part);
                self.leads_to(point);
                let times = if SELDOM.contains(&point) { 1 } else { fault.nth };
                self.dies_at(part, &format!("{point}:{times}"));
                self.restart(part);
                if point == "after_dead_letters" {
                    // Sent before it owns partitions again, another sink could have taken them all.
                    self.all_work(&[part]).await;
                    sends_rubbish(&self.broker.address());
                }
                self.dies(part).await;
                tokio::time::sleep(fault.lasts).await;
                self.restart(part);
            }
            Kind::Zombie => {
                self.freezes(Program::Sink);
                self.is_succeeded(Program::Sink).await;
                self.thaws(Program::Sink);
            }
            Kind::ZombieInCommit => {
                self.kill(Program::Sink);
                self.dies_at(Program::Sink, &format!("after_file_sync:{}:freeze", fault.nth));
                self.restart(Program::Sink);
                self.freezes_itself(Program::Sink).await;
                self.is_succeeded(Program::Sink).await;
                self.thaws(Program::Sink);
            }
        }
    }

    /// Makes sure that the next start of the usual sink comes by its fail point.
    fn leads_to(&self, point: &str) {
        if point == "during_retention" {
            let old = self.logs().join("app-2001-02-03.log");
            std::fs::write(old, "{}\n").expect("the log folder takes a file");
        }
    }

    /// Waits until each of these sinks owns partitions.
    pub async fn all_work(&mut self, sinks: &[Program]) {
        let since = Instant::now();
        loop {
            let owners = lag::owners(&self.database.sink_url()).await;
            let idle = sinks
                .iter()
                .find(|sink| !owners.contains_key(&self.instance_of(**sink)));
            let Some(idle) = idle else { return };
            self.assert_alive();
            assert!(since.elapsed() < PATIENCE, "{idle:?} gets nothing to do: {owners:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// The name under which the books know a sink.
    pub fn instance_of(&self, sink: Program) -> String {
        let kept = std::fs::read_to_string(self.folder_of(sink).join(".instance")).expect("the sink's name");
        kept.trim_end().to_owned()
    }

    /// Waits until other sinks own all partitions that this one owned.
    pub async fn is_succeeded(&mut self, sink: Program) {
        let instance = self.instance_of(sink);
        let since = Instant::now();
        loop {
            let owners = lag::owners(&self.database.sink_url()).await;
            if !owners.contains_key(&instance) {
                return;
            }
            self.assert_alive();
            assert!(since.elapsed() < PATIENCE, "nobody succeeds {sink:?}: {owners:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// Points that a program reaches once in a while only.
const SELDOM: [&str; 3] = ["after_dead_letters", "during_retention", "during_segment_roll"];

/// Messages that no sink can read, one to each partition, so that each sink has one.
fn sends_rubbish(kafka: &str) {
    let producer: BaseProducer = ClientConfig::new()
        .set("bootstrap.servers", kafka)
        .create()
        .expect("a producer");
    let topic = Topic::View.name();
    let metadata = producer
        .client()
        .fetch_metadata(Some(topic), PATIENCE)
        .expect("the broker answers");
    for partition in metadata.topics().iter().flat_map(MetadataTopic::partitions) {
        let rubbish = BaseRecord::<str, str>::to(topic)
            .payload("rubbish")
            .partition(partition.id());
        producer.send(rubbish).expect("the queue has room");
    }
    producer.flush(Duration::from_secs(20)).expect("the broker takes it");
}
