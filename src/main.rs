//! The command line of `de-shop`.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use broker::Broker;
use clap::{Args, Parser, Subcommand};
use classroom::{ClassroomError, grade, replay, simulate, start};
use de_shop::local::{self, Local, LocalError};
use de_shop::{audit, contract, drill};
use mimalloc::MiMalloc;
use schemas::Clock;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// The program could not start because of how it was started.
const BAD_SETTINGS: u8 = 2;

/// A web shop whose every event is on a Kafka topic, in a daily file and in a table.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
struct CommandLine {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    run: local::Settings,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// The whole shop on this machine: embedded broker, shop and sink (the default).
    Run(local::Settings),
    /// The embedded broker alone.
    #[command(after_help = broker::MORE_HELP)]
    Broker(BrokerArgs),
    /// The ledger: what must be on each hop, and what is.
    Audit(audit::Settings),
    /// The contract: what may change, and what a reader can rely on.
    #[command(subcommand)]
    Contract(contract::Command),
    /// The classroom: a shop's life from a seed, as daily files or straight into topics.
    Simulate(simulate::Settings),
    /// The classroom: plays log files into topics, on time and with the faults of real streams.
    Replay(Box<replay::Settings>),
    /// The classroom: ten exercises on streams whose truth is known.
    #[command(subcommand)]
    Exercise(ExerciseCommand),
    /// The classroom: marks an answer exactly, and says what went wrong. Exit code 0: all right, 1: not, 2: it can't be marked.
    Grade(grade::Settings),
}

#[derive(Debug, Subcommand)]
enum ExerciseCommand {
    #[command(flatten)]
    Tool(start::Command),
    /// Plays the stream through a broker that misbehaves while your own consumer runs, and judges what that puts out.
    Drill(classroom::drill::Settings),
}

#[derive(Debug, Args)]
struct BrokerArgs {
    /// Where Kafka clients connect; an address of this machine's loopback, port 0 takes a free one.
    #[arg(long, env = "DE_SHOP_LISTEN", default_value = "127.0.0.1:9092", value_parser = hosting::listen, value_name = "HOST:PORT")]
    listen: SocketAddr,
    /// The folder that keeps topics and offsets.
    #[arg(long, env = "DE_SHOP_DATA", default_value = "./data/kafka", value_name = "DIR")]
    data: PathBuf,
    #[command(flatten)]
    options: broker::Options,
}

/// What `main` makes of an error: its words, and the exit code.
struct Failure {
    error: anyhow::Error,
    code: ExitCode,
}

#[tokio::main]
async fn main() -> ExitCode {
    let line: CommandLine = hosting::command_line();
    hosting::raise_open_files();
    let done = match line.command.unwrap_or(Command::Run(line.run)) {
        Command::Run(settings) => run(settings).await,
        Command::Broker(args) => run_broker(args).await,
        Command::Audit(settings) => run_audit(settings).await,
        Command::Contract(command) => run_contract(&command),
        Command::Simulate(settings) => run_simulate(settings).await,
        Command::Replay(settings) => run_replay(*settings).await,
        Command::Exercise(ExerciseCommand::Tool(command)) => run_exercise(command).await,
        Command::Exercise(ExerciseCommand::Drill(settings)) => run_drill(settings).await,
        Command::Grade(settings) => run_grade(settings).await,
    };
    match done {
        Ok(code) => code,
        // As with `| head`: the reader has enough.
        Err(failure) if failure.error.chain().any(is_broken_pipe) => failure.code,
        Err(failure) => {
            // Standard error is the last resort; if it is closed, the exit code speaks.
            let _ = writeln!(io::stderr(), "de-shop: {}", causes(&failure.error));
            failure.code
        }
    }
}

