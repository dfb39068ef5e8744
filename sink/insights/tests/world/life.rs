//! A small shop's life as the lines of its log files, from a seed: visits over midnights, late events, repetitions, crawlers.

use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::{Value, json};

const DAY: i64 = 86_400_000_000;
const MINUTE: i64 = 60_000_000;
const AGENTS: [&str; 3] = [
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Linux; Android 15; SM-X710) AppleWebKit/537.36 Chrome/141.0.0.0 Safari/537.36",
];
/// What somebody may type.
const QUERIES: [&str; 6] = [
    "tea",
    "Tea ",
    "찻주전자",
    "<script>alert(1)</script>",
    "=1+1",
    "kettle, \"big\"",
];

/// What is made.
#[derive(Debug, Clone, Copy)]
pub struct Life {
    pub seed: u64,
    pub days: i64,
    pub sessions_per_day: usize,
    /// Whether events come late, and lines twice.
    pub troubled: bool,
}

/// The first microsecond of 2026-11-01, UTC.
pub const BEGIN: i64 = 1_793_491_200_000_000;

struct Visit<'r> {
    random: &'r mut StdRng,
    at: i64,
    session: String,
    visitor: Option<String>,
    user: Option<i64>,
    agent: &'static str,
    language: &'static str,
    bot: bool,
    events: Vec<(i64, i64, Value)>,
}

impl Life {
    /// The lines in the order in which they were written; some twice, when troubled.
    pub fn lines(self) -> Vec<String> {
        let mut random = StdRng::seed_from_u64(self.seed);
        let mut events: Vec<(i64, i64, Value)> = Vec::new();
        let visitors: Vec<String> = (0..(self.sessions_per_day * 3))
            .map(|_| format!("{:032x}", random.random::<u128>()))
            .collect();
        let mut orders = 1000;
        for day in 0..self.days {
            for _ in 0..self.sessions_per_day {
                let at = BEGIN + day * DAY + random.random_range(0..DAY);
                // One in ten names no visitor: rows from before the contract.
                let visitor = random
                    .random_bool(0.9)
                    .then(|| visitors.choose(&mut random).cloned())
                    .flatten();
                let agent = *AGENTS.choose(&mut random).unwrap_or(&AGENTS[0]);
                let mut visit = Visit {
                    at,
                    session: format!("{:032x}", random.random::<u128>()),
                    visitor,
                    user: random.random_bool(0.3).then(|| random.random_range(1..50)),
                    agent,
                    language: if random.random_bool(0.6) { "ko" } else { "en" },
                    bot: random.random_bool(0.04),
                    events: Vec::new(),
                    random: &mut random,
                };
                visit.walk(&mut orders, self.troubled);
                events.append(&mut visit.events);
            }
        }
        // Written in the order of arrival, each by one of two shops, which count for themselves.
        events.sort_by_key(|(arrived, ..)| *arrived);
        let mut sequences = [0_u64; 2];
        let mut lines = Vec::with_capacity(events.len());
        for (_, _, mut event) in events {
            let shop = usize::from(random.random_bool(0.5));
            sequences[shop] += 1;
            event["source"] = json!({ "instance": format!("shop-{shop}"), "sequence": sequences[shop] });
            event["event_id"] = json!(uuid::Uuid::from_u128(random.random()).to_string());
            let line = event.to_string();
            if self.troubled && random.random_bool(0.01) {
                lines.push(line.clone());
            }
            lines.push(line);
        }
        lines
    }
}

