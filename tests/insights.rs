//! The analysts' pages for everyone: no violation of axe-core's rules and nothing wider than a phone, empty and full, in both themes.

mod clicks;

use std::process::Command;
use std::time::{Duration, Instant};

use schemas::{Clock, Zone};
use serde_json::Value;
use tempfile::TempDir;

use crate::pages::{DESKTOP, Look, PHONE, appears, is_cut_off, is_valid_html, look, takes_a_picture, violations};
use crate::world::browser::Browser;
use crate::world::process::{PATIENCE, Process, program};
use crate::world::require::{self, Part, servers};

/// Every page by a name, with its address below `/insights`; `SESSION` stands for a visit with an order.
const PAGES: [(&str, &str); 20] = [
    ("overview", "?days=7"),
    ("popular", "/popular?days=7"),
    ("searches", "/searches?days=7"),
    ("funnel", "/funnel?days=7&split=device"),
    ("journeys", "/journeys?days=7"),
    ("retention", "/retention"),
    ("experiments", "/experiments?days=7"),
    ("performance", "/performance?days=7"),
    ("server", "/server?days=7"),
    ("attention", "/attention?days=7"),
    ("attention-phone", "/attention?days=7&viewport=phone"),
    ("rows", "/rows?of=overview&figure=orders&days=7"),
    ("rows-requests", "/rows?of=server&figure=all/requests&days=7"),
    ("visit", "/visit"),
    ("visit-found", "/visit?id=SESSION"),
    ("clicks", "/clicks?days=7"),
    ("clicks-phone", "/clicks?days=7&viewport=phone"),
    (
        "ask",
        "/ask?sql=select+activity_type,+count(*)+from+user_activity_log+group+by+1",
    ),
    ("definitions", "/definitions"),
    ("nowhere", "/teapots"),
];

const LOOKS: [Look; 2] = [look("light", DESKTOP), look("dark", PHONE)];

/// The whole shop as `de-shop` runs it, with `/insights` mounted in it.
struct Whole {
    folder: TempDir,
    shop: String,
    kafka: String,
    // Ends when the world does.
    _process: Process,
}

impl Whole {
    fn starts() -> Self {
        let folder = TempDir::with_prefix("de-shop-insights-").expect("a temporary folder");
        let mut command = Command::new(program("de-shop"));
        command
            .args(["--listen", "127.0.0.1:0", "--kafka-listen", "127.0.0.1:0", "--data"])
            .arg(folder.path().join("data"));
        let mut process = Process::start("de-shop", folder.path(), &mut command);
        let said = process.ready();
        Self {
            shop: said["shop"].clone(),
            kafka: said["kafka"].clone(),
            folder,
            _process: process,
        }
    }

    /// Three simulated days, straight into the topics, until the sink has them.
    async fn lives_three_days(&self, visits: &str) {
        let first = Clock::system().now().plus_micros(-4 * 86_400_000_000);
        let first = Zone::UTC.day(first).to_string();
        let made = Command::new(program("de-shop"))
            .args(["simulate", "--seed", "16", "--days", "3", "--visits-per-day", visits])
            .args(["--from", &first, "--kafka", &self.kafka])
            .output()
            .expect("the program runs");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let (since, mut before) = (Instant::now(), 0);
        loop {
            let report = self.says("overview?days=30").await;
            let now = report["figures"]["views"]["value"].as_u64().unwrap_or(0);
            if now > 100 && now == before {
                return;
            }
            before = now;
            assert!(since.elapsed() < PATIENCE, "the sink is never done");
            tokio::time::sleep(Duration::from_secs(2)).await;
        }
    }

    async fn says(&self, report: &str) -> Value {
        let address = format!("{}/insights/api/{report}", self.shop);
        let answer = reqwest::get(&address).await.expect("the pages answer");
        let said = answer.text().await.expect("the answer is text");
        serde_json::from_str(&said).unwrap_or_else(|error| panic!("{address}: {error}: {said}"))
    }

    /// A visit with an order, or none.
    async fn buyer(&self) -> String {
        let rows = self.says("rows?of=overview&figure=converting_sessions&days=7").await;
        rows["rows"][0]["session_id"].as_str().unwrap_or("none").to_owned()
    }

    async fn opens(&self, browser: &Browser, address: &str) {
        let address = format!("{}/insights{address}", self.shop);
        let opened = browser.page.goto(&address).await;
        opened.unwrap_or_else(|error| panic!("{address}: {error}"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_analysts_page_shuts_anybody_out() {
    let parts = [Part::Browser, Part::PageCheckers];
    if !require::has("the rules of accessibility for analysts", &parts) {
        return;
    }
    let whole = Whole::starts();
    let axe = std::fs::read_to_string(servers().join("pages/node_modules/axe-core/axe.min.js")).expect("axe is there");
    let browser = Browser::open(whole.folder.path()).await;
    let mut wrong = Vec::new();
    for state in ["empty", "full"] {
        if state == "full" {
            whole.lives_three_days("150").await;
        }
        let buyer = whole.buyer().await;
        assert_eq!(state == "empty", buyer == "none", "{buyer}");
        for (name, address) in PAGES {
            whole.opens(&browser, &address.replace("SESSION", &buyer)).await;
            for look in LOOKS {
                appears(&browser, look).await;
                let place = format!("{name} ({state}, {look:?})");
                let found = violations(&browser, &axe).await;
                wrong.extend(found.into_iter().map(|rule| format!("{place}: {rule}")));
                if is_cut_off(&browser).await {
                    wrong.push(format!("{place}: wider than the window"));
                }
            }
        }
    }
    browser.close().await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_analysts_page_is_valid_html() {
    if !require::has("valid HTML for analysts", &[Part::PageCheckers]) {
        return;
    }
    let whole = Whole::starts();
    let folder = whole.folder.path().join("html");
    std::fs::create_dir(&folder).expect("a new folder");
    for state in ["empty", "full"] {
        if state == "full" {
            whole.lives_three_days("150").await;
        }
        let buyer = whole.buyer().await;
        for (name, address) in PAGES {
            let address = format!("{}/insights{}", whole.shop, address.replace("SESSION", &buyer));
            let answer = reqwest::get(&address).await.expect("the pages answer");
            let page = answer.text().await.expect("the answer is text");
            std::fs::write(folder.join(format!("{name}-{state}.html")), page).expect("a file");
        }
    }
    is_valid_html(&folder);
}

/// Not a test: every page as people see it, into `target/screenshots` (`tests/screenshots.sh insights`).
#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes pictures for people to look at; run by tests/screenshots.sh"]
async fn screenshots() {
    let folder = require::screenshots();
    let whole = Whole::starts();
    let browser = Browser::open(whole.folder.path()).await;
    whole.lives_three_days("600").await;
    let buyer = whole.buyer().await;
    for (name, address) in PAGES {
        whole.opens(&browser, &address.replace("SESSION", &buyer)).await;
        for theme in ["light", "dark"] {
            for width in [PHONE, DESKTOP] {
                appears(&browser, look(theme, width)).await;
                let file = folder.join(format!("insights-{name}-{theme}-{width}.png"));
                takes_a_picture(&browser, width, &file).await;
            }
        }
    }
    browser.close().await;
}
