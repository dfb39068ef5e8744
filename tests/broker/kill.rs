//! The real program: what it acknowledged outlives kill -9; how it starts and refuses to.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;

use rdkafka::producer::FutureRecord;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::world::{Clients, Failure, Outcome, PATIENCE};

/// `de-shop broker` as its own process; killed when dropped.
struct Program {
    child: Child,
    address: SocketAddr,
}

fn command(data: &Path, listen: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_de-shop"));
    command.args(["broker", "--listen", listen, "--data"]).arg(data).kill_on_drop(true).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

impl Program {
    async fn start(data: &Path, listen: &str) -> Result<Self, Failure> {
        let mut child = command(data, listen).stderr(Stdio::null()).spawn()?;
        let stdout = child.stdout.take().ok_or("no standard output")?;
        let ready = timeout(PATIENCE, BufReader::new(stdout).lines().next_line()).await??.ok_or("it ended without being ready")?;
        let address = ready.strip_prefix("ready kafka=").and_then(|rest| rest.split(' ').next()).ok_or("another line than ready")?;
        Ok(Self { address: address.parse()?, child })
    }

    async fn kill(mut self) -> Outcome {
        self.child.kill().await?;
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_acknowledged_outlives_kill_9_exactly_once() -> Outcome {
    let folder = tempfile::tempdir()?;
    let program = Program::start(folder.path(), "127.0.0.1:0").await?;
    let clients = Clients { address: program.address };
    clients.creates("shop.view", 3).await?;
    let producer = clients.producer(&[("message.timeout.ms", "30000")])?;
    let mut program = Some(program);
    let mut acknowledged = BTreeSet::new();
    for round in 0..5 {
        let mut deliveries = Vec::new();
        for number in 0..400 {
            let value = format!("{round}-{number:03}");
            let record = FutureRecord::to("shop.view").key(&value).payload(&value);
            let delivery = producer.send_result(record).map_err(|(error, _)| error)?;
            deliveries.push((value, delivery));
        }
        for (index, (value, delivery)) in deliveries.into_iter().enumerate() {
            if index == 100 + round * 50 {
                if let Some(running) = program.take() {
                    running.kill().await?;
                }
                program = Some(Program::start(folder.path(), &clients.address.to_string()).await?);
            }
            timeout(PATIENCE, delivery).await??.map_err(|(error, _)| error)?;
            acknowledged.insert(value);
        }
    }
    let found = clients.reads_all("shop.view")?;
    let distinct: BTreeSet<_> = found.iter().map(|(_, _, value)| value.clone()).collect();
    assert_eq!(distinct, acknowledged);
    assert_eq!(found.len(), acknowledged.len(), "something was kept twice");
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
