//! Every page, for everyone: valid HTML, no violation of axe-core's rules in either theme and language, and nothing wider than
//! a phone. The pictures for people to look at come from the same tour: `tests/screenshots.sh`.

mod tour;
mod weight;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::world::World;
use crate::world::browser::Browser;
use crate::world::require::{self, Part, servers};
use tour::{Language, Stop, Tour};

/// How a page is looked at.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    theme: &'static str,
    width: u32,
    opened: Opened,
}

/// What lies over the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Opened {
    Nothing,
    /// What was just recorded.
    Drawer,
    Cart,
}

pub const fn look(theme: &'static str, width: u32) -> Look {
    Look {
        theme,
        width,
        opened: Opened::Nothing,
    }
}

/// Where the drawer is looked at, too: among tiles, beside a form, over a button that stays in reach.
const WITH_DRAWER: [&str; 4] = ["home", "product", "checkout", "not-found"];

/// Where the cart is opened as a dialog: empty and full.
const WITH_CART: [&str; 2] = ["home", "product-wished"];

/// What can be opened on the page.
fn openings(stop: &Stop) -> impl Iterator<Item = Opened> {
    let drawer = WITH_DRAWER.contains(&stop.name).then_some(Opened::Drawer);
    let cart = WITH_CART.contains(&stop.name).then_some(Opened::Cart);
    drawer.into_iter().chain(cart)
}

fn looks_at(stop: &Stop) -> Vec<Look> {
    let mut looks = vec![look("light", DESKTOP), look("dark", PHONE)];
    for opened in openings(stop) {
        looks.extend([look("dark", DESKTOP), look("light", PHONE)].map(|look| Look { opened, ..look }));
    }
    looks
}

pub const PHONE: u32 = 390;
pub const DESKTOP: u32 = 1280;

