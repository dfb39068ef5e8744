//! Nothing fools the ledger: every part of a data folder is taken away, emptied, cut, doubled and altered, one at a time, and none passes.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions};

use crate::one_machine::OneMachine;
use crate::world::process::program;
use crate::world::visitor::Visitor;

/// A folder in which twenty steps of a stroll stand on every hop, and whose programs have ended.
async fn strolled() -> OneMachine {
    let machine = OneMachine::new();
    let mut shopper = Visitor::of(&machine.shop());
    let mut process = machine.starts();
    for step in 0..20 {
        shopper.strolls(step).await.expect("the shop serves");
    }
    machine.sees_once_everywhere(&mut process, &shopper.answered).await;
    assert!(process.stop().success());
    machine
}

/// The exit code of an audit of the folder, and what it said.
fn audit(data: &Path, options: &[&str]) -> (Option<i32>, String) {
    let mut audit = Command::new(program("de-shop"));
    let said = audit.arg("audit").arg("--data").arg(data).args(options).output();
    let said = said.expect("the audit runs");
    let text = [said.stdout, said.stderr].concat();
    (said.status.code(), String::from_utf8_lossy(&text).into_owned())
}

fn refused(data: &Path, what: &str) {
    let (code, said) = audit(data, &["--bytes"]);
    assert!(matches!(code, Some(1 | 2)), "{what} passes:\n{said}");
}

