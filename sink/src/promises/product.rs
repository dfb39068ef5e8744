//! What is sold, and from when until when; and what joins a row to other rows.

use schemas::Topic;

use super::world::{Outcome, TestSink, VIEWS, World};
use crate::{Partition, SinkError, TopicPartition};

const PRODUCTS: TopicPartition = TopicPartition {
    topic: Topic::Product,
    partition: Partition(0),
};

fn product(sequence: u64, id: i64, price: i64, at: &str) -> Vec<u8> {
    format!(
        r#"{{"timestamp":"{at}","event_type":"product","entity_type":"product","entity_id":{id},"event_id":"019e2649-3e40-7c2a-9f13-{sequence:012x}","details":{{"product_id":{id},"name_ko":"찻주전자","name_en":"Teapot","category_id":1,"category_ko":"주방","category_en":"Kitchen","price":{price},"currency":"KRW","stock_class":"in_stock","valid_from":"{at}"}},"schema_version":1,"source":{{"instance":"shop","sequence":{sequence}}}}}"#
    )
    .into_bytes()
}

async fn sink_of_products(world: &World) -> Result<TestSink, SinkError> {
    let mut sink = world.idle_sink("logs").await?;
    sink.at = PRODUCTS;
    sink.take_over().await?;
    Ok(sink)
}

/// Price, and whether it still holds, of each row of the product, the oldest first.
async fn prices(world: &World, id: i64) -> Result<Vec<(i64, bool)>, SinkError> {
    let mut db = world.database.connect().await?;
    let sql =
        "SELECT price, COALESCE(CAST(valid_to AS TEXT), 'now') FROM product WHERE product_id = $1 ORDER BY valid_from";
    let rows = db.rows(sql, &[id.into()]).await?;
    db.close().await;
    rows.iter()
        .map(|row| Ok((row.int(0)?, row.text(1)? == "now")))
        .collect()
}

/// What a product cost at a moment.
async fn price_at(world: &World, id: i64, moment: &str) -> Result<Vec<i64>, SinkError> {
    let mut db = world.database.connect().await?;
    let kind = match &db {
        crate::database::Connection::Sqlite(_) => "TEXT",
        crate::database::Connection::Postgres(_) => "TIMESTAMPTZ",
    };
    let sql = format!(
        "SELECT price FROM product WHERE product_id = $1 AND valid_from <= CAST($2 AS {kind}) \
         AND (valid_to IS NULL OR CAST($2 AS {kind}) < valid_to)"
    );
    let rows = db.rows(&sql, &[id.into(), moment.into()]).await?;
    db.close().await;
    rows.iter().map(|row| row.int(0)).collect()
}

#[tokio::test]
async fn a_product_holds_from_each_change_until_the_next_whatever_comes_twice_or_late() -> Outcome {
    for world in World::all().await? {
        let mut sink = sink_of_products(&world).await?;
        let messages = [
            product(1, 101, 100, "2025-05-14T08:00:00.000000Z"),
            product(2, 102, 700, "2025-05-14T08:00:00.000000Z"),
            product(3, 101, 300, "2025-05-14T10:00:00.000000Z"),
        ];
        sink.commit(&messages).await?;
        sink.commit(&messages).await?;
        assert_eq!(prices(&world, 101).await?, [(100, false), (300, true)]);
        // Another shop's clock is behind: its change lies between the two.
        sink.commit(&[product(4, 101, 200, "2025-05-14T09:00:00.000000Z")])
            .await?;
        assert_eq!(prices(&world, 101).await?, [(100, false), (200, false), (300, true)]);
        assert_eq!(prices(&world, 102).await?, [(700, true)]);
        for (moment, price) in [
            ("2025-05-14T07:59:59.999999Z", vec![]),
            ("2025-05-14T08:00:00.000000Z", vec![100]),
            ("2025-05-14T09:59:59.999999Z", vec![200]),
            ("2025-05-14T10:00:00.000000Z", vec![300]),
            ("2025-05-15T10:00:00.000000Z", vec![300]),
        ] {
            assert_eq!(price_at(&world, 101, moment).await?, price, "{moment}");
        }
        assert_eq!(
            world.file("logs/product-2025-05-14.log").lines().count(),
            4,
            "each in its file once"
        );
        assert_eq!(world.rows().await?, Vec::<i64>::new(), "nobody did anything");
    }
    Ok(())
}

#[tokio::test]
async fn what_a_compacted_topic_still_holds_is_never_too_old() -> Outcome {
    for world in World::all().await? {
        let mut sink = sink_of_products(&world).await?;
        let old = product(1, 101, 100, "2024-01-01T08:00:00.000000Z");
        let (batch, refused) = sink.gather(std::slice::from_ref(&old)).await;
        assert_eq!(refused, []);
        sink.committer.commit(batch).await?;
        assert_eq!(prices(&world, 101).await?, [(100, true)]);
        assert_eq!(
            world.file("logs/product-2024-01-01.log"),
            "",
            "its day is no longer kept"
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_row_says_who_on_which_page_and_whether_it_is_a_crawler() -> Outcome {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas/examples");
    let example = |name: &str| -> Result<Vec<u8>, std::io::Error> {
        let text = std::fs::read_to_string(folder.join(name))?;
        // The sink's clock stands a year earlier.
        Ok(text.trim_end().replace("2026-05-", "2025-05-").into_bytes())
    };
    for world in World::all().await? {
        let mut sink = world.idle_sink("logs").await?;
        sink.at = VIEWS;
        sink.take_over().await?;
        let views = [
            example("view/product.json")?,
            example("view/crawler.json")?,
            example("impression/of_view.json")?,
        ];
        sink.commit(&views).await?;
        let mut db = world.database.connect().await?;
        let rows = db
            .rows(
                "SELECT COALESCE(visitor_id, '-'), COALESCE(CAST(page_view_id AS TEXT), '-'), \
                 CASE WHEN bot IS NULL THEN '-' WHEN CAST(bot AS INTEGER) = 1 THEN 'bot' ELSE '?' END \
                 FROM user_activity_log ORDER BY source_sequence",
                &[],
            )
            .await?;
        db.close().await;
        let mut said = Vec::new();
        for row in &rows {
            said.push([
                row.text(0)?.to_owned(),
                row.text(1)?.to_owned(),
                row.text(2)?.to_owned(),
            ]);
        }
        let visitor = "c1f0a8dd2e6b4937b58e90d12f4a6cb7";
        said.sort();
        let view = "019e264f-40c4-7d11-9b42-5d7e30c6f1a8";
        assert_eq!(
            said,
            [["-", "-", "-"], [visitor, "-", "bot"], [visitor, view, "-"]],
            "an older message has none of it"
        );
    }
    Ok(())
}
