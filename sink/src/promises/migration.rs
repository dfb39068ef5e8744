//! The schema is brought up to date, however long that takes.

use std::time::Duration;

use super::world::{Outcome, World};
use crate::database::Connection;

#[tokio::test]
async fn a_migration_may_take_longer_than_any_other_statement() -> Outcome {
    for world in World::all().await? {
        let mut db = world.database.connect().await?;
        if matches!(db, Connection::Sqlite(_)) {
            // It bounds no statement's time.
            continue;
        }
        // Another session has made the same name and not committed it: the migration waits, as it does over a large table.
        let mut other = world.database.connect().await?;
        other.run("BEGIN; CREATE TABLE sink_position (waits integer)").await?;
        db.run("SET statement_timeout = '300ms'").await?;
        let ends = async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            other.run("ROLLBACK").await
        };
        let (migrated, ended) = tokio::join!(db.migrate(), ends);
        ended?;
        migrated?;
        let bound = db.rows("SHOW statement_timeout", &[]).await?;
        let bound = bound.first().ok_or("no setting")?;
        assert_eq!(bound.text(0)?, "30s", "all other statements are bounded again");
        other.close().await;
        db.close().await;
    }
    Ok(())
}
