//! A visit seen again: each page that was looked at as an outline, true to scale, with the clicks where they were.
//!
//! Drawn from events and from the catalogue of that moment: the page itself never left the browser. Where the shop runs beside these
//! pages, its templates draw the page once more ([`super::drawn`]); elsewhere no headline, picture or button stands here that no event
//! tells of.

use std::collections::{BTreeMap, HashMap};

use maud::{Markup, html};
use serde_json::Value;

use super::drawn as again;
use super::page::moment;
use crate::shop::PageThen;
use crate::source::{Detail, ProductThen, RowKey};

/// Pages that are drawn.
pub(super) const MOST_PAGES: usize = 24;
/// Clicks that are drawn on a page.
const MOST_CLICKS: usize = 30;
const WIDTH: f64 = 260.0;
const TALLEST: f64 = 640.0;
/// Of a page whose size no event tells.
const UNKNOWN_HEIGHT: f64 = 180.0;

/// An event of the visit, as far as it is needed here.
pub(super) struct Happened<'a> {
    pub at: i64,
    pub key: &'a RowKey,
    pub kind: &'a str,
    pub page: &'a str,
}

/// A page that was looked at.
#[derive(Debug, Default, PartialEq)]
pub(super) struct SeenPage {
    pub at: i64,
    id: String,
    name: String,
    path: String,
    /// What it was about.
    pub product: Option<i64>,
    /// CSS pixels: of the window, and of the whole page.
    window: Option<(f64, f64)>,
    height: Option<f64>,
    /// How far down it was seen, in percent.
    scrolled: Option<f64>,
    active_ms: Option<u64>,
    /// The category that a listing was narrowed to, or that the product is of.
    category: Option<i64>,
    /// `ko` or `en`.
    language: String,
    /// Products whose tiles were seen, by list.
    tiles: Vec<(String, Vec<(u64, i64)>)>,
    clicks: Vec<Mark>,
}

/// A click, in percent of the page.
#[derive(Debug, Default, PartialEq)]
struct Mark {
    x: f64,
    y: f64,
    what: String,
    vain: Option<String>,
    /// What the element is called at every width, and where within it.
    element: Option<(String, (f64, f64))>,
}

/// The pages of a visit, from its events in order.
pub(super) fn pages<'a>(events: impl Iterator<Item = Happened<'a>>, details: &[Detail]) -> Vec<SeenPage> {
    let details: HashMap<&RowKey, &Detail> = details.iter().map(|detail| (&detail.key, detail)).collect();
    let mut pages: Vec<SeenPage> = Vec::new();
    for event in events {
        let Some(detail) = details.get(event.key) else { continue };
        let Ok(fields) = serde_json::from_str::<Value>(&detail.details) else {
            continue;
        };
        if event.kind == "view" {
            pages.push(SeenPage {
                at: event.at,
                id: detail.event_id.clone(),
                name: event.page.to_owned(),
                path: detail.path.clone(),
                product: fields["product_id"].as_i64(),
                category: fields["category_id"].as_i64(),
                language: fields["language"].as_str().unwrap_or_default().to_owned(),
                ..SeenPage::default()
            });
        } else if let Some(page) = page_of(&mut pages, detail.page_view_id.as_deref(), event.page) {
            page.learn(event.kind, &fields);
        }
    }
    pages
}

/// The page that an event says it happened on; of older shops, which don't say, the last one of that name.
fn page_of<'a>(pages: &'a mut [SeenPage], id: Option<&str>, name: &str) -> Option<&'a mut SeenPage> {
    let by_id = |page: &SeenPage| id == Some(page.id.as_str());
    let place = match id {
        Some(_) => pages.iter().rposition(by_id)?,
        None => pages.iter().rposition(|page| page.name == name)?,
    };
    pages.get_mut(place)
}

impl SeenPage {
    fn learn(&mut self, kind: &str, fields: &Value) {
        match kind {
            "click" => {
                let number = |name: &str| fields[name].as_f64().filter(|number| *number > 0.0);
                self.window = number("viewport_width").zip(number("viewport_height")).or(self.window);
                self.height = number("page_height").or(self.height);
                let text = |name: &str| fields[name].as_str().filter(|text| !text.is_empty());
                let (Some(x), Some(y)) = (fields["page_x_percent"].as_f64(), fields["page_y_percent"].as_f64()) else {
                    return;
                };
                let within = |name: &str| fields[name].as_f64();
                let inside = within("element_x_percent").zip(within("element_y_percent"));
                let anchor = text("element_name").map(str::to_owned).zip(inside);
                let element = text("element_name").or_else(|| text("element")).unwrap_or("somewhere");
                let what = match text("text") {
                    Some(words) => format!("{element}: {words}"),
                    None => element.to_owned(),
                };
                self.clicks.push(Mark {
                    x: x.clamp(0.0, 100.0),
                    y: y.clamp(0.0, 100.0),
                    what,
                    vain: text("frustration").map(str::to_owned),
                    element: anchor,
                });
            }
            "dwell" => {
                let deeper = fields["scroll_depth_percent"].as_f64();
                self.scrolled = match (self.scrolled, deeper) {
                    (Some(known), Some(deeper)) => Some(known.max(deeper)),
                    (known, deeper) => known.or(deeper),
                };
                self.active_ms = match (self.active_ms, fields["active_ms"].as_u64()) {
                    (Some(known), Some(more)) => Some(known.saturating_add(more)),
                    (known, more) => known.or(more),
                };
            }
            "impression" => {
                let list = fields["list"].as_str().unwrap_or("a list").to_owned();
                let tiles = fields["tiles"].as_array().into_iter().flatten();
                let tile = |tile: &Value| Some((tile["position"].as_u64()?, tile["product_id"].as_i64()?));
                self.tiles.push((list, tiles.filter_map(tile).collect()));
            }
            _ => {}
        }
    }

