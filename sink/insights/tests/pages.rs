//! The pages: what an address keeps, what it refuses, and what stands between strangers and the figures.

mod world;

use anyhow::{Context as _, Result};
use axum::http::StatusCode;
use insights::ask::{AskError, Bounds};
use insights::{Access, AskDatabase, Options};
use schemas::Clock;
use schemas::Zone;
use world::{Life, Pages, Table};

const PAGES: [&str; 10] = [
    "",
    "/popular",
    "/searches",
    "/funnel",
    "/journeys",
    "/retention",
    "/experiments",
    "/performance",
    "/server",
    "/attention",
];

const LIFE: Life = Life {
    seed: 4,
    days: 10,
    sessions_per_day: 60,
    troubled: true,
};

#[tokio::test]
async fn an_address_with_positions_shows_the_same_tomorrow() -> Result<()> {
    let lines = LIFE.lines();
    let (today, tomorrow) = lines.split_at(lines.len() * 2 / 3);
    for mut table in Table::all().await? {
        table.write(today).await?;
        let pages = Pages::of(table.source()?, Zone::UTC);
        let range = "from=2026-11-02&to=2026-11-10";
        let before = pages.report(&format!("overview?{range}")).await?;
        let positions = before["positions"].as_str().context("positions")?.to_owned();
        table.write(tomorrow).await?;
        tokio::time::sleep(std::time::Duration::from_millis(600)).await;
        let now = pages.report(&format!("overview?{range}")).await?;
        let frozen = pages.report(&format!("overview?{range}&as_of={positions}")).await?;
        assert_eq!(frozen["figures"], before["figures"], "on {}", table.name());
        assert_eq!(frozen["tables"], before["tables"], "on {}", table.name());
        assert_ne!(
            now["figures"],
            before["figures"],
            "late events count in their days, on {}",
            table.name()
        );
        let (_, page) = pages.get(&format!("/insights?{range}&as_of={positions}")).await?;
        assert!(page.contains("Changed since: +"), "the page says what came later");
    }
    Ok(())
}

#[tokio::test]
async fn new_rows_are_read_without_reading_all_again() -> Result<()> {
    let lines = LIFE.lines();
    for mut table in Table::all().await? {
        let pages = Pages::of(table.source()?, Zone::UTC);
        for part in lines.chunks(lines.len() / 5) {
            table.write(part).await?;
            tokio::time::sleep(std::time::Duration::from_millis(600)).await;
            pages.report("overview?days=30").await?;
        }
        let grown = pages.report("overview?days=30").await?;
        let fresh = Pages::of(table.source()?, Zone::UTC).report("overview?days=30").await?;
        assert_eq!(grown, fresh, "on {}", table.name());
    }
    Ok(())
}

#[tokio::test]
async fn rows_that_are_gone_are_in_no_figure() -> Result<()> {
    let lines = LIFE.lines();
    for mut table in Table::all().await? {
        table.write(&lines).await?;
        let pages = Pages::of(table.source()?, Zone::UTC);
        let before = pages.report("overview?days=30").await?;
        // More than a quarter of the ten days goes, so that what is in memory is read anew.
        table.forget_before("2026-11-06").await?;
        tokio::time::sleep(std::time::Duration::from_millis(600)).await;
        let after = pages.report("overview?days=30").await?;
        assert_ne!(after["figures"], before["figures"], "on {}", table.name());
        let fresh = Pages::of(table.source()?, Zone::UTC).report("overview?days=30").await?;
        assert_eq!(after, fresh, "on {}", table.name());
    }
    Ok(())
}

#[tokio::test]
async fn positions_that_went_back_are_read_anew_at_once() -> Result<()> {
    for mut table in Table::all().await? {
        table.write(&LIFE.lines()).await?;
        let pages = Pages::of(table.source()?, Zone::UTC);
        let before = pages.report("overview?days=30").await?;
        table.execute("UPDATE sink_position SET next_offset = 1").await?;
        tokio::time::sleep(std::time::Duration::from_millis(600)).await;
        let after = pages.report("overview?days=30").await?;
        assert_ne!(after["positions"], before["positions"], "on {}", table.name());
        assert_eq!(after["figures"], before["figures"], "on {}", table.name());
    }
    Ok(())
}

#[tokio::test]
async fn a_reading_that_failed_takes_nothing_away() -> Result<()> {
    let lines = LIFE.lines();
    let (first, rest) = lines.split_at(lines.len() / 2);
    for mut table in Table::all().await? {
        table.write(first).await?;
        let pages = Pages::of(table.source()?, Zone::UTC);
        let before = pages.report("overview?days=30").await?;
        table.execute("ALTER TABLE user_activity_log RENAME TO away").await?;
        tokio::time::sleep(std::time::Duration::from_millis(600)).await;
        let meanwhile = pages.report("overview?days=30").await?;
        assert_eq!(meanwhile, before, "on {}", table.name());
        table.execute("ALTER TABLE away RENAME TO user_activity_log").await?;
        table.write(rest).await?;
        tokio::time::sleep(std::time::Duration::from_millis(600)).await;
        let after = pages.report("overview?days=30").await?;
        let fresh = Pages::of(table.source()?, Zone::UTC).report("overview?days=30").await?;
        assert_eq!(after, fresh, "on {}", table.name());
    }
    Ok(())
}

