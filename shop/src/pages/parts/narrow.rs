//! Narrowing a listing down: every choice is a link with the number of products behind it, every choice made is a chip that takes it back.
//!
//! The address says it all, so that a listing can be kept, sent and gone back to. Only an own price range and the order are forms.

use maud::{Markup, html};

use super::super::Frame;
use super::super::words::Browse;
use super::icon::{SLIDERS, icon};
use crate::domain::{Category, Facets, Filter, PriceRange, Sort};

/// Where in the products: what an address of a listing or of a search says.
#[derive(Debug, Clone, Copy)]
pub struct Spot<'a> {
    /// As typed; none in a listing.
    pub query: Option<&'a str>,
    pub filter: Filter,
    /// None is the usual order: of a listing as this visitor sees it, of a search what fits best.
    pub sort: Option<Sort>,
    pub page: u32,
    /// Which order of the popular is paged through; none where it doesn't change.
    pub order: Option<i64>,
}

impl Spot<'_> {
    #[must_use]
    pub const fn path(&self) -> &'static str {
        if self.query.is_some() { "/search" } else { "/products/" }
    }

    /// What stands behind the question mark, by name, in a fixed order.
    #[must_use]
    pub fn parts(&self) -> Vec<(&'static str, String)> {
        let Filter {
            category,
            price,
            in_stock,
        } = self.filter;
        let parts = [
            ("q", self.query.map(str::to_owned)),
            ("category", category.map(|category| category.to_string())),
            ("price_from", price.from.map(|from| from.0.to_string())),
            ("price_to", price.to.map(|to| to.0.to_string())),
            ("in_stock", in_stock.then(|| "1".to_owned())),
            ("sort", self.sort.map(|sort| sort.name().to_owned())),
            ("page", (self.page > 1).then(|| self.page.to_string())),
            (
                "order",
                self.order.filter(|_| self.page > 1).map(|order| order.to_string()),
            ),
        ];
        parts
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
            .collect()
    }

    #[must_use]
    pub fn address(&self) -> String {
        let parts: Vec<String> = self
            .parts()
            .iter()
            .map(|(name, value)| format!("{name}={}", encoded(value)))
            .collect();
        if parts.is_empty() {
            self.path().to_owned()
        } else {
            format!("{}?{}", self.path(), parts.join("&"))
        }
    }

    /// The first page under another filter.
    fn under(&self, filter: Filter) -> String {
        Spot {
            filter,
            page: 1,
            order: None,
            ..*self
        }
        .address()
    }
}

/// RFC 3986: everything but unreserved characters is percent-encoded.
#[must_use]
pub fn encoded(text: &str) -> String {
    let encoded = |byte: u8| match byte {
        plain if plain.is_ascii_alphanumeric() || b"-._~".contains(&plain) => char::from(plain).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(encoded).collect()
}

/// The choices, beside a listing.
#[must_use]
pub fn choices(frame: &Frame<'_>, spot: &Spot<'_>, categories: &[Category], facets: &Facets) -> Markup {
    let words = frame.words();
    let filter = spot.filter;
    let in_category = |category| spot.under(Filter { category, ..filter });
    let priced = |price| spot.under(Filter { price, ..filter });
    html! {
        nav.narrow #narrow popover="auto" aria-label=(words.finding.narrow) {
            div.sheet-head {
                span { (words.finding.narrow) }
                button.quiet type="button" popovertarget="narrow" popovertargetaction="hide" { (words.appearance.close) }
            }
            h2 { (words.frame.categories) }
            ul.choices {
                li { (choice(words.finding.any_category, facets.any_category, &in_category(None), filter.category.is_none())) }
                @for category in categories {
                    @let count = facets.categories.get(&category.id).copied().unwrap_or(0);
                    @if count > 0 || filter.category == Some(category.id) {
                        li { (choice(category.name.text(frame.language), count, &in_category(Some(category.id)),
                            filter.category == Some(category.id))) }
                    }
                }
            }
            h2 { (words.finding.price) }
            ul.choices {
                li { (choice(words.finding.any_price, facets.any_price, &priced(PriceRange::default()), filter.price.is_any())) }
                @for (band, count) in PriceRange::BANDS.into_iter().zip(facets.prices) {
                    li { (choice(&(words.finding.range)(band), count, &priced(band), filter.price == band)) }
                }
            }
            (own_price(frame, spot))
            h2 { (words.finding.stock) }
            ul.choices {
                li { (choice(words.finding.only_in_stock, facets.in_stock,
                    &spot.under(Filter { in_stock: !filter.in_stock, ..filter }), filter.in_stock)) }
            }
        }
    }
}

