//! The cart as a dialog: everything a shopper does with it without leaving the page, and each of it told once.

use std::collections::BTreeMap;

use serde_json::Value;
use thirtyfour::Key;

use super::{goes_to, opens};
use crate::world::World;
use crate::world::browser::Browser;
use crate::world::evidence::Everywhere;

const ADD: &str = "form.add [type=submit]";

/// The page is still the one that was marked.
async fn stays(browser: &Browser) {
    browser.waits_for("window.marked === true").await;
}

async fn counts(browser: &Browser, count: u32) {
    browser
        .waits_for(&format!(
            "document.querySelector(\".tools a[href='/cart'] .count\")?.textContent === '{count}'"
        ))
        .await;
}

async fn has_the_focus(browser: &Browser, css: &str) {
    browser
        .waits_for(&format!("document.activeElement.matches({css:?})"))
        .await;
}

async fn presses(browser: &Browser, key: Key) {
    let keys = browser.page.action_chain().send_keys(key);
    keys.perform().await.expect("a key is pressed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_fills_and_changes_the_cart_without_leaving_the_product() {
    let Some((mut world, browser)) = opens("the cart's drawer", true).await else {
        return;
    };
    goes_to(&world, &browser, "/products/101?lang=en").await;
    browser.runs("window.marked = true").await;
    // A hasty double click adds once.
    browser
        .runs(&format!(
            "const button = document.querySelector({ADD:?}); button.focus(); button.click(); button.click();"
        ))
        .await;
    browser.sees("dialog[open] #quantity-101[value='1']").await;
    counts(&browser, 1).await;
    has_the_focus(&browser, "#cart-title").await;
    presses(&browser, Key::Escape).await;
    has_the_focus(&browser, ADD).await;
    browser.waits_for("!document.querySelector('dialog[open]')").await;

    browser.clicks(".tools a[href='/cart']").await;
    browser.sees("dialog[open]").await;
    let field = browser.sees("#quantity-101").await;
    field.clear().await.expect("a field");
    browser.types("#quantity-101", "3\n").await;
    browser.sees("#quantity-101[value='3']").await;
    counts(&browser, 3).await;
    has_the_focus(&browser, "#quantity-101").await;
    browser.clicks("dialog form[action='/cart/remove'] [type=submit]").await;
    has_the_focus(&browser, ".notice [type=submit]").await;
    browser
        .waits_for("document.querySelector('dialog > [role=status]').textContent.includes('no longer in the cart')")
        .await;
    browser
        .waits_for("document.querySelector(\".tools a[href='/cart'] .count\").hidden")
        .await;
    browser.clicks("dialog .notice [type=submit]").await;
    browser.sees("#quantity-101[value='3']").await;
    stays(&browser).await;
    browser
        .clicks("dialog form[action='/cart/checkout'] [type=submit]")
        .await;
    browser.is_on("/checkout").await;
    browser.page.goto("about:blank").await.expect("the visitor leaves");
    browser.close().await;
    is_told_once(&world.settles().await);
}

fn is_told_once(everywhere: &Everywhere) {
    let lines = everywhere.files.by_id.values().flatten();
    let events: Vec<Value> = lines
        .map(|line| serde_json::from_slice(&line.bytes).expect("a line is JSON"))
        .collect();
    let of = |event_type: &str| -> Vec<&Value> {
        let found = events.iter().filter(|event| event["event_type"] == event_type);
        found.collect()
    };
    let facts = ["cart_add", "cart_update", "cart_remove"].map(|fact| of(fact).len());
    assert_eq!(facts, [2, 1, 1], "added, changed, removed, and added again");
    // Opening it is looking at the cart: after each change, and once from the header.
    let mut views: BTreeMap<&str, usize> = BTreeMap::new();
    for view in of("view") {
        *views
            .entry(view["details"]["page"].as_str().expect("a page"))
            .or_default() += 1;
    }
    assert_eq!((views["products.detail"], views["cart.index"]), (1, 5), "{views:?}");
    let clicks = of("click");
    let actions = ["add", "view", "remove", "checkout"];
    for action in actions {
        assert!(
            clicks.iter().any(|click| click["details"]["cart_action"] == action),
            "{action}"
        );
    }
    assert!(
        clicks.iter().all(|click| click["details"]["frustration"].is_null()),
        "{clicks:?}"
    );
    let stay = of("dwell")
        .into_iter()
        .find(|stay| stay["details"]["page"] == "/products/101");
    let stay = &stay.expect("the stay at the product")["details"];
    assert_eq!(stay["next_page"], "/checkout", "what the drawer sent led nowhere");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_drawer_cannot_do_the_page_does_and_nothing_is_sent_twice() {
    let Some((mut world, browser)) = opens("the cart's drawer in trouble", true).await else {
        return;
    };
    // The shop has put it into the cart, and its answer is lost.
    let lost = "const send = window.fetch; window.fetch = async (...how) => { await send(...how); throw new TypeError('lost'); };";
    goes_to(&world, &browser, "/products/101").await;
    browser.runs(lost).await;
    browser.clicks(ADD).await;
    // It is sent again, which the shop knows, and then said where the visitor is.
    browser.sees(".toast button").await;
    goes_to(&world, &browser, "/cart").await;
    browser.sees("#quantity-101[value='1']").await;
    // The shop refuses it to the script only.
    let refused = "window.fetch = async () => new Response('', { status: 429 });";
    adds_under(&world, &browser, refused).await;
    browser.sees("#quantity-101[value='2']").await;
    browser.page.goto("about:blank").await.expect("the visitor leaves");
    browser.close().await;
    let everywhere = world.settles().await;
    let lines = everywhere.files.by_id.values().flatten();
    assert_eq!(lines.filter(|line| line.event_type == "cart_add").count(), 2);
}

async fn adds_under(world: &World, browser: &Browser, trouble: &str) {
    goes_to(world, browser, "/products/101").await;
    browser.runs(trouble).await;
    browser.clicks(ADD).await;
    browser.is_on("/cart").await;
}