#[tokio::test(flavor = "multi_thread")]
async fn no_korean_page_shuts_anybody_out() {
    no_page_shuts_anybody_out(Language::Ko).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_english_page_shuts_anybody_out() {
    no_page_shuts_anybody_out(Language::En).await;
}

async fn no_page_shuts_anybody_out(language: Language) {
    let parts = [Part::Browser, Part::PageCheckers];
    if !require::has("the rules of accessibility", &parts) {
        return;
    }
    let Some(world) = World::start("the rules of accessibility") else {
        return;
    };
    let axe = std::fs::read_to_string(servers().join("pages/node_modules/axe-core/axe.min.js")).expect("axe is there");
    let browser = Browser::open(world.folder()).await;
    what_is_too_small_is_seen(&world, &browser, &axe).await;
    let mut wrong = Vec::new();
    let mut tour = Tour::of(&browser, &world.shop_address(), language).await;
    while let Some(stop) = tour.goes_on().await {
        for look in looks_at(&stop) {
            appears(&browser, look).await;
            let place = format!("{} ({look:?})", stop.name);
            let rules = violations(&browser, &axe).await;
            wrong.extend(rules.into_iter().map(|rule| format!("{place}: {rule}")));
            if is_cut_off(&browser).await {
                wrong.push(format!("{place}: wider than the window"));
            }
        }
    }
    browser.close().await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Two buttons of 10 px side by side: the rule that is off by default is on.
async fn what_is_too_small_is_seen(world: &World, browser: &Browser, axe: &str) {
    browser.page.goto(world.shop_address()).await.expect("the shop opens");
    let small = "for (const name of ['one', 'two']) {
        const button = document.createElement('button');
        button.setAttribute('aria-label', name);
        Object.assign(button.style, { all: 'unset', width: '10px', height: '10px', display: 'inline-block' });
        document.querySelector('main').prepend(button);
    }";
    browser.runs(small).await;
    let seen = violations(browser, axe).await;
    assert!(seen.iter().any(|rule| rule.contains("target-size")), "{seen:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_is_valid_html() {
    let parts = [Part::Browser, Part::PageCheckers];
    if !require::has("valid HTML", &parts) {
        return;
    }
    let Some(world) = World::start("valid HTML") else {
        return;
    };
    let browser = Browser::open(world.folder()).await;
    let folder = world.folder().join("html");
    std::fs::create_dir(&folder).expect("a new folder");
    for language in Language::ALL {
        let mut tour = Tour::of(&browser, &world.shop_address(), language).await;
        while let Some(stop) = tour.goes_on().await {
            let file = folder.join(format!("{}-{language:?}.html", stop.name));
            std::fs::write(file, served(&browser, &stop).await).expect("a file");
            for opened in openings(&stop) {
                let look = Look {
                    opened,
                    ..look("light", DESKTOP)
                };
                appears(&browser, look).await;
                let file = folder.join(format!("{}-{opened:?}-{language:?}.html", stop.name));
                let open = browser.page.source().await.expect("the page has a source");
                std::fs::write(file, open).expect("a file");
            }
        }
    }
    browser.close().await;
    is_valid_html(&folder);
}

/// html-validate finds nothing in the folder's pages.
pub fn is_valid_html(folder: &Path) {
    let rules = folder.join(".htmlvalidate.json");
    std::fs::write(rules, include_str!("pages/htmlvalidate.json")).expect("a file");
    let checked = Command::new("node")
        .arg(servers().join("pages/node_modules/.bin/html-validate"))
        .args(["--formatter", "text"])
        .arg(folder)
        .output()
        .expect("html-validate runs");
    assert!(
        checked.status.success(),
        "{}{}",
        String::from_utf8_lossy(&checked.stdout),
        String::from_utf8_lossy(&checked.stderr)
    );
}

/// Not a test: every page as people see it, into `target/screenshots` (`tests/screenshots.sh`).
#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes pictures for people to look at; run by tests/screenshots.sh"]
async fn screenshots() {
    let Some(world) = World::start("screenshots") else {
        return;
    };
    let folder = require::screenshots();
    let browser = Browser::open(world.folder()).await;
    for language in Language::ALL {
        let mut tour = Tour::of(&browser, &world.shop_address(), language).await;
        while let Some(stop) = tour.goes_on().await {
            for theme in ["light", "dark"] {
                for width in [PHONE, 768, DESKTOP, 1920] {
                    appears(&browser, look(theme, width)).await;
                    let name = format!("{}-{language:?}-{theme}-{width}.png", stop.name).to_lowercase();
                    takes_a_picture(&browser, width, &folder.join(name)).await;
                    for opened in openings(&stop) {
                        let look = Look {
                            opened,
                            ..look(theme, width)
                        };
                        appears(&browser, look).await;
                        let name = format!("{}-{opened:?}-{language:?}-{theme}-{width}.png", stop.name).to_lowercase();
                        browser.page.screenshot(&folder.join(name)).await.expect("a picture");
                    }
                }
            }
        }
    }
    browser.close().await;
}

async fn tells(browser: &Browser, command: &str, parameters: Value) {
    let answer = browser.page.cdp().send_raw(command, parameters).await;
    answer.unwrap_or_else(|error| panic!("{command}: {error}"));
}

/// The page in this theme and width.
pub async fn appears(browser: &Browser, look: Look) {
    let features = json!([{ "name": "prefers-color-scheme", "value": look.theme }]);
    tells(browser, "Emulation.setEmulatedMedia", json!({ "features": features })).await;
    let metrics = json!({ "width": look.width, "height": 900, "deviceScaleFactor": 1, "mobile": false });
    tells(browser, "Emulation.setDeviceMetricsOverride", metrics).await;
    for (piece, opens, closes) in [
        (Opened::Cart, ".tools a[href='/cart']", "dialog [data-close]"),
        (Opened::Drawer, "button.emitted-tab", "#emitted .section-head button"),
    ] {
        let (is_open, wanted) = (is_open(browser, piece).await, look.opened == piece);
        if is_open != wanted {
            let button = if wanted { opens } else { closes };
            browser
                .runs(&format!("document.querySelector({button:?}).click()"))
                .await;
        }
    }
    // Filled, and no longer moving.
    match look.opened {
        Opened::Nothing => {}
        Opened::Drawer => {
            browser
                .waits_for("document.querySelector('#emitted .event .steps[aria-label]') !== null")
                .await;
        }
        Opened::Cart => {
            browser
                .waits_for("document.querySelector('dialog[open]') !== null")
                .await;
        }
    }
    browser
        .waits_for("document.getAnimations().every((one) => one.playState === 'finished')")
        .await;
}

async fn is_open(browser: &Browser, piece: Opened) -> bool {
    let css = match piece {
        Opened::Nothing => return false,
        Opened::Drawer => "#emitted",
        Opened::Cart => "dialog[open]",
    };
    let script = format!("return document.querySelector({css:?}) !== null");
    let found = browser.page.execute(script, vec![]).await;
    found.expect("the page answers").json() == true
}

/// The rules that the page breaks, with the elements that break them. WCAG 2.2's size of what is pressed (24 px) is off unless asked for.
pub async fn violations(browser: &Browser, axe: &str) -> Vec<String> {
    browser.runs(axe).await;
    // The size of targets (WCAG 2.2) is the one rule of the standard that axe leaves out unless it is asked for.
    let script = "const done = arguments[arguments.length - 1];
        axe.run(document, { resultTypes: ['violations'], rules: { 'target-size': { enabled: true } } }).then((found) => done(found.violations), (error) => done(String(error)));";
    let found = browser.page.execute_async(script, vec![]).await.expect("axe runs");
    let Some(rules) = found.json().as_array() else {
        panic!("axe said {}", found.json());
    };
    let said = |rule: &Value| {
        let nodes = rule["nodes"].as_array().map_or(&[][..], Vec::as_slice);
        let nodes: BTreeMap<String, String> = nodes
            .iter()
            .map(|node| (node["target"].to_string(), node["failureSummary"].to_string()))
            .collect();
        format!("{} {nodes:?}", rule["id"])
    };
    rules.iter().map(said).collect()
}

pub async fn is_cut_off(browser: &Browser) -> bool {
    let script = "return document.documentElement.scrollWidth > document.documentElement.clientWidth";
    let answer = browser.page.execute(script, vec![]).await.expect("the page answers");
    answer.json() == true
}

/// The HTML as the shop sent it; of a page that answers a form, as the browser understood it.
async fn served(browser: &Browser, stop: &Stop) -> String {
    if stop.answers_a_form {
        return browser.page.source().await.expect("the page has a source");
    }
    let script = "const done = arguments[arguments.length - 1];
        fetch(location.href).then((answer) => answer.text()).then(done, (error) => done(String(error)));";
    let text = browser
        .page
        .execute_async(script, vec![])
        .await
        .expect("the page is fetched");
    text.json().as_str().expect("a page is text").to_owned()
}

/// The whole page, not only what fits into the window.
pub async fn takes_a_picture(browser: &Browser, width: u32, file: &Path) {
    let script = "return document.documentElement.scrollHeight";
    let answer = browser.page.execute(script, vec![]).await.expect("the page answers");
    let height = answer.json().as_u64().unwrap_or(900).clamp(900, 6000);
    let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
    tells(browser, "Emulation.setDeviceMetricsOverride", metrics).await;
    browser.page.screenshot(file).await.expect("a picture");
}
