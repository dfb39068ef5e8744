//! The broker and the databases of a world: embedded broker and SQLite, or Apache Kafka and PostgreSQL.
//!
//! `DE_SHOP_TEST_BROKER=kafka` and `DE_SHOP_TEST_DATABASE=postgres` choose; nothing else in a test differs.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};

use super::process::{PATIENCE, Process, free_port, program};
use super::require::Part;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BrokerKind {
    Embedded,
    ApacheKafka,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DatabaseKind {
    Sqlite,
    Postgres,
}

/// Which kinds this run of the tests uses.
#[derive(Debug, Clone, Copy)]
pub struct Kinds {
    pub broker: BrokerKind,
    pub database: DatabaseKind,
}

impl Kinds {
    pub fn of_this_run() -> Self {
        let chosen = |name: &str| std::env::var(name).unwrap_or_default();
        Self {
            broker: match chosen("DE_SHOP_TEST_BROKER").as_str() {
                "" | "embedded" => BrokerKind::Embedded,
                "kafka" => BrokerKind::ApacheKafka,
                other => panic!("DE_SHOP_TEST_BROKER is embedded or kafka, not {other}"),
            },
            database: match chosen("DE_SHOP_TEST_DATABASE").as_str() {
                "" | "sqlite" => DatabaseKind::Sqlite,
                "postgres" => DatabaseKind::Postgres,
                other => panic!("DE_SHOP_TEST_DATABASE is sqlite or postgres, not {other}"),
            },
        }
    }

    /// The same broker, and PostgreSQL.
    pub fn on_postgres(self) -> Self {
        Self {
            database: DatabaseKind::Postgres,
            ..self
        }
    }

    pub fn parts(self) -> Vec<Part> {
        let kafka = (self.broker == BrokerKind::ApacheKafka).then_some(Part::ApacheKafka);
        let postgres = (self.database == DatabaseKind::Postgres).then_some(Part::Postgres);
        kafka.into_iter().chain(postgres).collect()
    }
}

/// A broker on a port and a folder that stay the same over its restarts.
pub struct Broker {
    kind: BrokerKind,
    folder: PathBuf,
    port: u16,
    controller_port: u16,
    process: Option<Process>,
    /// A file that shifts the embedded broker's clock; Apache Kafka keeps the machine's time.
    pub clock: Option<PathBuf>,
}

impl Broker {
    pub fn new(kind: BrokerKind, folder: &Path) -> Self {
        let folder = folder.join("kafka");
        Self {
            kind,
            folder,
            port: free_port(),
            controller_port: free_port(),
            process: None,
            clock: None,
        }
    }

    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub fn is_embedded(&self) -> bool {
        self.kind == BrokerKind::Embedded
    }

    pub fn start(&mut self, logs: &Path) {
        let mut command = match self.kind {
            BrokerKind::Embedded => {
                let mut command = Command::new(program("de-shop"));
                command
                    .arg("broker")
                    .arg("--listen")
                    .arg(self.address())
                    .arg("--data")
                    .arg(&self.folder);
                command.envs(self.clock.iter().map(|file| ("DE_SHOP_CLOCK_OFFSET", file)));
                command
            }
            BrokerKind::ApacheKafka => {
                let mut command = Command::new("bash");
                command.arg(script("kafka.sh")).arg(&self.folder);
                command.arg(self.port.to_string()).arg(self.controller_port.to_string());
                command
            }
        };
        let mut process = Process::start("broker", logs, &mut command);
        match self.kind {
            BrokerKind::Embedded => drop(process.ready()),
            BrokerKind::ApacheKafka => self.wait_until_it_answers(&mut process),
        }
        self.process = Some(process);
    }

    fn wait_until_it_answers(&self, process: &mut Process) {
        let client: BaseConsumer = rdkafka::ClientConfig::new()
            .set("bootstrap.servers", self.address())
            .set("log_level", "0")
            .create()
            .expect("a client is made");
        let since = Instant::now();
        while client.fetch_metadata(None, Duration::from_millis(500)).is_err() {
            process.assert_alive();
            assert!(
                since.elapsed() < PATIENCE,
                "Apache Kafka does not answer:\n{}",
                process.said()
            );
        }
    }

    /// The disk is gone, and a new one takes its place: no topic, another cluster id.
    pub fn loses_its_data(&self) {
        assert!(self.process.is_none(), "only a dead broker loses its data here");
        std::fs::remove_dir_all(&self.folder).expect("the broker's folder goes");
    }

    /// Waits until it has ended by itself.
    pub fn gives_up(&mut self) {
        self.process.take().expect("the broker runs").wait();
    }

    pub fn kind(&self) -> BrokerKind {
        self.kind
    }

    pub fn kill(&mut self) {
        self.process.take().expect("the broker runs").kill();
    }

    pub fn stop(&mut self) -> ExitStatus {
        self.process.take().expect("the broker runs").stop()
    }

    pub fn process(&self) -> Option<&Process> {
        self.process.as_ref()
    }

    pub fn assert_alive(&mut self) {
        if let Some(process) = &mut self.process {
            process.assert_alive();
        }
    }
}

/// Where the shop's tables and the sink's are.
pub enum Database {
    Sqlite { folder: PathBuf },
    Postgres { port: u16, process: Option<Process> },
}

impl Database {
    pub fn start(kind: DatabaseKind, folder: &Path) -> Self {
        match kind {
            DatabaseKind::Sqlite => Self::Sqlite {
                folder: folder.to_owned(),
            },
            DatabaseKind::Postgres => {
                let port = free_port();
                Self::Postgres {
                    port,
                    process: Some(start_postgres(port, folder)),
                }
            }
        }
    }

    /// Starts PostgreSQL again, on its folder and port.
    pub fn restart(&mut self, folder: &Path) {
        match self {
            Self::Postgres { port, process } if process.is_none() => *process = Some(start_postgres(*port, folder)),
            _ => panic!("only a PostgreSQL that was killed can be started again"),
        }
    }

    /// The server dies; its sessions notice and end by themselves.
    pub fn kill(&mut self) {
        self.take().kill();
    }

    /// SIGTERM would wait for the last session to end, so: PostgreSQL's "fast shutdown", SIGINT.
    pub fn stop(&mut self) -> ExitStatus {
        let mut process = self.take();
        process.signal("INT");
        process.wait()
    }

    pub const fn is_running(&self) -> bool {
        matches!(self, Self::Postgres { process: Some(_), .. })
    }

    fn take(&mut self) -> Process {
        match self {
            Self::Postgres { process, .. } => process.take().expect("PostgreSQL runs"),
            Self::Sqlite { .. } => panic!("SQLite lives and dies with the programs that use it"),
        }
    }

    pub fn shop_url(&self) -> String {
        self.url("shop.db")
    }

    pub fn sink_url(&self) -> String {
        self.url("activity.db")
    }

    fn url(&self, file: &str) -> String {
        match self {
            Self::Sqlite { folder } => format!("sqlite:{}", folder.join(file).display()),
            Self::Postgres { port, .. } => format!("postgres://postgres@127.0.0.1:{port}/postgres"),
        }
    }

    /// `HOST:PORT` of PostgreSQL.
    pub fn address(&self) -> String {
        match self {
            Self::Sqlite { .. } => panic!("SQLite has no address"),
            Self::Postgres { port, .. } => format!("127.0.0.1:{port}"),
        }
    }

    pub fn assert_alive(&mut self) {
        if let Self::Postgres {
            process: Some(process), ..
        } = self
        {
            process.assert_alive();
        }
    }
}

/// After a kill the sessions of the server before may still be ending; until then a new one refuses to start.
fn start_postgres(port: u16, folder: &Path) -> Process {
    let since = Instant::now();
    loop {
        let mut command = Command::new("bash");
        command.arg(script("postgres.sh"));
        command.arg(folder.join("postgres")).arg(port.to_string());
        let mut process = Process::start("postgres", folder, &mut command);
        while process.ended().is_none() {
            let said = process.said_since_start();
            if said.contains("database system is ready to accept connections") {
                return process;
            }
            assert!(since.elapsed() < PATIENCE, "PostgreSQL does not answer:\n{said}");
            std::thread::sleep(Duration::from_millis(20));
        }
        assert!(
            since.elapsed() < PATIENCE,
            "PostgreSQL does not answer:\n{}",
            process.said()
        );
        std::thread::sleep(Duration::from_millis(100));
    }
}

pub fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/servers").join(name)
}
