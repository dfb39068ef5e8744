//! What an operator can set: one struct, each option with an environment variable `SHOP_` + its name and a default that works.
//!
//! A setting does what its name says, or the program refuses to start: exit 2 and one line that names the setting.

mod address;
mod choices;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use bytesize::ByteSize;
use clap::{Args, Parser, Subcommand};
use schemas::InstanceId;

use crate::domain::{Experiment, Variant};

pub use address::{Network, PublicUrl};
pub use choices::{ForwardedHeader, KafkaSetting, LogLevel, RequestDetail};

/// The web shop: pages for shoppers, and an event for everything that happens on them.
#[derive(Debug, Clone, Parser)]
#[command(name = "shop", version, args_conflicts_with_subcommands = false)]
pub struct CommandLine {
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    pub settings: Settings,
}

#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum Command {
    /// Serves the shop until it is told to stop (the default).
    Run,
    /// Derives carts, orders and stock afresh from the recorded events, says what was rebuilt, and exits.
    Rebuild,
    /// Lets the shop of --journal send the recorded facts of another shop, whose own journal is gone for good; also while it runs.
    Adopt {
        /// The name of the shop that is gone, as /readyz says it.
        instance: InstanceId,
    },
    /// Prints a link that shows a variant of an experiment to the browser that opens it, for a day; also while the shop runs.
    VariantLink {
        #[arg(long)]
        experiment: Experiment,
        #[arg(long)]
        variant: Variant,
    },
    /// Changes what a product costs, and publishes that on shop.product; also while the shop runs, which shows it within a second.
    Price {
        /// The product's number, as in its address.
        product: i64,
        /// For one, in KRW.
        won: i64,
    },
}

#[derive(Debug, Clone, Args)]
pub struct Settings {
    /// Address and port of the web shop; port 0 takes a free one.
    #[arg(
        long,
        env = "SHOP_LISTEN",
        default_value = "127.0.0.1:8080",
        value_parser = hosting::listen,
        value_name = "HOST:PORT",
        global = true
    )]
    pub listen: SocketAddr,

    /// Kafka brokers to begin with, separated by commas.
    #[arg(
        long,
        env = "SHOP_KAFKA",
        default_value = "127.0.0.1:9092",
        value_parser = hosting::brokers,
        value_name = "HOST:PORT,..",
        global = true
    )]
    pub kafka: String,

    /// A further setting of librdkafka (TLS, SASL, ...), handed on as it is; may be given more than once.
    #[arg(
        long,
        env = "SHOP_KAFKA_CONFIG",
        value_name = "KEY=VALUE",
        value_delimiter = ';',
        hide_env_values = true,
        global = true
    )]
    pub kafka_config: Vec<KafkaSetting>,

    /// The shop's database: a `sqlite:` path or a `postgres://` address.
    #[arg(
        long,
        env = "SHOP_DATABASE",
        default_value = "sqlite:./data/shop.db",
        value_name = "URL",
        hide_env_values = true,
        global = true
    )]
    pub database: String,

    /// The folder of the journal, which keeps events on their way to Kafka.
    #[arg(
        long,
        env = "SHOP_JOURNAL",
        default_value = "./data/journal",
        value_name = "DIR",
        global = true
    )]
    pub journal: PathBuf,

    /// How large the journal may grow; when it is full, observations are refused and counted.
    #[arg(
        long,
        env = "SHOP_JOURNAL_MAX_SIZE",
        default_value = "1GiB",
        value_name = "SIZE",
        global = true
    )]
    pub journal_max_size: ByteSize,

    /// How long an entry of the journal may wait for the disk.
    #[arg(
        long,
        env = "SHOP_JOURNAL_FLUSH_INTERVAL",
        default_value = "50ms",
        value_parser = humantime::parse_duration,
        value_name = "TIME",
        global = true
    )]
    pub journal_flush_interval: Duration,

    /// The address that people type; with https, cookies are sent over TLS only. Default: http and the listening address.
    #[arg(long, env = "SHOP_PUBLIC_URL", value_name = "URL", global = true)]
    pub public_url: Option<PublicUrl>,

    /// After how long a silence a visitor's next page begins a new session.
    #[arg(
        long,
        env = "SHOP_SESSION_SILENCE",
        default_value = "30m",
        value_parser = humantime::parse_duration,
        value_name = "TIME",
        global = true
    )]
    pub session_silence: Duration,

    /// Which `request` events are logged: how each one ended, or its beginning as well.
    #[arg(long, env = "SHOP_REQUEST_DETAIL", value_enum, default_value = "both", global = true)]
    pub request_detail: RequestDetail,

    /// From which level on lines are logged.
    #[arg(long, env = "SHOP_LOG_LEVEL", value_enum, default_value = "info", global = true)]
    pub log_level: LogLevel,

    /// The folder of the local diagnostic log, one file a day, at most 30.
    #[arg(
        long,
        env = "SHOP_DIAGNOSTICS",
        default_value = "./data/diagnostics",
        value_name = "DIR",
        global = true
    )]
    pub diagnostics: PathBuf,

    /// How many partitions a topic gets that the shop creates.
    #[arg(
        long,
        env = "SHOP_PARTITIONS",
        default_value_t = 3,
        value_parser = clap::value_parser!(u16).range(1..=1024),
        global = true
    )]
    pub partitions: u16,

    /// How many days a topic keeps its messages that the shop creates; client events older than that are refused.
    #[arg(
        long,
        env = "SHOP_RETENTION_DAYS",
        default_value_t = 30,
        value_parser = clap::value_parser!(u16).range(1..=3650),
        global = true
    )]
    pub retention_days: u16,

    /// A proxy that is believed about where a request comes from (--forwarded-header): an address or a network such as 10.0.0.0/8; may be given more than once.
    #[arg(
        long,
        env = "SHOP_TRUSTED_PROXY",
        value_name = "IP[/BITS]",
        value_delimiter = ',',
        global = true
    )]
    pub trusted_proxy: Vec<Network>,

    /// The header in which trusted proxies say where a request comes from; the others are not looked at.
    #[arg(
        long,
        env = "SHOP_FORWARDED_HEADER",
        value_enum,
        default_value = "x-forwarded-for",
        global = true
    )]
    pub forwarded_header: ForwardedHeader,

    /// How many connections one address may hold; a trusted proxy as many as it likes.
    #[arg(
        long,
        env = "SHOP_CONNECTIONS_PER_ADDRESS",
        default_value_t = 512,
        value_parser = clap::value_parser!(u16).range(1..),
        value_name = "N",
        global = true
    )]
    pub connections_per_address: u16,

    /// How long an order can be cancelled after it was placed.
    #[arg(
        long,
        env = "SHOP_CANCEL_WINDOW",
        default_value = "1h",
        value_parser = humantime::parse_duration,
        value_name = "TIME",
        global = true
    )]
    pub cancel_window: Duration,

    /// How long an answer may take; then the visitor gets a page that says so (503).
    #[arg(
        long,
        env = "SHOP_ANSWER_TIMEOUT",
        default_value = "30s",
        value_parser = humantime::parse_duration,
        value_name = "TIME",
        global = true
    )]
    pub answer_timeout: Duration,

    /// The consumer group of the sink: how far it has got is shown to visitors, beside each of their own events.
    #[arg(
        long,
        env = "SHOP_SINK_GROUP",
        default_value = "de-shop-sink",
        value_name = "NAME",
        global = true
    )]
    pub sink_group: String,

    /// How many requests with clicks and dwell times one address may send in a minute, and how many for its own events; 0: as many as it likes.
    #[arg(
        long,
        env = "SHOP_CLIENT_EVENTS_PER_MINUTE",
        default_value_t = 6000,
        value_name = "N",
        global = true
    )]
    pub client_events_per_minute: u32,

    /// How many accounts one address may open, or try to, in an hour; 0: as many as it likes.
    #[arg(
        long,
        env = "SHOP_SIGN_UPS_PER_HOUR",
        default_value_t = 100,
        value_name = "N",
        global = true
    )]
    pub sign_ups_per_hour: u32,

    /// Shows the messages under /data to whoever enters this token. On a loopback address they are open without one, elsewhere closed.
    #[arg(
        long,
        env = "SHOP_PORTAL_TOKEN",
        value_parser = token,
        value_name = "TOKEN",
        hide_env_values = true,
        global = true
    )]
    pub portal_token: Option<String>,

    /// The file of the experiments that run, instead of those that come with the program.
    #[arg(long, env = "SHOP_EXPERIMENTS", value_name = "FILE", global = true)]
    pub experiments: Option<PathBuf>,
}

