//! What the client script tells of a page once it is left: one batch, which comes in after the fact.

use schemas::events::{
    Click, ClientTimes, Dwell, EndReason, Impression, LayoutShift, Navigation, PagePerformance, Percent, SeenTile, Tab,
};
use schemas::record::Fields;
use schemas::{Details, Timestamp};

use super::browser::{Browser, Clicked, OpenPage, Request, micros_of};
use super::page::Page;

/// How long the last batch of a page is on its way, in milliseconds (log-normal).
const LATENCY: (f64, f64) = (3.6, 0.5);

/// The clocks of one batch.
#[derive(Clone, Copy)]
struct Batch {
    sent: i64,
    latency: i64,
    skew_ms: i64,
}

impl Batch {
    /// The client's clock has milliseconds; the shop corrects it by what the batch's sending time is off.
    fn corrected(self, at: i64) -> i64 {
        at - at.rem_euclid(1000) + self.latency
    }

    fn times(self, at: i64) -> ClientTimes {
        let by_client = |moment: i64| {
            let millis = moment.div_euclid(1000) - self.skew_ms;
            Timestamp::from_unix_millis_saturating(millis)
        };
        ClientTimes {
            at: by_client(at),
            sent_at: by_client(self.sent),
            skew_ms: self.skew_ms + self.latency / 1000,
        }
    }
}

