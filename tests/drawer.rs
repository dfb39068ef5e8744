//! The drawer "What did I just emit?": what a visitor does lights up as far as it has got, and no further.

use std::process::Command;

use serde_json::Value;

use crate::pages::{appears, look};
use crate::world::browser::Browser;
use crate::world::require::{self, Part};
use crate::world::{Program, World};

/// The states of the four dots of the first click on a heading; none while the drawer shows no such click.
const DOTS: &str = "[...document.querySelectorAll('#emitted .event')]
    .filter((line) => line.querySelector('b').textContent === 'click' && JSON.parse(line.querySelector('pre').textContent).details.element.startsWith('h1'))
    .map((line) => [...line.querySelectorAll('[data-step]')].map((dot) => dot.dataset.state).join(' '))[0]";

#[tokio::test(flavor = "multi_thread")]
async fn a_click_lights_up_its_way_through_journal_topic_file_and_row() {
    if !require::has("the drawer", &[Part::Browser, Part::Kcat]) {
        return;
    }
    let Some(mut world) = World::without_broker("the drawer") else {
        return;
    };
    world.starts(&[Program::Shop]);
    let browser = Browser::open(world.folder()).await;
    browser.page.goto(world.shop_address()).await.expect("the shop opens");
    browser.clicks("button.emitted-tab").await;
    browser.clicks("h1").await;
    let dots = |states: &str| format!("({DOTS}) === '{states}'");
    browser.waits_for(&dots("done waiting waiting waiting")).await;

    world.starts(&[Program::Broker]);
    browser.waits_for(&dots("done done waiting waiting")).await;

    world.starts(&[Program::Sink]);
    browser.waits_for(&dots("done done done done")).await;

    // What the drawer says is true: the message is at that place, its line in a file, its row in the table.
    let (place, shown) = first_click(&browser).await;
    let message = message_at(&world, &place);
    assert_eq!(message, shown, "{place}");
    says_how_the_message_came_there(&world, &browser, &place, &shown).await;
    let id = shown["event_id"].as_str().expect("an id");
    let seen = world.look().await;
    assert_eq!(seen.files.by_id.get(id).map(Vec::len), Some(1));
    assert_eq!(seen.rows.get(id), Some(&1));

    // It is remembered that the drawer is open, until it is closed; the focus goes back to where it came from.
    let product = format!("{}/products/101", world.shop_address());
    browser.page.goto(product.as_str()).await.expect("a product");
    browser.sees("[data-drawer=open] #emitted .event").await;
    browser.clicks("form[action='/cart/add'] [type=submit]").await;
    // The cart lies over the page and beside this drawer, which stays in use.
    browser.sees("dialog[open] #quantity-101").await;
    browser.clicks("#emitted [name=requests]").await;
    browser
        .waits_for(
            "document.querySelector('dialog[open]') && document.querySelector('#emitted [name=requests]').checked",
        )
        .await;
    browser.clicks("#emitted [name=requests]").await;
    browser.types("dialog[open] #quantity-101", "\u{e00c}").await;
    browser.waits_for("!document.querySelector('dialog[open]')").await;
    let added = "[...document.querySelectorAll('#emitted .event')].some((line) => line.querySelector('b').textContent === 'cart_add'
        && [...line.querySelectorAll('[data-step]')].every((dot) => dot.dataset.state === 'done'))";
    browser.waits_for(added).await;
    // It says in words what happened; requests stand in the list for those who want them.
    browser
        .waits_for("[...document.querySelectorAll('#emitted .event .said')].some(({ textContent }) => textContent === 'You looked at Blue Porcelain Teapot')")
        .await;
    let requests = "[...document.querySelectorAll('#emitted .event:not([hidden]) b')].some(({ textContent }) => textContent === 'request')";
    browser.waits_for(&format!("!({requests})")).await;
    browser.clicks("#emitted [name=requests]").await;
    browser.waits_for(requests).await;
    events_stand_under_their_requests(&browser).await;
    browser.clicks("#emitted [name=requests]").await;
    // One topic alone.
    browser.clicks("#emitted [name=topic] option:nth-child(4)").await;
    browser
        .waits_for("[...document.querySelectorAll('#emitted .event:not([hidden]) b')].every(({ textContent }) => textContent === 'cart_add')")
        .await;
    browser.clicks("#emitted [name=topic] option").await;
    browser.clicks("#emitted .event:not([hidden]) summary").await;
    browser.sees("#emitted details[open] a[href^='/data/schemas/']").await;
    browser.sees("#emitted details[open] a[href^='/data/topics/']").await;
    browser
        .waits_for("document.querySelector('#emitted details[open] .locators').textContent.startsWith('kcat -b ')")
        .await;
    browser.sees("#emitted details[open] a[href^='/data/messages/']").await;
    browser.clicks("#emitted .section-head button").await;
    browser
        .waits_for("!document.querySelector('#emitted') && document.activeElement.matches('.emitted-tab')")
        .await;
    // The shop has been told.
    browser
        .waits_for("performance.getEntriesByType('resource').some((entry) => entry.name.endsWith('/drawer'))")
        .await;
    browser.page.goto(product.as_str()).await.expect("a product");
    browser.sees("button.emitted-tab").await;
    browser.waits_for("!document.querySelector('#emitted')").await;
    browser.close().await;
}

