//! The program `sink`: the command line around [`sink::Sink`].

mod diagnostics;

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use mimalloc::MiMalloc;
use schemas::{Clock, Topic};
use sink::dead_letter::{self, Discard, LetterId, Listing, Redrive};
use sink::{Partition, Settings, Sink, SinkError, Surroundings, metric, positions};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

const UPKEEP_EVERY: Duration = Duration::from_secs(5);

/// Writes the shop's topics to daily log files and to the table `user_activity_log`.
#[derive(Debug, Parser)]
#[command(name = "sink", version)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    settings: Settings,
    #[command(flatten)]
    diagnostics: Diagnostics,
}

#[derive(Debug, Args)]
struct Diagnostics {
    /// What is logged about the sink itself: error, warn, info, debug, trace, or a filter such as `info,librdkafka=debug`.
    #[arg(long, env = "SINK_LOG_LEVEL", default_value = "info", global = true)]
    log_level: String,
    /// The folder of the sink's own diagnostic log: a file a day, 30 are kept.
    #[arg(
        long,
        env = "SINK_DIAGNOSTICS",
        default_value = "./data/diagnostics",
        value_name = "DIR",
        global = true
    )]
    diagnostics: PathBuf,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs until SIGINT or SIGTERM (the default).
    Run,
    /// Looks at what was refused, sends it again, or discards it.
    #[command(subcommand)]
    DeadLetters(DeadLetters),
    /// Looks at the positions, and forgets one that Kafka no longer has.
    #[command(subcommand)]
    Positions(Positions),
    /// Looks at the log files, and forgets one that was taken away by hand.
    #[command(subcommand)]
    Files(Files),
    /// Answers a retention that doesn't trust the clock.
    #[command(subcommand)]
    Clock(ClockCommand),
}

#[derive(Debug, Subcommand)]
enum ClockCommand {
    /// The clock is right, and what it makes too old may be deleted; also while the sink runs.
    Confirm,
}

#[derive(Debug, Subcommand)]
enum DeadLetters {
    /// Counts those that wait by reason, with the first, the last and a sample.
    List(Listing),
    /// Shows one, the whole of it.
    Show {
        /// Its place in the dead-letter topic, as `list` shows it.
        #[arg(value_name = "PARTITION/OFFSET")]
        id: LetterId,
        /// As a line of JSON.
        #[arg(long)]
        json: bool,
    },
    /// Sends them to their topics again, each once.
    Redrive(Redrive),
    /// Says that nobody wants them, and why.
    Discard(Discard),
}

#[derive(Debug, Subcommand)]
enum Positions {
    /// All of the group; also while the sinks run.
    List,
    /// The partition is read from its earliest offset again; known messages are skipped. Stop the sinks first.
    Forget {
        #[arg(long, value_parser = parse_topic, requires = "partition", required_unless_present = "all")]
        topic: Option<Topic>,
        #[arg(long, requires = "topic", required_unless_present = "all")]
        partition: Option<i32>,
        /// All partitions of all topics: Kafka was set up anew.
        #[arg(long, conflicts_with_all = ["topic", "partition"])]
        all: bool,
    },
}

#[derive(Debug, Subcommand)]
enum Files {
    /// Those of this log folder, with the bytes that are committed to them; also while the sink runs.
    List,
    /// The sink no longer expects the file. Stop the sink first.
    Forget {
        /// Such as app-2025-05-14.log.
        name: String,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli: Cli = hosting::command_line();
    hosting::raise_open_files();
    let _diagnostics = match diagnostics::start(&cli.diagnostics.log_level, &cli.diagnostics.diagnostics) {
        Ok(guard) => guard,
        Err(reason) => return refuse(&reason),
    };
    let done = match cli.command.unwrap_or(Command::Run) {
        Command::Run => run(cli.settings).await,
        Command::DeadLetters(what) => dead_letters(&cli.settings, what).await,
        Command::Positions(what) => show_positions(&cli.settings, what).await,
        Command::Files(Files::List) => positions::list_files(&cli.settings, &mut io::stdout()).await,
        Command::Clock(ClockCommand::Confirm) => confirm_clock(&cli.settings).await,
        Command::Files(Files::Forget { name }) => positions::forget_file(&cli.settings, &name)
            .await
            .and_then(|found| say_forgotten(found, &name)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error}");
            ExitCode::from(error.exit_code())
        }
    }
}

fn refuse(reason: &str) -> ExitCode {
    // Standard error is all there is before the diagnostics run; if it is closed, the exit code speaks.
    let _ = writeln!(io::stderr(), "{reason}");
    ExitCode::from(2)
}

