//! Facts whose shop will not come back are adopted by another one, and sent once.

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use sqlx::Row;

use crate::operator::{readyz, until};
use crate::world::process::program;
use crate::world::{Program, World};

/// Facts that wait in the event store for a shop whose journal was thrown away.
#[tokio::test(flavor = "multi_thread")]
async fn facts_of_a_shop_whose_journal_is_gone_are_adopted_and_sent_once() {
    let Some(mut world) = World::without_broker("orphaned facts") else {
        return;
    };
    world.shop_settings = vec![("SHOP_JOURNAL_MAX_SIZE", "512KiB".to_owned())];
    world.restart(Program::Shop);
    let shop = world.shop_address();
    let mut shopper = world.visitor();
    while readyz(&shop).await.1["outbox"]["ok"] == true {
        shopper.adds(101, 1).await.expect("the shop serves");
        shopper.removes(101).await.expect("the shop serves");
    }
    let name = std::fs::read_to_string(world.folder().join("journal/instance")).expect("the shop has a name");
    let name = name.split(' ').next().expect("a name").to_owned();
    let adopt = |world: &World| {
        let mut command = Command::new(program("shop"));
        command
            .arg("adopt")
            .arg(&name)
            .arg("--database")
            .arg(world.database.shop_url());
        command.arg("--journal").arg(world.folder().join("journal"));
        command.arg("--diagnostics").arg(world.folder().join("adopting"));
        command.output().expect("the shop runs")
    };
    world.kill(Program::Shop);
    std::fs::remove_dir_all(world.folder().join("journal")).expect("the journal is thrown away");
    let waiting = facts(&world, "SELECT event_id FROM event WHERE journal_sequence IS NULL").await;
    assert!(!waiting.is_empty());

    world.shop_settings.clear();
    world.restart(Program::Broker);
    world.restart(Program::Shop);
    world.restart(Program::Sink);
    let refused = adopt(&world);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(
        !refused.status.success() && said.contains("seen to run"),
        "a shop that may run is not adopted: {said}"
    );
    facts(
        &world,
        &format!("UPDATE shop_instance SET last_seen = 1 WHERE name = '{name}' RETURNING name AS event_id"),
    )
    .await;
    let (_, report) = until(
        "it is said",
        async || readyz(&shop).await,
        |(_, said)| said["outbox"]["ok"] == false,
    )
    .await;
    let what = report["outbox"]["what"].as_str().unwrap_or_default();
    assert!(
        what.starts_with(&format!("{} facts of {name} wait", waiting.len())),
        "{what}"
    );

    let done = adopt(&world);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    world.kill(Program::Shop);
    world.restart(Program::Shop);
    assert!(adopt(&world).status.success(), "once more changes nothing");
    let ids: Vec<Value> = waiting.iter().map(|id| Value::String(id.clone())).collect();
    world.sees_events(&ids.iter().collect::<Vec<_>>()).await;
    let everywhere = world.settles().await;
    for id in &waiting {
        assert_eq!(
            everywhere.topics.by_id.get(id).map(Vec::len),
            Some(1),
            "{id} on its topic"
        );
        assert_eq!(everywhere.rows.get(id), Some(&1), "{id} in the table");
    }
    until(
        "nothing waits",
        async || readyz(&shop).await.1,
        |said| said["outbox"]["ok"] == true,
    )
    .await;
    world.ledger_holds();
    is_refused_when_it_comes_back(&world, &name);
}

/// The lost journal turns up after all: its shop must not send what another one sends.
fn is_refused_when_it_comes_back(world: &World, name: &str) {
    let found = world.folder().join("found");
    std::fs::create_dir_all(&found).expect("a folder is made");
    let line = format!("{name} format 1");
    let line = format!("{line} {:08x}\n", crc32c::crc32c(line.as_bytes()));
    std::fs::write(found.join("instance"), line).expect("a file is written");
    let mut command = Command::new(program("shop"));
    command.args(["--listen", "127.0.0.1:0", "--kafka", &world.broker.address()]);
    command
        .arg("--database")
        .arg(world.database.shop_url())
        .arg("--journal")
        .arg(&found);
    let refused = command
        .arg("--diagnostics")
        .arg(world.folder().join("back"))
        .output()
        .expect("the shop runs");
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(
        refused.status.code() == Some(2) && said.contains("was adopted by"),
        "{said}"
    );
}

/// The column `event_id` of what the shop's database answers.
async fn facts(world: &World, sql: &str) -> Vec<String> {
    let url = world.database.shop_url();
    if url.starts_with("postgres") {
        let sql = sql
            .replace("FROM event", "FROM shop.event")
            .replace("UPDATE ", "UPDATE shop.");
        let pool = sqlx::PgPool::connect(&url).await.expect("PostgreSQL answers");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .fetch_all(&pool)
            .await
            .expect("facts");
        rows.iter().map(|row| row.get("event_id")).collect()
    } else {
        assert!(Path::new(url.trim_start_matches("sqlite:")).exists());
        let pool = sqlx::SqlitePool::connect(&url).await.expect("SQLite opens");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .fetch_all(&pool)
            .await
            .expect("facts");
        rows.iter().map(|row| row.get("event_id")).collect()
    }
}
