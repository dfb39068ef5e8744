//! How long the shop took: the same as by brute force from the lines, each figure as long as its list, and only what is committed.

#![expect(
    clippy::expect_used,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "what breaks here ends the test, and ranks are small numbers"
)]

mod world;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::{Context as _, Result};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use schemas::Zone;
use serde_json::{Value, json};
use world::{BEGIN, Life, Pages, Table, encoded};

const DAY: i64 = 86_400_000_000;
const NAME: &str = "app-2026-11-03.log";
const RANGE: &str = "from=2026-11-03&to=2026-11-03";
const LIFE: Life = Life {
    seed: 7,
    days: 5,
    sessions_per_day: 30,
    troubled: false,
};

/// Lines of a day: of requests before and after they were answered, and of something else.
fn lines(sessions: &[String]) -> Vec<String> {
    let mut random = StdRng::seed_from_u64(7);
    let endpoints = ["home.index", "products.detail", "checkout.place", ""];
    let mut lines = Vec::new();
    for number in 0..3000_i64 {
        let at = BEGIN + 2 * DAY + number * 28_000_000;
        let digits = schemas::Timestamp::from_unix_micros_saturating(at).digits();
        let endpoint = endpoints[random.random_range(0..4)];
        let fails = endpoint == "checkout.place" && random.random_bool(0.1);
        let mut line = json!({
            "timestamp": String::from_utf8_lossy(&digits), "level": "INFO", "message": "request finished", "module": "shop::web",
            "event_type": "request", "phase": if number % 5 == 0 { "started" } else { "finished" },
            "request_id": uuid::Uuid::from_u128(random.random()).to_string(),
            "http": { "method": "GET", "path": "/", "ip": format!("10.0.0.{}", number % 13), "status": if fails { 503 } else { 200 + 204 * (number % 7 / 6) } },
            "performance": { "processing_time_ms": f64::from(random.random_range(100..2_000_000)) / 1000.0 },
        });
        if !endpoint.is_empty() {
            line["http"]["endpoint"] = json!(endpoint);
        }
        if fails {
            let cause = ["pool timed out", "<b>disk full</b>"][random.random_range(0..2)];
            line["error"] = json!(["the store does not answer", cause]);
        }
        if random.random_bool(0.8) {
            line["session_id"] = json!(sessions[random.random_range(0..sessions.len())]);
        }
        lines.push(line.to_string());
        if number % 50 == 0 {
            lines.push(
                json!({ "timestamp": "2026-11-03T00:00:00.000000Z", "event_type": "app", "message": "hello" })
                    .to_string(),
            );
        }
    }
    lines
}

/// The pages over a table with a log folder, of which `committed` lines count.
async fn pages(table: &Table, folder: &std::path::Path, lines: &[String], committed: usize) -> Result<Pages> {
    let text = |lines: &[String]| {
        lines.iter().fold(String::new(), |mut text, line| {
            let _ = writeln!(text, "{line}");
            text
        })
    };
    std::fs::write(folder.join(".instance"), "sink-of-this-test\n")?;
    std::fs::write(folder.join(NAME), text(lines))?;
    let length = text(&lines[..committed]).len();
    for (instance, length) in [("sink-of-this-test", length), ("another-sink", 1)] {
        let sql = format!("INSERT INTO sink_file (instance, name, length) VALUES ('{instance}', '{NAME}', {length})");
        table.execute(&sql).await?;
    }
    Ok(Pages::with_logs(table.source()?, Some(folder.to_owned()), Zone::UTC))
}

/// Of the answered requests that count: by handler, their times in order, and how many failed.
fn brute(lines: &[String], counts: impl Fn(&Value) -> bool) -> BTreeMap<String, (Vec<f64>, u64)> {
    let mut groups: BTreeMap<String, (Vec<f64>, u64)> = BTreeMap::new();
    for line in lines {
        let line: Value = serde_json::from_str(line).expect("a line");
        if line["phase"] != "finished" || !counts(&line) {
            continue;
        }
        let name = line["http"]["endpoint"].as_str().unwrap_or("no route").to_owned();
        let group = groups.entry(name).or_default();
        group
            .0
            .push(line["performance"]["processing_time_ms"].as_f64().expect("a time"));
        group.1 += u64::from(line["http"]["status"].as_u64() >= Some(500));
    }
    for (times, _) in groups.values_mut() {
        times.sort_by(f64::total_cmp);
    }
    groups
}

