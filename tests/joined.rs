//! A visit can be put together again by SQL: everything that happened on a page joins its view, what was put into a cart joins list and
//! place, search and the product's name and price of that moment. With a browser that runs scripts, and one that doesn't.

mod hour;

use std::process::Command;
use std::time::{Duration, Instant};

use sqlx::Row;
use sqlx::any::install_default_drivers;

use crate::world::browser::Browser;
use crate::world::process::{PATIENCE, program};
use crate::world::require::{self, Part};
use crate::world::{Program, World};

/// What happens on a page, and must therefore join its view.
const ON_A_PAGE: &str = "('dwell', 'click', 'impression', 'page_performance', 'form_abandoned', 'exposure', 'search', 'cart_add', \
                         'cart_remove', 'cart_update', 'order_placed', 'order_cancelled', 'wish_add')";

#[tokio::test(flavor = "multi_thread")]
async fn what_browsers_did_with_and_without_scripts_is_joined_by_sql() {
    if !require::has("the joined visit", &[Part::Browser]) {
        return;
    }
    let Some(mut world) = World::start("the joined visit") else {
        return;
    };
    let scripted = Browser::open(world.folder()).await;
    shops(&world, &scripted).await;
    scripted.page.goto("about:blank").await.expect("the visitor leaves");
    scripted.close().await;
    // Between the two visits the teapot becomes dearer, and no shop is told.
    changes_the_price(&world, 101, 77_700);
    sees_the_price(&world, "77,700").await;
    let folder = world.folder().join("plain");
    std::fs::create_dir(&folder).expect("a folder for another browser");
    let plain = Browser::open_without_scripts(&folder).await;
    shops(&world, &plain).await;
    plain.page.goto("about:blank").await.expect("the visitor leaves");
    plain.close().await;
    world.settles().await;
    let count = Questions::to(&world).await;
    for kind in [
        "dwell",
        "click",
        "impression",
        "page_performance",
        "exposure",
        "search",
        "cart_add",
        "order_placed",
    ] {
        let there = format!("SELECT COUNT(*) FROM user_activity_log WHERE activity_type = '{kind}'");
        assert!(count.of(&there).await > 0, "no {kind}");
    }
    every_event_of_a_page_joins_its_view(&count).await;
    every_addition_joins_list_place_and_price(&count).await;
    every_row_about_a_product_joins_its_name(&count).await;
    assert_eq!(
        count
            .of("SELECT COUNT(DISTINCT visitor_id) FROM user_activity_log")
            .await,
        2 + 1
    );
    world.stops(Program::Shop);
}

async fn every_event_of_a_page_joins_its_view(count: &Questions) {
    let unjoined = format!(
        "SELECT COUNT(*) FROM user_activity_log e LEFT JOIN user_activity_log v \
         ON v.event_id = e.page_view_id AND v.activity_type = 'view' \
         WHERE e.activity_type IN {ON_A_PAGE} AND (v.event_id IS NULL OR v.visitor_id <> e.visitor_id OR v.session_id <> e.session_id)"
    );
    let lost = count.of(&unjoined).await;
    assert_eq!(
        lost,
        0,
        "{}",
        count.said(&unjoined.replace("COUNT(*)", "e.details")).await
    );
}

async fn every_addition_joins_list_place_and_price(count: &Questions) {
    let (list, position) = (count.detail("a", "list"), count.detail("a", "position"));
    let (search, price) = (count.detail("a", "search_id"), count.detail("a", "unit_price"));
    let additions = "SELECT COUNT(*) FROM user_activity_log WHERE activity_type = 'cart_add'";
    let joined = format!(
        "SELECT COUNT(*) FROM user_activity_log a \
         JOIN user_activity_log s ON CAST(s.event_id AS TEXT) = {search} AND s.activity_type = 'search' AND s.session_id = a.session_id \
         JOIN product p ON p.product_id = a.entity_id AND p.valid_from <= a.event_time AND (p.valid_to IS NULL OR a.event_time < p.valid_to) \
         WHERE a.activity_type = 'cart_add' AND {list} = 'search' AND CAST({position} AS INTEGER) >= 1 \
         AND CAST({price} AS INTEGER) = p.price"
    );
    assert_eq!(count.of(&joined).await, count.of(additions).await);
    let prices = format!("SELECT COUNT(DISTINCT {price}) FROM user_activity_log a WHERE a.activity_type = 'cart_add'");
    assert_eq!(count.of(&prices).await, 2, "before the change and after it");
}

