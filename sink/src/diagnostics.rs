//! The sink's own log: to standard error, and to a daily file that works when everything else is down.

use std::io::{self, IsTerminal as _};
use std::path::Path;

use tracing_appender::non_blocking::WorkerGuard;
use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, fmt};

/// Files that are kept, one a day.
const KEPT_FILES: usize = 30;

/// Starts logging; the guard writes out what is left when it is dropped.
pub(crate) fn start(level: &str, folder: &Path) -> Result<WorkerGuard, String> {
    let filter = EnvFilter::try_new(level).map_err(|error| format!("--log-level: {error}"))?;
    let unusable = |reason: String| format!("--diagnostics: {}: {reason}", folder.display());
    std::fs::create_dir_all(folder).map_err(|error| unusable(error.to_string()))?;
    let file = RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix("sink-diagnostics")
        .filename_suffix("log")
        .max_log_files(KEPT_FILES)
        .build(folder)
        .map_err(|error| unusable(error.to_string()))?;
    let (file, guard) = tracing_appender::non_blocking(file);
    tracing_subscriber::registry()
        .with(filter)
        .with(
            fmt::layer()
                .with_ansi(io::stderr().is_terminal())
                .with_writer(io::stderr),
        )
        .with(fmt::layer().with_ansi(false).with_writer(file))
        .init();
    Ok(guard)
}
