//! What else happened in a range stands beside its conversion: slow hours, products that were sold out, other prices.

mod world;

use anyhow::{Context as _, Result};
use schemas::{Timestamp, Zone};
use serde_json::{Value, json};
use world::{Pages, Table};

/// A teapot that was sold out for two hours, and costs more since.
const HISTORY: [(&str, &str, &str, Option<&str>); 3] = [
    (
        "1000",
        "in_stock",
        "2026-11-01T00:00:00.000000Z",
        Some("2026-11-03T10:00:00.000000Z"),
    ),
    (
        "1000",
        "sold_out",
        "2026-11-03T10:00:00.000000Z",
        Some("2026-11-03T12:00:00.000000Z"),
    ),
    ("1200", "in_stock", "2026-11-03T12:00:00.000000Z", None),
];

async fn remember(table: &Table) -> Result<()> {
    for (price, stock, from, to) in HISTORY {
        let to = to.map_or("NULL".to_owned(), |to| format!("'{to}'"));
        let sql = format!(
            "INSERT INTO product (product_id, name_ko, name_en, category_id, category_ko, category_en, price, currency, stock_class, valid_from, valid_to) \
             VALUES (101, '찻주전자', 'Teapot', 1, '부엌', 'Kitchen', {price}, 'KRW', '{stock}', '{from}', {to})"
        );
        table.execute(&sql).await?;
    }
    Ok(())
}

/// A view and how fast it was, in each of so many visits of an hour.
fn visits(lines: &mut Vec<String>, hour: u32, lcp: u32) {
    for minute in 0..24 {
        let number = lines.len();
        let at = format!("2026-11-03T{hour:02}:{minute:02}:00.000000Z");
        for (kind, details) in [
            ("view", json!({ "page": "home.index", "language": "en" })),
            (
                "page_performance",
                json!({ "page": "/", "page_endpoint": "home.index", "lcp_ms": lcp }),
            ),
        ] {
            let sequence = lines.len() + 1;
            let event = json!({
                "timestamp": at, "session_id": format!("{:032x}", number + 1), "event_type": kind, "user_id": null, "entity_type": null,
                "entity_id": null, "endpoint": "home.index", "method": "GET", "path": "/", "args": {}, "form": {}, "ip_address": "10.0.0.1",
                "user_agent": "Mozilla/5.0 (X11; Linux x86_64)", "referrer": null, "response_status": 200, "schema_version": 1,
                "visitor_id": format!("{:032x}", number + 1), "event_id": uuid::Uuid::from_u128(sequence as u128).to_string(),
                "source": { "instance": "shop-0", "sequence": sequence }, "details": details,
            });
            lines.push(event.to_string());
        }
    }
}

fn told(report: &Value) -> Vec<(String, String, String)> {
    let rows = report["tables"]["meanwhile"].as_array().into_iter().flatten();
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    rows.map(|row| (text(&row["from"]), text(&row["to"]), text(&row["what"])))
        .collect()
}

#[tokio::test]
async fn what_else_happened_stands_beside_the_conversion() -> Result<()> {
    assert!(Timestamp::parse(HISTORY[1].2).is_ok());
    let mut lines = Vec::new();
    for (hour, lcp) in [(8, 300), (9, 310), (10, 900), (11, 800)] {
        visits(&mut lines, hour, lcp);
    }
    let until_noon = lines.len();
    for (hour, lcp) in [(13, 290), (14, 305), (15, 310)] {
        visits(&mut lines, hour, lcp);
    }
    for mut table in Table::all().await? {
        remember(&table).await?;
        table.write(&lines[..until_noon]).await?;
        let pages = Pages::of(table.source()?, "+09:00".parse::<Zone>()?);
        let days = "overview?from=2026-11-03&to=2026-11-03";
        let early = pages.report(days).await?;
        let positions = early["positions"].as_str().context("positions")?.to_owned();
        let sold_out = (
            "2026-11-03 19:00".to_owned(),
            "-".to_owned(),
            "Teapot was sold out".to_owned(),
        );
        assert!(
            told(&early).contains(&sold_out),
            "{:?} on {}",
            told(&early),
            table.name()
        );
        table.write(&lines[until_noon..]).await?;
        tokio::time::sleep(std::time::Duration::from_millis(600)).await;
        let slow = "Pages were slow: LCP up to 900 ms for three of four views, usually 305 ms";
        let expected = [
            ("2026-11-03 19:00", "2026-11-03 21:00", slow),
            ("2026-11-03 19:00", "2026-11-03 21:00", "Teapot was sold out"),
            ("2026-11-03 21:00", "-", "Teapot costs ₩1,200 instead of ₩1,000"),
        ];
        let expected: Vec<_> = expected
            .into_iter()
            .map(|(from, to, what)| (from.to_owned(), to.to_owned(), what.to_owned()))
            .collect();
        assert_eq!(told(&pages.report(days).await?), expected, "{}", table.name());
        let frozen = pages.report(&format!("{days}&as_of={positions}")).await?;
        assert_eq!(told(&frozen), told(&early), "as of then on {}", table.name());
    }
    Ok(())
}
