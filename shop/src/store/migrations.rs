//! The migrations of the shop's tables, in order.

use hosting::migrations;
use sqlx::migrate::Migrator;

pub(super) fn sqlite() -> Migrator {
    migrations! { "sqlite":
        "0001_shop",
        "0002_instances",
        "0003_wishes",
        "0004_starts",
        "0005_pictures",
    }
}

pub(super) fn postgres() -> Migrator {
    migrations! { "postgres":
        "0001_shop",
        "0002_instances",
        "0003_wishes",
        "0004_starts",
        "0005_pictures",
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
