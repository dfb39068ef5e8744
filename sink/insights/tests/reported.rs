//! Situations in which other systems that do the same job were reported to be wrong, each by the report that tells of it.

mod world;

use anyhow::{Context as _, Result};
use axum::http::StatusCode;
use insights::{Access, AskDatabase, Options};
use schemas::{Clock, Timestamp, Zone};
use serde_json::{Value, json};
use world::{Pages, Table, encoded};

const MINUTE: i64 = 60_000_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Lines of log files that a test writes by hand.
#[derive(Default)]
struct Events(Vec<String>);

impl Events {
    fn add(&mut self, session: u32, visitor: u32, at: i64, kind: &str, details: Value) {
        let number = self.0.len() + 1;
        let timestamp = Timestamp::from_unix_micros_saturating(at).digits();
        let mut event = json!({
            "timestamp": String::from_utf8_lossy(&timestamp), "session_id": format!("{session:032x}"), "event_type": kind, "user_id": null,
            "entity_type": null, "entity_id": null, "endpoint": "home.index", "method": "GET", "path": "/", "args": {}, "form": {},
            "ip_address": "10.0.0.1", "user_agent": "Mozilla/5.0 (X11; Linux x86_64)", "referrer": null, "response_status": 200, "schema_version": 1,
            "visitor_id": format!("{visitor:032x}"), "event_id": uuid::Uuid::from_u128(number as u128).to_string(),
            "source": { "instance": "shop-0", "sequence": number },
        });
        event["details"] = details;
        self.0.push(event.to_string());
    }

    fn view(&mut self, session: u32, visitor: u32, at: i64, page: &str) {
        self.add(session, visitor, at, "view", json!({ "page": page, "language": "en" }));
    }

    fn shown(&mut self, visitor: u32, at: i64, variant: &str) {
        self.view(visitor, visitor, at, "products.detail");
        let details = json!({ "experiment": "button", "variant": variant });
        self.add(visitor, visitor, at, "exposure", details);
    }

    fn bought(&mut self, session: u32, visitor: u32, at: i64) {
        let items = json!([{ "product_id": 101, "quantity": 1, "unit_price": 1000 }]);
        let details = json!({ "order_id": session, "items": items, "delivery_fee": 0, "total": 1000, "payment_method": "on_delivery" });
        self.add(session, visitor, at, "order_placed", details);
    }

    /// The pages over a table with these events, on each database that is at hand.
    async fn pages(&self, zone: Zone) -> Result<Vec<(Table, Pages)>> {
        let mut all = Vec::new();
        for mut table in Table::all().await? {
            table.write(&self.0).await?;
            let pages = Pages::of(table.source()?, zone);
            all.push((table, pages));
        }
        Ok(all)
    }
}

/// A moment, such as `2026-11-03T23:50:00`, in UTC.
fn at(text: &str) -> Result<i64> {
    Ok(Timestamp::parse(&format!("{text}.000000Z"))?.unix_micros())
}

fn figure(report: &Value, name: &str) -> Value {
    report["figures"][name]["value"].clone()
}

fn reached(report: &Value) -> Vec<i64> {
    let rows = report["tables"]["steps"].as_array().into_iter().flatten();
    rows.filter_map(|row| row["reached"].as_i64()).collect()
}

/// umami-software/umami#2228, #1829 and #387: bounces were counted by the hour, so that a visit over an hour's end bounced twice and more
/// visits bounced than there were.
#[tokio::test]
async fn a_visit_over_the_end_of_an_hour_and_a_day_is_no_bounce() -> Result<()> {
    let mut events = Events::default();
    events.view(1, 1, at("2026-11-03T23:58:00")?, "home.index");
    events.view(1, 1, at("2026-11-04T00:02:00")?, "home.index");
    events.view(2, 1, at("2026-11-04T12:00:00")?, "home.index");
    for (table, pages) in events.pages(Zone::UTC).await? {
        let report = pages.report("funnel?from=2026-11-03&to=2026-11-04").await?;
        let page = &report["tables"]["pages"][0];
        let told = (&page["entries"], &page["exits"], &page["bounces"], &page["bounce_rate"]);
        assert_eq!(told, (&json!(2), &json!(2), &json!(1), &json!(0.5)), "{}", table.name());
    }
    Ok(())
}

