//! Faults that hold back many messages at once: bursts, and a partition that is dead for a while.

use clap::Args;
use serde::{Deserialize, Serialize};

use super::fault::{Fault, share};
use crate::error::ClassroomError;
use crate::simulate::random::{Purpose, Random};

/// When nothing comes, and how long; what was held back then comes all at once. Nothing is lost.
#[derive(Debug, Clone, PartialEq, Args, Serialize, Deserialize)]
pub struct Outages {
    /// Stretches of time whose messages come all at once, at the end of their stretch.
    #[arg(long, default_value_t = 0.0, value_name = "SHARE", value_parser = share)]
    pub burst: f64,
    /// How long a stretch is, in seconds of the stream's own time.
    #[arg(long, default_value_t = 60, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..))]
    pub burst_of: u32,
    /// The partition through which nothing comes for a while: messages whose keys lead to it come all at once afterwards.
    #[arg(long, value_name = "NUMBER")]
    pub dead_partition: Option<u32>,
    /// When it dies, in seconds of the stream's own time after the first message.
    #[arg(long, default_value_t = 600, value_name = "SECONDS")]
    pub dead_after: u32,
    /// How long it is dead, in seconds of the stream's own time.
    #[arg(long, default_value_t = 1800, value_name = "SECONDS")]
    pub dead_for: u32,
    /// How many partitions the topics have, for --dead-partition.
    #[arg(long, default_value_t = 3, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..))]
    pub partitions: u32,
}

impl Default for Outages {
    fn default() -> Self {
        Self {
            burst: 0.0,
            burst_of: 60,
            dead_partition: None,
            dead_after: 600,
            dead_for: 1800,
            partitions: 3,
        }
    }
}

/// A message that would have come at a moment, and comes at a later one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Delay {
    pub(super) until: i64,
    pub(super) fault: Fault,
}

impl Outages {
    /// A partition that doesn't exist would never be dead, and nobody would notice.
    pub(super) fn check(&self) -> Result<(), ClassroomError> {
        match self.dead_partition {
            Some(dead) if dead >= self.partitions => Err(ClassroomError::Setting {
                setting: "--dead-partition",
                reason: format!(
                    "there is no partition {dead}: --partitions is {}, and they count from 0",
                    self.partitions
                ),
            }),
            _ => Ok(()),
        }
    }

    /// Until when a message is held back that would come at `due`; `begin` is the stream's first moment.
    pub(super) fn delay(&self, seed: u64, begin: i64, due: i64, key: Option<&[u8]>) -> Option<Delay> {
        let burst = self.end_of_burst(seed, due).map(|until| Delay {
            until,
            fault: Fault::Burst,
        });
        let due = burst.map_or(due, |delay| delay.until);
        let dead = self.end_of_death(begin, due, key).map(|until| Delay {
            until,
            fault: Fault::DeadPartition,
        });
        dead.or(burst)
    }

    fn end_of_burst(&self, seed: u64, due: i64) -> Option<i64> {
        if self.burst <= 0.0 {
            return None;
        }
        let length = i64::from(self.burst_of.max(1)) * 1_000_000;
        let stretch = due.div_euclid(length);
        // The stretch's number decides, so that all its messages come together, whatever else is drawn.
        let mut random = Random::new(seed, Purpose::Burst, stretch.unsigned_abs());
        random.chance(self.burst).then(|| (stretch + 1).saturating_mul(length))
    }

    fn end_of_death(&self, begin: i64, due: i64, key: Option<&[u8]>) -> Option<i64> {
        let dead = self.dead_partition?;
        let from = begin.saturating_add(i64::from(self.dead_after) * 1_000_000);
        let to = from.saturating_add(i64::from(self.dead_for) * 1_000_000);
        let is_dead = (from..to).contains(&due) && partition(key?, self.partitions) == dead;
        is_dead.then_some(to)
    }
}

/// The partition of a key, as Kafka's own clients and the shop's relay choose it (`murmur2_random`).
fn partition(key: &[u8], partitions: u32) -> u32 {
    (murmur2(key) & 0x7fff_ffff) % partitions.max(1)
}

/// `org.apache.kafka.common.utils.Utils.murmur2`.
fn murmur2(bytes: &[u8]) -> u32 {
    const FACTOR: u32 = 0x5bd1_e995;
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    let (words, rest) = bytes.as_chunks::<4>();
    let mut hash = words.iter().fold(0x9747_b28c ^ length, |hash, word| {
        let mut mixed = u32::from_le_bytes(*word).wrapping_mul(FACTOR);
        mixed ^= mixed >> 24;
        hash.wrapping_mul(FACTOR) ^ mixed.wrapping_mul(FACTOR)
    });
    if !rest.is_empty() {
        let tail = rest.iter().rev().fold(0, |tail, byte| tail << 8 | u32::from(*byte));
        hash = (hash ^ tail).wrapping_mul(FACTOR);
    }
    hash ^= hash >> 13;
    hash = hash.wrapping_mul(FACTOR);
    hash ^ hash >> 15
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000;

    /// From Kafka's `UtilsTest.testMurmur2`.
    #[test]
    fn keys_lead_to_the_partitions_that_kafkas_clients_choose() {
        let known: [(&str, i32); 6] = [
            ("21", -973_932_308),
            ("foobar", -790_332_482),
            ("a-little-bit-long-string", -985_981_536),
            ("a-little-bit-longer-string", -1_486_304_829),
            ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
            ("abc", 479_470_107),
        ];
        for (key, hash) in known {
            assert_eq!(murmur2(key.as_bytes()).cast_signed(), hash, "{key}");
        }
        assert_eq!(partition(b"abc", 3), 479_470_107 % 3);
    }

    #[test]
    fn a_burst_holds_everything_up_to_the_end_of_its_stretch() {
        let outages = Outages {
            burst: 0.5,
            ..Outages::default()
        };
        let held = |at: i64| outages.delay(7, 0, at * SECOND, None).map(|delay| delay.until / SECOND);
        let stretches: Vec<_> = (0..100).map(|stretch| held(stretch * 60)).collect();
        let bursts = stretches.iter().filter(|held| held.is_some()).count();
        assert!((30..70).contains(&bursts), "{bursts}");
        for (stretch, until) in (0..100).zip(&stretches) {
            assert!((0..60).all(|second| held(stretch * 60 + second) == *until));
            assert!(until.is_none_or(|until| until == stretch * 60 + 60));
        }
    }

    #[test]
    fn a_dead_partition_is_silent_for_its_time_and_the_others_are_not() {
        let key = b"abc";
        let own = partition(key, 3);
        let outages = |dead| Outages {
            dead_partition: Some(dead),
            dead_after: 100,
            dead_for: 50,
            ..Outages::default()
        };
        let held = |dead, at: i64| {
            let delay = outages(dead).delay(1, 0, at * SECOND, Some(key));
            delay.map(|delay| (delay.until / SECOND, delay.fault))
        };
        let dead = Some((150, Fault::DeadPartition));
        assert_eq!([99, 100, 149, 150].map(|at| held(own, at)), [None, dead, dead, None]);
        assert_eq!(held((own + 1) % 3, 120), None);
        assert_eq!(
            outages(own).delay(1, 0, 120 * SECOND, None),
            None,
            "without a key nobody knows"
        );
        assert!(outages(2).check().is_ok() && outages(3).check().is_err());
    }
}
