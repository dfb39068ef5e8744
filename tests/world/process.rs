//! A real process under test: started, waited for, killed by its id.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long anything may take before a test gives up: no promise, only more than a busy machine needs.
pub const PATIENCE: Duration = Duration::from_mins(2);

pub struct Process {
    child: Child,
    name: String,
    log: PathBuf,
    /// Bytes of the log that those of the same name have left, who ran before.
    said_before: usize,
}

impl Process {
    /// Starts `command`; what it says on standard error goes to a file in `folder` that a failing test shows.
    pub fn start(name: &str, folder: &Path, command: &mut Command) -> Self {
        let log = folder.join(format!("{name}.stderr"));
        let file = File::options()
            .create(true)
            .append(true)
            .open(&log)
            .expect("the log of a process opens");
        let said_before = file
            .metadata()
            .map_or(0, |of| usize::try_from(of.len()).expect("a small log"));
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(file)
            .spawn()
            .unwrap_or_else(|error| panic!("{name} does not start: {error}"));
        Self {
            child,
            name: name.to_owned(),
            log,
            said_before,
        }
    }

    /// Waits for the ready line and gives its `key=value` pairs.
    pub fn ready(&mut self) -> BTreeMap<String, String> {
        let stdout = self.child.stdout.take().expect("the ready line is waited for once");
        let mut line = String::new();
        BufReader::new(stdout)
            .read_line(&mut line)
            .expect("standard output is text");
        let Some(pairs) = line.trim_end().strip_prefix("ready ") else {
            panic!("{} said {line:?} instead of being ready:\n{}", self.name, self.said());
        };
        pairs
            .split(' ')
            .filter_map(|pair| pair.split_once('='))
            .map(|(key, value)| (key.into(), value.into()))
            .collect()
    }

    /// What it said on standard error, and those before it under its name.
    pub fn said(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// What this one said.
    pub fn said_since_start(&self) -> String {
        self.said().get(self.said_before..).unwrap_or_default().to_owned()
    }

    pub fn assert_alive(&mut self) {
        if let Ok(Some(status)) = self.child.try_wait() {
            panic!("{} died: {status}\n{}", self.name, self.said());
        }
    }

    /// SIGKILL: no last words.
    pub fn kill(mut self) {
        self.child.kill().expect("a process that runs can be killed");
        self.child.wait().expect("a killed process ends");
    }

    /// SIGTERM, and the status it ends with.
    pub fn stop(mut self) -> ExitStatus {
        self.signal("TERM");
        self.wait()
    }

    pub fn signal(&self, signal: &str) {
        let sent = Command::new("kill")
            .arg(format!("-{signal}"))
            .arg(self.child.id().to_string())
            .status();
        assert!(
            sent.is_ok_and(|status| status.success()),
            "SIG{signal} to {}",
            self.name
        );
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("a child can be asked")
    }

    /// Whether SIGSTOP holds it: its state in `/proc` is T.
    pub fn is_frozen(&self) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap_or_default();
        stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('T'))
    }

    pub fn wait(&mut self) -> ExitStatus {
        let since = Instant::now();
        loop {
            if let Some(status) = self.ended() {
                return status;
            }
            assert!(
                since.elapsed() < PATIENCE,
                "{} does not end:\n{}",
                self.name,
                self.said()
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            // Already ended between the two calls is fine, and the temporary folder goes with the world.
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
        if std::thread::panicking() {
            let said = self.said();
            let tail = said
                .char_indices()
                .nth_back(4000)
                .map_or(said.as_str(), |(at, _)| &said[at..]);
            eprintln!("--- {} said:\n{tail}", self.name);
        }
    }
}

/// The program `name` of this workspace. `cargo test --workspace` builds all three, with the same features as the tests.
pub fn program(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_BIN_EXE_de-shop")).with_file_name(name);
    assert!(
        path.exists(),
        "{} is not built: the tests are run with `cargo test --workspace`",
        path.display()
    );
    path
}

/// A port that is free now, below the range from which the system lends ports to clients. No other test of this run is given it: a part
/// that was killed leaves its port free until it is started again.
pub fn free_port() -> u16 {
    static GIVEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());
    loop {
        let [one, two, ..] = *uuid::Uuid::new_v4().as_bytes();
        let port = 20_000 + u16::from_be_bytes([one, two]) % 12_000;
        let is_new = GIVEN.lock().unwrap_or_else(PoisonError::into_inner).insert(port);
        if is_new && std::net::TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
