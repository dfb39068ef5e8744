//! The main job on real input: a browser shops, kcat reads the topics, and everything is found once.

use std::collections::BTreeSet;
use std::process::Command;
use std::time::{Duration, Instant};

use schemas::{EventType, Topic};
use serde_json::Value;

use crate::world::browser::Browser;
use crate::world::evidence::{Everywhere, Found};
use crate::world::process::PATIENCE;
use crate::world::require::{self, Part};
use crate::world::{Program, World};

#[tokio::test(flavor = "multi_thread")]
async fn what_a_browser_does_is_read_by_kcat_and_stands_once_in_file_and_table() {
    if !require::has("the browser that shops", &[Part::Browser, Part::Kcat]) {
        return;
    }
    let Some(mut world) = World::start("the browser that shops") else {
        return;
    };
    let browser = Browser::open(world.folder()).await;
    browser.page.goto(world.shop_address()).await.expect("the shop opens");
    browser.types("input[name=q]", "teapot\n").await;
    browser.is_on("/search").await;
    browser.clicks("main a[href^='/products/101']").await;
    browser.is_on("/products/101").await;
    browser.clicks("form[action='/cart/add'] [type=submit]").await;
    browser
        .clicks("dialog[open] form[action='/cart/checkout'] [type=submit]")
        .await;
    browser.is_on("/checkout").await;
    browser.types("input[name=recipient]", "Kim Haneul").await;
    browser.types("input[name=phone]", "010-1234-5678").await;
    browser.types("input[name=postcode]", "03187").await;
    browser
        .types("[name=address]", "1 Sejong-daero, Jongno-gu, Seoul")
        .await;
    browser.clicks("form[action='/checkout'] [type=submit]").await;
    browser.is_on("/orders/").await;
    browser.page.goto("about:blank").await.expect("the visitor leaves");

    let expected = [
        EventType::Request,
        EventType::View,
        EventType::Search,
        EventType::CartAdd,
        EventType::OrderPlaced,
        EventType::Click,
        EventType::Dwell,
    ];
    let messages = wait_for(&mut world, &expected).await;
    browser.close().await;
    assert_shopping_makes_sense(&messages);

    // kcat's own reading, message by message, is what the files and the table hold.
    let everywhere = world.settles().await;
    let lines: BTreeSet<&[u8]> = everywhere
        .files
        .by_id
        .values()
        .flatten()
        .map(|found| found.bytes.as_slice())
        .collect();
    for message in kcat_reads_all(&world) {
        let id = message_id(&message);
        assert!(
            lines.contains(message.as_bytes()),
            "no daily file holds the bytes of {message}"
        );
        assert_eq!(everywhere.files.by_id[&id].len(), 1, "{message}");
        let topic = EventType::from_name(field(&message, "event_type").as_str())
            .expect("a known type")
            .topic();
        assert_eq!(
            everywhere.rows.get(&id).copied().unwrap_or_default(),
            usize::from(topic.has_rows()),
            "{message}"
        );
    }
}

/// Waits until kcat sees every one of the event types.
async fn wait_for(world: &mut World, expected: &[EventType]) -> Vec<String> {
    let seen = |messages: &[String], event_type: &EventType| {
        let mut types = messages.iter().map(|message| field(message, "event_type"));
        types.any(|seen| seen == event_type.name())
    };
    wait_until(world, &format!("{expected:?}"), |messages| {
        expected.iter().all(|event_type| seen(messages, event_type))
    })
    .await
}