    /// Of the drawing; none when no event tells the page's size.
    fn size(&self) -> Option<(f64, bool)> {
        let ((width, _), height) = self.window.zip(self.height)?;
        let height = WIDTH * height / width;
        Some((height.min(TALLEST), height > TALLEST))
    }
}

impl SeenPage {
    /// Whether its view is called so.
    pub(super) fn is(&self, id: &str) -> bool {
        self.id == id
    }

    /// As wide as the window was, if an event told.
    pub(super) fn width(&self) -> Option<u32> {
        self.window.map(|(width, _)| width as u32)
    }

    /// What the shop's templates need to draw it again, but for the products of that moment.
    pub(super) fn then(&self) -> PageThen {
        let mut lists: BTreeMap<&str, BTreeMap<u64, i64>> = BTreeMap::new();
        for (list, tiles) in &self.tiles {
            lists.entry(list).or_default().extend(tiles.iter().copied());
        }
        PageThen {
            endpoint: self.name.clone(),
            path: self.path.clone(),
            language: self.language.clone(),
            product: self.product,
            category: self.category,
            lists: lists
                .into_iter()
                .map(|(list, tiles)| (list.to_owned(), tiles.into_values().collect()))
                .collect(),
            then: HashMap::new(),
        }
    }

    /// Its clicks, at their places in their elements.
    pub(super) fn marks(&self) -> Vec<again::Mark> {
        let mark = |(place, click): (usize, &Mark)| {
            let (element, at) = click.element.clone()?;
            Some(again::Mark {
                element,
                at: (at.0 as f32, at.1 as f32),
                page: (click.x as f32, click.y as f32),
                count: 1,
                vain: click.vain.is_some(),
                label: (place + 1).to_string(),
            })
        };
        self.clicks.iter().enumerate().filter_map(mark).collect()
    }
}

/// The pages side by side; `link` leads to one as the shop draws it again, where there is a shop.
pub(super) fn drawn(
    pages: &[SeenPage],
    then: &HashMap<(i64, i64), ProductThen>,
    link: &dyn Fn(&str) -> Option<String>,
) -> Markup {
    html! {
        @if !pages.is_empty() {
            section.report id="seen" {
                h2 { "The pages, seen again" }
                p.note {
                    "Drawn from the visit's events and the catalogue of that moment, to scale: the page's frame, the first screen (dashed), how far \
                     down it was seen, and the clicks where they were. Nothing of the page itself ever left the browser, so nothing else of it is here."
                }
                ol.seen {
                    @for page in pages.iter().take(MOST_PAGES) {
                        @let product = page.product.and_then(|id| then.get(&(id, page.at)));
                        li {
                            (one(page, product))
                            @if let Some(address) = link(&page.id) { p.small { a href=(address) { "As the shop draws it today" } } }
                        }
                    }
                }
                @if pages.len() > MOST_PAGES { p.small { (pages.len() - MOST_PAGES) " more pages are not drawn." } }
            }
        }
    }
}

fn one(page: &SeenPage, product: Option<&ProductThen>) -> Markup {
    let clicks = &page.clicks[..page.clicks.len().min(MOST_CLICKS)];
    html! {
        h3 { (page.name) " " span.small { (moment(page.at).get(11..19).unwrap_or_default()) } }
        p.small {
            code { (page.path) }
            @match (page.product, product) {
                (_, Some(product)) => { br; (product.name) ", " (crate::report::Value::Money(product.price).shown()) " then" }
                (Some(id), None) => { br; "product " (id) ", which the catalogue of that moment does not hold" }
                (None, None) => {}
            }
            @if let Some(active) = page.active_ms { br; (crate::report::Value::Millis(active as f64).shown()) " active" }
            @for (list, tiles) in &page.tiles { br; (tiles.len()) " tiles of " (list) " seen" }
        }
        (outline(page, clicks))
        @if !clicks.is_empty() {
            ol.clicks {
                @for click in clicks {
                    li { (click.what) @if let Some(vain) = &click.vain { strong.late { " " (vain) } } }
                }
            }
        }
        @if page.clicks.len() > clicks.len() { p.small { (page.clicks.len() - clicks.len()) " more clicks are not drawn." } }
    }
}