/// Opens the choices as a sheet where they have no place beside the products; it says how many are in force.
#[must_use]
pub fn sheet_button(frame: &Frame<'_>, spot: &Spot<'_>) -> Markup {
    let filter = spot.filter;
    let chosen =
        usize::from(filter.category.is_some()) + usize::from(!filter.price.is_any()) + usize::from(filter.in_stock);
    html! {
        button.sheet-button type="button" popovertarget="narrow" {
            (icon(SLIDERS)) (frame.words().finding.narrow)
            @if chosen > 0 { span.count { (chosen) } }
        }
    }
}

/// A choice without products is said, and leads nowhere.
fn choice(name: &str, count: usize, address: &str, chosen: bool) -> Markup {
    html! {
        @if count == 0 && !chosen {
            span.pick.none { span { (name) } span.pick-count { "0" } }
        } @else {
            a.pick href=(address) aria-current=[chosen.then_some("true")] {
                span { (name) } " " span.pick-count { (count) }
            }
        }
    }
}

fn own_price(frame: &Frame<'_>, spot: &Spot<'_>) -> Markup {
    let words = frame.words();
    let price = spot.filter.price;
    let own = !price.is_any() && !PriceRange::BANDS.contains(&price);
    let field = |id: &str, name: &str, label: &str, value: Option<i64>| {
        html! {
            div {
                label for=(id) { (label) }
                input id=(id) type="number" name=(name) value=[value] min="0" step="any" inputmode="numeric";
            }
        }
    };
    html! {
        details.own-price open[own] {
            summary { (words.finding.own_price) }
            form action=(spot.path()) method="get" {
                (kept(spot, &["price_from", "price_to", "page"]))
                (field("price-from", "price_from", words.finding.price_from, price.from.map(|from| from.0)))
                (field("price-to", "price_to", words.finding.price_to, price.to.map(|to| to.0)))
                button type="submit" { (words.browse.apply) }
            }
        }
    }
}

/// The rest of the address, for a form that changes only a part of it.
fn kept(spot: &Spot<'_>, but: &[&str]) -> Markup {
    html! {
        @for (name, value) in spot.parts() {
            @if !but.contains(&name) { input type="hidden" name=(name) value=(value); }
        }
    }
}

/// What was chosen, each with the way back.
#[must_use]
pub fn chosen(frame: &Frame<'_>, spot: &Spot<'_>, category: Option<&Category>) -> Markup {
    let finding = &frame.words().finding;
    let filter = spot.filter;
    let mut chips = Vec::new();
    if let Some(category) = category {
        let without = Filter {
            category: None,
            ..filter
        };
        chips.push((category.name.text(frame.language).to_owned(), spot.under(without)));
    }
    if !filter.price.is_any() {
        let without = Filter {
            price: PriceRange::default(),
            ..filter
        };
        chips.push(((finding.range)(filter.price), spot.under(without)));
    }
    if filter.in_stock {
        let without = Filter {
            in_stock: false,
            ..filter
        };
        chips.push((finding.only_in_stock.to_owned(), spot.under(without)));
    }
    html! {
        @if !chips.is_empty() {
            ul.chosen aria-label=(finding.chosen) {
                @for (name, address) in &chips {
                    li { a.chip href=(address) aria-label=((finding.without)(name)) { (name) span aria-hidden="true" { " ×" } } }
                }
                @if chips.len() > 1 { li { a.chip.clear href=(spot.under(Filter::default())) { (finding.clear) } } }
            }
        }
    }
}

/// The order, as a form; `usual` is the one that holds when none was chosen, if it has a name.
#[must_use]
pub fn sorting(frame: &Frame<'_>, spot: &Spot<'_>, usual: Option<Sort>) -> Markup {
    let words = frame.words();
    let own = usual.is_none().then_some(("", words.finding.sort_best));
    let named = Sort::ALL.map(|sort| (sort.name(), sort_name(&words.browse, sort)));
    let current = spot.sort.or(usual).map_or("", Sort::name);
    html! {
        form.sorting action=(spot.path()) method="get" {
            (kept(spot, &["sort", "page"]))
            label for="sort" { (words.browse.sort) }
            select #sort name="sort" {
                @for (value, name) in own.into_iter().chain(named) {
                    option value=(value) selected[value == current] { (name) }
                }
            }
            button type="submit" { (words.browse.apply) }
        }
    }
}

fn sort_name(browse: &Browse, sort: Sort) -> &'static str {
    match sort {
        Sort::Newest => browse.sort_newest,
        Sort::Popular => browse.sort_popular,
        Sort::PriceAsc => browse.sort_price_low,
        Sort::PriceDesc => browse.sort_price_high,
        Sort::Name => browse.sort_name,
    }
}
