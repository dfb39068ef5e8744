//! Upgrade and rollback: what an older version left opens, what a newer one left is refused and not touched.
//!
//! `tests/fixtures/data-VERSION.tar.gz` is a data folder as that version leaves it (`tests/fixtures/make.sh`).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Instant;

use schemas::{EventType, fields, generate};
use sqlx::Executor;
use tempfile::TempDir;

use crate::world::process::{PATIENCE, Process, program};
use crate::world::visitor::{Answered, Visitor};
use crate::world::{Program, World};

/// What a data folder holds, byte for byte.
type Content = BTreeMap<PathBuf, Vec<u8>>;

struct OldData {
    folder: TempDir,
}

impl OldData {
    fn of(fixture: &Path) -> Self {
        let folder = TempDir::with_prefix("de-shop-old-").expect("a temporary folder");
        let unpacked = Command::new("tar")
            .arg("-xzf")
            .arg(fixture)
            .arg("-C")
            .arg(folder.path())
            .status();
        assert!(
            unpacked.is_ok_and(|status| status.success()),
            "tar unpacks {}",
            fixture.display()
        );
        Self { folder }
    }

    fn newest() -> Self {
        Self::of(fixtures().last().expect("there is a fixture"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("data").join(name)
    }

    fn sqlite(&self, name: &str) -> String {
        format!("sqlite:{}", self.path(name).display())
    }

    /// What was answered when the folder was made.
    fn answered(&self) -> Vec<Answered> {
        let lines = std::fs::read_to_string(self.path("answered")).expect("the fixture's list of answers");
        let read = |line: &str| {
            let mut words = line.split(' ').map(str::to_owned);
            Answered {
                request_id: words.next().expect("a request's id"),
                activities: words
                    .map(|name| EventType::from_name(&name).expect("an activity"))
                    .collect(),
            }
        };
        lines.lines().map(read).collect()
    }

    fn content(&self, names: &[&str]) -> Content {
        let mut content = Content::new();
        let mut left: Vec<PathBuf> = names.iter().map(|name| self.path(name)).collect();
        while let Some(path) = left.pop() {
            if path.is_dir() {
                let entries = std::fs::read_dir(&path).expect("a folder is listed");
                left.extend(entries.map(|entry| entry.expect("an entry").path()));
            } else {
                content.insert(path.clone(), std::fs::read(&path).expect("a file is read"));
            }
        }
        content
    }

    /// Starts a program that must refuse `newer`, and must leave all of it as it is.
    fn is_refused(&self, command: &mut Command, setting: &str, newer: &[&str]) {
        let before = self.content(newer);
        assert!(!before.is_empty());
        let Output { status, stdout, stderr } = command.current_dir(self.folder.path()).output().expect("it runs");
        let said = String::from_utf8_lossy(&stderr);
        assert_eq!(status.code(), Some(2), "{newer:?}: {said}");
        assert!(stdout.is_empty(), "{newer:?}: it was ready");
        for part in [setting, "newer", "left as it is", "restore the backup"] {
            assert!(said.contains(part), "{newer:?}: {part:?} is not in {said}");
        }
        let after = self.content(newer);
        let changed: Vec<_> = before
            .iter()
            .filter(|(path, bytes)| after.get(*path) != Some(bytes))
            .collect();
        assert!(
            changed.is_empty() && after.len() == before.len(),
            "{newer:?}: {:?} changed",
            changed.iter().map(|(path, _)| path).collect::<Vec<_>>()
        );
    }
}

fn fixtures() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let entries = std::fs::read_dir(folder).expect("the fixtures are there");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let mut archives: Vec<_> = paths
        .filter(|path| path.to_string_lossy().ends_with(".tar.gz"))
        .collect();
    archives.sort();
    archives
}

fn shop(old: &OldData) -> Command {
    let mut command = Command::new(program("shop"));
    command.args([
        "--listen",
        "127.0.0.1:0",
        "--kafka",
        "127.0.0.1:1",
        "--database",
        &old.sqlite("shop.db"),
    ]);
    command.arg("--journal").arg(old.path("journal"));
    command
}

fn sink(old: &OldData) -> Command {
    let mut command = Command::new(program("sink"));
    command.args([
        "--listen",
        "127.0.0.1:0",
        "--kafka",
        "127.0.0.1:1",
        "--database",
        &old.sqlite("activity.db"),
    ]);
    command.arg("--logs").arg(old.path("logs"));
    command
}

#[tokio::test(flavor = "multi_thread")]
async fn a_data_folder_of_every_version_before_opens_and_all_that_was_answered_is_there_once() {
    for fixture in fixtures() {
        let old = OldData::of(&fixture);
        let answered = old.answered();
        assert!(answered.len() >= 10);
        let mut command = Command::new(program("de-shop"));
        command
            .args(["--listen", "127.0.0.1:0", "--kafka-listen", "127.0.0.1:0", "--data"])
            .arg(old.path(""));
        // The fixture grows older than what is kept by default.
        command.envs([("SHOP_RETENTION_DAYS", "3650"), ("SINK_RETENTION_DAYS", "3650")]);
        let mut process = Process::start("de-shop", old.folder.path(), &mut command);
        let said = process.ready();
        let since = Instant::now();
        loop {
            process.assert_alive();
            let seen = crate::world::look(said["kafka"].clone(), old.path("logs"), old.sqlite("activity.db")).await;
            match seen.holds_once(&answered) {
                Ok(()) => break,
                Err(wrong) => assert!(since.elapsed() < PATIENCE, "{}: {wrong}", fixture.display()),
            }
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        }
        let mut customer = Visitor::of(&said["shop"]);
        let form = [("email", "haneul@example.org"), ("password", "teapot-and-cups")];
        let form = form.map(|(name, value)| (name, value.to_owned()));
        customer
            .post("/login", &form, &[EventType::Login])
            .await
            .expect("the shop serves");
        let cart = customer.opens("/cart").await.expect("the shop serves");
        assert!(cart.text.contains("/products/103"), "the cart is kept");
        let orders = customer.opens("/orders").await.expect("the shop serves");
        assert!(
            orders.text.contains("/orders/10001") && orders.text.contains("/orders/10002"),
            "so are the orders"
        );
        assert!(process.stop().success());
        let mut audit = Command::new(program("de-shop"));
        crate::world::assert_holds(audit.arg("audit").arg("--data").arg(old.path("")));
    }
}

/// The fields of this type that came after the first version, as JSON pointers.
fn newer_fields(event_type: EventType) -> Vec<String> {
    let mut newer = Vec::new();
    fields::each(&mut generate::schema(event_type), &mut |path, _| {
        if fields::since(event_type, path) != Some("0.1.0") {
            newer.push(format!("/{}", path.replace('.', "/")));
        }
    });
    newer
}

#[test]
fn the_fixtures_of_the_first_version_are_older_than_every_field_that_was_added_since() {
    let first = fixtures();
    let first: Vec<_> = first
        .iter()
        .filter(|path| path.to_string_lossy().contains("data-0.1.0"))
        .collect();
    assert_eq!(
        first.len(),
        2,
        "the release, and the last state before the contract grew"
    );
    for fixture in first {
        let messages = older_messages(&OldData::of(fixture));
        assert!(messages >= 5, "{messages} messages in {}", fixture.display());
    }
}

/// How many activities the folder's files hold; none of them has a field that came later.
fn older_messages(old: &OldData) -> usize {
    let files = old.content(&["logs"]).into_iter();
    let mut messages = 0;
    for (_, bytes) in files.filter(|(path, _)| path.to_string_lossy().contains("user_activity-")) {
        for line in String::from_utf8(bytes).expect("text").lines() {
            let message: serde_json::Value = serde_json::from_str(line).expect("a message");
            let event_type = message["event_type"].as_str().and_then(EventType::from_name);
            let newer = newer_fields(event_type.expect("a type that is still known"));
            assert!(newer.contains(&"/visitor_id".to_owned()) && newer.contains(&"/page_view_id".to_owned()));
            for field in newer {
                assert_eq!(message.pointer(&field), None, "{field} of {line}");
            }
            messages += 1;
        }
    }
    messages
}

#[tokio::test]
async fn what_a_newer_version_wrote_is_refused_and_left_as_it_is() {
    let write =
        |old: &OldData, name: &str, text: &str| std::fs::write(old.path(name), text).expect("a file is written");

    let old = OldData::newest();
    let line = "shop-0123456789ab format 2";
    write(
        &old,
        "journal/instance",
        &format!("{line} {:08x}\n", crc32c::crc32c(line.as_bytes())),
    );
    old.is_refused(&mut shop(&old), "--journal", &["journal", "shop.db"]);

    let old = OldData::newest();
    add_unknown_migration(&old.sqlite("shop.db"), "shop_migrations").await;
    old.is_refused(&mut shop(&old), "--database", &["shop.db", "journal"]);

    let old = OldData::newest();
    add_unknown_migration(&old.sqlite("activity.db"), "sink_migrations").await;
    old.is_refused(&mut sink(&old), "--database", &["activity.db"]);

    let old = OldData::newest();
    write(&old, "logs/.format", "2\n");
    old.is_refused(&mut sink(&old), "--logs", &["logs", "activity.db"]);

    let old = OldData::newest();
    write(&old, "kafka/format", "2\n");
    let mut broker = Command::new(program("de-shop"));
    broker
        .args(["broker", "--listen", "127.0.0.1:0", "--data"])
        .arg(old.path("kafka"));
    old.is_refused(&mut broker, "--data", &["kafka"]);
}

async fn add_unknown_migration(url: &str, table: &str) {
    let sql = format!(
        "INSERT INTO {table} (version, description, success, checksum, execution_time)
         SELECT 9999, 'from the future', success, checksum, 0 FROM {table} WHERE version = 1"
    );
    let sql = sqlx::AssertSqlSafe(sql);
    if url.starts_with("postgres") {
        let pool = sqlx::PgPool::connect(url).await.expect("PostgreSQL answers");
        pool.execute(sql).await.expect("the row goes in");
    } else {
        let pool = sqlx::SqlitePool::connect(url).await.expect("SQLite opens");
        pool.execute(sql).await.expect("the row goes in");
        pool.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_a_newer_version_migrated_is_refused_by_shop_and_sink() {
    let Some(mut world) = World::without_broker("a newer database") else {
        return;
    };
    for part in [Program::Shop, Program::Sink] {
        world.restart(part);
        world.kill(part);
    }
    let tables = match world.database.shop_url() {
        url if url.starts_with("postgres") => ["shop.shop_migrations", "sink_migrations"],
        _ => ["shop_migrations", "sink_migrations"],
    };
    add_unknown_migration(&world.database.shop_url(), tables[0]).await;
    add_unknown_migration(&world.database.sink_url(), tables[1]).await;
    for (name, url, folder) in [
        ("shop", world.database.shop_url(), ["--journal", "journal"]),
        ("sink", world.database.sink_url(), ["--logs", "logs"]),
    ] {
        let mut command = Command::new(program(name));
        command.args(["--listen", "127.0.0.1:0", "--kafka", "127.0.0.1:1", "--database", &url]);
        command
            .arg(folder[0])
            .arg(world.folder().join(folder[1]))
            .current_dir(world.folder());
        let Output { status, stderr, .. } = command.output().expect("it runs");
        let said = String::from_utf8_lossy(&stderr);
        assert!(
            status.code() == Some(2) && said.contains("newer") && said.contains("left as it is"),
            "{name}: {said}"
        );
    }
}

/// Each round on a database of its own, as empty as the first day.
#[tokio::test(flavor = "multi_thread")]
async fn shops_and_sinks_that_start_at_once_on_an_empty_database_all_start() {
    for round in 0..3 {
        let Some(world) = World::without_broker("starting at once") else {
            return;
        };
        let starts = |name: &str, number: u32, url: String, folder: &str| {
            let own = world.folder().join(format!("{name}-{number}"));
            let mut command = Command::new(program(name));
            command.args(["--listen", "127.0.0.1:0", "--kafka", "127.0.0.1:1", "--database", &url]);
            command
                .arg(folder)
                .arg(own.join("folder"))
                .arg("--diagnostics")
                .arg(own.join("diagnostics"));
            Process::start(&format!("{name}-{number}"), world.folder(), &mut command)
        };
        let shops = (0..3).map(|number| starts("shop", number, world.database.shop_url(), "--journal"));
        let sinks = (0..3).map(|number| starts("sink", number, world.database.sink_url(), "--logs"));
        let mut all: Vec<Process> = shops.chain(sinks).collect();
        for process in &mut all {
            process.ready();
        }
        for process in all {
            assert!(process.stop().success(), "round {round}");
        }
    }
}