/// Every file below the folder that holds anything.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files_below(&path));
        } else if fs::metadata(&path).expect("a file").len() > 0 {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn altered(bytes: &[u8], at: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[at] ^= 1;
    bytes
}

/// Damages a file in every way, and puts it back each time.
fn every_damage_is_found(data: &Path, file: &Path, alterations: &[usize]) {
    let whole = fs::read(file).expect("the file");
    let name = file.display();
    fs::remove_file(file).expect("it goes");
    refused(data, &format!("{name} without the file"));
    let cut = whole[..whole.len() / 2].to_vec();
    let doubled = [whole.clone(), whole.clone()].concat();
    let mut damages = vec![("emptied", Vec::new()), ("cut", cut)];
    // What follows the committed length of a log file isn't there for anyone: the sink cuts it.
    if !file.parent().is_some_and(|folder| folder.ends_with("logs")) {
        damages.push(("doubled", doubled));
    }
    damages.extend(alterations.iter().map(|at| ("altered", altered(&whole, *at))));
    for (what, bytes) in damages {
        fs::write(file, bytes).expect("the damage is done");
        refused(data, &format!("{name} {what}"));
    }
    fs::write(file, whole).expect("it is put back");
}

async fn told(database: &Path, sql: &str) {
    let mut db = SqliteConnectOptions::new()
        .filename(database)
        .connect()
        .await
        .expect("the database");
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut db).await.expect(sql);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_damage_to_topics_and_files_passes() {
    let machine = strolled().await;
    let data = machine.data();
    let (code, said) = audit(&data, &["--bytes"]);
    assert_eq!(code, Some(0), "{said}");
    let is_segment = |path: &&PathBuf| {
        let of = path
            .parent()
            .and_then(Path::file_name)
            .and_then(OsStr::to_str)
            .unwrap_or_default();
        path.extension().is_some_and(|found| found == "log") && of.starts_with("shop.")
    };
    let segments = files_below(&data.join("kafka"));
    let segments: Vec<_> = segments.iter().filter(is_segment).collect();
    assert!(segments.len() > 3, "{segments:?}");
    for segment in segments {
        let length = fs::read(segment).expect("the segment").len();
        // The format's number in the first header; a byte of the last batch.
        every_damage_is_found(&data, segment, &[16, length - 1]);
    }
    let logs: Vec<_> = files_below(&data.join("logs"));
    for log in logs
        .iter()
        .filter(|path| path.extension().is_some_and(|found| found == "log"))
    {
        let text = fs::read_to_string(log).expect("the log");
        // A letter of a path or a name: the line says as well as before where it comes from.
        let place = text.find("\"path\":\"/").or_else(|| text.find("\"name_en\":\""));
        every_damage_is_found(&data, log, &[place.expect("a field") + 11]);
    }
    for gone in ["kafka", "logs", "journal", "logs/.instance"] {
        fs::rename(data.join(gone), data.join("away")).expect("it goes");
        refused(&data, &format!("a folder without {gone}"));
        fs::rename(data.join("away"), data.join(gone)).expect("it comes back");
    }
    fs::write(data.join("logs/.instance"), "another\n").expect("another name");
    refused(&data, "the folder of another sink");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_damage_to_table_and_books_passes() {
    let machine = strolled().await;
    let data = machine.data();
    let database = data.join("activity.db");
    let (code, said) = audit(&data, &["--bytes"]);
    assert_eq!(code, Some(0), "{said}");
    let whole = fs::read(&database).expect("the database");
    let of_the_last = "id = (SELECT max(id) FROM user_activity_log)";
    for damage in [
        "DELETE FROM user_activity_log",
        &format!("DELETE FROM user_activity_log WHERE {of_the_last}"),
        &format!("UPDATE user_activity_log SET path = path || 'x' WHERE {of_the_last}"),
        &format!("UPDATE user_activity_log SET details = '{{}}' WHERE {of_the_last}"),
        &format!("UPDATE user_activity_log SET event_id = '019e264f-835a-7cb1-b49a-e52592e5dfe8' WHERE {of_the_last}"),
        "CREATE TABLE one AS SELECT * FROM user_activity_log LIMIT 1; UPDATE one SET id = 1000000; \
         INSERT INTO user_activity_log SELECT * FROM one",
        "DELETE FROM sink_position",
        "DELETE FROM sink_file",
        "DELETE FROM sink_position; DELETE FROM sink_file",
        "DELETE FROM sink_position; DELETE FROM sink_file; DELETE FROM sink_mark; DELETE FROM user_activity_log",
        "UPDATE sink_position SET next_offset = next_offset + 1 WHERE next_offset > 0",
        "UPDATE sink_file SET length = length + 1",
        "UPDATE sink_file SET length = length / 2",
        "DELETE FROM sink_file WHERE name LIKE 'app-%'",
        "UPDATE sink_file SET instance = 'another'",
        "DELETE FROM sink_mark",
        "UPDATE sink_mark SET marks = CAST(x'01020304' || substr(marks, 5) AS BLOB)",
        "UPDATE sink_mark SET marks = CAST(x'00000000' || x'01020304' || substr(marks, 9) AS BLOB) WHERE stretch = 0",
        "DROP TABLE sink_position",
        "DROP TABLE user_activity_log",
    ] {
        told(&database, damage).await;
        refused(&data, damage);
        for beside in ["activity.db-wal", "activity.db-shm"] {
            drop(fs::remove_file(data.join(beside)));
        }
        fs::write(&database, &whole).expect("it is put back");
    }
    let (code, said) = audit(&data, &["--bytes"]);
    assert_eq!(code, Some(0), "{said}");
    // A position that lies before is asked for again, and what is known is skipped: that harms nothing, and is told as it is.
    told(&database, "UPDATE sink_position SET next_offset = 0").await;
    let (code, said) = audit(&data, &["--bytes"]);
    assert_eq!(code, Some(0), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ledger_goes_by_the_sinks_own_settings_and_names_what_it_did_not_look_at() {
    let machine = strolled().await;
    let data = machine.data();
    let audit_with = |name: &str, value: &str| {
        let mut audit = Command::new(program("de-shop"));
        let audit = audit.arg("audit").arg("--data").arg(&data).env(name, value);
        audit.output().expect("the audit runs").status.code()
    };
    assert_eq!(audit_with("SINK_GROUP", "another"), Some(2));
    assert_eq!(audit_with("SINK_RETENTION_DAYS", "0"), Some(2));
    assert_eq!(audit_with("SINK_RETENTION_DAYS", "3"), Some(0));
    let mut of_files = Command::new(program("de-shop"));
    let said = of_files
        .arg("audit")
        .arg("--logs")
        .arg(data.join("logs"))
        .output()
        .expect("the audit runs");
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    let last = said.trim_end().lines().last().expect("a last line");
    assert_eq!(
        last,
        "nothing lost, nothing doubled; not looked at: journal, topics, table"
    );
    let empty = tempfile::tempdir().expect("a folder");
    for hop in ["journal", "kafka", "logs"] {
        fs::create_dir(empty.path().join(hop)).expect("a hop");
    }
    told_empty(&empty.path().join("activity.db")).await;
    let (code, said) = audit(empty.path(), &[]);
    assert_eq!(code, Some(2), "{said}");
    let verdict = Command::new(program("de-shop"))
        .arg("audit")
        .arg("--data")
        .arg(&data)
        .arg("--json")
        .output();
    let verdict: Value = serde_json::from_slice(&verdict.expect("the audit runs").stdout).expect("JSON");
    assert_eq!(
        (&verdict["holds"], &verdict["cut_files"]),
        (&Value::Bool(true), &Value::Array(Vec::new()))
    );
}

/// A database without tables.
async fn told_empty(database: &Path) {
    let new = SqliteConnectOptions::new().filename(database).create_if_missing(true);
    drop(new.connect().await.expect("a database"));
}
