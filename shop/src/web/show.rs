//! From what handlers loaded to what pages show: the frame, tiles, lines.

use std::sync::Arc;

use schemas::events::OrderLine;
use schemas::{EventId, ProductId, Timestamp};

use super::caller::Caller;
use super::error::PageError;
use crate::domain::calendar::SEOUL;
use crate::domain::wishes::Wish;
use crate::domain::{Cart, Catalogue, Product, StockLevels, Wishes, Won};
use crate::pages::Frame;
use crate::pages::parts::lines::LineView;
use crate::pages::parts::tile::Tile;
use crate::pages::wishes::WishView;
use crate::store::Store;
use crate::web::Site;

/// Products on a shelf.
pub(super) const SHELF: usize = 6;
/// For how many days a product is new.
const NEW_DAYS: i64 = 45;
/// A hue for what has no category.
const NO_HUE: u16 = 0;

impl Caller {
    /// The frame of this caller's page. It asks the database only when there may be something in the cart or on the wish list.
    pub(super) async fn frame<'a>(&'a self, site: &'a Site) -> Result<Frame<'a>, PageError> {
        let count = self.cart_if_any(&site.store).await?.count();
        if self.wished.get().is_none() {
            self.remember(&self.wishes(&site.store).await?);
        }
        Ok(self.frame_with(site, count))
    }

    /// What is sold: the same for all of a page.
    pub(super) fn catalogue<'a>(&'a self, site: &Site) -> &'a Arc<Catalogue> {
        self.catalogue.get_or_init(|| site.store.catalogue())
    }

    /// What the hearts of this page show.
    pub(super) fn remember(&self, wishes: &Wishes) {
        let products = wishes.lines.iter().map(|wish| wish.product).collect();
        // Whoever was first knew the same.
        let _ = self.wished.set(products);
    }

    /// The frame when the number of things in the cart is known.
    pub(super) fn frame_with<'a>(&'a self, site: &'a Site, cart_count: u32) -> Frame<'a> {
        Frame {
            language: self.language,
            here: if self.reads_only() {
                &self.here
            } else {
                page_of_form(&self.here)
            },
            language_in_address: self.occasion.args.get("lang").map(|_| self.language),
            answers_a_form: !self.reads_only(),
            wished: self.wished.get().map_or(&[], Vec::as_slice),
            form_token: self.occasion.request_id,
            query: "",
            categories: self.catalogue(site).categories(),
            cart_count,
            signed_in: self.signed_in.is_some(),
            observed: self.consent.allows_observing(),
            theme: self.theme,
            drawer: self.drawer,
            view: self.shown_view(),
            endpoint: self.occasion.endpoint,
            public_url: site.manners.public_url.as_str(),
            rooms: site.manners.rooms,
        }
    }

    /// What was posted is answered with a page, if at all, that is no view of its own.
    fn shown_view(&self) -> Option<EventId> {
        if self.occasion.method == "GET" {
            self.consent.allows_observing().then_some(self.occasion.view_id)
        } else {
            self.asked_from.get().copied()
        }
    }

    fn reads_only(&self) -> bool {
        matches!(self.occasion.method.as_str(), "GET" | "HEAD")
    }

    pub(super) fn may_have_cart(&self) -> bool {
        self.visit.has_cart || self.signed_in.is_some()
    }

    pub(super) async fn cart(&self, store: &Store) -> Result<Cart, PageError> {
        Ok(store.cart_of(self.owner()).await?)
    }
}

/// The page that a form stands on, or one that shows the same thing: what was posted can't be opened by its own address.
fn page_of_form(posted: &str) -> &str {
    const PAGES: [&str; 9] = [
        "/cart",
        "/wishlist",
        "/checkout",
        "/orders",
        "/signup",
        "/login",
        "/account",
        "/privacy",
        "/data",
    ];
    let order = ["/cancel", "/again"]
        .into_iter()
        .find_map(|end| posted.strip_suffix(end));
    let page = || PAGES.into_iter().find(|page| posted.starts_with(page));
    order.or_else(page).unwrap_or("/")
}

pub(super) fn hue(catalogue: &Catalogue, product: &Product) -> u16 {
    catalogue
        .category(product.category)
        .map_or(NO_HUE, |category| category.hue)
}

pub(super) fn tiles<'a>(
    catalogue: &Catalogue,
    stock: &StockLevels,
    now: Timestamp,
    products: impl IntoIterator<Item = &'a Product>,
) -> Vec<Tile<'a>> {
    let today = now.day(SEOUL);
    let tile = |product: &'a Product| Tile {
        product,
        hue: hue(catalogue, product),
        left: stock.left(product.id),
        is_new: (today - product.added).whole_days() < NEW_DAYS,
    };
    products.into_iter().map(tile).collect()
}

/// The products of these ids that are sold, at most so many.
pub(super) fn products<'a>(catalogue: &'a Catalogue, ids: &[ProductId], most: usize) -> Vec<&'a Product> {
    ids.iter().filter_map(|id| catalogue.product(*id)).take(most).collect()
}

/// A line of a cart or an order; a product that is no longer sold keeps its number.
pub(super) fn line<'a>(catalogue: &'a Catalogue, caller: &Caller, line: &OrderLine) -> LineView<'a> {
    let product = catalogue.product(line.product_id);
    LineView {
        product_id: line.product_id.0,
        name: product.map_or("–", |product| product.name.text(caller.language)),
        picture: product.map_or("2753", |product| &product.picture),
        hue: product.map_or(NO_HUE, |product| hue(catalogue, product)),
        quantity: u32::from(line.quantity),
        unit_price: Won(line.unit_price),
        sum: crate::domain::order::line_total(line),
    }
}

/// The newest wish first.
pub(super) fn wishes<'a>(
    (catalogue, stock): (&'a Catalogue, &StockLevels),
    caller: &Caller,
    list: &Wishes,
) -> Vec<WishView<'a>> {
    let view = |wish: &Wish| {
        let product = catalogue.product(wish.product);
        let wanted = OrderLine {
            product_id: wish.product,
            quantity: wish.quantity.get(),
            unit_price: product.map_or(0, |product| product.price.0),
        };
        WishView {
            line: line(catalogue, caller, &wanted),
            left: product.map(|product| stock.left(product.id)),
        }
    };
    list.lines.iter().rev().map(view).collect()
}

/// The lines of a cart at today's prices.
pub(super) fn priced(catalogue: &Catalogue, cart: &Cart) -> Vec<OrderLine> {
    let priced = |line: &crate::domain::cart::Line| OrderLine {
        product_id: line.product,
        quantity: line.quantity.get(),
        unit_price: catalogue.product(line.product).map_or(0, |product| product.price.0),
    };
    cart.lines.iter().map(priced).collect()
}

/// The number in `/products/12` or a form's `product_id`.
pub(super) fn product_id(text: &str) -> Option<ProductId> {
    text.trim().parse().ok().map(ProductId)
}

/// A time of day as shoppers read it: Korea's, to the second.
pub(super) fn time_of_day(at: Timestamp) -> String {
    let local = at.date_time().to_offset(SEOUL);
    format!("{:02}:{:02}:{:02}", local.hour(), local.minute(), local.second())
}

/// A moment as shoppers read it: Korea's time, to the minute.
pub(super) fn moment(at: Timestamp) -> String {
    let local = at.date_time().to_offset(SEOUL);
    format!(
        "{:04}-{:02}-{:02} {:02}:{:02}",
        local.year(),
        u8::from(local.month()),
        local.day(),
        local.hour(),
        local.minute()
    )
}