/// The shortest token, in bytes: it is guessed otherwise.
const LEAST_TOKEN: usize = 12;
/// The smallest journal, in bytes.
const LEAST_JOURNAL: u64 = 256 * 1024;

fn token(text: &str) -> Result<String, String> {
    let token = text.trim();
    if token.len() < LEAST_TOKEN {
        return Err(format!("it needs at least {LEAST_TOKEN} characters"));
    }
    Ok(token.to_owned())
}

/// A setting that is wrong, by its name; its value is not repeated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{setting}: {reason}")]
pub struct BadSetting {
    pub setting: &'static str,
    pub reason: String,
}

impl Settings {
    /// What stands when neither an option nor a variable says otherwise. For whoever embeds the shop and for tests.
    #[must_use]
    pub fn defaults() -> Self {
        // A variable that is wrong ends here: exit 2, and a line that names it.
        hosting::from_environment("shop").unwrap_or_else(|error| error.exit())
    }

    /// What the command line can't tell by itself.
    pub fn check(&self) -> Result<(), BadSetting> {
        let wrong = |setting, reason: &str| {
            Err(BadSetting {
                setting,
                reason: reason.to_owned(),
            })
        };
        if self.session_silence.is_zero() {
            return wrong(
                "--session-silence",
                "a session that ends at once is none: it is longer than 0s",
            );
        }
        if self.answer_timeout.is_zero() {
            return wrong(
                "--answer-timeout",
                "nothing is answered within no time: it is longer than 0s",
            );
        }
        if self.sink_group.trim().is_empty() {
            return wrong("--sink-group", "it is the name of a consumer group");
        }
        if self.journal_max_size.as_u64() < LEAST_JOURNAL {
            return wrong("--journal-max-size", "less than 256KiB hardly holds the catalogue");
        }
        let folders = [("--journal", &self.journal), ("--diagnostics", &self.diagnostics)];
        match folders.iter().find(|(_, folder)| folder.as_os_str().is_empty()) {
            Some((setting, _)) => wrong(setting, "it is the path of a folder"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_valid() {
        let settings = CommandLine::try_parse_from(["shop"]).unwrap().settings;
        assert_eq!(settings.partitions, 3);
        assert_eq!(settings.session_silence, Duration::from_mins(30));
    }

    #[test]
    fn options_stand_before_or_after_the_command() {
        let before = CommandLine::try_parse_from(["shop", "--listen", "127.0.0.1:0", "run"]).unwrap();
        let after = CommandLine::try_parse_from(["shop", "run", "--listen", "127.0.0.1:0"]).unwrap();
        assert_eq!(before.settings.listen, after.settings.listen);
    }
}
