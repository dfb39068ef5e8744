//! The command line of `de-shop`.

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use de_shop::broker::{Broker, BrokerError, Settings};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// The program could not start because of how it was started.
const BAD_SETTINGS: u8 = 2;

#[derive(Debug, Parser)]
#[command(version, about = "DE Shop: a web shop whose every event is on a Kafka topic")]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// The embedded broker alone.
    Broker(BrokerArgs),
}

#[derive(Debug, Args)]
struct BrokerArgs {
    /// Where Kafka clients connect; an address of this machine's loopback, port 0 takes a free one.
    #[arg(long, env = "DE_SHOP_LISTEN", default_value = "127.0.0.1:9092")]
    listen: SocketAddr,
    /// The folder that keeps topics and offsets.
    #[arg(long, env = "DE_SHOP_DATA", default_value = "./data/kafka")]
    data: PathBuf,
}

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let Command::Broker(args) = CommandLine::parse().command;
    match run_broker(args).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("de-shop: {error:#}");
            let is_setting = matches!(error.downcast_ref(), Some(BrokerError::Topics(_)) | None);
            if is_setting { ExitCode::FAILURE } else { ExitCode::from(BAD_SETTINGS) }
        }
    }
}

async fn run_broker(args: BrokerArgs) -> anyhow::Result<()> {
    let stop = stop_on_signal()?;
    let settings = Settings { listen: args.listen, data: args.data.clone(), ..Settings::default() };
    let broker = Broker::bind(settings).await.map_err(|error| {
        let option = match &error {
            BrokerError::NotLoopback(_) | BrokerError::AddressInUse { .. } | BrokerError::Listen { .. } => "--listen (DE_SHOP_LISTEN)",
            _ => "--data (DE_SHOP_DATA)",
        };
        anyhow::Error::new(error).context(format!("{option} changes it"))
    })?;
    writeln!(std::io::stdout(), "ready kafka={} data={}", broker.address(), args.data.display())?;
    Ok(broker.run(stop).await?)
}

/// The first SIGINT or SIGTERM asks for a stop, the second one exits at once.
fn stop_on_signal() -> anyhow::Result<CancellationToken> {
    let stop = CancellationToken::new();
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let asked = stop.clone();
    tokio::spawn(async move {
        for _ in 0..2 {
            tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} }
            if asked.is_cancelled() {
                std::process::exit(1);
            }
            asked.cancel();
        }
    });
    Ok(stop)
}