/// plausible/analytics#1444: unique visitors of a range were the sum over its days.
#[tokio::test]
async fn who_comes_on_three_days_is_one_visitor() -> Result<()> {
    let mut events = Events::default();
    for day in 0..3 {
        events.view(
            1 + day,
            7,
            at("2026-11-03T10:00:00")? + i64::from(day) * DAY,
            "home.index",
        );
    }
    for (table, pages) in events.pages(Zone::UTC).await? {
        let report = pages.report("overview?from=2026-11-03&to=2026-11-05").await?;
        let told = (figure(&report, "sessions"), figure(&report, "visitors"));
        assert_eq!(told, (json!(3), json!(1)), "{}", table.name());
    }
    Ok(())
}

/// matomo-org/matomo#9949: hours were missing on the day on which the clocks change. The hour that comes twice has two names, and each
/// of them opens its own rows.
#[tokio::test]
async fn the_day_on_which_clocks_change_has_all_its_hours() -> Result<()> {
    let zone: Zone = "America/New_York".parse()?;
    for (date, begins, hours) in [
        ("2026-03-08", "2026-03-08T05:00:00", 23),
        ("2026-11-01", "2026-11-01T04:00:00", 25),
    ] {
        let mut events = Events::default();
        for hour in 0..hours {
            let begin = at(begins)? + i64::from(hour) * HOUR;
            events.view(1 + hour, 1 + hour, begin + MINUTE, "home.index");
        }
        for (table, pages) in events.pages(zone).await? {
            let report = pages.report(&format!("overview?from={date}&to={date}")).await?;
            let rows = report["tables"]["by_time"].as_array().context("rows by hour")?;
            assert_eq!(rows.len(), hours as usize, "{date} on {}", table.name());
            let mut names = std::collections::BTreeSet::new();
            for row in rows {
                let hour = row["hour"].as_str().context("an hour")?;
                assert_eq!(row["sessions"], 1, "{hour}");
                assert!(names.insert(hour.to_owned()), "{hour} is there twice");
                let name = encoded(&format!("by_time/{hour}/sessions"));
                let list = format!("rows?of=overview&figure={name}&from={date}&to={date}");
                assert_eq!(pages.report(&list).await?["total"], 1, "{hour}");
            }
        }
    }
    Ok(())
}

/// PostHog/posthog#25048 and #4813: with the same event twice at one moment a funnel lost what came after, and a step that is repeated was
/// reached by one event.
#[tokio::test]
async fn a_repeated_step_needs_another_event_and_loses_none() -> Result<()> {
    let mut events = Events::default();
    let noon = at("2026-11-03T12:00:00")?;
    events.view(1, 1, noon, "auth.signup");
    events.view(1, 1, noon + MINUTE, "home.index");
    events.view(1, 1, noon + MINUTE, "home.index");
    events.view(1, 1, noon + 2 * MINUTE, "home.index");
    events.view(2, 2, noon, "auth.signup");
    events.view(2, 2, noon + MINUTE, "home.index");
    for (table, pages) in events.pages(Zone::UTC).await? {
        let steps = "view:auth.signup,view:home.index,view:home.index,view:home.index,view:home.index";
        let report = pages
            .report(&format!("funnel?from=2026-11-03&to=2026-11-03&steps={steps}"))
            .await?;
        assert_eq!(reached(&report), [2, 2, 1, 1, 0], "{}", table.name());
    }
    Ok(())
}