#[tokio::test]
async fn a_row_that_cannot_be_read_is_counted_and_the_others_are_shown() -> Result<()> {
    let mut table = Table::all().await?.swap_remove(0);
    table.write(&LIFE.lines()).await?;
    let right = Pages::of(table.source()?, Zone::UTC).report("overview?days=30").await?;
    assert_eq!(right["unreadable_rows"], 0);
    let last = "(SELECT max(id) FROM user_activity_log)";
    table
        .execute(&format!(
            "UPDATE user_activity_log SET event_time = '2026-11-09 late' WHERE id = {last}"
        ))
        .await?;
    let pages = Pages::of(table.source()?, Zone::UTC);
    for _ in 0..2 {
        let report = pages.report("overview?days=30").await?;
        assert_eq!(report["unreadable_rows"], 1, "once, however often one looks");
        assert_eq!(report["figures"]["sessions"], right["figures"]["sessions"]);
        tokio::time::sleep(std::time::Duration::from_millis(600)).await;
    }
    Ok(())
}

#[tokio::test]
async fn two_questions_are_answered_at_once_and_a_third_is_told_so() -> Result<()> {
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
    let endless = "with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n";
    let address = format!("/insights/ask?sql={}", world::encoded(endless));
    let (one, two, three) = tokio::join!(pages.get(&address), pages.get(&address), pages.get(&address));
    assert_eq!((one?.0, two?.0), (StatusCode::BAD_REQUEST, StatusCode::BAD_REQUEST));
    assert_eq!(three?.0, StatusCode::SERVICE_UNAVAILABLE);
    let (status, _) = pages.get("/insights/ask?sql=select+1").await?;
    assert_eq!(status, StatusCode::OK, "there is room again");
    Ok(())
}

