//! The click map on the page itself: clicks that a browser told of lie in their elements on the page that is drawn again, at every width.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::Whole;
use crate::pages::{appears, look};
use crate::world::browser::Browser;
use crate::world::process::PATIENCE;
use crate::world::require::{self, Part};

const WIDTHS: [u32; 5] = [320, 390, 768, 1280, 1920];
/// Narrower is a phone, for the insights.
const PHONE_BELOW: u32 = 600;
const CLICKS: u32 = 50;
const PRODUCT: &str = "/products/101";

/// Clicks so many times at random places of random elements, as a mouse would, and has nothing follow from it. Answers how often it was
/// possible: what is covered can't be clicked.
const CLICK: &str = r#"
    const [count, seed] = arguments;
    window.addEventListener("click", (event) => event.preventDefault(), true);
    let state = seed;
    const random = () => (state = (state * 48271) % 2147483647) / 2147483647;
    const all = [...document.querySelectorAll("main a[href], main button, main input, main summary, header a[href], footer a[href]")];
    let clicked = 0;
    for (let tries = 0; clicked < count && tries < 20 * count; tries += 1) {
      const element = all[Math.floor(random() * all.length)];
      element.scrollIntoView({ block: "center", behavior: "instant" });
      const box = element.getBoundingClientRect();
      const [clientX, clientY] = [box.left + box.width * random(), box.top + box.height * random()];
      const target = document.elementFromPoint(clientX, clientY);
      if (box.width < 2 || box.height < 2 || !target || target.closest("a, button, input, summary, label") !== element) continue;
      target.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true, clientX, clientY, detail: 1, view: window }));
      clicked += 1;
    }
    return clicked;
"#;

/// Looks at every tile for longer than a second: a window's height at a time.
const SEE_ALL: &str = r#"
    (async () => {
      let seen = 0;
      for (const tile of document.querySelectorAll("[data-list] > *")) {
        if (tile.getBoundingClientRect().bottom + window.scrollY <= seen) continue;
        tile.scrollIntoView({ block: "start", behavior: "instant" });
        seen = window.scrollY + window.innerHeight - 100;
        await new Promise((then) => setTimeout(then, 1300));
      }
      window.allWasSeen = true;
    })();
"#;

/// Nothing waits in the tab any more; a browser that is online again tells at once. (What a page tells as it is left is another test's.)
const ALL_TOLD: &str =
    r#"(window.dispatchEvent(new Event("online")), sessionStorage.getItem("de-shop.waiting") === "[]")"#;

/// How many of the clicks that are drawn lie inside of an element of their name, and how many there are.
const INSIDE: &str = r##"
    const path = (address) => new URL(address, document.baseURI).pathname;
    const called = (name) => {
      const rest = name.slice(name.indexOf(":") + 1);
      const all = (css, is) => [...document.querySelectorAll(css)].filter(is);
      if (name.startsWith("#")) return all("[id]", (element) => element.id === name.slice(1));
      if (name.startsWith("field:")) return all("[name]", (element) => element.name === rest);
      if (name.startsWith("link:")) return all("a[href]", (element) => path(element.href) === rest);
      if (name.startsWith("submit:")) return all("button", (element) => element.form && path(element.form.action) === rest);
      if (name.startsWith("cart-")) return all("[data-cart-action]", (element) => name === `cart-${element.dataset.cartAction}:${element.dataset.productId ?? ""}`);
      return all(name, () => true);
    };
    let [inside, clicks, lost] = [0, 0, []];
    for (const mark of document.querySelectorAll(".click-marks > li")) {
      const count = Number(mark.dataset.count);
      const box = mark.getBoundingClientRect();
      const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
      const holds = ({ left, right, top, bottom }) => left - 1 <= x && x <= right + 1 && top - 1 <= y && y <= bottom + 1;
      const is = !mark.hidden && called(mark.dataset.element).some((element) => holds(element.getBoundingClientRect()));
      clicks += count;
      if (is) inside += count; else lost.push(mark.dataset.element);
    }
    return { inside, clicks, lost };
"##;

// A browser without a window says so in its name, and counts as a bot.
impl Whole {
    /// Clicks on the page told so far.
    async fn clicks(&self, viewport: &str) -> u64 {
        let report = self
            .says(&format!("attention?days=7&bots=in&viewport={viewport}"))
            .await;
        let rows = report["tables"]["clicks"].as_array().into_iter().flatten();
        rows.filter_map(|row| row["clicks"].as_u64()).sum()
    }
}

async fn runs(browser: &Browser, script: &str, arguments: Vec<Value>) -> Value {
    let ran = browser.page.execute(script, arguments).await;
    ran.unwrap_or_else(|error| panic!("{script}: {error}")).json().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn clicks_lie_in_their_elements_at_every_width() {
    if !require::has("clicks in their elements", &[Part::Browser]) {
        return;
    }
    let whole = Whole::starts();
    let browser = Browser::open(whole.folder.path()).await;
    let mut told = [0, 0];
    for (seed, width) in (1_u32..).zip(WIDTHS) {
        let address = format!("{}{PRODUCT}?lang=en", whole.shop);
        browser.page.goto(&address).await.expect("the product's page opens");
        appears(&browser, look("light", width)).await;
        // Of the shelves only what was in sight for a second is told of, and drawn again.
        browser.runs(SEE_ALL).await;
        browser.waits_for("window.allWasSeen === true").await;
        let clicked = runs(&browser, CLICK, vec![json!(CLICKS), json!(seed)]).await;
        told[usize::from(width >= PHONE_BELOW)] += clicked.as_u64().expect("a number");
        browser.waits_for(ALL_TOLD).await;
    }
    browser.page.goto("about:blank").await.expect("the visitor leaves");
    assert!(told.iter().all(|clicks| *clicks >= 90), "{told:?} clicks");
    let since = Instant::now();
    for (viewport, wanted) in [("phone", told[0]), ("", told[1])] {
        while whole.clicks(viewport).await < wanted {
            let there = whole.clicks(viewport).await;
            assert!(
                since.elapsed() < PATIENCE,
                "{there} of {wanted} clicks {viewport:?} are there"
            );
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }
    let mut wrong = Vec::new();
    for (viewport, wanted) in [("phone", told[0]), ("", told[1])] {
        whole
            .opens(
                &browser,
                &format!("/clicks/page?days=7&bots=in&path={PRODUCT}&viewport={viewport}"),
            )
            .await;
        for width in WIDTHS {
            appears(&browser, look("light", width)).await;
            browser.waits_for("document.readyState === 'complete'").await;
            // What is fixed to the window is placed once the window has its size.
            tokio::time::sleep(Duration::from_millis(300)).await;
            let found = runs(&browser, INSIDE, vec![]).await;
            let number = |name: &str| found[name].as_u64().unwrap_or(0);
            eprintln!(
                "{width} px, {viewport:?}: {} of {} clicks inside; {}",
                found["inside"], found["clicks"], found["lost"]
            );
            if number("clicks") < wanted || number("inside") * 100 < number("clicks") * 99 {
                wrong.push(format!("{width} px, {viewport:?}, {wanted} clicks: {found}"));
            }
        }
    }
    browser.close().await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