/// PostHog/posthog#1836: events that arrived in another order than they happened fell out of the funnel.
#[tokio::test]
async fn what_arrives_late_has_its_place_in_the_funnel() -> Result<()> {
    let mut events = Events::default();
    let noon = at("2026-11-03T12:00:00")?;
    events.bought(1, 1, noon + 3 * MINUTE);
    events.view(1, 1, noon + 2 * MINUTE, "checkout.index");
    events.view(1, 1, noon, "products.detail");
    events.add(
        1,
        1,
        noon + MINUTE,
        "cart_add",
        json!({ "product_id": 101, "quantity": 1 }),
    );
    for (table, pages) in events.pages(Zone::UTC).await? {
        let report = pages.report("funnel?from=2026-11-03&to=2026-11-03").await?;
        assert_eq!(reached(&report), [1, 1, 1, 1, 1], "{}", table.name());
    }
    Ok(())
}

/// matomo-org/matomo#8789: the same query in large and small letters was two queries.
#[tokio::test]
async fn a_query_is_the_same_in_large_and_small_letters() -> Result<()> {
    let mut events = Events::default();
    for (number, query) in ["Harry Potter", "harry potter", " HARRY POTTER "]
        .into_iter()
        .enumerate()
    {
        let details = json!({ "query": query, "filters": {}, "result_count": 1, "page_number": 1, "language": "en" });
        events.add(
            1,
            1,
            at("2026-11-03T12:00:00")? + i64::try_from(number)? * MINUTE,
            "search",
            details,
        );
    }
    for (table, pages) in events.pages(Zone::UTC).await? {
        let report = pages.report("searches?from=2026-11-03&to=2026-11-03").await?;
        let queries = report["tables"]["queries"].as_array().context("queries")?;
        assert_eq!(queries.len(), 1, "{}", table.name());
        assert_eq!(
            (&queries[0]["query"], &queries[0]["searches"]),
            (&json!("harry potter"), &json!(3))
        );
    }
    Ok(())
}

/// plausible/analytics#6260: under a filter the figures at the top and the tables below counted different people.
#[tokio::test]
async fn under_a_filter_all_parts_of_a_page_count_the_same_sessions() -> Result<()> {
    let life = world::Life {
        seed: 9,
        days: 4,
        sessions_per_day: 50,
        troubled: true,
    };
    for mut table in Table::all().await? {
        table.write(&life.lines()).await?;
        let pages = Pages::of(table.source()?, Zone::UTC);
        for filter in [
            "device=phone",
            "language=ko",
            "visitors=new",
            "variant=button:loud",
            "bots=in",
        ] {
            let days = format!("from=2026-11-01&to=2026-11-04&{filter}");
            let overview = pages.report(&format!("overview?{days}")).await?;
            let sessions = figure(&overview, "sessions").as_i64().context("a count")?;
            let sum = |report: &Value, table: &str, column: &str| -> i64 {
                let rows = report["tables"][table].as_array().into_iter().flatten();
                rows.filter_map(|row| row[column].as_i64()).sum()
            };
            assert!(sessions > 0, "{filter}");
            assert_eq!(sum(&overview, "by_time", "sessions"), sessions, "{filter}");
            for split in ["device", "language", "campaign", "visitors"] {
                let funnel = pages.report(&format!("funnel?{days}&split={split}")).await?;
                assert_eq!(sum(&funnel, "split", "first"), sessions, "{filter} by {split}");
            }
            let funnel = pages.report(&format!("funnel?{days}")).await?;
            assert_eq!(reached(&funnel)[0], sessions, "{filter}");
            assert_eq!(
                sum(&funnel, "pages", "exits"),
                sum(&funnel, "pages", "entries"),
                "{filter}"
            );
        }
    }
    Ok(())
}

