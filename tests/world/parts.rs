//! What can be killed, frozen and started again, and how each of them is started.

use std::os::unix::process::ExitStatusExt as _;
use std::process::Command;
use std::time::{Duration, Instant};

use super::World;
use super::process::{PATIENCE, Process, free_port, program};

/// How a fail point ends its process.
const SIGABRT: i32 = 6;

/// A part of the system that can be killed and started again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Program {
    Broker,
    /// PostgreSQL; SQLite lives and dies with the programs that use it.
    Database,
    Shop,
    Sink,
    /// One more shop, with a journal of its own: 1, 2, ...
    AnotherShop(usize),
    /// One more sink, with a log folder of its own: 1, 2, ... They need PostgreSQL ([`World::for_several_sinks`]).
    AnotherSink(usize),
}

impl Program {
    pub const fn is_shop(self) -> bool {
        matches!(self, Self::Shop | Self::AnotherShop(_))
    }

    pub const fn is_sink(self) -> bool {
        matches!(self, Self::Sink | Self::AnotherSink(_))
    }

    /// Names its process, and what that says on standard error.
    pub fn name(self) -> String {
        match self {
            Self::Broker => "broker".to_owned(),
            Self::Database => "postgres".to_owned(),
            Self::Shop => "shop".to_owned(),
            Self::Sink => "sink".to_owned(),
            Self::AnotherShop(number) => format!("shop-{number}"),
            Self::AnotherSink(number) => format!("sink-{number}"),
        }
    }

    /// The folder that is its own: a shop's journal, a sink's log files.
    pub(super) fn folder(self) -> String {
        match self {
            Self::Broker => "kafka".to_owned(),
            Self::Database => "postgres".to_owned(),
            Self::Shop => "journal".to_owned(),
            Self::Sink => "logs".to_owned(),
            Self::AnotherShop(number) => format!("journal-{number}"),
            Self::AnotherSink(number) => format!("logs-{number}"),
        }
    }
}

impl World {
    /// Starts parts for the first time, or again.
    pub fn starts(&mut self, parts: &[Program]) {
        for part in parts {
            self.restart(*part);
        }
    }

    /// Starts a part (again), on the same folder and address as before, and waits until it is ready.
    pub fn restart(&mut self, part: Program) {
        let folder = self.folder.path();
        let mut command = match part {
            Program::Broker => return self.broker.start(folder),
            Program::Database => return self.database.restart(folder),
            Program::Shop | Program::AnotherShop(_) => self.shop_command(part),
            Program::Sink | Program::AnotherSink(_) => self.sink_command(part),
        };
        if let Some(point) = self.fail_points.remove(&part) {
            let variable = if part.is_shop() {
                "SHOP_FAIL_POINT"
            } else {
                "SINK_FAIL_POINT"
            };
            command.env(variable, point);
        }
        let mut process = Process::start(&part.name(), self.folder.path(), &mut command);
        let said = process.ready();
        if let Some(address) = said.get("shop").or_else(|| said.get("sink")) {
            self.addresses.insert(part, address.clone());
        }
        let before = self.running.insert(part, process);
        assert!(before.is_none(), "{part:?} runs already");
    }

    fn shop_command(&mut self, part: Program) -> Command {
        let listen = *self.ports.entry(part).or_insert_with(free_port);
        let mut command = Command::new(program("shop"));
        command.arg("--listen").arg(format!("127.0.0.1:{listen}"));
        command.arg("--kafka").arg(self.broker.address());
        command.arg("--database").arg(self.database.shop_url());
        command.arg("--journal").arg(self.folder_of(part));
        command.arg("--diagnostics").arg(self.diagnostics(part));
        // All visitors of a test come from one address, and in a hurry.
        command.env("SHOP_CLIENT_EVENTS_PER_MINUTE", "0");
        command.env("SHOP_SIGN_UPS_PER_HOUR", "0");
        command.envs(self.shop_settings.iter().cloned());
        command
    }

    fn sink_command(&mut self, part: Program) -> Command {
        // A sink's own pages are on whatever port is free; the entry says that it was started.
        self.ports.insert(part, 0);
        let mut command = Command::new(program("sink"));
        command.arg("--listen").arg("127.0.0.1:0");
        command.arg("--kafka").arg(self.broker.address());
        command.arg("--database").arg(self.database.sink_url());
        command.arg("--logs").arg(self.folder_of(part));
        command.arg("--diagnostics").arg(self.diagnostics(part));
        command.envs(self.sink_settings.iter().cloned());
        command
    }

    fn diagnostics(&self, part: Program) -> std::path::PathBuf {
        self.folder.path().join(format!("{}-diagnostics", part.name()))
    }

    /// From its next start, once, the part dies at this point, such as `after_commit:3` for the third time that it is reached.
    /// A sink that shall freeze there instead: `after_commit:3:freeze`.
    pub fn dies_at(&mut self, part: Program, point: &str) {
        self.fail_points.insert(part, point.to_owned());
    }

    /// SIGKILL: no last words.
    pub fn kill(&mut self, part: Program) {
        match part {
            Program::Broker => self.broker.kill(),
            Program::Database => self.database.kill(),
            _ => self.take(part).kill(),
        }
    }

    /// SIGTERM, as an operator stops a part; it must end with success.
    pub fn stops(&mut self, part: Program) {
        let status = match part {
            Program::Broker => self.broker.stop(),
            Program::Database => self.database.stop(),
            _ => self.take(part).stop(),
        };
        // Java ends with 128 + 15 when it is told to.
        let told = part == Program::Broker && status.code() == Some(143);
        assert!(status.success() || told, "{part:?} ended with {status}");
    }

    /// SIGSTOP: it stands still and holds all that it has open, until [`World::thaws`]. Not for PostgreSQL, which is many processes.
    pub fn freezes(&self, part: Program) {
        self.process(part).signal("STOP");
    }

    /// SIGCONT.
    pub fn thaws(&self, part: Program) {
        self.process(part).signal("CONT");
    }

    /// Waits until the part has died at its fail point; nothing else may have died.
    pub async fn dies(&mut self, part: Program) {
        let mut process = self.take(part);
        let since = Instant::now();
        loop {
            match process.ended() {
                Some(status) if status.signal() == Some(SIGABRT) => return,
                Some(status) => panic!(
                    "{part:?} ended with {status} before its fail point:\n{}",
                    process.said()
                ),
                None => {}
            }
            self.assert_alive();
            assert!(since.elapsed() < PATIENCE, "{part:?} never reaches its fail point");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Waits until the part has frozen itself at its fail point.
    pub async fn freezes_itself(&mut self, part: Program) {
        let since = Instant::now();
        while !self.process(part).is_frozen() {
            self.assert_alive();
            assert!(since.elapsed() < PATIENCE, "{part:?} never reaches its fail point");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    fn process(&self, part: Program) -> &Process {
        match part {
            Program::Broker => self.broker.process().expect("the broker runs"),
            Program::Database => panic!("PostgreSQL is many processes, and SQLite none"),
            _ => self.running.get(&part).unwrap_or_else(|| panic!("{part:?} runs")),
        }
    }

    fn take(&mut self, part: Program) -> Process {
        self.running.remove(&part).unwrap_or_else(|| panic!("{part:?} runs"))
    }
}
