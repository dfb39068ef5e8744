//! The options of `de-shop broker`; `de-shop run` takes them from their variables.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args, Parser};

use super::Settings;
use super::topics::MOST_PARTITIONS;

/// What `--help` says below the options.
pub const MORE_HELP: &str = "\
One node, with the id 1, that keeps each record once. A topic that sets nothing else keeps its records for 7 days (retention.ms) in
segments of 64 MiB, and `cleanup.policy` may be delete, compact or both; any Kafka client changes that for its topic. Not offered, and
refused with the protocol's own error: transactions, consumer groups of the newer protocol (KIP-848), share groups, ACLs. For these,
use Apache Kafka: `de-shop --kafka HOST:PORT`.";

/// What can be set about the embedded broker.
#[derive(Debug, Clone, Args)]
pub struct Options {
    /// Create a topic when a client first asks for it, as Apache Kafka does. With `false` a misspelt name is an error.
    #[arg(long, env = "DE_SHOP_AUTO_CREATE_TOPICS", default_value_t = true, action = ArgAction::Set, value_name = "BOOL")]
    auto_create_topics: bool,

    /// Partitions of a topic whose creator names no number.
    #[arg(long, env = "DE_SHOP_DEFAULT_PARTITIONS", default_value_t = 3, value_name = "COUNT",
        value_parser = clap::value_parser!(i32).range(1..=i64::from(MOST_PARTITIONS)))]
    default_partitions: i32,

    /// How far apart the fsync rounds begin under load. Every acknowledgement (acks=1 and acks=all) waits for one; alone it waits for
    /// its own.
    #[arg(long, env = "DE_SHOP_FLUSH_INTERVAL", default_value = "5ms", value_parser = humantime::parse_duration, value_name = "TIME")]
    flush_interval: Duration,

    /// How often what is older or larger than a topic's retention is looked for.
    #[arg(long, env = "DE_SHOP_RETENTION_CHECK_INTERVAL", default_value = "5m", value_parser = not_zero, value_name = "TIME")]
    retention_check_interval: Duration,

    /// How often topics with cleanup.policy=compact are looked through.
    #[arg(long, env = "DE_SHOP_COMPACTION_CHECK_INTERVAL", default_value = "15s", value_parser = not_zero, value_name = "TIME")]
    compaction_check_interval: Duration,

    /// How long the offsets of a group without members are kept.
    #[arg(long, env = "DE_SHOP_OFFSETS_RETENTION", default_value = "7days", value_parser = not_zero, value_name = "TIME")]
    offsets_retention: Duration,

    /// Connections at a time. For one more, the one that has been idle for the longest is closed.
    #[arg(long, env = "DE_SHOP_MAX_CONNECTIONS", default_value_t = 1000, value_name = "COUNT",
        value_parser = clap::value_parser!(u32).range(1..=100_000))]
    max_connections: u32,

    /// A connection that asks nothing for this long is closed.
    #[arg(long, env = "DE_SHOP_IDLE_TIMEOUT", default_value = "10m", value_parser = not_zero, value_name = "TIME")]
    idle_timeout: Duration,
}

impl Options {
    /// The defaults, and what their variables change; a wrong one is an error that names it.
    pub fn from_environment() -> Result<Self, clap::Error> {
        #[derive(Parser)]
        #[command(name = "de-shop")]
        struct Alone {
            #[command(flatten)]
            options: Options,
        }
        Alone::try_parse_from(["de-shop"]).map(|alone| alone.options)
    }

    /// For a broker that listens there and keeps its topics there.
    #[must_use]
    pub fn settings(self, listen: SocketAddr, data: PathBuf) -> Settings {
        Settings {
            listen,
            data,
            auto_create_topics: self.auto_create_topics,
            default_partitions: self.default_partitions,
            flush_interval: self.flush_interval,
            retention_check_interval: self.retention_check_interval,
            compaction_check_interval: self.compaction_check_interval,
            offsets_retention: self.offsets_retention,
            max_connections: self.max_connections as usize,
            idle_timeout: self.idle_timeout,
            ..Settings::default()
        }
    }
}

fn not_zero(text: &str) -> Result<Duration, String> {
    let time = humantime::parse_duration(text).map_err(|error| error.to_string())?;
    if time.is_zero() {
        Err("it must be more than 0".to_owned())
    } else {
        Ok(time)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_options_the_settings_are_the_defaults() -> Result<(), clap::Error> {
        let defaults = Settings::default();
        let settings = Options::from_environment()?.settings(defaults.listen, defaults.data.clone());
        let finer = |settings: &Settings| {
            (
                settings.auto_create_topics,
                settings.default_partitions,
                settings.max_connections,
                [
                    settings.flush_interval,
                    settings.retention_check_interval,
                    settings.compaction_check_interval,
                    settings.offsets_retention,
                    settings.idle_timeout,
                ],
            )
        };
        assert_eq!(finer(&settings), finer(&defaults));
        Ok(())
    }
}
