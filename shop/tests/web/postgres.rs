//! A shop on PostgreSQL, for what SQLite can't do: an operator who locks a table.

use std::io::Write as _;

use sqlx::{Connection, Executor, PgConnection};
use tempfile::TempDir;
use uuid::Uuid;

use crate::world::{Settings, World};

/// Somebody at the database, past the shop.
pub(crate) struct Operator {
    connection: PgConnection,
    server: String,
    database: String,
}

impl World {
    /// None, said loudly, where `DE_SHOP_TEST_POSTGRES` names no server on which databases may be created.
    pub(crate) async fn on_postgres(settings: Settings) -> Option<(Self, Operator)> {
        let Ok(server) = std::env::var("DE_SHOP_TEST_POSTGRES") else {
            let said = "SKIPPED on PostgreSQL: DE_SHOP_TEST_POSTGRES is not set\n";
            assert!(std::env::var_os("DE_SHOP_TEST_REQUIRE").is_none(), "{said}");
            // Past the test harness, which keeps what passing tests print.
            std::io::stderr().write_all(said.as_bytes()).unwrap();
            return None;
        };
        let database = format!("shop_test_{}", Uuid::new_v4().simple());
        runs(&server, format!("CREATE DATABASE {database}")).await;
        let (base, _) = server.rsplit_once('/').unwrap();
        let url = format!("{base}/{database}");
        let folder: TempDir = tempfile::tempdir().unwrap();
        let world = Self::on_database(folder, ("journal", &url), settings).await;
        let operator = Operator {
            connection: PgConnection::connect(&url).await.unwrap(),
            server,
            database,
        };
        Some((world, operator))
    }
}

impl Operator {
    pub(crate) async fn runs(&mut self, statements: &'static str) {
        self.connection.execute(statements).await.unwrap();
    }

    pub(crate) async fn drops_the_database(self, world: World) {
        drop(world);
        self.connection.close().await.unwrap();
        runs(&self.server, format!("DROP DATABASE {} WITH (FORCE)", self.database)).await;
    }
}

async fn runs(server: &str, statement: String) {
    let mut connection = PgConnection::connect(server).await.unwrap();
    connection.execute(sqlx::AssertSqlSafe(statement)).await.unwrap();
}