#[tokio::test]
async fn every_page_is_small_and_shows_typed_text_as_text() -> Result<()> {
    for mut table in Table::all().await? {
        table.write(&LIFE.lines()).await?;
        let pages = Pages::of(table.source()?, Zone::UTC);
        let (_, style) = pages.get("/insights/style.css").await?;
        for page in PAGES {
            let (status, body) = pages.get(&format!("/insights{page}?days=30")).await?;
            assert_eq!(status, StatusCode::OK, "{page}");
            assert!(!body.contains("<script"), "{page} runs what a visitor typed");
            let cost = body.len() + style.len();
            assert!(cost <= 60 * 1024, "{page} costs {cost} bytes");
        }
        let (_, searches) = pages.get("/insights/searches?days=30").await?;
        assert!(searches.contains("&lt;script&gt;"), "what was typed is shown");
        let (_, csv) = pages.get("/insights/api/searches/queries.csv?days=30").await?;
        assert!(csv.contains("'=1+1,"), "a spreadsheet must not run {csv}");
    }
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_answered_says_why() -> Result<()> {
    for mut table in Table::all().await? {
        table.write(&LIFE.lines()).await?;
        let pages = Pages::of(table.source()?, Zone::UTC);
        for (address, status) in [
            ("/insights?from=2026-11-09&to=2026-11-01", StatusCode::BAD_REQUEST),
            ("/insights?from=yesterday", StatusCode::BAD_REQUEST),
            ("/insights?as_of=x", StatusCode::BAD_REQUEST),
            ("/insights?from=9999-12-31", StatusCode::OK),
            ("/insights?campaign=%3Cb%3E", StatusCode::OK),
            ("/insights/teapots", StatusCode::NOT_FOUND),
            ("/insights/rows?of=overview&figure=teapots", StatusCode::NOT_FOUND),
            (
                "/insights/rows?of=popular&figure=products%2F999999%2Fviewed",
                StatusCode::NOT_FOUND,
            ),
            (
                "/insights/rows?of=overview&figure=sessions&page_number=18446744073709551615",
                StatusCode::OK,
            ),
            ("/insights/visit?id=%27%20or%201%3D1", StatusCode::OK),
            ("/insights/funnel?steps=teleport,any&within=900", StatusCode::OK),
        ] {
            assert_eq!(pages.get(address).await?.0, status, "{address} on {}", table.name());
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_visit_is_found_by_session_visitor_and_order() -> Result<()> {
    let lines = LIFE.lines();
    let order = lines
        .iter()
        .find(|line| line.contains("\"order_placed\"") && line.contains("visitor_id"))
        .context("an order")?;
    let order: serde_json::Value = serde_json::from_str(order)?;
    let text = |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    for mut table in Table::all().await? {
        table.write(&lines).await?;
        let pages = Pages::of(table.source()?, Zone::UTC);
        let session = text(&order["session_id"]);
        for id in [&session, &text(&order["entity_id"])] {
            let (_, page) = pages.get(&format!("/insights/visit?id={id}")).await?;
            assert!(
                page.contains(&session) && page.contains("order placed"),
                "{id} on {}",
                table.name()
            );
        }
        // A UUID that is no UUIDv7 is no request's.
        let (_, page) = pages
            .get("/insights/visit?id=7d444840-9dc0-41d1-b245-5ffdce74fad2")
            .await?;
        assert!(page.contains("Nothing of that id"), "on {}", table.name());
        let (_, page) = pages
            .get(&format!("/insights/visit?id={}", text(&order["visitor_id"])))
            .await?;
        assert!(page.contains(&session[..8]), "the visitor's sessions are listed");
    }
    Ok(())
}

#[tokio::test]
async fn the_token_is_asked_for_on_every_page_but_the_door() -> Result<()> {
    let tables = Table::all().await?;
    let table = tables.first().context("a table")?;
    let pages = Pages(insights::router(Options {
        source: table.source()?,
        logs: None,
        zone: Zone::UTC,
        access: Access::at("0.0.0.0".parse()?, Some("a token of many letters"))?,
        ask: None,
        shop: None,
        clock: Clock::system(),
    }));
    for page in [
        "/insights",
        "/insights/funnel",
        "/insights/rows",
        "/insights/visit",
        "/insights/ask",
        "/insights/api/overview",
        "/insights/api",
        "/insights/ask.csv",
    ] {
        assert_eq!(pages.get(page).await?.0, StatusCode::UNAUTHORIZED, "{page}");
    }
    Ok(())
}

#[tokio::test]
async fn a_database_that_is_away_is_said_and_its_coming_back_is_seen() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("activity.db");
    let pages = Pages::of(insights::Source::sqlite(path.clone()), Zone::UTC);
    let (status, page) = pages.get("/insights").await?;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("read since"), "{page}");
    world::table::make_sqlite(&path).await?;
    tokio::time::sleep(std::time::Duration::from_millis(600)).await;
    assert!(!pages.get("/insights").await?.1.contains("read since"), "it is back");
    Ok(())
}

#[tokio::test]
async fn a_question_reads_and_never_writes_and_ends_at_its_bounds() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("activity.db");
    world::table::make_sqlite(&path).await?;
    let mut db = world::table::open_sqlite(&path).await?;
    world::table::Filler::default().sqlite(&mut db, &LIFE.lines()).await?;
    let ask = AskDatabase::Sqlite(path);
    let answer = ask
        .ask(
            "select activity_type, count(*) from user_activity_log group by 1 order by 1",
            Bounds::default(),
        )
        .await?;
    assert!(answer.rows.len() > 5 && answer.cut.is_none());
    let all = ask.ask("select * from user_activity_log", Bounds::default()).await?;
    assert_eq!((all.rows.len(), all.cut), (1000, Some("rows")));
    for sql in [
        "delete from user_activity_log",
        "with a as (select 1) delete from user_activity_log",
        "select 1; drop table product",
        "attach 'x.db' as x",
    ] {
        assert!(ask.ask(sql, Bounds::default()).await.is_err(), "{sql}");
    }
    let long = "with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n";
    let bounds = Bounds {
        time: std::time::Duration::from_millis(200),
        ..Bounds::default()
    };
    assert!(
        matches!(ask.ask(long, bounds).await, Err(AskError::Time(_))),
        "it goes on for ever otherwise"
    );
    for (says, sql) in ask.examples() {
        ask.ask(sql, Bounds::default())
            .await
            .with_context(|| (*says).to_owned())?;
    }
    Ok(())
}

#[tokio::test]
async fn a_role_that_could_write_is_not_asked() -> Result<()> {
    let Some(Table::Postgres(server, _)) = Table::all().await?.into_iter().nth(1) else {
        return Ok(());
    };
    let (url, role) = (&server.url, &server.role);
    let superuser = AskDatabase::Postgres(Box::new(url.parse()?));
    assert!(
        matches!(
            superuser.ask("select 1", Bounds::default()).await,
            Err(AskError::Role(_))
        ),
        "postgres is a superuser"
    );
    let mut db = <sqlx::PgConnection as sqlx::Connection>::connect(url).await?;
    for sql in [
        format!("CREATE ROLE {role} LOGIN"),
        format!("GRANT SELECT ON user_activity_log, product TO {role}"),
    ] {
        sqlx::Executor::execute(&mut db, sqlx::AssertSqlSafe(sql)).await?;
    }
    let reader = AskDatabase::Postgres(Box::new(
        url.parse::<sqlx::postgres::PgConnectOptions>()?.username(role),
    ));
    assert_eq!(
        reader.ask("select 1 as one", Bounds::default()).await?.rows,
        [[Some("1".to_owned())]]
    );
    assert!(reader.ask("delete from product", Bounds::default()).await.is_err());
    for (says, sql) in reader.examples() {
        reader
            .ask(sql, Bounds::default())
            .await
            .with_context(|| (*says).to_owned())?;
    }
    let bounds = Bounds {
        time: std::time::Duration::from_millis(200),
        ..Bounds::default()
    };
    assert!(matches!(
        reader.ask("select pg_sleep(5)", bounds).await,
        Err(AskError::Time(_))
    ));
    Ok(())
}
