//! The real program: what it acknowledged outlives kill -9; how it starts and refuses to.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;

use rdkafka::producer::{FutureProducer, FutureRecord};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::world::{Clients, Failure, Outcome, PATIENCE};

/// `de-shop broker` as its own process; killed when dropped.
pub(crate) struct Program {
    child: Child,
    pub(crate) address: SocketAddr,
}

fn command(data: &Path, listen: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_de-shop"));
    command
        .args(["broker", "--listen", listen, "--data"])
        .arg(data)
        .kill_on_drop(true)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

impl Program {
    async fn start(data: &Path, listen: &str) -> Result<Self, Failure> {
        Self::start_with(data, listen, &[]).await
    }

    pub(crate) async fn start_with(data: &Path, listen: &str, options: &[&str]) -> Result<Self, Failure> {
        let mut child = command(data, listen).args(options).stderr(Stdio::null()).spawn()?;
        let stdout = child.stdout.take().ok_or("no standard output")?;
        let ready = timeout(PATIENCE, BufReader::new(stdout).lines().next_line())
            .await??
            .ok_or("it ended without being ready")?;
        let address = ready
            .strip_prefix("ready kafka=")
            .and_then(|rest| rest.split(' ').next())
            .ok_or("another line than ready")?;
        Ok(Self {
            address: address.parse()?,
            child,
        })
    }

    /// The most memory that it had at a time, in kB.
    pub(crate) fn most_memory(&self) -> Result<u64, Failure> {
        let id = self.child.id().ok_or("it has ended")?;
        let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
        let mut lines = status.lines();
        let most = lines.find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
        Ok(most.trim().trim_end_matches(" kB").parse()?)
    }

    pub(crate) async fn kill(mut self) -> Outcome {
        self.child.kill().await?;
        Ok(())
    }
}

/// Sends value after value from eight tasks, each one acknowledged before the next, until `enough`.
struct Traffic {
    acknowledged: watch::Sender<BTreeSet<String>>,
    enough: CancellationToken,
    senders: JoinSet<Result<(), String>>,
}

impl Traffic {
    fn start(producer: &FutureProducer) -> Self {
        let (acknowledged, enough) = (watch::Sender::new(BTreeSet::new()), CancellationToken::new());
        let mut senders = JoinSet::new();
        for sender in 0..8 {
            let (producer, acknowledged, enough) = (producer.clone(), acknowledged.clone(), enough.clone());
            senders.spawn(async move {
                for number in 0.. {
                    if enough.is_cancelled() {
                        break;
                    }
                    let value = format!("{sender}-{number}");
                    let record = FutureRecord::to("shop.view").key(&value).payload(&value);
                    producer
                        .send(record, PATIENCE)
                        .await
                        .map_err(|(error, _)| error.to_string())?;
                    acknowledged.send_if_modified(|values| values.insert(value));
                }
                Ok(())
            });
        }
        Self {
            acknowledged,
            enough,
            senders,
        }
    }

    /// Waits until so many more were acknowledged.
    async fn goes_on(&self, more: usize) -> Outcome {
        let target = self.acknowledged.borrow().len() + more;
        let mut watched = self.acknowledged.subscribe();
        timeout(PATIENCE, watched.wait_for(|values| values.len() >= target)).await??;
        Ok(())
    }

    /// Everything that was acknowledged.
    async fn ends(mut self) -> Result<BTreeSet<String>, Failure> {
        self.enough.cancel();
        while let Some(done) = self.senders.join_next().await {
            done??;
        }
        Ok(self.acknowledged.borrow().clone())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_acknowledged_outlives_kill_9_exactly_once() -> Outcome {
    let folder = tempfile::tempdir()?;
    let mut program = Program::start(folder.path(), "127.0.0.1:0").await?;
    let clients = Clients {
        address: program.address,
    };
    clients.creates("shop.view", 3).await?;
    let traffic = Traffic::start(&clients.producer(&[])?);
    for _ in 0..8 {
        traffic.goes_on(50).await?;
        program.kill().await?;
        program = Program::start(folder.path(), &clients.address.to_string()).await?;
    }
    traffic.goes_on(50).await?;
    let acknowledged = traffic.ends().await?;
    let found = clients.reads_all("shop.view")?;
    let distinct: BTreeSet<_> = found.iter().map(|(_, _, value)| value.clone()).collect();
    assert_eq!(distinct, acknowledged);
    assert_eq!(found.len(), acknowledged.len(), "something was kept twice");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_answers_what_is_under_way_and_ends_well_when_it_is_asked_to() -> Outcome {
    for signal in ["-TERM", "-INT"] {
        let folder = tempfile::tempdir()?;
        let mut program = Program::start(folder.path(), "127.0.0.1:0").await?;
        let clients = Clients {
            address: program.address,
        };
        clients.creates("shop.view", 3).await?;
        let traffic = Traffic::start(&clients.producer(&[])?);
        traffic.goes_on(20).await?;
        let id = program.child.id().ok_or("it ended early")?.to_string();
        assert!(Command::new("kill").args([signal, &id]).status().await?.success());
        let status = timeout(PATIENCE, program.child.wait()).await??;
        assert_eq!(status.code(), Some(0), "{signal}");
        let _program = Program::start(folder.path(), &clients.address.to_string()).await?;
        traffic.goes_on(20).await?;
        let acknowledged = traffic.ends().await?;
        assert_eq!(clients.reads_all("shop.view")?.len(), acknowledged.len());
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_broker_on_the_same_folder_or_port_is_refused_and_told_why() -> Outcome {
    let folder = tempfile::tempdir()?;
    let other = tempfile::tempdir()?;
    let program = Program::start(folder.path(), "127.0.0.1:0").await?;
    let same_folder = command(folder.path(), "127.0.0.1:0").output().await?;
    assert_eq!(same_folder.status.code(), Some(2));
    assert!(String::from_utf8(same_folder.stderr)?.contains("--data"));
    let same_port = command(other.path(), &program.address.to_string()).output().await?;
    assert_eq!(same_port.status.code(), Some(2));
    assert!(String::from_utf8(same_port.stderr)?.contains("--listen"));
    let everywhere = command(other.path(), "0.0.0.0:0").output().await?;
    assert_eq!(everywhere.status.code(), Some(2));
    assert!(String::from_utf8(everywhere.stderr)?.contains("--listen"));
    program.kill().await
}
