//! The shop's own log lines: to standard error, to a local file for each day, and to the topic `shop.app`.
//!
//! Promises
//! - The local file works when everything else is down: it is written by a thread of its own, lines are dropped rather than
//!   waited for, and the newest 30 files are kept.
//! - Lines of the shop's own crate go through the journal to the topic, in the seed's application-log shape. Lines about the
//!   journal and the way to Kafka are held to ten in ten seconds, so that a fault can't feed on its own reports.
//! - A line that the journal refuses is in the local file all the same.
//!
//! Not for: lines before [`Diagnostics::attach`] (they are on standard error and in the file only), other crates' lines on the topic.

mod budget;
mod line;
mod topic_layer;

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use schemas::Clock;
use tracing::Level;
use tracing::level_filters::LevelFilter;
use tracing_appender::non_blocking::WorkerGuard;
use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt};

use self::topic_layer::{Outlet, TopicLayer};
use journal::Journal;

const KEPT_FILES: usize = 30;
/// The crates whose lines follow the level; of others only warnings and errors are shown.
const OWN_CRATES: [&str; 10] = [
    "shop",
    "journal",
    "portal",
    "sink",
    "insights",
    "broker",
    "classroom",
    "hosting",
    "schemas",
    "de_shop",
];

/// How much is said, and where the local files lie.
#[derive(Debug, Clone)]
pub struct DiagnosticsOptions {
    /// The least serious lines that are shown, kept and sent.
    pub level: Level,
    /// Where `NAME.YYYY-MM-DD.log` is written, one for each day (UTC).
    pub folder: PathBuf,
    /// What stands before the date in the file's name: the program's name.
    pub name: &'static str,
}

/// Why the program can't keep its own log.
#[derive(Debug, thiserror::Error)]
pub enum DiagnosticsError {
    #[error("the folder for diagnostic logs, {folder}, can't be used")]
    Folder {
        folder: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("the diagnostic log in {folder} can't be opened")]
    File {
        folder: PathBuf,
        #[source]
        source: tracing_appender::rolling::InitError,
    },
    #[error("this process has its log lines set up already")]
    Twice(#[from] tracing_subscriber::util::TryInitError),
}

/// Keeps the log going; drop it last, so that the last lines are written.
#[derive(Debug)]
pub struct Diagnostics {
    outlet: Arc<Outlet>,
    _file: WorkerGuard,
}

impl Diagnostics {
    /// From now on lines go to the journal too, dated by `clock`. Only the first call counts.
    pub fn attach(&self, journal: Journal, clock: Clock) {
        self.outlet.attach(journal, clock);
    }

    /// Ends what [`Diagnostics::attach`] began and lets go of the journal, so that it can be closed.
    pub fn detach(&self) {
        self.outlet.detach();
    }
}

/// Sets up the log lines of this process.
pub fn init(options: &DiagnosticsOptions) -> Result<Diagnostics, DiagnosticsError> {
    let (file, guard) = tracing_appender::non_blocking(daily_file(&options.folder, options.name)?);
    let shown = OWN_CRATES
        .into_iter()
        .fold(Targets::new().with_default(LevelFilter::WARN), |targets, own| {
            targets.with_target(own, options.level)
        });
    let outlet = Arc::new(Outlet::default());
    tracing_subscriber::registry()
        .with(
            fmt::layer()
                .with_ansi(std::io::stderr().is_terminal())
                .with_writer(std::io::stderr)
                .with_filter(shown.clone()),
        )
        .with(fmt::layer().with_ansi(false).with_writer(file).with_filter(shown))
        .with(TopicLayer::filtered(options.level, Arc::clone(&outlet)))
        .try_init()?;
    Ok(Diagnostics { outlet, _file: guard })
}

fn daily_file(folder: &Path, name: &str) -> Result<RollingFileAppender, DiagnosticsError> {
    std::fs::create_dir_all(folder).map_err(|source| DiagnosticsError::Folder {
        folder: folder.to_owned(),
        source,
    })?;
    RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix(name)
        .filename_suffix("log")
        .max_log_files(KEPT_FILES)
        .build(folder)
        .map_err(|source| DiagnosticsError::File {
            folder: folder.to_owned(),
            source,
        })
}