async fn every_row_about_a_product_joins_its_name(count: &Questions) {
    let unnamed = "SELECT COUNT(*) FROM user_activity_log a LEFT JOIN product p \
                   ON p.product_id = a.entity_id AND p.valid_from <= a.event_time AND (p.valid_to IS NULL OR a.event_time < p.valid_to) \
                   WHERE a.entity_type = 'product' AND p.name_en IS NULL";
    assert_eq!(count.of(unnamed).await, 0);
}

/// Searches, chooses from what was found, and buys.
async fn shops(world: &World, browser: &Browser) {
    browser.page.goto(world.shop_address()).await.expect("the shop opens");
    browser.types("input[name=q]", "teapot\n").await;
    browser.is_on("/search").await;
    // Long enough that the tiles count as seen.
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    browser.clicks("main a[href^='/products/101?']").await;
    browser.is_on("/products/101").await;
    browser.clicks("form[action='/cart/add'].add [type=submit]").await;
    browser.sees("form[action='/cart/checkout']").await;
    browser
        .page
        .goto(format!("{}/checkout", world.shop_address()))
        .await
        .expect("the shop answers");
    for (field, text) in [
        ("recipient", "Kim Haneul"),
        ("phone", "010-1234-5678"),
        ("postcode", "03187"),
    ] {
        browser.types(&format!("input[name={field}]"), text).await;
    }
    browser
        .types("[name=address]", "1 Sejong-daero, Jongno-gu, Seoul")
        .await;
    browser.clicks("form[action='/checkout'] [type=submit]").await;
    browser.is_on("/orders/").await;
}

fn changes_the_price(world: &World, product: u32, won: u32) {
    let mut command = Command::new(program("shop"));
    command.args(["price", &product.to_string(), &won.to_string()]);
    command.arg("--database").arg(world.database.shop_url());
    command.arg("--journal").arg(world.folder().join("journal"));
    command.arg("--diagnostics").arg(world.folder().join("pricing"));
    let done = command.output().expect("the shop runs");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

async fn sees_the_price(world: &World, price: &str) {
    let since = Instant::now();
    let mut visitor = world.visitor();
    while !visitor
        .looks_at(101)
        .await
        .expect("the shop serves")
        .text
        .contains(price)
    {
        assert!(since.elapsed() < PATIENCE, "the page never says {price}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Asks the sink's database, whichever it is.
struct Questions {
    pool: sqlx::AnyPool,
    is_postgres: bool,
}

impl Questions {
    async fn to(world: &World) -> Self {
        install_default_drivers();
        let url = world.database.sink_url();
        Self {
            is_postgres: url.starts_with("postgres"),
            pool: sqlx::AnyPool::connect(&url).await.expect("the database answers"),
        }
    }

    fn server(&self) -> &'static str {
        if self.is_postgres { "PostgreSQL" } else { "SQLite" }
    }

    /// A field of the details, as text.
    fn detail(&self, table: &str, field: &str) -> String {
        if self.is_postgres {
            format!("({table}.details->>'{field}')")
        } else {
            format!("CAST(json_extract({table}.details, '$.{field}') AS TEXT)")
        }
    }

    async fn of(&self, sql: &str) -> i64 {
        let row = sqlx::query(sqlx::AssertSqlSafe(sql.to_owned()))
            .fetch_one(&self.pool)
            .await;
        row.unwrap_or_else(|error| panic!("{sql}: {error}")).get(0)
    }

    /// What the first rows say, for the message of a failed test.
    async fn said(&self, sql: &str) -> String {
        let sql = sql.replace("e.details", "e.activity_type || ' ' || CAST(e.details AS TEXT)");
        let rows = sqlx::query(sqlx::AssertSqlSafe(format!("{sql} LIMIT 5")))
            .fetch_all(&self.pool)
            .await;
        let rows = rows.unwrap_or_else(|error| panic!("{sql}: {error}"));
        rows.iter()
            .map(|row| row.get::<String, _>(0))
            .collect::<Vec<_>>()
            .join("\n")
    }
}
