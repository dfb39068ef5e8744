//! What to audit: a data folder, or any of its hops by themselves.

use std::path::PathBuf;

use clap::Args;
use schemas::{InstanceId, Zone};
use sink::settings::KafkaOption;

use super::error::AuditError;
use super::table::DatabaseUrl;
use super::topics::Server;

const LONGEST_RETENTION: u16 = 400;

/// The settings of `de-shop audit`.
#[derive(Debug, Clone, Args)]
pub struct Settings {
    /// The data folder of `de-shop run`: journal, broker, files and table. [default: ./data, unless a hop is named]
    #[arg(long, env = "DE_SHOP_DATA", value_name = "DIR")]
    pub data: Option<PathBuf>,

    /// The journal folder of a shop; may be given several times.
    #[arg(long, env = "DE_SHOP_JOURNAL", value_name = "DIR", value_delimiter = ',')]
    pub journal: Vec<PathBuf>,

    /// Kafka's addresses, separated by commas.
    #[arg(long, env = "DE_SHOP_KAFKA", value_name = "HOST:PORT", value_parser = hosting::brokers)]
    pub kafka: Option<String>,

    /// An option for librdkafka, such as `security.protocol=ssl`; may be given several times.
    #[arg(long, env = "DE_SHOP_KAFKA_CONFIG", value_name = "KEY=VALUE", value_delimiter = ',')]
    pub kafka_config: Vec<KafkaOption>,

    /// The log folder of a sink; may be given several times.
    #[arg(long, env = "DE_SHOP_LOGS", value_name = "DIR", value_delimiter = ',')]
    pub logs: Vec<PathBuf>,

    /// The sink's database: `sqlite:PATH` or `postgres://USER:PASSWORD@HOST:PORT/DATABASE`.
    #[arg(long, env = "DE_SHOP_DATABASE", value_name = "URL", hide_env_values = true)]
    pub database: Option<String>,

    /// The sink's consumer group: whose positions say what files and table must hold. [default: that of the sink's own settings]
    #[arg(long, env = "DE_SHOP_GROUP")]
    pub group: Option<String>,

    /// Only this instance; may be given several times.
    #[arg(long, env = "DE_SHOP_INSTANCE", value_name = "NAME", value_delimiter = ',')]
    pub instance: Vec<InstanceId>,

    /// The sink's --retention-days: what is older is expired, not lost. At most 400. [default: that of the sink's own settings]
    #[arg(long, env = "DE_SHOP_RETENTION_DAYS", value_name = "DAYS", value_parser = clap::value_parser!(u16).range(1..=400))]
    pub retention_days: Option<u16>,

    /// The sink's --utc-offset, by which an event's day is told. [default: that of the sink's own settings]
    #[arg(
        long,
        env = "DE_SHOP_UTC_OFFSET",
        value_name = "±HH:MM|ZONE",
        allow_hyphen_values = true
    )]
    pub utc_offset: Option<Zone>,

    /// Compare each event's bytes on its topic with those in its file, and its file with its row. Takes longer.
    #[arg(long)]
    pub bytes: bool,

    /// Answer in JSON, for programs.
    #[arg(long)]
    pub json: bool,
}

/// What the sink was told, which this audit must know to judge it.
#[derive(Debug, Clone)]
pub(super) struct SinkSettings {
    pub(super) group: String,
    pub(super) retention_days: u16,
    pub(super) utc_offset: Zone,
}

/// Where the topics are read.
#[derive(Debug, Clone)]
pub(super) enum TopicsAt {
    Folder(PathBuf),
    Server(Server),
}

/// The hops that are there to be read.
#[derive(Debug, Clone)]
pub(super) struct Places {
    pub(super) journals: Vec<PathBuf>,
    pub(super) topics: Option<TopicsAt>,
    pub(super) logs: Vec<PathBuf>,
    pub(super) database: Option<DatabaseUrl>,
}

impl Settings {
    /// What this command was told of the sink; the rest as `de-shop run` and `sink` know it: `SINK_...`, or the defaults.
    pub(super) fn of_the_sink(&self) -> Result<SinkSettings, AuditError> {
        let own = sink::Settings::from_environment().map_err(|error| AuditError::Setting {
            setting: "SINK_...",
            reason: error.to_string(),
        })?;
        let retention_days = self.retention_days.unwrap_or(own.retention_days);
        if retention_days > LONGEST_RETENTION {
            return Err(AuditError::Setting {
                setting: "SINK_RETENTION_DAYS",
                reason: format!(
                    "{retention_days} is more than the {LONGEST_RETENTION} days that an audit can tell apart"
                ),
            });
        }
        Ok(SinkSettings {
            group: self.group.clone().unwrap_or(own.group),
            retention_days,
            utc_offset: self.utc_offset.unwrap_or(own.utc_offset),
        })
    }