fn outline(page: &SeenPage, clicks: &[Mark]) -> Markup {
    let size = page.size();
    let (height, cut) = size.unwrap_or((UNKNOWN_HEIGHT, false));
    let down = |percent: f64| short(percent / 100.0 * height);
    let fold = size.and_then(|_| Some((page.window?, page.height?)));
    let fold = fold.map(|((_, window), whole)| short((window / whole).min(1.0) * height));
    let said = format!("{}, {} clicks", page.name, clicks.len());
    html! {
        svg.outline viewBox={ "0 0 " (WIDTH) " " (height.ceil()) } role="img" aria-label=(said) {
            title { (said) }
            rect.page x="0.5" y="0.5" width=(WIDTH - 1.0) height=(height.ceil() - 1.0) rx="4" {}
            @if let Some(scrolled) = page.scrolled.filter(|scrolled| *scrolled < 100.0) {
                rect.unseen x="0.5" y=(down(scrolled)) width=(WIDTH - 1.0) height=(short(height - down(scrolled))) {}
            }
            @if let Some(fold) = fold { line.fold x1="0" x2=(WIDTH) y1=(fold) y2=(fold) {} }
            @for (place, click) in clicks.iter().enumerate() {
                @let (x, y) = (short(click.x / 100.0 * WIDTH), down(click.y));
                g class=(if click.vain.is_some() { "mark vain" } else { "mark" }) {
                    circle cx=(x) cy=(y) r="9" { title { (click.what) } }
                    text x=(x) y=(y + 4.0) text-anchor="middle" { (place + 1) }
                }
            }
        }
        @match (size, page.window) {
            (None, _) => p.small { "How large the page was is not known: no click on it told." },
            (Some(_), Some((wide, _))) => p.small { (wide) " px wide, " (page.height.unwrap_or(0.0)) " px long" @if cut { "; shortened" } },
            _ => {}
        }
    }
}

fn short(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn detail(offset: i64, event: &str, view: Option<&str>, details: &Value) -> Detail {
        Detail {
            key: RowKey {
                id: offset,
                topic: "shop.view".to_owned(),
                partition: 0,
                offset,
            },
            path: "/products/7".to_owned(),
            referrer: None,
            request_id: None,
            details: details.to_string(),
            event_id: event.to_owned(),
            page_view_id: view.map(str::to_owned),
        }
    }

    #[test]
    fn a_click_lies_where_it_was_on_the_page_that_it_names() {
        let click = json!({
            "page_x_percent": 25.0, "page_y_percent": 50.0, "viewport_width": 390, "viewport_height": 780, "page_height": 1560,
            "element_name": "add-to-cart", "element_x_percent": 10.0, "element_y_percent": 90.0, "text": "<b>Add</b>", "frustration": "dead",
        });
        let details = [
            detail(1, "first", None, &json!({ "product_id": 7 })),
            detail(2, "second", None, &json!({ "product_id": 8 })),
            // It came after the second view, and names the first.
            detail(3, "click", Some("first"), &click),
            detail(
                4,
                "dwell",
                Some("first"),
                &json!({ "scroll_depth_percent": 75.0, "active_ms": 1200 }),
            ),
            detail(5, "lost", Some("elsewhere"), &click),
        ];
        let kinds = ["view", "view", "click", "dwell", "click"];
        let happened = details.iter().zip(kinds).map(|(detail, kind)| Happened {
            at: detail.key.offset,
            key: &detail.key,
            kind,
            page: "products.detail",
        });
        let pages = pages(happened, &details);
        assert_eq!(pages.len(), 2);
        assert_eq!((pages[0].clicks.len(), pages[1].clicks.len()), (1, 0));
        let then = HashMap::from([(
            (7, 1),
            ProductThen {
                name: "Teapot".to_owned(),
                name_ko: "찻주전자".to_owned(),
                price: 12_900,
                stock: "in_stock".to_owned(),
            },
        )]);
        let page = drawn(&pages, &then, &|_| None).into_string();
        let mark = &pages[0].marks()[0];
        assert_eq!(
            (mark.element.as_str(), mark.at, mark.vain),
            ("add-to-cart", (10.0, 90.0), true)
        );
        // 390 px become 260, so 1,560 become 1,040, of which 640 are drawn; the click is halfway down, the first screen ends there.
        assert!(
            page.contains(r#"viewBox="0 0 260 640""#) && page.contains("shortened"),
            "{page}"
        );
        assert!(page.contains(r#"<circle cx="65" cy="320" r="9">"#), "{page}");
        assert!(page.contains(r#"class="fold" x1="0" x2="260" y1="320""#), "{page}");
        assert!(page.contains(r#"class="unseen" x="0.5" y="480""#), "{page}");
        assert!(
            page.contains("Teapot") && page.contains("product 8, which the catalogue"),
            "{page}"
        );
        assert!(page.contains("&lt;b&gt;Add") && page.contains("mark vain"), "{page}");
    }
}
