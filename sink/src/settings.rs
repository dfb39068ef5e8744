//! What can be set: one struct for the command line, the environment (`SINK_` and the name) and `de-shop run`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use bytesize::ByteSize;
use clap::{ArgAction, Args};
use schemas::{InstanceId, Zone};

use crate::database::DatabaseUrl;

/// What librdkafka and Kafka take for a session.
const SHORTEST_SESSION: Duration = Duration::from_secs(1);
const LONGEST_SESSION: Duration = Duration::from_hours(1);

/// The sink's settings; each has a default that works.
#[derive(Debug, Clone, Args)]
pub struct Settings {
    /// Kafka's addresses, separated by commas.
    #[arg(long, env = "SINK_KAFKA", default_value = "127.0.0.1:9092", value_name = "HOST:PORT", value_parser = hosting::brokers, global = true)]
    pub kafka: String,

    /// An option for librdkafka, such as `security.protocol=ssl`; may be given several times (environment: separated by semicolons).
    #[arg(long, env = "SINK_KAFKA_CONFIG", value_name = "KEY=VALUE", value_delimiter = ';', action = ArgAction::Append, hide_env_values = true, global = true)]
    pub kafka_config: Vec<KafkaOption>,

    /// Where rows and positions are kept: `sqlite:PATH` or `postgres://USER:PASSWORD@HOST:PORT/DATABASE`.
    #[arg(
        long,
        env = "SINK_DATABASE",
        default_value = "sqlite:./data/activity.db",
        value_name = "URL",
        hide_env_values = true,
        global = true
    )]
    pub database: DatabaseUrl,

    /// The folder of the daily log files; each sink has its own.
    #[arg(
        long,
        env = "SINK_LOGS",
        default_value = "./data/logs",
        value_name = "DIR",
        global = true
    )]
    pub logs: PathBuf,

    /// How many days before today are kept, in files, table and new topics: 1 to 3650.
    #[arg(
        long,
        env = "SINK_RETENTION_DAYS",
        default_value_t = 30,
        value_name = "DAYS",
        value_parser = clap::value_parser!(u16).range(1..=3650),
        global = true
    )]
    pub retention_days: u16,

    /// Log files of days that ended so many days ago are compressed (`NAME.log.gz`); by default never. An event that comes later still
    /// goes to its day: the file is unpacked for it.
    #[arg(long, env = "SINK_COMPRESS_AFTER_DAYS", value_name = "DAYS", value_parser = clap::value_parser!(u16).range(1..=3650), global = true)]
    pub compress_after_days: Option<u16>,

    /// The offset from UTC by which an event's day is told, such as +09:00, or a time zone such as Asia/Seoul.
    #[arg(
        long,
        env = "SINK_UTC_OFFSET",
        default_value = "+00:00",
        value_name = "±HH:MM|ZONE",
        allow_hyphen_values = true,
        global = true
    )]
    pub utc_offset: Zone,

    /// Where /healthz, /readyz, /metrics and /insights are served; port 0 takes a free one.
    #[arg(
        long,
        env = "SINK_LISTEN",
        default_value = "127.0.0.1:8081",
        value_parser = hosting::listen,
        value_name = "HOST:PORT",
        global = true
    )]
    pub listen: SocketAddr,

    /// Who looks at /insights must bring it; at least 16 letters. Needed where --listen is an address that other machines reach.
    #[arg(
        long,
        env = "SINK_INSIGHTS_TOKEN",
        value_name = "TOKEN",
        hide_env_values = true,
        global = true
    )]
    pub insights_token: Option<String>,

    /// Where /insights/ask puts questions in SQL: `postgres://...` of a role that can't write. On SQLite it is the sink's own file, opened
    /// read-only.
    #[arg(
        long,
        env = "SINK_ASK_DATABASE",
        value_name = "URL",
        hide_env_values = true,
        global = true
    )]
    pub ask_database: Option<DatabaseUrl>,

    /// The consumer group; sinks with the same group and database share the work.
    #[arg(long, env = "SINK_GROUP", default_value = "de-shop-sink", value_parser = clap::builder::NonEmptyStringValueParser::new(), global = true)]
    pub group: String,

    /// The name of the log folder's instance; by default a random one that the folder keeps.
    #[arg(long, env = "SINK_INSTANCE", value_name = "NAME", global = true)]
    pub instance: Option<InstanceId>,

    /// Partitions of the topics that the sink creates; those that exist are left as they are.
    #[arg(long, env = "SINK_PARTITIONS", default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=1000), global = true)]
    pub partitions: u16,

    /// How long a batch may gather before it is committed.
    #[arg(long, env = "SINK_FLUSH_INTERVAL", default_value = "200ms", value_name = "TIME", value_parser = humantime::parse_duration, global = true)]
    pub flush_interval: Duration,

    /// A batch of this many messages is committed at once.
    #[arg(
        long,
        env = "SINK_BATCH_MESSAGES",
        default_value_t = 10_000,
        value_name = "COUNT",
        global = true
    )]
    pub batch_messages: usize,

    /// A batch of this size is committed at once.
    #[arg(
        long,
        env = "SINK_BATCH_BYTES",
        default_value = "8MiB",
        value_name = "SIZE",
        global = true
    )]
    pub batch_bytes: ByteSize,

    /// This many messages of a partition in a row that can't be read stop the sink; 0 never does.
    #[arg(
        long,
        env = "SINK_MAX_BAD_RUN",
        default_value_t = 10_000,
        value_name = "COUNT",
        global = true
    )]
    pub max_bad_run: u64,

    /// How long Kafka waits for a silent sink before it gives its partitions to another.
    #[arg(long, env = "SINK_SESSION_TIMEOUT", default_value = "10s", value_name = "TIME", value_parser = session_timeout, global = true)]
    pub session_timeout: Duration,
}

/// A setting that is passed on to librdkafka.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KafkaOption {
    pub key: String,
    pub value: String,
}

impl Settings {
    /// What the environment (`SINK_...`) and the defaults say: where a program that embeds the sink begins.
    pub fn from_environment() -> Result<Self, clap::Error> {
        hosting::from_environment("sink")
    }
}

fn session_timeout(text: &str) -> Result<Duration, String> {
    let time = humantime::parse_duration(text).map_err(|error| error.to_string())?;
    if (SHORTEST_SESSION..=LONGEST_SESSION).contains(&time) {
        Ok(time)
    } else {
        Err("must be 1 s to 1 h".to_owned())
    }
}

impl FromStr for KafkaOption {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        match text.split_once('=') {
            Some((key, value)) if !key.is_empty() => Ok(Self {
                key: key.to_owned(),
                value: value.to_owned(),
            }),
            _ => Err("is not of the form KEY=VALUE"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_settings_that_work() {
        let settings = Settings::from_environment().expect("settings");
        assert_eq!((settings.retention_days, settings.partitions), (30, 3));
        assert_eq!(settings.utc_offset, Zone::UTC);
    }

    #[test]
    fn no_setting_that_is_wrong_shows_its_value() {
        for (option, value) in [
            ("--database", "postgres://me:geheim@host:port/db"),
            ("--database", "mysql://me:geheim@host/db"),
            ("--kafka-config", "geheim"),
            ("--kafka", "geheim"),
            ("--session-timeout", "geheim"),
        ] {
            let command = Settings::augment_args(clap::Command::new("sink"));
            let error = command.try_get_matches_from(["sink", option, value]).unwrap_err();
            let said = hosting::without_value(error).to_string();
            assert!(said.contains(option) && !said.contains("me:geheim"), "{said}");
        }
    }
}
