//! The figures: the same as by brute force from the files, on both databases; each as long as its list; agreeing among each other.

mod world;

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result};
use schemas::Zone;
use serde_json::Value;
use world::{BEGIN, Life, Pages, Table, brute, encoded};

const REPORTS: [&str; 9] = [
    "overview",
    "popular",
    "searches",
    "funnel",
    "journeys",
    "retention",
    "experiments",
    "performance",
    "attention",
];
const HOUR: i64 = 3_600_000_000;
const DAY: i64 = 24 * HOUR;

const LIFE: Life = Life {
    seed: 16,
    days: 14,
    sessions_per_day: 40,
    troubled: true,
};

/// 2026-11-03 to 2026-11-09 in a zone.
const RANGE: &str = "from=2026-11-03&to=2026-11-09";

fn range(zone: Zone) -> (i64, i64) {
    let midnight = BEGIN + 2 * DAY;
    let from = midnight - (local(zone, midnight) - midnight);
    (from, from + 7 * DAY)
}

/// The zones of the tests; in New York the clocks go back on the first of these days.
fn zones() -> Result<Vec<Zone>> {
    let names = ["+00:00", "+09:00", "America/New_York"];
    names.into_iter().map(|name| Ok(name.parse()?)).collect()
}

/// What a clock in the zone shows, without asking the zone: 2026-11-01T06:00:00Z is when New York changes.
fn local(zone: Zone, at: i64) -> i64 {
    let hours = match zone.to_string().as_str() {
        "+00:00" => 0,
        "+09:00" => 9,
        _ if at < BEGIN + 6 * HOUR => -4,
        _ => -5,
    };
    at + hours * HOUR
}

async fn filled() -> Result<Vec<Table>> {
    let lines = LIFE.lines();
    let mut tables = Table::all().await?;
    for table in &mut tables {
        table.write(&lines).await?;
    }
    Ok(tables)
}

/// Every count of a report that opens rows: the figure's name and its number.
fn counts(report: &Value) -> BTreeMap<String, i64> {
    let mut counts = BTreeMap::new();
    for row in report["links"].as_array().into_iter().flatten() {
        if let (Some(name), Some(count)) = (row["rows"].as_str(), row["value"].as_i64()) {
            counts.entry(name.to_owned()).or_insert(count);
        }
    }
    counts
}

/// A figure's name without what it is about: `popular.products` and `viewed` of `popular.products/101/viewed`.
fn kind(name: &str) -> (&str, Option<&str>) {
    match name.split_once('/') {
        // Not about one of many: its columns are figures of their own.
        None | Some(("searches.all", _)) => (name, None),
        Some((table, rest)) => (table, rest.rsplit_once('/').map(|(_, column)| column)),
    }
}