impl Visit<'_> {
    fn walk(&mut self, orders: &mut i64, troubled: bool) {
        let variant = if self.random.random_bool(0.5) {
            "control"
        } else {
            "loud"
        };
        self.view("home.index", "/", None, troubled);
        self.push(
            "impression",
            json!({ "page": "/", "page_endpoint": "home.index", "list": "popular", "tiles": [
            { "product_id": 100 + self.at % 7, "position": 1 }, { "product_id": 107, "position": 2 }] }),
            None,
            0,
        );
        for _ in 0..self.random.random_range(0..4) {
            let product = 100 + self.random.random_range(0..12);
            match self.random.random_range(0..5) {
                0 => self.search(),
                1 => self.view("products.index", "/products/", None, troubled),
                _ => {
                    self.click(product);
                    self.view(
                        "products.detail",
                        &format!("/products/{product}"),
                        Some(product),
                        troubled,
                    );
                    let forced = self.random.random_bool(0.02);
                    let exposure = json!({ "experiment": "button", "variant": variant, "forced": forced });
                    self.push("exposure", exposure, None, 0);
                    if self.random.random_bool(if variant == "loud" { 0.45 } else { 0.35 }) {
                        self.buy(product, orders, troubled);
                    }
                }
            }
        }
    }

    fn buy(&mut self, product: i64, orders: &mut i64, troubled: bool) {
        let price = 1000 * (product - 90);
        self.push(
            "cart_add",
            json!({ "product_id": product, "quantity": 2, "cart_quantity": 2, "unit_price": price }),
            Some(product),
            0,
        );
        if self.random.random_bool(0.6) {
            self.view("checkout.index", "/checkout", None, troubled);
            if self.random.random_bool(0.3) {
                self.push("form_abandoned", json!({ "page": "/checkout", "form": "/checkout", "fields": ["phone"], "last_field": "phone", "spent_ms": 4000 }), None, 0);
            } else {
                *orders += 1;
                let details = json!({ "order_id": *orders, "items": [
                    { "product_id": product, "quantity": 2, "unit_price": price }, { "product_id": 111, "quantity": 1, "unit_price": 500 }],
                    "delivery_fee": 3000, "total": 2 * price + 3500, "payment_method": "on_delivery" });
                self.push("order_placed", details.clone(), Some(*orders), 0);
                if self.random.random_bool(0.1) {
                    self.push("order_cancelled", details, Some(*orders), 0);
                }
            }
        }
    }

    fn search(&mut self) {
        let query = *QUERIES.choose(&mut self.random).unwrap_or(&"tea");
        let results = self.random.random_range(0..4);
        let details = json!({ "query": query.trim(), "filters": {}, "result_count": results, "page_number": 1, "language": self.language });
        self.push("search", details, None, 0);
    }

    fn click(&mut self, product: i64) {
        let frustration = self.random.random_bool(0.05).then_some("rage");
        let mut details = json!({ "page": "/", "page_endpoint": "home.index", "element": "a.tile", "element_name": "tile", "text": "", "list": "popular",
            "position": 1 + product % 3, "product_id": product, "viewport_width": if self.agent.contains("iPhone") { 390 } else { 1280 },
            "x_percent": 50.0, "y_percent": 50.0, "page_x_percent": self.random.random_range(10.0..90.0), "page_y_percent": 30.0 });
        if let Some(frustration) = frustration {
            details["frustration"] = json!(frustration);
        }
        self.push("click", details, Some(product), 0);
    }

    /// A page, how long it was looked at, and how fast it came; the browser's words come after it, some much later.
    fn view(&mut self, page: &str, path: &str, product: Option<i64>, troubled: bool) {
        let first = self.events.is_empty();
        let mut details = json!({ "page": page, "product_id": product, "category_id": product.map(|product| product % 3 + 1), "sort": null, "page_number": null, "language": self.language });
        if first && self.random.random_bool(0.3) {
            details["campaign"] = json!({ "source": "news", "medium": "mail", "campaign": "autumn & tea", "term": null, "content": null });
        }
        self.push("view", details, product, 0);
        let stay = self.random.random_range(1_000_000..5 * MINUTE);
        self.at += stay;
        let late = if troubled && self.random.random_bool(0.05) {
            self.random.random_range(2..200) * MINUTE
        } else {
            0
        };
        let dwell = json!({ "page": path, "page_endpoint": page, "active_ms": stay / 2000, "visible_ms": stay / 1500, "total_ms": stay / 1000, "scroll_depth_percent": 40.5 });
        self.push("dwell", dwell, None, late);
        let measured = json!({ "page": path, "page_endpoint": page, "ttfb_ms": self.random.random_range(5..400), "fcp_ms": 120, "lcp_ms": self.random.random_range(100..5000), "cls": 0.05, "inp_ms": null });
        self.push("page_performance", measured, None, late);
    }

    fn push(&mut self, kind: &str, details: Value, entity: Option<i64>, late: i64) {
        // Some things happen at the same microsecond: their sequence decides.
        self.at += if self.random.random_bool(0.1) {
            0
        } else {
            self.random.random_range(1..20_000_000)
        };
        let timestamp = schemas::Timestamp::from_unix_micros_saturating(self.at).digits();
        let mut event = json!({
            "timestamp": String::from_utf8_lossy(&timestamp), "session_id": self.session, "event_type": kind, "user_id": self.user,
            "entity_type": null, "entity_id": entity, "endpoint": "home.index", "method": "GET", "path": "/", "args": {}, "form": {},
            "ip_address": "10.0.0.1", "user_agent": self.agent, "referrer": null, "response_status": 200, "schema_version": 1,
        });
        event["details"] = details;
        if let Some(visitor) = &self.visitor {
            event["visitor_id"] = json!(visitor);
        }
        if self.bot {
            event["bot"] = json!(true);
        }
        self.events.push((self.at + late, self.at, event));
    }
}
