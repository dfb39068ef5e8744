//! The drawer "What did I just emit?": what a visitor does lights up as far as it has got, and no further.

use std::process::Command;

use serde_json::Value;

use crate::world::browser::Browser;
use crate::world::require::{self, Part};
use crate::world::{Program, World};

/// The states of the four dots of the first click on a heading; none while the drawer shows no such click.
const DOTS: &str = "[...document.querySelectorAll('#emitted li')]
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
    let id = shown["event_id"].as_str().expect("an id");
    let seen = world.look().await;
    assert_eq!(seen.files.by_id.get(id).map(Vec::len), Some(1));
    assert_eq!(seen.rows.get(id), Some(&1));

    // It is remembered that the drawer is open, until it is closed; the focus goes back to where it came from.
    let product = format!("{}/products/101", world.shop_address());
    browser.page.goto(product.as_str()).await.expect("a product");
    browser.sees("[data-drawer=open] #emitted li").await;
    browser.clicks("form[action='/cart/add'] [type=submit]").await;
    // The cart lies over the page, and beside this drawer; below a dialog nothing can be clicked.
    browser.clicks("dialog[open] [data-close]").await;
    let added = "[...document.querySelectorAll('#emitted li')].some((line) => line.querySelector('b').textContent === 'cart_add'
        && [...line.querySelectorAll('[data-step]')].every((dot) => dot.dataset.state === 'done'))";
    browser.waits_for(added).await;
    // It says in words what happened; requests stand in the list for those who want them.
    browser
        .waits_for("[...document.querySelectorAll('#emitted li .said')].some(({ textContent }) => textContent === 'You looked at Blue Porcelain Teapot')")
        .await;
    let requests = "[...document.querySelectorAll('#emitted li:not([hidden]) b')].some(({ textContent }) => textContent === 'request')";
    browser.waits_for(&format!("!({requests})")).await;
    browser.clicks("#emitted [name=requests]").await;
    browser.waits_for(requests).await;
    browser.clicks("#emitted [name=requests]").await;
    browser.clicks("#emitted li:not([hidden]) summary").await;
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

/// Where the drawer says that the click is, and what it is.
async fn first_click(browser: &Browser) -> (String, Value) {
    let script = "const line = [...document.querySelectorAll('#emitted li')].find((line) => line.querySelector('b').textContent === 'click'
            && JSON.parse(line.querySelector('pre').textContent).details.element.startsWith('h1'));
        return [line.querySelector('code').textContent, JSON.parse(line.querySelector('pre').textContent)]";
    let said = browser.page.execute(script, vec![]).await.expect("the drawer is open");
    let place = said.json()[0].as_str().expect("a place").to_owned();
    (place, said.json()[1].clone())
}

/// What kcat reads at `topic / partition / offset`.
fn message_at(world: &World, place: &str) -> Value {
    let parts: Vec<&str> = place.split(" / ").collect();
    let [topic, partition, offset] = parts[..] else {
        panic!("{place} is no place");
    };
    let read = Command::new("kcat")
        .args([
            "-b",
            &world.broker.address(),
            "-C",
            "-t",
            topic,
            "-p",
            partition,
            "-o",
            offset,
        ])
        .args(["-c", "1", "-e", "-q"])
        .output()
        .expect("kcat runs");
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
    serde_json::from_slice(&read.stdout).expect("a message is JSON")
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