async fn wait_until(world: &mut World, what: &str, holds: impl Fn(&[String]) -> bool) -> Vec<String> {
    let since = Instant::now();
    loop {
        world.assert_alive();
        let messages = kcat_reads_all(world);
        if holds(&messages) {
            return messages;
        }
        assert!(since.elapsed() < PATIENCE, "kcat never sees {what}");
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}

fn assert_shopping_makes_sense(messages: &[String]) {
    let of = |event_type: &str| -> Vec<Value> {
        let parsed = messages
            .iter()
            .map(|message| serde_json::from_str::<Value>(message).expect("JSON"));
        parsed.filter(|value| value["event_type"] == event_type).collect()
    };
    let sessions: BTreeSet<String> = of("view").iter().map(|view| view["session_id"].to_string()).collect();
    assert_eq!(sessions.len(), 1, "one visit is one session");
    assert_eq!(of("search")[0]["details"]["query"], "teapot");
    assert!(of("search")[0]["details"]["result_count"].as_u64() >= Some(1));
    assert_eq!(of("cart_add")[0]["entity_id"], 101);
    assert_eq!(of("order_placed")[0]["details"]["items"][0]["product_id"], 101);
    assert!(
        of("click").iter().any(|click| click["details"]["cart_action"] == "add"),
        "{:?}",
        of("click")
    );
    let dwell = &of("dwell")[0]["details"];
    assert!(dwell["total_ms"].as_u64() >= dwell["visible_ms"].as_u64(), "{dwell}");
    assert!(dwell["visible_ms"].as_u64() >= dwell["active_ms"].as_u64(), "{dwell}");
}

fn kcat_reads_all(world: &World) -> Vec<String> {
    let read = |topic: Topic| {
        let output = Command::new("kcat")
            .args([
                "-b",
                &world.broker.address(),
                "-C",
                "-t",
                topic.name(),
                "-o",
                "beginning",
                "-e",
                "-q",
            ])
            .output()
            .expect("kcat runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("messages are UTF-8")
    };
    Topic::consumed()
        .flat_map(|topic| read(topic).lines().map(str::to_owned).collect::<Vec<_>>())
        .collect()
}

fn message_id(message: &str) -> String {
    field(message, "event_id")
}

fn field(message: &str, name: &str) -> String {
    let value: Value = serde_json::from_str(message).expect("a message is JSON");
    value[name].as_str().unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_that_was_offline_sends_later_what_it_kept() {
    if !require::has("the browser that was offline", &[Part::Browser]) {
        return;
    }
    let Some(mut world) = World::start("the browser that was offline") else {
        return;
    };
    let browser = Browser::open(world.folder()).await;
    browser.page.goto(world.shop_address()).await.expect("the shop opens");
    browser.sees("main").await;
    world.kill(Program::Shop);
    browser.clicks("h1").await;
    // The script has tried to send it, in vain.
    browser
        .waits_for("performance.getEntriesByType('resource').some((entry) => entry.name.endsWith('/api/log/events'))")
        .await;
    browser
        .runs("window.dispatchEvent(new PageTransitionEvent('pagehide'))")
        .await;
    browser
        .waits_for("(localStorage.getItem('de-shop.events') || '[]') !== '[]'")
        .await;
    world.restart(Program::Shop);
    browser
        .page
        .goto(world.shop_address())
        .await
        .expect("the shop opens again");
    let since = Instant::now();
    loop {
        let seen = world.look().await;
        let kept = seen
            .topics
            .by_id
            .values()
            .flatten()
            .any(|found| found.event_type == "click");
        if kept {
            break;
        }
        assert!(since.elapsed() < PATIENCE, "what was kept never came");
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    browser.close().await;
}

/// Clicks on the home page that stand in the files.
fn clicks_at_home(seen: &Everywhere) -> usize {
    let lines = seen.files.by_id.values().flatten();
    let is_there = |line: &&Found| line.event_type == EventType::Click.name() && line.json()["details"]["page"] == "/";
    lines.filter(is_there).count()
}

/// The shop answers nobody for a while: what was sent to it then may still fail when the page is gone.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_on_its_way_when_the_visitor_left_is_kept_and_told_once() {
    if !require::has("the browser that leaves in the middle", &[Part::Browser]) {
        return;
    }
    let Some(mut world) = World::start("the browser that leaves in the middle") else {
        return;
    };
    let browser = Browser::open(world.folder()).await;
    browser.page.goto(world.shop_address()).await.expect("the shop opens");
    browser.sees("main").await;
    browser
        .runs("const ask = window.fetch; window.fetch = (...all) => { window.asked = true; return ask(...all); }")
        .await;
    world.freezes(Program::Shop);
    browser.clicks("h1").await;
    browser.waits_for("window.asked === true").await;
    browser
        .runs("window.dispatchEvent(new PageTransitionEvent('pagehide'))")
        .await;
    browser
        .waits_for("(localStorage.getItem('de-shop.events') ?? '').includes('\"kind\":\"click\"')")
        .await;
    world.thaws(Program::Shop);
    // What was kept goes with the next page's first batch.
    browser
        .page
        .goto(format!("{}/products/", world.shop_address()))
        .await
        .expect("the shop opens again");
    browser.clicks("h1").await;
    let seen = world.sees_clicks_on("/products/").await;
    browser.close().await;
    assert_eq!(clicks_at_home(&seen), 1);
}

/// A browser that is short of time or memory ends a page without telling the page.
#[tokio::test(flavor = "multi_thread")]
async fn what_waited_on_a_page_that_ended_without_a_word_is_told_by_the_next_one() {
    if !require::has("the browser that ends a page", &[Part::Browser]) {
        return;
    }
    let Some(mut world) = World::start("the browser that ends a page") else {
        return;
    };
    let browser = Browser::open(world.folder()).await;
    browser.page.goto(world.shop_address()).await.expect("the shop opens");
    browser.sees("main").await;
    browser
        .runs(
            "for (const end of ['pagehide', 'visibilitychange', 'freeze'])
               window.addEventListener(end, (event) => event.stopImmediatePropagation(), true);",
        )
        .await;
    browser.clicks("h1").await;
    browser
        .page
        .goto(format!("{}/products/", world.shop_address()))
        .await
        .expect("the next page opens");
    browser.clicks("h1").await;
    let seen = world.sees_clicks_on("/products/").await;
    browser.close().await;
    assert_eq!(clicks_at_home(&seen), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_seen_how_fast_it_was_and_which_form_was_given_up_is_told() {
    if !require::has("the browser that looks around", &[Part::Browser, Part::Kcat]) {
        return;
    }
    let Some(mut world) = World::start("the browser that looks around") else {
        return;
    };
    let browser = Browser::open(world.folder()).await;
    let listing = format!("{}/products/?page=2", world.shop_address());
    browser.page.goto(listing).await.expect("the shop opens");
    browser.sees("[data-list=listing]").await;
    // A tile counts as seen after a second; a loaded machine paints late.
    browser
        .waits_for("performance.getEntriesByName('first-contentful-paint')[0]?.startTime + 4000 < performance.now()")
        .await;
    browser.clicks("h1").await;
    browser
        .waits_for("performance.getEntriesByType('first-input').length > 0")
        .await;
    // The last tiles come into sight while another tab covers the page, and stay there when it no longer does.
    browser.seems("hidden").await;
    browser
        .runs("window.scrollTo(0, document.querySelector('[data-list=listing] > :last-child').offsetTop); window.at = performance.now()")
        .await;
    browser.waits_for("performance.now() > window.at + 2500").await;
    browser.seems("visible").await;
    browser.runs("window.at = performance.now()").await;
    browser.waits_for("performance.now() > window.at + 2500").await;
    let signup = format!("{}/signup", world.shop_address());
    browser.page.goto(signup).await.expect("the form opens");
    browser.types("input[name=email]", "never-told@example.com").await;
    // Somebody looks something up in another tab: the form is not given up.
    for sight in ["hidden", "visible"] {
        browser.seems(sight).await;
    }
    browser.types("input[name=name]", "Nobody").await;
    browser
        .runs(
            "window.dispatchEvent(new ErrorEvent('error', { message: 'failed on purpose', filename: location.href }))",
        )
        .await;
    browser.page.goto("about:blank").await.expect("the visitor leaves");
    let expected = [
        EventType::Impression,
        EventType::PagePerformance,
        EventType::FormAbandoned,
    ];
    wait_for(&mut world, &expected).await;
    let messages = wait_until(&mut world, "the script's failure", |messages| {
        messages.iter().any(|message| message.contains("failed on purpose"))
    })
    .await;
    browser.close().await;
    let of = |event_type: &str| -> Vec<Value> {
        let parsed = messages
            .iter()
            .map(|message| serde_json::from_str::<Value>(message).expect("JSON"));
        parsed.filter(|value| value["event_type"] == event_type).collect()
    };
    let seen = &of("impression")[0]["details"];
    assert_eq!(seen["list"], "listing");
    assert_eq!(
        seen["tiles"][0]["position"], 25,
        "the first tile of the second page: {seen}"
    );
    let impressions = of("impression");
    let tiles = impressions
        .iter()
        .filter_map(|event| event["details"]["tiles"].as_array());
    assert!(
        tiles.flatten().any(|tile| tile["position"] == 48),
        "the last tile, which was in sight when the tab came back: {impressions:?}"
    );
    let fast = of("page_performance");
    let listing = fast.iter().find(|event| event["details"]["page"] == "/products/");
    let listing = &listing.expect("the listing was measured")["details"];
    assert!(listing["lcp_ms"].as_u64() >= listing["ttfb_ms"].as_u64(), "{listing}");
    assert!(
        listing["inp_ms"].is_u64(),
        "also where every interaction was fast: {listing}"
    );
    let given_up = of("form_abandoned");
    assert_eq!(given_up.len(), 1, "{given_up:?}");
    let given_up = &given_up[0]["details"];
    assert_eq!(given_up["form"], "/signup");
    assert_eq!(given_up["fields"], serde_json::json!(["email", "name"]));
    let failed = of("app").into_iter().find(|line| line["module"] == "browser");
    assert!(failed.is_some_and(|line| line["message"] == "failed on purpose" && line["level"] == "ERROR"));
    assert!(
        messages.iter().all(|message| !message.contains("never-told")),
        "what was typed is nowhere"
    );
}
