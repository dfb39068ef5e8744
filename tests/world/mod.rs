//! The world of the end-to-end tests: a broker, a database, the shop, the sink, each a real process, and people who shop.
//!
//! Tests speak its verbs. It fails at once when a part dies that nobody killed, and leaves nothing behind.

mod asked;
pub mod browser;
pub mod crowd;
pub mod disk;
pub mod evidence;
pub mod lag;
mod parts;
pub mod planter;
pub mod process;
pub mod require;
pub mod scrape;
pub mod servers;
pub mod visitor;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use evidence::Everywhere;
use schemas::EventType;

pub use parts::Program;
use process::{PATIENCE, Process, free_port, program};
use servers::{Broker, Database, Kinds};
use tempfile::TempDir;
use visitor::{Answered, Visitor};

pub struct World {
    folder: TempDir,
    pub broker: Broker,
    pub database: Database,
    /// Shops and sinks that run, or that stand still.
    running: BTreeMap<Program, Process>,
    /// Ports that shops keep over their restarts, and every part that was ever started.
    ports: BTreeMap<Program, u16>,
    /// Where a running part serves its own pages.
    addresses: BTreeMap<Program, String>,
    /// Where a part dies (or freezes) by itself, once, after its next start.
    fail_points: BTreeMap<Program, String>,
    /// What shops and sinks are told by their environment, from their next start.
    pub shop_settings: Vec<(&'static str, String)>,
    pub sink_settings: Vec<(&'static str, String)>,
}

impl World {
    /// A whole world, or none (said loudly) where a part that this run asks for is not installed.
    pub fn start(test: &str) -> Option<Self> {
        let mut world = Self::without_broker(test)?;
        world.starts(&[Program::Broker, Program::Shop, Program::Sink]);
        Some(world)
    }

    /// Only the database runs; nothing else was ever started.
    pub fn without_broker(test: &str) -> Option<Self> {
        Self::of_kinds(test, Kinds::of_this_run())
    }

    /// Only the database runs, and it is PostgreSQL whatever this run's kind: several sinks need one that they can share.
    pub fn for_several_sinks(test: &str) -> Option<Self> {
        Self::of_kinds(test, Kinds::of_this_run().on_postgres())
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
            running: BTreeMap::new(),
            ports: BTreeMap::from([(Program::Shop, free_port())]),
            addresses: BTreeMap::new(),
            fail_points: BTreeMap::new(),
            shop_settings: Vec::new(),
            sink_settings: Vec::new(),
            folder,
        })
    }

    /// Topics that are made from now on have this many partitions.
    pub fn makes_partitions(&mut self, partitions: u16) {
        self.shop_settings.push(("SHOP_PARTITIONS", partitions.to_string()));
        self.sink_settings.push(("SINK_PARTITIONS", partitions.to_string()));
    }

    pub fn visitor(&self) -> Visitor {
        Visitor::of(&self.shop_address())
    }

    /// Somebody who shops at this shop.
    pub fn visitor_of(&self, shop: Program) -> Visitor {
        Visitor::of(&self.address_of(shop))
    }

    pub fn shop_address(&self) -> String {
        self.address_of(Program::Shop)
    }

    fn address_of(&self, shop: Program) -> String {
        format!("http://127.0.0.1:{}", self.ports[&shop])
    }