struct Filled {
    table: Table,
    folder: tempfile::TempDir,
    lines: Vec<String>,
    committed: usize,
    bots: Vec<String>,
}

async fn filled() -> Result<Vec<Filled>> {
    let events = LIFE.lines();
    let parsed: Vec<Value> = events
        .iter()
        .map(|line| serde_json::from_str(line))
        .collect::<Result<_, _>>()?;
    let session = |event: &Value| event["session_id"].as_str().unwrap_or_default().to_owned();
    let sessions: Vec<String> = parsed.iter().map(session).collect();
    let bots = parsed
        .iter()
        .filter(|event| event["bot"] == true)
        .map(session)
        .collect::<Vec<_>>();
    let lines = lines(&sessions);
    let mut all = Vec::new();
    for mut table in Table::all().await? {
        table.write(&events).await?;
        all.push(Filled {
            table,
            folder: tempfile::tempdir()?,
            committed: lines.len() - 100,
            lines: lines.clone(),
            bots: bots.clone(),
        });
    }
    Ok(all)
}

#[tokio::test]
async fn times_and_errors_are_those_of_the_lines_by_brute_force() -> Result<()> {
    for filled in filled().await? {
        let Filled {
            table,
            folder,
            lines,
            committed,
            bots,
        } = &filled;
        let pages = pages(table, folder.path(), lines, *committed).await?;
        let is_bot = |line: &Value| bots.iter().any(|bot| line["session_id"] == **bot);
        assert!(
            lines[..*committed]
                .iter()
                .any(|line| bots.iter().any(|bot| line.contains(bot)))
        );
        for (bots_in, wanted) in [
            ("out", brute(&lines[..*committed], |line| !is_bot(line))),
            ("in", brute(&lines[..*committed], |_| true)),
        ] {
            let report = pages.report(&format!("server?{RANGE}&bots={bots_in}")).await?;
            let rows = report["tables"]["endpoints"].as_array().context("a table")?;
            assert_eq!(rows.len(), wanted.len(), "on {}", table.name());
            for row in rows {
                let (times, failed) = &wanted[row["endpoint"].as_str().context("a name")?];
                let rank = |share: f64| times[(share * times.len() as f64).ceil() as usize - 1];
                assert_eq!(row["requests"].as_u64(), Some(times.len() as u64), "{row}");
                assert_eq!(row["errors"].as_u64(), Some(*failed), "{row}");
                for (name, share) in [("p50", 0.5), ("p95", 0.95), ("p99", 0.99)] {
                    assert_eq!(
                        row[name].as_f64(),
                        Some(rank(share)),
                        "{name} of {row} on {}",
                        table.name()
                    );
                }
            }
            let slowest = wanted
                .values()
                .flat_map(|(times, _)| times)
                .copied()
                .fold(0.0, f64::max);
            assert_eq!(report["tables"]["slowest"][0]["millis"].as_f64(), Some(slowest));
            let errors: u64 = wanted.values().map(|(_, failed)| failed).sum();
            let sum = |table: &str, column: &str| -> u64 {
                let rows = report["tables"][table].as_array().into_iter().flatten();
                rows.filter_map(|row| row[column].as_u64()).sum()
            };
            assert!(errors > 10, "{errors} errors are too few to say much");
            assert_eq!(sum("errors", "count"), errors, "each error has a cause");
            assert_eq!(report["figures"]["errors"]["value"].as_u64(), Some(errors));
            assert_eq!(sum("by_time", "requests"), sum("endpoints", "requests"));
        }
    }
    Ok(())
}