/// Each event under the request that led to it, which can be folded up; nothing of what the drawer itself asks for.
async fn events_stand_under_their_requests(browser: &Browser) {
    let groups = "[...document.querySelectorAll('#emitted .request')].map((group) => [group.querySelector('code').textContent,
        new Set([...group.querySelectorAll('pre:first-of-type')].map((pre) => JSON.parse(pre.textContent).request_id)).size])";
    browser
        .waits_for(&format!(
            "{groups}.length > 2 && {groups}.every(([, requests]) => requests === 1)"
        ))
        .await;
    browser
        .waits_for(&format!("{groups}.some(([name]) => name === 'POST /cart/add')"))
        .await;
    browser
        .waits_for(&format!(
            "!{groups}.some(([name]) => name.includes('/drawer') || name.includes('my-events'))"
        ))
        .await;
    browser.clicks("#emitted .request > details > summary").await;
    browser
        .waits_for("!document.querySelector('#emitted .event:not([hidden]) summary').checkVisibility()")
        .await;
    browser.clicks("#emitted .request > details > summary").await;
}

/// Key and headers as kcat reads them, and how long each step took.
async fn says_how_the_message_came_there(world: &World, browser: &Browser, place: &str, shown: &Value) {
    let id = shown["event_id"].as_str().expect("an id");
    let script = format!(
        "const line = [...document.querySelectorAll('#emitted .event')].find((line) => line.querySelector('pre').textContent.includes('{id}'));
         return [line.querySelector('.message').textContent, line.querySelector('.hops').textContent]"
    );
    let said = browser.page.execute(script, vec![]).await.expect("the drawer is open");
    let (message, hops) = (said.json()[0].as_str(), said.json()[1].as_str());
    let mut lines = message.expect("key and headers").lines();
    let read = kcat(world, place, &["-f", "%k\n%h\n"]);
    let (key, headers) = read.trim_end().split_once('\n').expect("key and headers");
    assert_eq!(lines.next(), Some(format!("key: {key}").as_str()));
    let told: Vec<String> = lines.map(|line| line.replacen(": ", "=", 1)).collect();
    assert_eq!(told.join(","), headers);
    let steps: Vec<&str> = hops.expect("times").split(" → ").collect();
    let [page, journal, topic, kept] = steps[..] else {
        panic!("{hops:?} are not four steps");
    };
    assert_eq!(page, "page");
    for (step, begin) in [(journal, "Journal +"), (topic, "topic +"), (kept, "file, row ≤ +")] {
        let after = step.strip_prefix(begin).and_then(|rest| rest.strip_suffix(" ms"));
        assert!(after.is_some_and(|after| after.parse::<u64>().is_ok()), "{step}");
    }
}