/// growthbook/growthbook#75, #4427 and #1012: a mismatch was reported while hardly anybody had come, none where nobody came to one of the
/// variants, and a variant with one visitor ended the analysis.
#[tokio::test]
async fn few_visitors_are_no_mismatch_and_a_variant_without_any_is_one() -> Result<()> {
    let mut events = Events::default();
    let noon = at("2026-11-03T12:00:00")?;
    events.shown(1, noon, "control");
    events.shown(2, noon, "control");
    for (table, pages) in events.pages(Zone::UTC).await? {
        let days = "from=2026-11-03&to=2026-11-03&planned=control:1,loud:1";
        let report = pages.report(&format!("experiments?{days}")).await?;
        let p = figure(&report, "split_p_value").as_f64().context("a p-value")?;
        assert!(
            p > 0.2,
            "two visitors by chance in one variant: {p} on {}",
            table.name()
        );
    }
    events.shown(3, noon, "loud");
    for visitor in 4..404 {
        events.shown(visitor, noon, if visitor % 2 == 0 { "control" } else { "loud" });
    }
    for (table, pages) in events.pages(Zone::UTC).await? {
        let says = async |planned: &str| -> Result<(f64, String)> {
            let report = pages
                .report(&format!("experiments?from=2026-11-03&to=2026-11-03&planned={planned}"))
                .await?;
            let p = figure(&report, "split_p_value").as_f64().context("a p-value")?;
            Ok((p, report["says"].as_str().unwrap_or_default().to_owned()))
        };
        let (p, says_sound) = says("control:1,loud:1").await?;
        assert!(
            p > 0.2 && says_sound.contains("no difference"),
            "{says_sound} on {}",
            table.name()
        );
        for planned in ["control:1,loud:1,quiet:1", "control:9,loud:1", "control:1"] {
            let (p, said) = says(planned).await?;
            assert!(p < 0.01 && said.contains("no winner"), "{planned}: {p}: {said}");
        }
    }
    Ok(())
}

/// PostHog/posthog#85529: a ratio of nothing was shown as 0.000.
#[tokio::test]
async fn what_cannot_be_divided_is_nothing_and_not_zero() -> Result<()> {
    let mut events = Events::default();
    events.shown(1, at("2026-11-03T12:00:00")?, "control");
    events.shown(2, at("2026-11-03T12:00:00")?, "loud");
    for (table, pages) in events.pages(Zone::UTC).await? {
        let report = pages.report("experiments?from=2026-11-03&to=2026-11-03").await?;
        let row = &report["tables"]["differences"][0];
        for column in ["low", "difference", "high", "p_value", "safe_low", "safe_high"] {
            assert_eq!(row[column], Value::Null, "{column} on {}", table.name());
        }
        let report = pages.report("overview?from=2026-11-20&to=2026-11-21").await?;
        for name in ["conversion", "average_order"] {
            assert_eq!(figure(&report, name), Value::Null, "{name}");
        }
    }
    Ok(())
}

/// metabase/metabase#73054: an export was cut off and did not say so.
#[tokio::test]
async fn a_file_that_was_cut_off_says_so_in_its_name() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("activity.db");
    world::table::make_sqlite(&path).await?;
    let pages = Pages(insights::router(Options {
        source: insights::Source::sqlite(path.clone()),
        logs: None,
        zone: Zone::UTC,
        access: Access::Loopback,
        ask: Some(AskDatabase::Sqlite(path)),
        shop: None,
        clock: Clock::system(),
    }));
    for (rows, name, cut) in [
        (10, "attachment; filename=\"answer.csv\"", None),
        (
            1200,
            "attachment; filename=\"answer-only-the-first-1000-rows.csv\"",
            Some("rows"),
        ),
    ] {
        let sql =
            format!("with recursive n(i) as (select 1 union all select i + 1 from n limit {rows}) select i from n");
        let (status, headers) = pages
            .headers(&format!("/insights/ask.csv?sql={}", encoded(&sql)))
            .await?;
        assert_eq!(status, StatusCode::OK);
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        assert_eq!(header("content-disposition"), Some(name));
        assert_eq!(header("x-cut-off-by"), cut);
    }
    Ok(())
}