#[tokio::test]
async fn every_figure_of_the_server_opens_as_many_rows_as_it_says() -> Result<()> {
    for filled in filled().await? {
        let pages = pages(&filled.table, filled.folder.path(), &filled.lines, filled.committed).await?;
        let report = pages.report(&format!("server?{RANGE}&links=1")).await?;
        let links = report["links"].as_array().context("links")?;
        assert!(links.len() > 50, "{} figures are too few", links.len());
        for link in links {
            let figure = link["rows"].as_str().context("a name")?;
            let rows = pages
                .report(&format!("rows?of=server&figure={}&{RANGE}", encoded(figure)))
                .await?;
            assert_eq!(rows["total"], link["value"], "{figure} on {}", filled.table.name());
            let listed = rows["rows"].as_array().map(Vec::len);
            assert_eq!(listed.map(|count| count as u64), link["value"].as_u64(), "{figure}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn who_is_asked_for_leaves_out_requests_of_nobody_known() -> Result<()> {
    for filled in filled().await? {
        let pages = pages(&filled.table, filled.folder.path(), &filled.lines, filled.committed).await?;
        let count = async |filter: &str| -> Result<u64> {
            let report = pages.report(&format!("server?{RANGE}&{filter}")).await?;
            report["figures"]["requests"]["value"].as_u64().context("a count")
        };
        let (all, new, returning) = (
            count("").await?,
            count("visitors=new").await?,
            count("visitors=returning").await?,
        );
        let nobody = |line: &Value| line["session_id"].is_null();
        let unknown = brute(&filled.lines[..filled.committed], nobody);
        let unknown: usize = unknown.values().map(|(times, _)| times.len()).sum();
        assert!(new > 0 && returning > 0 && unknown > 0);
        assert_eq!(new + returning + unknown as u64, all, "on {}", filled.table.name());
    }
    Ok(())
}

#[tokio::test]
async fn what_the_sink_commits_later_is_seen_and_hostile_text_stays_text() -> Result<()> {
    for filled in filled().await? {
        let pages = pages(&filled.table, filled.folder.path(), &filled.lines, 1000).await?;
        let count = async || -> Result<u64> {
            let report = pages.report(&format!("server?{RANGE}&bots=in")).await?;
            assert_eq!(report["files_trouble"], Value::Null);
            report["figures"]["requests"]["value"].as_u64().context("a count")
        };
        let wanted = |lines: &[String]| -> u64 {
            let groups = brute(lines, |_| true);
            groups.values().map(|(times, _)| times.len() as u64).sum()
        };
        assert_eq!(count().await?, wanted(&filled.lines[..1000]));
        let length = std::fs::metadata(filled.folder.path().join(NAME))?.len();
        let sql = format!("UPDATE sink_file SET length = {length} WHERE instance = 'sink-of-this-test'");
        filled.table.execute(&sql).await?;
        tokio::time::sleep(std::time::Duration::from_millis(600)).await;
        assert_eq!(count().await?, wanted(&filled.lines), "on {}", filled.table.name());
        let (_, page) = pages.get(&format!("/insights/server?{RANGE}")).await?;
        let (_, style) = pages.get("/insights/style.css").await?;
        assert!(
            page.len() + style.len() <= 60 * 1024,
            "{} bytes",
            page.len() + style.len()
        );
        assert!(
            page.contains("&lt;b&gt;disk full") && !page.contains("<b>disk"),
            "{page}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn without_log_files_the_page_says_so() -> Result<()> {
    let table = Table::all().await?.swap_remove(0);
    let (_, page) = Pages::of(table.source()?, Zone::UTC).get("/insights/server").await?;
    assert!(page.contains("without the folder"), "{page}");
    let missing = Some("/no/such/folder".into());
    let (_, page) = Pages::with_logs(table.source()?, missing, Zone::UTC)
        .get("/insights/server")
        .await?;
    assert!(page.contains("hold no answered request"), "{page}");
    Ok(())
}
