//! The migrations of the sink's tables, in order.

use hosting::migrations;
use sqlx::migrate::Migrator;

pub(crate) fn sqlite() -> Migrator {
    migrations! { "sqlite":
        "0001_sink",
        "0002_position_cluster",
        "0003_contract",
        "0004_mark",
        "0011_trace",
    }
}

pub(crate) fn postgres() -> Migrator {
    migrations! { "postgres":
        "0001_sink",
        "0002_position_cluster",
        "0003_contract",
        "0004_mark",
        "0010_activity_position",
        "0011_trace",
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[tokio::test]
    async fn the_lists_say_what_the_folders_hold() {
        for (folder, listed) in [("sqlite", sqlite()), ("postgres", postgres())] {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(folder);
            let found = Migrator::new(path).await.unwrap();
            assert_eq!(known(&listed), known(&found), "{folder}");
        }
    }

    /// What a database that was made before remembers of each migration.
    fn known(migrator: &Migrator) -> Vec<(i64, &str, &[u8])> {
        let of_one = migrator.iter();
        of_one
            .map(|one| (one.version, &*one.description, &*one.checksum))
            .collect()
    }
}
