//! What a test needs beside Rust. A missing part is said loudly; where `DE_SHOP_TEST_REQUIRE` is set (CI), it fails the test.

use std::io::Write;
use std::path::{Path, PathBuf};

/// A part that `tests/servers/install.sh` installs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    ApacheKafka,
    Postgres,
    Browser,
    Kcat,
    Jq,
    /// confluent-kafka for Python.
    PythonClients,
    /// axe-core and html-validate.
    PageCheckers,
    /// AsyncAPI's own parser.
    AsyncapiParser,
    /// Leave to mount a small disk that can be filled: root, as in CI.
    Mounting,
}

impl Part {
    fn is_there(self) -> bool {
        match self {
            Self::ApacheKafka => servers().join("kafka-4.3.1/complete").exists(),
            Self::Postgres => Path::new("/usr/lib/postgresql/15/bin/initdb").exists(),
            Self::Browser => ["/usr/bin/chromium", "/usr/bin/chromedriver"]
                .iter()
                .all(|path| Path::new(path).exists()),
            Self::Kcat => Path::new("/usr/bin/kcat").exists(),
            Self::Jq => Path::new("/usr/bin/jq").exists(),
            Self::PythonClients => servers().join("clients/python/bin/python").exists(),
            Self::PageCheckers => servers().join("pages/complete").exists(),
            Self::AsyncapiParser => servers().join("asyncapi/complete").exists(),
            Self::Mounting => super::disk::may_mount(),
        }
    }
}

/// Whether all `parts` are there; otherwise the test is skipped, which the terminal shows even when tests are captured.
pub fn has(test: &str, parts: &[Part]) -> bool {
    let missing: Vec<_> = parts.iter().copied().filter(|part| !part.is_there()).collect();
    if missing.is_empty() {
        return true;
    }
    let said = format!("SKIPPED {test}: {missing:?} not installed (tests/servers/install.sh installs it)\n");
    assert!(std::env::var_os("DE_SHOP_TEST_REQUIRE").is_none(), "{said}");
    tell(&said);
    false
}

/// Says that a test, or the rest of it, means nothing in this run, whatever is installed.
pub fn skipped(test: &str, why: &str) {
    tell(&format!("SKIPPED {test}: {why}\n"));
}

/// Past the test harness, which keeps what passing tests print.
fn tell(said: &str) {
    std::io::stderr()
        .write_all(said.as_bytes())
        .expect("standard error takes a line");
}

/// The folder for the pictures that a browser takes for people to look at.
pub fn screenshots() -> PathBuf {
    assert!(has("screenshots", &[Part::Browser]), "no browser");
    let folder = servers().with_file_name("screenshots");
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
}

pub fn servers() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from);
    Path::new(env!("CARGO_MANIFEST_DIR")).join(target).join("servers")
}
