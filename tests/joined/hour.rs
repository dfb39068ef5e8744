//! The same questions after an hour at human pace: `cargo test --workspace --test promises an_hour -- --ignored`, on each database.
//! `DE_SHOP_JOINED_MINUTES` says how long it takes, 60 when it is not set.
//!
//! Each visit is somebody else's: a new browser, half of them without scripts. Prices change meanwhile.

use std::time::{Duration, Instant};

use rand::RngExt;
use thirtyfour::prelude::*;

use super::{
    Questions, changes_the_price, every_event_of_a_page_joins_its_view, every_row_about_a_product_joins_its_name,
};
use crate::world::World;
use crate::world::browser::Browser;
use crate::world::require::{self, Part};

const WORDS: [&str; 7] = ["teapot", "cup", "tea", "notebook", "kimchi", "lamp", "\u{cc28}"];
const TILE: &str = "main [data-list] a[href^='/products/']";
/// How often a price changes.
const REPRICED: Duration = Duration::from_mins(5);
const KINDS: [&str; 11] = [
    "view",
    "dwell",
    "click",
    "impression",
    "page_performance",
    "exposure",
    "search",
    "cart_add",
    "cart_update",
    "cart_remove",
    "order_placed",
];

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes DE_SHOP_JOINED_MINUTES, an hour when that is not set"]
async fn an_hour_shopped_by_browsers_with_and_without_scripts_is_joined_by_sql() {
    if !require::has("the joined hour", &[Part::Browser]) {
        return;
    }
    let Some(mut world) = World::start("the joined hour") else {
        return;
    };
    let minutes = std::env::var("DE_SHOP_JOINED_MINUTES").map_or(60, |text| text.parse().expect("minutes"));
    let until = Instant::now() + Duration::from_mins(minutes);
    let (scripted, plain, ()) = tokio::join!(
        visits(&world, until, true),
        visits(&world, until, false),
        reprices(&world, until)
    );
    world.settles().await;
    let count = Questions::to(&world).await;
    eprintln!(
        "{minutes} minutes on {}: {scripted} visits with scripts, {plain} without",
        count.server()
    );
    for kind in KINDS {
        let there = format!("SELECT COUNT(*) FROM user_activity_log WHERE activity_type = '{kind}'");
        let there = count.of(&there).await;
        eprintln!("{kind}: {there}");
        // A short try need not meet everything.
        assert!(there > 0 || minutes < 10, "no {kind}");
    }
    every_event_of_a_page_joins_its_view(&count).await;
    every_row_about_a_product_joins_its_name(&count).await;
    every_product_was_chosen_from_a_place(&count).await;
    every_addition_costs_what_was_asked_at_that_moment(&count).await;
    let visitors = count
        .of("SELECT COUNT(DISTINCT visitor_id) FROM user_activity_log")
        .await;
    assert_eq!(visitors, scripted + plain);
    world.ledger_holds();
}

/// Every addition, and every click on a product's tile, says list and position, and the search if that was the list.
async fn every_product_was_chosen_from_a_place(count: &Questions) {
    let (list, position, search) = (
        count.detail("e", "list"),
        count.detail("e", "position"),
        count.detail("e", "search_id"),
    );
    let chosen = format!(
        "(e.activity_type = 'cart_add' OR (e.activity_type = 'click' AND {} LIKE '/products/%' AND {list} IS NOT NULL))",
        count.detail("e", "href")
    );
    let placeless = format!(
        "SELECT COUNT(*) FROM user_activity_log e WHERE {chosen} AND ({list} IS NULL OR COALESCE(CAST({position} AS INTEGER), 0) < 1)"
    );
    assert_eq!(
        count.of(&placeless).await,
        0,
        "{}",
        count.said(&placeless.replace("COUNT(*)", "e.details")).await
    );
    let unsearched = format!(
        "SELECT COUNT(*) FROM user_activity_log e LEFT JOIN user_activity_log s \
         ON CAST(s.event_id AS TEXT) = {search} AND s.activity_type = 'search' AND s.session_id = e.session_id \
         WHERE {chosen} AND {list} = 'search' AND s.event_id IS NULL"
    );
    assert_eq!(
        count.of(&unsearched).await,
        0,
        "{}",
        count.said(&unsearched.replace("COUNT(*)", "e.details")).await
    );
}

/// The price on the stream at that moment is the one that the cart took.
async fn every_addition_costs_what_was_asked_at_that_moment(count: &Questions) {
    let price = count.detail("e", "unit_price");
    let wrong = format!(
        "SELECT COUNT(*) FROM user_activity_log e LEFT JOIN product p \
         ON p.product_id = e.entity_id AND p.valid_from <= e.event_time AND (p.valid_to IS NULL OR e.event_time < p.valid_to) \
         WHERE e.activity_type = 'cart_add' AND (p.price IS NULL OR CAST({price} AS INTEGER) <> p.price)"
    );
    // A shop knows of a new price a second later at most: what was added in between cost what the page said.
    let wrong = count.of(&wrong).await;
    eprintln!("additions in the second of a new price: {wrong}");
    assert!(wrong <= 1);
}

