//! The world of the end-to-end tests: a broker, a database, the shop, the sink, each a real process, and people who shop.
//!
//! Tests speak its verbs. It fails at once when a part dies that nobody killed, and leaves nothing behind.

pub mod browser;
pub mod evidence;
pub mod planter;
pub mod process;
pub mod require;
pub mod servers;
pub mod visitor;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use evidence::Everywhere;
use schemas::EventType;

use process::{PATIENCE, Process, free_port, program};
use servers::{Broker, Database, Kinds};
use tempfile::TempDir;
use visitor::{Answered, Visitor};

/// A part of the system that can be killed and started again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Program {
    Shop,
    Sink,
    Broker,
}

pub struct World {
    folder: TempDir,
    pub broker: Broker,
    pub database: Database,
    shop_port: u16,
    shop: Option<Process>,
    sink: Option<Process>,
    /// What the shop is told by its environment, from its next start.
    pub shop_settings: Vec<(&'static str, String)>,
}

impl World {
    /// A whole world, or none (said loudly) where a part that this run asks for is not installed.
    pub fn start(test: &str) -> Option<Self> {
        let mut world = Self::without_broker(test)?;
        world.restart(Program::Broker);
        world.restart(Program::Shop);
        world.restart(Program::Sink);
        Some(world)
    }

    /// Only the database runs; nothing else was ever started.
    pub fn without_broker(test: &str) -> Option<Self> {
        Self::of_kinds(test, Kinds::of_this_run())
    }

    pub fn of_kinds(test: &str, kinds: Kinds) -> Option<Self> {
        if !require::has(test, &kinds.parts()) {
            return None;
        }
        let folder = TempDir::with_prefix("de-shop-world-").expect("a temporary folder");
        open_to_all(folder.path());
        Some(Self {
            broker: Broker::new(kinds.broker, folder.path()),
            database: Database::start(kinds.database, folder.path()),
            shop_port: free_port(),
            shop: None,
            sink: None,
            shop_settings: Vec::new(),
            folder,
        })
    }

    pub fn visitor(&self) -> Visitor {
        Visitor::of(&self.shop_address())
    }

