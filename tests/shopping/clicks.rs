//! What the browser tells of clicks is what the visitor did: no rage in a selection, a place for the keyboard, a label once.

use serde_json::Value;
use thirtyfour::Key;

use super::{goes_to, opens};
use crate::world::browser::Browser;

/// Looks as if it could be clicked, and does nothing.
const DEAD: &str = "const dead = document.createElement('div'); dead.id = 'dead'; dead.textContent = 'no';
    dead.style.cursor = 'pointer'; dead.style.userSelect = 'none'; document.querySelector('main').prepend(dead);";

async fn clicks_three_times(browser: &Browser, css: &str) {
    let element = browser.sees(css).await;
    let hand = browser.page.action_chain().move_to_element_center(&element);
    let clicks = hand.click().click().click();
    clicks.perform().await.expect("the mouse clicks");
}

fn of<'a>(events: &'a [Value], event_type: &str, page: &str) -> Vec<&'a Value> {
    let told = events.iter().filter(|event| event["event_type"] == event_type);
    told.map(|event| &event["details"])
        .filter(|details| details["page"] == page)
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_click_is_told_as_the_visitor_meant_it() {
    let Some((mut world, browser)) = opens("the clicks", true).await else {
        return;
    };
    goes_to(&world, &browser, "/products/101?lang=en").await;
    clicks_three_times(&browser, "main h1").await;
    clicks_three_times(&browser, "#quantity").await;
    browser.clicks("label[for=quantity]").await;
    browser.runs("document.querySelector('.crumbs a').focus()").await;
    browser
        .runs("document.querySelector('main a[href]').dispatchEvent(new MouseEvent('auxclick', { button: 1, bubbles: true, detail: 1 }))")
        .await;
    browser
        .runs("document.querySelector('form.add [type=submit]').focus()")
        .await;
    let enter = browser.page.action_chain().send_keys(Key::Enter);
    enter.perform().await.expect("a key is pressed");
    browser.sees("dialog[open]").await;

    goes_to(&world, &browser, "/signup").await;
    browser.types("#email", "clicks@example.com").await;
    browser.types("#name", "Kim").await;
    browser.types("#password", "a long enough password\n").await;
    browser.waits_for("location.pathname === '/'").await;
    goes_to(&world, &browser, "/account").await;
    browser.clicks("a[href='/account/data']").await;
    browser.runs(DEAD).await;
    clicks_three_times(&browser, "#dead").await;
    // A dead click shows after a second.
    browser.runs("window.clickedAt = performance.now()").await;
    browser.waits_for("performance.now() - window.clickedAt > 1500").await;
    browser.page.goto("about:blank").await.expect("the visitor leaves");
    browser.close().await;

    let everywhere = world.settles().await;
    let events: Vec<Value> = everywhere
        .files
        .by_id
        .values()
        .flatten()
        .map(super::super::world::evidence::Found::json)
        .collect();
    let clicks = of(&events, "click", "/products/101");
    assert!(clicks.iter().all(|click| click["frustration"].is_null()), "{clicks:?}");
    let on = |element: &str| {
        let named = clicks
            .iter()
            .filter(|click| click["element"].as_str().is_some_and(|name| name.starts_with(element)));
        named.count()
    };
    assert_eq!((on("h1"), on("input#quantity"), on("label")), (3, 4, 0), "{clicks:?}");
    assert_eq!(on("a"), 1, "the middle button opens a tab: {clicks:?}");
    let added = clicks
        .iter()
        .find(|click| click["cart_action"] == "add")
        .expect("the keyboard's click");
    assert!(
        added["x_percent"].as_f64() > Some(0.0) && added["y_percent"].as_f64() > Some(0.0),
        "{added}"
    );

    let account = of(&events, "click", "/account");
    let told: Vec<&str> = account
        .iter()
        .filter_map(|click| click["frustration"].as_str())
        .collect();
    assert_eq!(told, ["dead", "dead", "rage"], "{account:?}");
    let stays = of(&events, "dwell", "/account");
    let ended = &stays.last().expect("a stay")["end_reason"];
    assert!(
        ended == "left" || ended == "back_forward_cache",
        "a download leads nowhere: {stays:?}"
    );
}