    /// Where the sink that started last serves its own pages.
    pub fn sink_address(&self) -> String {
        self.addresses[&Program::Sink].clone()
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn logs(&self) -> PathBuf {
        self.folder_of(Program::Sink)
    }

    /// The log folders of all sinks that ever ran.
    pub fn all_logs(&self) -> Vec<PathBuf> {
        self.folders_of(Program::is_sink)
    }

    fn folders_of(&self, kind: impl Fn(Program) -> bool) -> Vec<PathBuf> {
        self.ports
            .keys()
            .filter(|part| kind(**part))
            .map(|part| self.folder_of(*part))
            .filter(|folder| folder.exists())
            .collect()
    }

    /// A shop's journal, a sink's log files.
    pub fn folder_of(&self, part: Program) -> PathBuf {
        self.folder.path().join(part.folder())
    }

    pub async fn look(&self) -> Everywhere {
        look_in(self.broker.address(), self.all_logs(), self.database.sink_url()).await
    }

    /// Waits until everything that was answered is on its topic, in its daily file and in the table, each exactly once.
    pub async fn sees_once_everywhere(&mut self, answered: &[Answered]) -> Everywhere {
        let (logs, database) = (self.all_logs(), self.database.sink_url());
        self.sees_once_in_all(answered, logs, database).await
    }

    pub async fn sees_once_in(&mut self, answered: &[Answered], logs: PathBuf, database: String) -> Everywhere {
        self.sees_once_in_all(answered, vec![logs], database).await
    }

    async fn sees_once_in_all(&mut self, answered: &[Answered], logs: Vec<PathBuf>, database: String) -> Everywhere {
        // One look may take long: it is over when two of them, so far apart, find the same thing wrong.
        let (mut since, mut before) = (Instant::now(), String::new());
        loop {
            self.assert_alive();
            let everywhere = look_in(self.broker.address(), logs.clone(), database.clone()).await;
            match everywhere.holds_once(answered) {
                Ok(()) => return everywhere,
                Err(wrong) if wrong == before => assert!(since.elapsed() < PATIENCE, "{wrong}"),
                Err(wrong) => (since, before) = (Instant::now(), wrong),
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
            let seen = self.look().await;
            if holds(&seen) {
                return seen;
            }
            assert!(since.elapsed() < PATIENCE, "{what} never comes");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// Waits until files and table hold all that is on the topics now.
    pub async fn settles(&mut self) -> Everywhere {
        let (mut since, mut before) = (Instant::now(), String::new());
        loop {
            self.assert_alive();
            let everywhere = self.look().await;
            let (topics, files) = (&everywhere.topics.by_id, &everywhere.files.by_id);
            let missing = if let Some(id) = topics.keys().find(|id| !files.contains_key(*id)) {
                format!("{id} never reaches a file")
            } else {
                // Lines may be there before the transaction is.
                let kafka = self.broker.address();
                let ends = tokio::task::spawn_blocking(move || lag::ends(&kafka)).await;
                let ends = ends.expect("the broker tells its ends");
                let behind = lag::behind(&self.database.sink_url(), &ends).await;
                if behind.is_empty() {
                    return self.look().await;
                }
                format!("never committed: {behind:?}")
            };
            if missing == before {
                assert!(since.elapsed() < PATIENCE, "{missing}");
            } else {
                (since, before) = (Instant::now(), missing);
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// Whether the ledger, which counts sequences and knows nothing of the visitors, comes to the same result.
    pub fn ledger_holds(&self) {
        assert_holds(&mut self.audit());
    }

    /// `de-shop audit` over all that this world has.
    pub fn audit(&self) -> Command {
        let mut audit = Command::new(program("de-shop"));
        audit.arg("audit").arg("--kafka").arg(self.broker.address());
        for journal in self.folders_of(Program::is_shop) {
            audit.arg("--journal").arg(journal);
        }
        for logs in self.all_logs() {
            audit.arg("--logs").arg(logs);
        }
        audit.arg("--database").arg(self.database.sink_url());
        audit
    }

    /// No part has died that nobody killed.
    pub fn assert_alive(&mut self) {
        self.broker.assert_alive();
        self.database.assert_alive();
        for process in self.running.values_mut() {
            process.assert_alive();
        }
    }
}

impl Drop for World {
    /// `DE_SHOP_TEST_KEEP` leaves the folder of a test that failed to whoever looks for the cause.
    fn drop(&mut self) {
        if std::thread::panicking() && std::env::var_os("DE_SHOP_TEST_KEEP").is_some() {
            self.folder.disable_cleanup(true);
            eprintln!("kept {}", self.folder.path().display());
        }
    }
}

pub async fn look(kafka: String, logs: PathBuf, database: String) -> Everywhere {
    look_in(kafka, vec![logs], database).await
}

async fn look_in(kafka: String, logs: Vec<PathBuf>, database: String) -> Everywhere {
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