    pub fn shop_address(&self) -> String {
        format!("http://127.0.0.1:{}", self.shop_port)
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn logs(&self) -> PathBuf {
        self.folder.path().join("logs")
    }

    pub fn kill(&mut self, program: Program) {
        match program {
            Program::Shop => self.shop.take().expect("the shop runs").kill(),
            Program::Sink => self.sink.take().expect("the sink runs").kill(),
            Program::Broker => self.broker.kill(),
        }
    }

    /// Starts a part (again), on the same folder and address as before, and waits until it is ready.
    pub fn restart(&mut self, part: Program) {
        let folder = self.folder.path();
        match part {
            Program::Broker => self.broker.start(folder),
            Program::Shop => {
                let mut command = Command::new(program("shop"));
                command.arg("--listen").arg(format!("127.0.0.1:{}", self.shop_port));
                command
                    .arg("--kafka")
                    .arg(self.broker.address())
                    .arg("--database")
                    .arg(self.database.shop_url());
                command
                    .arg("--journal")
                    .arg(folder.join("journal"))
                    .arg("--diagnostics")
                    .arg(folder.join("shop-diagnostics"));
                // All visitors of a test come from one address, and in a hurry.
                command.env("SHOP_CLIENT_EVENTS_PER_MINUTE", "0");
                command.envs(self.shop_settings.iter().cloned());
                let mut process = Process::start("shop", folder, &mut command);
                process.ready();
                self.shop = Some(process);
            }
            Program::Sink => {
                let mut command = Command::new(program("sink"));
                command.arg("--listen").arg("127.0.0.1:0");
                command
                    .arg("--kafka")
                    .arg(self.broker.address())
                    .arg("--database")
                    .arg(self.database.sink_url());
                command
                    .arg("--logs")
                    .arg(self.logs())
                    .arg("--diagnostics")
                    .arg(folder.join("sink-diagnostics"));
                let mut process = Process::start("sink", folder, &mut command);
                process.ready();
                self.sink = Some(process);
            }
        }
    }

    pub async fn look(&self) -> Everywhere {
        look(self.broker.address(), self.logs(), self.database.sink_url()).await
    }

    /// Waits until everything that was answered is on its topic, in its daily file and in the table, each exactly once.
    pub async fn sees_once_everywhere(&mut self, answered: &[Answered]) -> Everywhere {
        self.sees_once_in(answered, self.logs(), self.database.sink_url()).await
    }

    pub async fn sees_once_in(&mut self, answered: &[Answered], logs: PathBuf, database: String) -> Everywhere {
        let since = Instant::now();
        loop {
            self.assert_alive();
            let everywhere = look(self.broker.address(), logs.clone(), database.clone()).await;
            match everywhere.holds_once(answered) {
                Ok(()) => return everywhere,
                Err(wrong) => assert!(since.elapsed() < PATIENCE, "{wrong}"),
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// Waits until files hold these events, and gives everything that is there then.
    pub async fn sees_events(&mut self, ids: &[&serde_json::Value]) -> Everywhere {
        self.sees("the events", |seen| {
            ids.iter().all(|id| {
                id.as_str()
                    .is_some_and(|id| seen.files.by_id.get(id).is_some_and(|lines| lines.len() == 1))
            })
        })
        .await
    }

    pub async fn sees_request_in_files(&mut self, request_id: &str) -> Everywhere {
        self.sees(request_id, |seen| {
            seen.files
                .by_id
                .values()
                .flatten()
                .any(|line| line.request_id == request_id)
        })
        .await
    }

    /// Waits until a click on a page below `path` is in the files.
    pub async fn sees_clicks_on(&mut self, path: &str) -> Everywhere {
        self.sees(path, |seen| {
            let clicks = seen.files.by_id.values().flatten();
            let mut clicks = clicks.filter(|line| line.event_type == EventType::Click.name());
            clicks.any(|line| {
                line.json()["details"]["page"]
                    .as_str()
                    .is_some_and(|page| page.starts_with(path))
            })
        })
        .await
    }

    /// Waits until the activity of this request is in file and table.
    pub async fn sees_activity(&mut self, request_id: &str, activity: EventType) -> Everywhere {
        self.sees(activity.name(), |seen| {
            let mut lines = seen.files.by_id.values().flatten();
            let line = lines.find(|line| line.request_id == request_id && line.event_type == activity.name());
            line.is_some_and(|line| seen.rows.get(&line.event_id) == Some(&1))
        })
        .await
    }

    async fn sees(&mut self, what: &str, holds: impl Fn(&Everywhere) -> bool) -> Everywhere {
        let since = Instant::now();
        loop {
            self.assert_alive();
            let seen = look(self.broker.address(), self.logs(), self.database.sink_url()).await;
            if holds(&seen) {
                return seen;
            }
            assert!(since.elapsed() < PATIENCE, "{what} never comes");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// Waits until files and table hold all that is on the topics now.
    pub async fn settles(&mut self) -> Everywhere {
        let since = Instant::now();
        loop {
            self.assert_alive();
            let everywhere = self.look().await;
            match everywhere
                .topics
                .by_id
                .keys()
                .find(|id| !everywhere.files.by_id.contains_key(*id))
            {
                None => return everywhere,
                Some(id) => assert!(since.elapsed() < PATIENCE, "{id} never reaches a file"),
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// Whether the ledger, which counts sequences and knows nothing of the visitors, comes to the same result.
    pub fn ledger_holds(&self) {
        let mut audit = Command::new(program("de-shop"));
        audit
            .arg("audit")
            .arg("--journal")
            .arg(self.folder.path().join("journal"));
        audit
            .arg("--kafka")
            .arg(self.broker.address())
            .arg("--logs")
            .arg(self.logs());
        audit.arg("--database").arg(self.database.sink_url());
        assert_holds(&mut audit);
    }

    /// No part has died that nobody killed.
    pub fn assert_alive(&mut self) {
        self.broker.assert_alive();
        self.database.assert_alive();
        for process in [&mut self.shop, &mut self.sink].into_iter().flatten() {
            process.assert_alive();
        }
    }
}

pub async fn look(kafka: String, logs: PathBuf, database: String) -> Everywhere {
    // Table first, topics last: what is in the table must be on the topics by then.
    let rows = evidence::rows(&database).await;
    let reading = tokio::task::spawn_blocking(move || (evidence::files(&logs), evidence::topics(&kafka)));
    let (files, topics) = reading.await.expect("reading does not panic");
    Everywhere { topics, files, rows }
}

/// Runs an audit and shows its table when it finds something lost or doubled.
pub fn assert_holds(audit: &mut Command) {
    let said = audit.output().expect("the audit runs");
    let table = String::from_utf8_lossy(&said.stdout);
    assert!(
        said.status.success(),
        "{}\n{table}\n{}",
        said.status,
        String::from_utf8_lossy(&said.stderr)
    );
}

/// PostgreSQL runs as a user of its own and must get through to its folder.
fn open_to_all(folder: &Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755)).expect("the folder is ours");
}