async fn reprices(world: &World, until: Instant) {
    for round in 1.. {
        let wait = REPRICED.min(until.saturating_duration_since(Instant::now()));
        tokio::time::sleep(wait).await;
        if Instant::now() >= until {
            return;
        }
        for product in 101..110 {
            changes_the_price(world, product, 10_000 + round * 100 + product);
        }
    }
}

/// One visit after the other; answers how many there were.
async fn visits(world: &World, until: Instant, scripts: bool) -> i64 {
    let mut visits = 0;
    while Instant::now() < until {
        let folder = world.folder().join(format!("visit-{scripts}-{visits}"));
        std::fs::create_dir(&folder).expect("a folder for a browser");
        let browser = if scripts {
            Browser::open(&folder).await
        } else {
            Browser::open_without_scripts(&folder).await
        };
        shops(world, &browser).await;
        goes(&browser, "about:blank").await;
        browser.close().await;
        std::fs::remove_dir_all(&folder).expect("the browser's folder goes");
        visits += 1;
    }
    visits
}

/// Looks, chooses, changes the mind, buys: what is not on the page is left, as a person would.
async fn shops(world: &World, browser: &Browser) {
    let at = |path: &str| format!("{}{path}", world.shop_address());
    while !goes(browser, &at("/")).await {}
    for _ in 0..rand::random_range(5..12) {
        thinks().await;
        match rand::random_range(0..10) {
            0..3 => searches(browser).await,
            3 | 4 => {
                let page = rand::random_range(1..6);
                goes(browser, &at(&format!("/products/?page={page}"))).await;
            }
            5 => {
                goes(browser, &at("/")).await;
            }
            6 => {
                goes(browser, &at("/cart")).await;
                presses(browser, "form[action='/cart/remove'] [type=submit]").await;
            }
            7 => buys(browser, &at("/checkout")).await,
            8 => {
                goes(browser, &at("/cart")).await;
                changes_a_quantity(browser).await;
            }
            _ => {
                presses(browser, "form.tile-add [type=submit]").await;
            }
        }
        thinks().await;
        if presses(browser, TILE).await {
            thinks().await;
            presses(browser, "form[action='/cart/add'].add [type=submit]").await;
        }
    }
}

/// As long as somebody looks at a page: long enough for its tiles to count as seen.
async fn thinks() {
    tokio::time::sleep(Duration::from_millis(rand::rng().random_range(1_500..6_000))).await;
}

/// Whether the page was there before the browser lost its patience, which a machine with much else to do may try.
async fn goes(browser: &Browser, address: &str) -> bool {
    let arrived = browser.page.goto(address).await;
    if let Err(error) = &arrived {
        let error = error.to_string();
        eprintln!("{address}: {}", error.lines().next().unwrap_or_default());
    }
    arrived.is_ok()
}

async fn searches(browser: &Browser) {
    let word = WORDS[rand::random_range(0..WORDS.len())];
    if let Ok(field) = browser.page.find(By::Css("input[name=q]")).await
        && field.clear().await.is_ok()
        // A drawer may lie over it.
        && field.send_keys(word).await.is_ok()
    {
        field.send_keys("\n").await.ok();
    }
}

/// Presses one of them, if there is any that can be pressed.
async fn presses(browser: &Browser, css: &str) -> bool {
    let found = browser.page.find_all(By::Css(css)).await.unwrap_or_default();
    if found.is_empty() {
        return false;
    }
    let one = &found[rand::random_range(0..found.len())];
    one.scroll_into_view().await.is_ok() && one.click().await.is_ok()
}

async fn changes_a_quantity(browser: &Browser) {
    if let Ok(field) = browser.page.find(By::Css("main [name^=quantity]")).await
        && field.clear().await.is_ok()
    {
        field.send_keys("3\n").await.ok();
    }
}

/// Only somebody whose cart holds something sees the form; half of the orders are called off where the page offers it.
async fn buys(browser: &Browser, checkout: &str) {
    goes(browser, checkout).await;
    let fields = [
        ("input[name=recipient]", "Kim Haneul"),
        ("input[name=phone]", "010-1234-5678"),
        ("input[name=postcode]", "03187"),
        ("[name=address]", "1 Sejong-daero, Jongno-gu, Seoul"),
    ];
    for (css, text) in fields {
        let Ok(field) = browser.page.find(By::Css(css)).await else {
            return;
        };
        field.send_keys(text).await.ok();
    }
    presses(browser, "form[action='/checkout'] [type=submit]").await;
    thinks().await;
    if rand::random() {
        presses(browser, "form[action$='/cancel'] [type=submit]").await;
    }
}