/// Where the drawer says that the click is, and what it is.
async fn first_click(browser: &Browser) -> (String, Value) {
    let script = "const line = [...document.querySelectorAll('#emitted .event')].find((line) => line.querySelector('b').textContent === 'click'
            && JSON.parse(line.querySelector('pre').textContent).details.element.startsWith('h1'));
        return [line.querySelector('code').textContent, JSON.parse(line.querySelector('pre').textContent)]";
    let said = browser.page.execute(script, vec![]).await.expect("the drawer is open");
    let place = said.json()[0].as_str().expect("a place").to_owned();
    (place, said.json()[1].clone())
}

/// What kcat reads at `topic / partition / offset`.
fn kcat(world: &World, place: &str, how: &[&str]) -> String {
    let parts: Vec<&str> = place.split(" / ").collect();
    let [topic, partition, offset] = parts[..] else {
        panic!("{place} is no place");
    };
    let broker = world.broker.address();
    let read = Command::new("kcat")
        .args(["-b", &broker, "-C", "-t", topic, "-p", partition, "-o", offset])
        .args(["-c", "1", "-e", "-q"])
        .args(how)
        .output()
        .expect("kcat runs");
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
    String::from_utf8(read.stdout).expect("a message is text")
}

fn message_at(world: &World, place: &str) -> Value {
    serde_json::from_str(&kcat(world, place, &[])).expect("a message is JSON")
}

#[tokio::test(flavor = "multi_thread")]
async fn without_scripts_the_drawer_is_a_link_and_themes_and_switch_work() {
    if !require::has("the drawer without scripts", &[Part::Browser]) {
        return;
    }
    let Some(mut world) = World::without_broker("the drawer without scripts") else {
        return;
    };
    world.starts(&[Program::Shop]);
    let browser = Browser::open(world.folder()).await;
    let off = serde_json::json!({ "value": true });
    let told = browser
        .page
        .cdp()
        .send_raw("Emulation.setScriptExecutionDisabled", off)
        .await;
    told.expect("scripts are switched off");
    browser.page.goto(world.shop_address()).await.expect("the shop opens");
    browser.clicks("a.emitted-tab").await;
    browser.is_on("/privacy").await;
    browser.sees(".records li").await;
    for theme in ["dark", "light"] {
        browser.clicks(".themes summary").await;
        browser.clicks(&format!(".themes button[value={theme}]")).await;
        browser.sees(&format!("html[data-theme={theme}]")).await;
        let dark = browser.is_dark().await;
        assert_eq!(dark, theme == "dark", "the paper is {theme}");
    }
    browser.clicks(".foot button[name=drawer]").await;
    browser.sees(".foot button[value=there]").await;
    assert!(
        browser
            .page
            .find_all(thirtyfour::By::Css(".emitted"))
            .await
            .expect("an answer")
            .is_empty()
    );
    browser.close().await;
}

/// Not a test: the README's picture, `drawer.png` in `target/screenshots` (`tests/screenshots.sh drawer`), of which `shop/picture.png` is a
/// copy in 96 colours.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes a picture for people to look at; run by tests/screenshots.sh"]
async fn screenshots() {
    let Some(world) = World::start("the README's picture") else {
        return;
    };
    let folder = require::screenshots();
    let browser = Browser::open(world.folder()).await;
    for path in ["/", "/products/101"] {
        let address = format!("{}{path}", world.shop_address());
        browser.page.goto(address.as_str()).await.expect("a page");
    }
    appears(&browser, look("light", 1240)).await;
    browser.clicks("button.emitted-tab").await;
    let all_kept = "[...document.querySelectorAll('#emitted .event')].some((line) => line.querySelector('b').textContent === 'click'
        && [...line.querySelectorAll('[data-step]')].every((dot) => dot.dataset.state === 'done'))";
    browser.waits_for(all_kept).await;
    browser
        .page
        .screenshot(&folder.join("drawer.png"))
        .await
        .expect("a picture");
    browser.close().await;
}