    /// What was named, and what the data folder holds beside it.
    pub(super) fn places(&self) -> Result<Places, AuditError> {
        let database = self.database.as_deref().map(str::parse).transpose();
        let named = Places {
            journals: existing("--journal", &self.journal)?,
            topics: self.kafka.clone().map(|address| {
                let options = self.kafka_config.clone();
                TopicsAt::Server(Server { address, options })
            }),
            logs: existing("--logs", &self.logs)?,
            database: database.map_err(|reason| AuditError::Setting {
                setting: "--database",
                reason,
            })?,
        };
        let default = named.is_empty().then(|| PathBuf::from("./data"));
        let Some(data) = self.data.clone().or(default) else {
            return Ok(named);
        };
        existing("--data", std::slice::from_ref(&data))?;
        named.beside(&data)
    }
}

impl Places {
    fn is_empty(&self) -> bool {
        self.journals.is_empty() && self.topics.is_none() && self.logs.is_empty() && self.database.is_none()
    }

    /// What is not named comes from a data folder. What is not there either is refused: a hop that nobody looked at proves nothing.
    fn beside(self, data: &std::path::Path) -> Result<Self, AuditError> {
        let there = |name: &str, option: &str| {
            let path = data.join(name);
            if path.exists() {
                return Ok(path);
            }
            Err(AuditError::Setting {
                setting: "--data",
                reason: format!(
                    "{} is missing; if it is elsewhere, name it with {option}",
                    path.display()
                ),
            })
        };
        let or_there = |named: Vec<PathBuf>, name: &str, option: &str| -> Result<_, AuditError> {
            if named.is_empty() {
                Ok(vec![there(name, option)?])
            } else {
                Ok(named)
            }
        };
        Ok(Self {
            journals: or_there(self.journals, "journal", "--journal")?,
            topics: match self.topics {
                None => Some(TopicsAt::Folder(there("kafka", "--kafka")?)),
                named => named,
            },
            logs: or_there(self.logs, "logs", "--logs")?,
            database: match self.database {
                None => Some(DatabaseUrl::Sqlite(there("activity.db", "--database")?)),
                named => named,
            },
        })
    }
}

fn existing(setting: &'static str, folders: &[PathBuf]) -> Result<Vec<PathBuf>, AuditError> {
    match folders.iter().find(|folder| !folder.is_dir()) {
        Some(missing) => Err(AuditError::Setting {
            setting,
            reason: format!("{} is no folder", missing.display()),
        }),
        None => Ok(folders.to_vec()),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct CommandLine {
        #[command(flatten)]
        settings: Settings,
    }

    /// The places of a data folder that lacks `missing`, with some more options.
    fn without(missing: &str, options: &[&str]) -> Result<Places, String> {
        let folder = tempfile::tempdir().unwrap();
        for hop in ["journal", "kafka", "logs", "activity.db"]
            .iter()
            .filter(|hop| **hop != missing)
        {
            std::fs::create_dir(folder.path().join(hop)).unwrap();
        }
        let data = folder.path().to_str().unwrap();
        let arguments = [&["audit", "--data", data], options].concat();
        let settings = CommandLine::try_parse_from(arguments).unwrap().settings;
        settings.places().map_err(|error| error.to_string())
    }

    #[test]
    fn a_data_folder_without_one_of_its_hops_is_refused_by_name() {
        for (hop, option) in [
            ("journal", "--journal"),
            ("kafka", "--kafka"),
            ("logs", "--logs"),
            ("activity.db", "--database"),
        ] {
            let said = without(hop, &[]).unwrap_err();
            assert!(
                said.starts_with("--data") && said.contains(hop) && said.contains(option),
                "{said}"
            );
        }
        assert!(without("nothing", &[]).is_ok());
    }

    #[test]
    fn a_hop_that_is_elsewhere_is_named() {
        let places = without("kafka", &["--kafka", "127.0.0.1:9092"]).unwrap();
        assert!(matches!(places.topics, Some(TopicsAt::Server(_))));
    }
}