impl Browser<'_> {
    /// Leaves the open page, for `next` or for good, and tells what happened on it. Crawlers run no scripts.
    pub(super) fn leave(&mut self, next: Option<&str>) -> Result<(), serde_json::Error> {
        let Some(open) = self.open.take() else { return Ok(()) };
        if self.visitor.bot {
            return Ok(());
        }
        let left = self.now;
        let latency = micros_of(self.random.log_normal(LATENCY.0, LATENCY.1)).max(1000);
        let batch = Batch {
            sent: left - left.rem_euclid(1000),
            latency: latency - latency.rem_euclid(1000),
            skew_ms: self.visitor.skew_ms,
        };
        let request = Request {
            id: self.uuid(left + latency),
            endpoint: "api.log_events",
            route: "/api/log/events",
            method: "POST",
            path: "/api/log/events".to_owned(),
            args: Fields::new(),
            form: Fields::new(),
            status: 202,
            view: Some(open.view),
        };
        self.now += latency;
        self.keep_session();
        let server_ms = self.random.log_normal(0.3, 0.4);
        self.serve(&request, server_ms)?;
        for (at, details) in self.told(&open, left, next, batch) {
            self.observe_at(&request, details, batch.corrected(at))?;
        }
        // The visitor doesn't wait for it.
        self.now = left;
        Ok(())
    }

    fn told(&mut self, open: &OpenPage, left: i64, next: Option<&str>, batch: Batch) -> Vec<(i64, Details<'static>)> {
        let mut told = vec![self.performance(open, batch)];
        told.extend(self.impression(open, left, batch));
        for clicked in &open.clicks {
            told.push(self.click(open, clicked, batch));
        }
        told.push(self.dwell(open, left, next, batch));
        told
    }

    fn performance(&mut self, open: &OpenPage, batch: Batch) -> (i64, Details<'static>) {
        let at = open.entered + 900_000;
        let at = at.min(batch.sent);
        let ttfb = open.server_ms + self.random.log_normal(2.8, 0.5);
        let fcp = ttfb + self.random.log_normal(4.6, 0.4);
        let lcp = fcp + self.random.log_normal(4.2, 0.7);
        let shift = self.random.unit() * 0.08;
        let inp = self.random.log_normal(3.8, 0.5);
        let details = PagePerformance {
            page: open.path.clone().into(),
            page_endpoint: Some(open.page.endpoint().into()),
            navigation: Navigation::Navigate,
            ttfb_ms: Some(whole(ttfb)),
            fcp_ms: Some(whole(fcp)),
            lcp_ms: Some(whole(lcp)),
            cls: LayoutShift::try_from(shift).ok(),
            inp_ms: (!open.clicks.is_empty()).then_some(whole(inp)),
            tab: self.next_in_tab(),
            client: batch.times(at),
        };
        (at, details.into())
    }

    /// The list's tiles that were on the screen, from the first.
    fn impression(&mut self, open: &OpenPage, left: i64, batch: Batch) -> Option<(i64, Details<'static>)> {
        let list = open.page.list()?;
        let at = open.entered + 1_500_000;
        if at > left {
            return None;
        }
        let catalogue = self.world.catalogue;
        let category = match open.page {
            Page::Listing { category, .. } => category,
            _ => self.visitor.interest,
        };
        let seen = usize::try_from(self.random.between(4, 12)).unwrap_or(4);
        let tiles = catalogue.categories[category].products.iter().take(seen).zip(1_u32..);
        let tiles = tiles.map(|(product, position)| SeenTile {
            product_id: product.id,
            position,
        });
        let details = Impression {
            page: open.path.clone().into(),
            page_endpoint: Some(open.page.endpoint().into()),
            list: list.into(),
            tiles: tiles.collect(),
            tab: self.next_in_tab(),
            client: batch.times(at),
        };
        Some((at, details.into()))
    }

    fn click(&mut self, open: &OpenPage, clicked: &Clicked, batch: Batch) -> (i64, Details<'static>) {
        let (x, y, page_y) = (self.percent(), self.percent(), self.percent());
        let (within_x, within_y) = (self.percent(), self.percent());
        let (width, height) = self.visitor.viewport;
        let details = Click {
            page: open.path.clone().into(),
            page_endpoint: Some(open.page.endpoint().into()),
            element: clicked.element.into(),
            text: "".into(),
            x_percent: x,
            y_percent: y,
            page_x_percent: x,
            page_y_percent: page_y,
            cart_action: clicked.cart_action,
            product_id: clicked.product,
            href: clicked
                .product
                .filter(|_| clicked.cart_action.is_none())
                .map(|product| format!("/products/{product}").into()),
            frustration: None,
            list: clicked.position.and(open.page.list()).map(Into::into),
            position: clicked.position,
            search_id: open.search.filter(|_| clicked.position.is_some()),
            viewport_width: Some(width),
            viewport_height: Some(height),
            page_height: Some(height * 3),
            element_x_percent: Some(within_x),
            element_y_percent: Some(within_y),
            element_name: Some(clicked.name.clone()),
            tab: self.next_in_tab(),
            client: batch.times(clicked.at),
        };
        (clicked.at, details.into())
    }

    fn dwell(&mut self, open: &OpenPage, left: i64, next: Option<&str>, batch: Batch) -> (i64, Details<'static>) {
        let total = u64::try_from((left - open.entered).max(0) / 1000).unwrap_or(0);
        let visible = total - self.random.below(total / 4 + 1);
        let details = Dwell {
            page: open.path.clone().into(),
            page_endpoint: Some(open.page.endpoint().into()),
            entered_at: Timestamp::from_unix_micros_saturating(batch.corrected(open.entered)),
            left_at: Timestamp::from_unix_micros_saturating(batch.corrected(left)),
            active_ms: visible - self.random.below(visible / 2 + 1),
            visible_ms: visible,
            total_ms: total,
            scroll_depth_percent: self.percent(),
            end_reason: if next.is_some() {
                EndReason::Navigated
            } else {
                EndReason::Left
            },
            next_page: next.map(|next| next.to_owned().into()),
            tab: self.next_in_tab(),
            client: batch.times(left),
        };
        (left, details.into())
    }

    fn percent(&mut self) -> Percent {
        let hundredths = u32::try_from(self.random.below(10_001)).unwrap_or(0);
        // From 0 to 100 by construction, so the fallback is never taken.
        Percent::try_from(f64::from(hundredths) / 100.0).unwrap_or_else(|_| unreachable!("a percentage"))
    }

    fn next_in_tab(&mut self) -> Tab<'static> {
        self.tab_sequence += 1;
        Tab {
            id: self.visitor.tab.clone().into(),
            sequence: self.tab_sequence,
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a saturating cast of milliseconds"
)]
fn whole(millis: f64) -> u32 {
    millis as u32
}