fn is_broken_pipe(cause: &(dyn std::error::Error + 'static)) -> bool {
    let error = cause.downcast_ref::<io::Error>();
    error.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// The error and what caused it; a cause that the words before it told already isn't told again.
fn causes(error: &anyhow::Error) -> String {
    error
        .chain()
        .fold(String::new(), |told, cause| match cause.to_string() {
            first if told.is_empty() => first,
            known if told.contains(&known) => told,
            cause => format!("{told}: {cause}"),
        })
}

async fn run(settings: local::Settings) -> Result<ExitCode, Failure> {
    let stop = stop_on_signal()?;
    let local = Local::bind(settings).await.map_err(Failure::of_settings)?;
    say(&local.ready_line())?;
    let _ = writeln!(io::stderr(), "{}", local.greeting());
    local.run(stop).await.map_err(anyhow::Error::new)?;
    Ok(ExitCode::SUCCESS)
}

async fn run_broker(args: BrokerArgs) -> Result<ExitCode, Failure> {
    tracing_subscriber::fmt().with_writer(io::stderr).init();
    let stop = stop_on_signal()?;
    let settings = args.options.settings(args.listen, args.data.clone());
    let broker = Broker::bind(settings).await.map_err(|source| {
        let setting = source.setting("--listen");
        Failure::of_settings(LocalError::Broker { setting, source })
    })?;
    say(&format!(
        "ready kafka={} data={}",
        broker.address(),
        args.data.display()
    ))?;
    broker.run(stop).await.map_err(anyhow::Error::new)?;
    Ok(ExitCode::SUCCESS)
}

async fn run_audit(settings: audit::Settings) -> Result<ExitCode, Failure> {
    let verdict = audit::run(settings).await.map_err(|error| Failure {
        code: ExitCode::from(error.exit_code()),
        error: error.into(),
    })?;
    Ok(ExitCode::from(verdict.exit_code()))
}

async fn run_simulate(settings: simulate::Settings) -> Result<ExitCode, Failure> {
    in_classroom(move || {
        let events = simulate::run(&settings)?;
        let _ = writeln!(io::stderr(), "simulated {events} events");
        Ok(true)
    })
    .await
}

async fn run_replay(settings: replay::Settings) -> Result<ExitCode, Failure> {
    let stop = stop_on_signal()?;
    in_classroom(move || {
        let report = replay::run(&settings, &stop, &Clock::system())?;
        let _ = writeln!(io::stderr(), "{}", report.words());
        Ok(true)
    })
    .await
}

async fn run_exercise(command: start::Command) -> Result<ExitCode, Failure> {
    let stop = stop_on_signal()?;
    in_classroom(move || start::run(&command, &stop, &mut io::stdout())).await
}

async fn run_drill(settings: classroom::drill::Settings) -> Result<ExitCode, Failure> {
    let stop = stop_on_signal()?;
    // Who doesn't listen misses a line; the exit code speaks.
    let lines = drill::Lines {
        result: |line| drop(say(line)),
        progress: |line| drop(writeln!(io::stderr(), "{line}")),
    };
    let done = drill::run(settings, stop, lines).await;
    let exact = done.map_err(|error| Failure {
        code: ExitCode::from(error.exit_code()),
        error: error.into(),
    })?;
    Ok(if exact { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn run_grade(settings: grade::Settings) -> Result<ExitCode, Failure> {
    let stop = stop_on_signal()?;
    in_classroom(move || grade::run(&settings, &stop, &Clock::system(), &mut io::stdout())).await
}

fn run_contract(command: &contract::Command) -> Result<ExitCode, Failure> {
    match contract::run(command) {
        Ok(true) => Ok(ExitCode::SUCCESS),
        Ok(false) => Ok(ExitCode::FAILURE),
        Err(error) => Err(Failure {
            error: error.into(),
            code: ExitCode::from(BAD_SETTINGS),
        }),
    }
}

/// The classroom's tools compute and wait without async: a thread of their own keeps signals answered.
async fn in_classroom(
    tool: impl FnOnce() -> Result<bool, ClassroomError> + Send + 'static,
) -> Result<ExitCode, Failure> {
    let done = tokio::task::spawn_blocking(tool).await.map_err(anyhow::Error::new)?;
    let right = done.map_err(|error| Failure {
        code: ExitCode::from(error.exit_code()),
        error: error.into(),
    })?;
    Ok(if right { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn say(line: &str) -> Result<(), anyhow::Error> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}

/// The first SIGINT or SIGTERM asks for a stop, the second one exits at once.
fn stop_on_signal() -> Result<CancellationToken, anyhow::Error> {
    let stop = CancellationToken::new();
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let asked = stop.clone();
    tokio::spawn(async move {
        for _ in 0..2 {
            tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} }
            if asked.is_cancelled() {
                std::process::exit(1);
            }
            tracing::info!("closing; a second signal ends at once");
            asked.cancel();
        }
    });
    Ok(stop)
}

impl Failure {
    fn of_settings(error: LocalError) -> Self {
        Self {
            error: error.into(),
            code: ExitCode::from(BAD_SETTINGS),
        }
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self {
            error,
            code: ExitCode::FAILURE,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_is_told_once() {
        let error = anyhow::anyhow!("no such file")
            .context("the data: no such file")
            .context("--data");
        assert_eq!(causes(&error), "--data: the data: no such file");
    }
}
