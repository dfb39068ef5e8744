//! `de-shop exercise drill`: a broker of its own, which drops connections, goes away and rebalances at the moments of the plan, while a
//! student's consumer runs; then that one's output topic is judged.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use broker::{Broker, BrokerError};
use classroom::ClassroomError;
use classroom::drill::{Drill, Settings, Trouble, plan};
use tokio::task::{JoinError, JoinHandle, spawn_blocking};
use tokio_util::sync::CancellationToken;

#[derive(Debug, thiserror::Error)]
pub enum DrillError {
    #[error(transparent)]
    Classroom(#[from] ClassroomError),
    #[error("--listen: the drill's broker")]
    Broker(#[from] BrokerError),
    #[error("the drill's folder {}", path.display())]
    Folder {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("a part of the drill ended badly")]
    Part(#[from] JoinError),
}

impl DrillError {
    /// 2 where the way it was called is to blame.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Classroom(error) => error.exit_code(),
            Self::Broker(_) => 2,
            Self::Folder { .. } | Self::Part(_) => 1,
        }
    }
}

/// The broker while it serves.
struct Serving {
    address: SocketAddr,
    stop: CancellationToken,
    task: JoinHandle<Result<(), BrokerError>>,
}

impl Serving {
    async fn begin(listen: SocketAddr, data: &Path) -> Result<Self, BrokerError> {
        let settings = broker::Settings {
            listen,
            data: data.to_owned(),
            drain_timeout: Duration::from_millis(200),
            ..broker::Settings::default()
        };
        let broker = Broker::bind(settings).await?;
        let (address, stop) = (broker.address(), CancellationToken::new());
        let task = tokio::spawn(broker.run(stop.clone()));
        Ok(Self { address, stop, task })
    }

    async fn end(self) -> Result<(), DrillError> {
        self.stop.cancel();
        Ok(self.task.await??)
    }
}

/// Where lines go: those that the drill is run for, and what happens meanwhile.
#[derive(Debug, Clone, Copy)]
pub struct Lines {
    pub result: fn(&str),
    pub progress: fn(&str),
}

/// Runs the drill; true when the answer is right in the end.
pub async fn run(settings: Settings, stop: CancellationToken, lines: Lines) -> Result<bool, DrillError> {
    let data = std::env::temp_dir().join(format!("de-shop-drill-{}", std::process::id()));
    let done = in_folder(settings, &stop, lines, &data).await;
    let removed = std::fs::remove_dir_all(&data);
    match (done, removed) {
        (Ok(_), Err(source)) if source.kind() != io::ErrorKind::NotFound => {
            Err(DrillError::Folder { path: data, source })
        }
        (done, _) => done,
    }
}

async fn in_folder(
    settings: Settings,
    stop: &CancellationToken,
    lines: Lines,
    data: &Path,
) -> Result<bool, DrillError> {
    let given = settings.clone();
    let drill = Arc::new(spawn_blocking(move || Drill::new(given)).await??);
    let serving = Serving::begin(settings.listen, data).await?;
    let tools = Tools {
        drill: Arc::clone(&drill),
        brokers: serving.address.to_string(),
    };
    tools.clone().run(Drill::prepare).await?;
    (lines.result)(&format!(
        "ready kafka={} topics={} group={} answer={}",
        tools.brokers,
        drill.topics().join(","),
        settings.group,
        settings.topic
    ));
    let waiting = stop.clone();
    let wait = move |drill: &Drill, brokers: &str| drill.wait_for_a_member(brokers, &waiting);
    if !tools.clone().run(wait).await? {
        serving.end().await?;
        return Ok(false);
    }
    let playing = stop.clone();
    let play = move |drill: &Drill, brokers: &str| drill.play(brokers, &playing);
    let play = tokio::spawn(tools.clone().run(play));
    let troubles = plan(settings.seed, settings.seconds);
    let serving = troubled(&tools, serving, troubles, data, stop, lines).await?;
    (lines.progress)(&play.await??.words());
    let judging = stop.clone();
    let judged = tools.run(move |drill, brokers| drill.judge(brokers, &judging)).await;
    serving.end().await?;
    let mark = judged?;
    (lines.result)(&drill.words(&mark));
    Ok(mark.exact)
}

/// Makes the troubles, each when it is time; the broker serves again in the end.
async fn troubled(
    tools: &Tools,
    mut serving: Serving,
    troubles: Vec<(Duration, Trouble)>,
    data: &Path,
    stop: &CancellationToken,
    lines: Lines,
) -> Result<Serving, DrillError> {
    let (begun, mut members) = (Instant::now(), Vec::new());
    for (after, trouble) in troubles {
        tokio::select! {
            () = stop.cancelled() => break,
            () = tokio::time::sleep(after.saturating_sub(begun.elapsed())) => {}
        }
        (lines.progress)(&format!("{:>3} s: {}", begun.elapsed().as_secs(), trouble.words()));
        match trouble {
            Trouble::Rebalance(time) => {
                let member = move |drill: &Drill, brokers: &str| drill.be_another_member(brokers, time);
                members.push(tokio::spawn(tools.clone().run(member)));
            }
            Trouble::Cut => serving = again(serving, Duration::ZERO, data).await?,
            Trouble::Pause(away) => serving = again(serving, away, data).await?,
        }
    }
    for member in members {
        member.await??;
    }
    Ok(serving)
}

/// Ends the broker, and begins it again at the same address after a while.
async fn again(serving: Serving, away: Duration, data: &Path) -> Result<Serving, DrillError> {
    let address = serving.address;
    serving.end().await?;
    tokio::time::sleep(away).await;
    Ok(Serving::begin(address, data).await?)
}

/// What the drill does as a client of its broker: it waits without async.
#[derive(Clone)]
struct Tools {
    drill: Arc<Drill>,
    brokers: String,
}

impl Tools {
    async fn run<T: Send + 'static>(
        self,
        what: impl FnOnce(&Drill, &str) -> Result<T, ClassroomError> + Send + 'static,
    ) -> Result<T, DrillError> {
        Ok(spawn_blocking(move || what(&self.drill, &self.brokers)).await??)
    }
}