async fn run(settings: Settings) -> Result<(), SinkError> {
    let refuse = |setting, reason: String| SinkError::Setting { setting, reason };
    let metrics = metric::buckets(PrometheusBuilder::new())
        .and_then(PrometheusBuilder::install_recorder)
        .map_err(|error| refuse("/metrics", error.to_string()))?;
    let stop = stop_on_signals().map_err(|error| refuse("signals", error.to_string()))?;
    let logs = settings.logs.clone();
    tokio::spawn(keep_up(metrics.clone()));
    let sink = Sink::bind(
        settings,
        Surroundings {
            clock: Clock::system(),
            metrics: Some(metrics),
        },
    )
    .await?;
    say(&format!("ready sink=http://{} logs={}", sink.address(), logs.display()))?;
    sink.run(stop).await
}

/// Whoever installs the recorder empties its histograms' buffers from time to time.
async fn keep_up(metrics: PrometheusHandle) {
    loop {
        tokio::time::sleep(UPKEEP_EVERY).await;
        metrics.run_upkeep();
    }
}

/// The first SIGINT or SIGTERM lets the sink finish, the second ends it.
fn stop_on_signals() -> io::Result<CancellationToken> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let stop = CancellationToken::new();
    let told = stop.clone();
    tokio::spawn(async move {
        for _ in 0..2 {
            tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} }
            if told.is_cancelled() {
                std::process::exit(1);
            }
            tracing::info!("finishing what was gathered; a second signal ends at once");
            told.cancel();
        }
    });
    Ok(stop)
}

async fn dead_letters(settings: &Settings, what: DeadLetters) -> Result<(), SinkError> {
    match what {
        DeadLetters::List(listing) => {
            let settings = settings.clone();
            looking(move |out| dead_letter::list(&settings, &listing, out)).await
        }
        DeadLetters::Show { id, json } => {
            let settings = settings.clone();
            looking(move |out| dead_letter::show(&settings, id, json, out)).await
        }
        DeadLetters::Redrive(wish) => {
            let done = dead_letter::redrive(settings, wish, &Clock::system(), &mut io::stdout()).await?;
            say(&format!(
                "{} sent, {} known already, {} left",
                done.sent, done.known, done.left
            ))?;
            none_left(done.left)
        }
        DeadLetters::Discard(wish) => {
            let done = dead_letter::discard(settings, wish, &Clock::system(), &mut io::stdout()).await?;
            say(&format!(
                "{} discarded, {} known already, {} left",
                done.discarded, done.known, done.left
            ))?;
            none_left(done.left)
        }
    }
}

/// Writes to standard output from a thread that may block.
async fn looking(
    look: impl FnOnce(&mut io::BufWriter<io::Stdout>) -> Result<(), SinkError> + Send + 'static,
) -> Result<(), SinkError> {
    let looked = tokio::task::spawn_blocking(move || {
        let mut out = io::BufWriter::new(io::stdout());
        look(&mut out)?;
        out.flush().map_err(|source| SinkError::Disk {
            path: "standard output".into(),
            source,
        })
    });
    looked.await.map_err(|error| SinkError::Crashed {
        what: "listing",
        reason: error.to_string(),
    })?
}

const fn none_left(left: u64) -> Result<(), SinkError> {
    if left == 0 {
        Ok(())
    } else {
        Err(SinkError::LettersLeft { left })
    }
}

async fn show_positions(settings: &Settings, what: Positions) -> Result<(), SinkError> {
    match what {
        Positions::List => positions::list(settings, &mut io::stdout()).await,
        Positions::Forget { all: true, .. } => {
            let forgotten = positions::forget_all(settings).await?;
            say(&format!("{forgotten} positions are forgotten"))
        }
        Positions::Forget { topic, partition, .. } => {
            let (Some(topic), Some(partition)) = (topic, partition) else {
                return Err(SinkError::Setting {
                    setting: "--topic, --partition",
                    reason: "are needed, or --all".to_owned(),
                });
            };
            let found = positions::forget(settings, topic, Partition(partition)).await?;
            say_forgotten(found, &format!("{}/{partition}", topic.name()))
        }
    }
}

async fn confirm_clock(settings: &Settings) -> Result<(), SinkError> {
    let now = Clock::system().now();
    sink::retention::confirm_clock(settings, now).await?;
    say(&format!("the clock is right: it is {now}"))
}

fn say_forgotten(found: bool, what: &str) -> Result<(), SinkError> {
    say(&if found {
        format!("{what} is forgotten")
    } else {
        format!("{what} is not in the books")
    })
}

fn say(line: &str) -> Result<(), SinkError> {
    let mut out = io::stdout().lock();
    let said = writeln!(out, "{line}").and_then(|()| out.flush());
    said.map_err(|source| SinkError::Disk {
        path: "standard output".into(),
        source,
    })
}

fn parse_topic(name: &str) -> Result<Topic, String> {
    Topic::from_name(name).ok_or_else(|| "is not one of the shop's topics".to_owned())
}