#[tokio::test]
async fn figures_are_those_of_the_files_by_brute_force() -> Result<()> {
    let lines = LIFE.lines();
    for table in filled().await? {
        for zone in zones()? {
            let pages = Pages::of(table.source()?, zone);
            let (from, to) = range(zone);
            let mut is: BTreeMap<String, i64> = BTreeMap::new();
            for name in REPORTS {
                let report = pages.report(&format!("{name}?{RANGE}&links=1")).await?;
                is.extend(
                    counts(&report)
                        .into_iter()
                        .map(|(figure, count)| (format!("{name}.{figure}"), count)),
                );
                is.entry("overview.revenue".to_owned())
                    .or_insert_with(|| report["figures"]["revenue"]["value"].as_i64().unwrap_or(-1));
                for row in report["tables"]["products"].as_array().into_iter().flatten() {
                    let name = format!("popular.products/{}/revenue", row["id"].as_f64().unwrap_or(0.0));
                    is.insert(name, row["revenue"].as_i64().unwrap_or(-1));
                }
            }
            let wanted = brute::figures(&lines, from, to);
            assert!(wanted.len() > 100, "{} figures are too few to say much", wanted.len());
            // What is not shown at all counts as none; a figure of a kind that is counted here must be wanted.
            let kinds: BTreeSet<_> = wanted.keys().map(|name| kind(name)).collect();
            let shown = is.keys().filter(|name| kinds.contains(&kind(name)));
            for name in wanted.keys().chain(shown) {
                let count = |figures: &BTreeMap<String, i64>| figures.get(name).copied().unwrap_or(0);
                assert_eq!(count(&is), count(&wanted), "{name} on {} at {zone}", table.name());
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn retention_is_that_of_the_files() -> Result<()> {
    let lines = LIFE.lines();
    for table in filled().await? {
        for zone in zones()? {
            let report = Pages::of(table.source()?, zone).report("retention").await?;
            let mut wanted: BTreeMap<i64, BTreeMap<i64, usize>> = BTreeMap::new();
            for ((cohort, week), visitors) in brute::triangle(&lines, |at| local(zone, at)) {
                wanted.entry(cohort).or_default().insert(week, visitors.len());
            }
            let rows = report["tables"]["came_back"].as_array().context("a table")?;
            assert_eq!(rows.len(), wanted.len(), "{}", table.name());
            for (row, weeks) in rows.iter().zip(wanted.values()) {
                for (week, visitors) in weeks {
                    assert_eq!(
                        row[format!("week_{week}")].as_u64(),
                        Some(*visitors as u64),
                        "{row} on {}",
                        table.name()
                    );
                }
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn both_databases_give_the_same_answers() -> Result<()> {
    let tables = filled().await?;
    let [sqlite, postgres] = &tables[..] else { return Ok(()) };
    let (sqlite, postgres) = (
        Pages::of(sqlite.source()?, "+09:00".parse()?),
        Pages::of(postgres.source()?, "+09:00".parse()?),
    );
    for name in REPORTS {
        let address = format!("{name}?{RANGE}&split=campaign&visitors=new");
        assert_eq!(
            sqlite.report(&address).await?,
            postgres.report(&address).await?,
            "{name}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn every_figure_opens_as_many_rows_as_it_says() -> Result<()> {
    for table in filled().await? {
        let pages = Pages::of(table.source()?, "+09:00".parse()?);
        let mut opened = 0;
        for name in REPORTS {
            let report = pages.report(&format!("{name}?{RANGE}&links=1")).await?;
            let counts = counts(&report);
            assert!(!counts.is_empty(), "{name} has no figure that opens rows");
            for (figure, count) in counts {
                let rows = pages
                    .report(&format!("rows?of={name}&figure={}&{RANGE}", encoded(&figure)))
                    .await?;
                assert_eq!(
                    rows["total"].as_i64(),
                    Some(count),
                    "{name}: {figure} on {}",
                    table.name()
                );
                assert_eq!(
                    rows["rows"].as_array().map(Vec::len),
                    usize::try_from(count).ok(),
                    "{name}: {figure}"
                );
                opened += 1;
            }
        }
        assert!(opened > 300, "only {opened} figures were opened");
    }
    Ok(())
}

#[expect(clippy::too_many_lines, reason = "one list of identities")]
#[tokio::test]
async fn pages_agree_with_each_other() -> Result<()> {
    for table in filled().await? {
        let pages = Pages::of(table.source()?, "+09:00".parse()?);
        let mut all: BTreeMap<&str, Value> = BTreeMap::new();
        for name in REPORTS {
            all.insert(name, pages.report(&format!("{name}?{RANGE}")).await?);
        }
        let figure = |report: &str, id: &str| all[report]["figures"][id]["value"].as_f64().unwrap_or(f64::NAN);
        let sum = |report: &str, table: &str, column: &str| -> f64 {
            all[report]["tables"][table]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|row| row[column].as_f64())
                .sum()
        };
        let cell = |report: &str, table: &str, row: usize, column: &str| {
            all[report]["tables"][table][row][column].as_f64().unwrap_or(f64::NAN)
        };
        let change = figure("overview", "conversion")
            - all["overview"]["figures"]["conversion"]["before"]
                .as_f64()
                .unwrap_or(f64::NAN);
        let sessions_with_views = sum("journeys", "paths", "sessions");
        for (what, left, right) in [
            (
                "the first funnel step is the sessions",
                cell("funnel", "steps", 0, "reached"),
                figure("overview", "sessions"),
            ),
            (
                "the hours' or days' sessions are all sessions",
                sum("overview", "by_time", "sessions"),
                figure("overview", "sessions"),
            ),
            (
                "the days' views are all views",
                sum("overview", "by_time", "views"),
                figure("overview", "views"),
            ),
            (
                "the days' orders are all orders",
                sum("overview", "by_time", "orders"),
                figure("overview", "orders"),
            ),
            (
                "the days' revenue is all revenue",
                sum("overview", "by_time", "revenue"),
                figure("overview", "revenue"),
            ),
            (
                "new and returning are all visitors",
                figure("overview", "new_visitors") + figure("overview", "returning_visitors"),
                figure("overview", "visitors"),
            ),
            (
                "revenue is the mean order times orders",
                (figure("overview", "revenue") / figure("overview", "orders")).round(),
                figure("overview", "average_order"),
            ),
            (
                "each session with views has one exit",
                sum("funnel", "pages", "exits"),
                sessions_with_views,
            ),
            ("and one entry", sum("funnel", "pages", "entries"), sessions_with_views),
            (
                "the splits of the funnel are its first step",
                sum("funnel", "split", "first"),
                cell("funnel", "steps", 0, "reached"),
            ),
            (
                "and its last",
                sum("funnel", "split", "last"),
                cell("funnel", "steps", 4, "reached"),
            ),
            (
                "times are told of all who go all the way",
                sum("funnel", "times", "count"),
                cell("funnel", "steps", 4, "reached"),
            ),
            (
                "who left somewhere did not go all the way",
                sum("funnel", "steps", "left"),
                figure("overview", "sessions") - cell("funnel", "steps", 4, "reached"),
            ),
            (
                "leavers go somewhere",
                sum("funnel", "leavers", "count"),
                sum("funnel", "steps", "left"),
            ),
            (
                "the parts of a change are the change",
                sum("overview", "change", "contribution"),
                change,
            ),
            (
                "queries' searches are all searches",
                sum("searches", "queries", "searches"),
                figure("searches", "searches"),
            ),
            (
                "products' views are their categories'",
                sum("popular", "products", "viewed"),
                sum("popular", "categories", "viewed"),
            ),
            (
                "products' revenue is their categories'",
                sum("popular", "products", "revenue"),
                sum("popular", "categories", "revenue"),
            ),
        ] {
            assert!(left != 0.0, "{what}: 0 is 0 says nothing");
            assert!(
                (left - right).abs() < 1e-9,
                "{what}: {left} is not {right} on {}",
                table.name()
            );
        }
    }
    Ok(())
}
