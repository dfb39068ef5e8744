//! One product: pictures, facts, and the button that puts it into the cart.

use maud::{Markup, html};
use schemas::ProductId;

use super::layout::{self, Head};
use super::parts::asked::asked;
use super::parts::books::{BooksView, books};
use super::parts::crumbs::{Crumb, crumbs};
use super::parts::field::alert;
use super::parts::heart::wish_form;
use super::parts::shelf::{Shelf, shelf};
use super::parts::stepper::stepper;
use super::parts::tile::{Tile, TileKey, form_token, stock_note};
use super::parts::views::views;
use super::{Frame, json_ld};
use crate::domain::order::{DELIVERY_FEE, FREE_DELIVERY_FROM};
use crate::domain::{Category, Placement, Product, Quantity};

pub struct ProductPage<'a> {
    pub product: &'a Product,
    pub category: &'a Category,
    pub left: u32,
    /// What people looked at next, or what is similar.
    pub next: Vec<Tile<'a>>,
    pub next_is_known: bool,
    /// What people ordered with it.
    pub together: Vec<Tile<'a>>,
    /// What the button says that adds it.
    pub add: &'a str,
    /// What stands in the quantity field.
    pub quantity: &'a str,
    /// Why it could not be added.
    pub error: Option<&'a str>,
    /// Whether it is on the visitor's wish list.
    pub wished: bool,
    /// The day on which it arrives when it is ordered now, in the shopper's words.
    pub arrives: &'a str,
    pub books: BooksView,
    /// Where it was chosen, before this page.
    pub from: Option<Placement>,
}

/// All that a product's page of one catalogue shows.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ProductKey {
    product: ProductId,
    left: u32,
    next: Vec<TileKey>,
    next_is_known: bool,
    together: Vec<TileKey>,
    add: String,
    quantity: String,
    error: Option<String>,
    wished: bool,
    arrives: String,
    books: BooksView,
    from: Option<Placement>,
}

impl ProductKey {
    #[must_use]
    pub fn of(shown: &ProductPage<'_>) -> Self {
        // Field by field, so that a new one is thought of.
        let ProductPage {
            product,
            category: _,
            left,
            next,
            next_is_known,
            together,
            add,
            quantity,
            error,
            wished,
            arrives,
            books,
            from,
        } = shown;
        Self {
            product: product.id,
            left: *left,
            next: next.iter().map(Tile::key).collect(),
            next_is_known: *next_is_known,
            together: together.iter().map(Tile::key).collect(),
            add: (*add).to_owned(),
            quantity: (*quantity).to_owned(),
            error: error.map(str::to_owned),
            wished: *wished,
            arrives: (*arrives).to_owned(),
            books: books.clone(),
            from: from.clone(),
        }
    }
}

#[must_use]
pub fn product(frame: &Frame<'_>, shown: &ProductPage<'_>) -> Markup {
    let words = frame.words();
    let finding = &words.finding;
    let product = shown.product;
    let name = product.name.text(frame.language);
    let category = shown.category.name.text(frame.language);
    let content = html! {
        (crumbs(frame, &[
            Crumb { name: words.frame.all_products, address: "/products/" },
            Crumb { name: category, address: &format!("/products/?category={}", shown.category.id) },
            Crumb { name, address: "" },
        ]))
        article.product {
            (views(frame, product, shown.category.hue))
            div.product-facts {
                h1 { (name) }
                p.price.large { (product.price.text(frame.language)) }
                (stock_note(frame, shown.left))
                p.description { (product.description.text(frame.language)) }
                @if shown.left > 0 { (add_form(frame, shown)) } @else { (alert(shown.error)) }
                (wish_form(frame, product, shown.wished))
                (facts(frame, shown))
            }
        }
        (books(frame, &shown.books))
        (shelf(frame, &Shelf { id: "together", heading: finding.together, text: None, more: None, tiles: &shown.together }))
        (shelf(frame, &Shelf {
            id: "next",
            heading: if shown.next_is_known { finding.looked_next } else { finding.similar },
            text: None,
            more: None,
            tiles: &shown.next,
        }))
    };
    let head = Head {
        title: name,
        description: product.description.text(frame.language),
        canonical: &format!("/products/{}", product.id),
        picture: Some(&format!("/pictures/{}.png", product.picture)),
        data: Some(&json_ld::product(frame, product, shown.category, shown.left)),
        hidden: false,
        ..Head::default()
    };
    layout::page_with(frame, &head, &content)
}

/// What one wants to know before buying.
fn facts(frame: &Frame<'_>, shown: &ProductPage<'_>) -> Markup {
    let (words, service) = (frame.words(), frame.service());
    let delivery = (words.browse.delivery_note)(DELIVERY_FEE, FREE_DELIVERY_FROM);
    html! {
        dl.details {
            @if shown.left > 0 {
                div { dt { (service.arrives) } dd { strong { ((service.arrives_on)(shown.arrives)) } br; ((service.sent_until)()) } }
            }
            div { dt { (words.cart.delivery) } dd { (delivery) } }
            div { dt { (service.returns) } dd { (service.returns_text) } }
            div { dt { (words.checkout.payment) } dd { (words.checkout.on_delivery) } }
            div { dt { (service.number) } dd { (shown.product.id) } }
            div { dt { (service.since) } dd { time datetime=(shown.product.added) { (shown.product.added) } } }
        }
    }
}

fn add_form(frame: &Frame<'_>, shown: &ProductPage<'_>) -> Markup {
    let words = frame.words();
    let most = shown.left.min(u32::from(Quantity::MAX.get()));
    html! {
        form.add action="/cart/add" method="post" {
            input type="hidden" name="product_id" value=(shown.product.id);
            (form_token(frame))
            (asked(frame, shown.from.as_ref()))
            div.field.narrow {
                label for="quantity" { (words.browse.quantity) }
                @let input = html! { input #quantity type="number" name="quantity" value=(shown.quantity) min="1" max=(most) inputmode="numeric" required
                    aria-invalid=[shown.error.map(|_| "true")] aria-describedby=[shown.error.map(|_| "quantity-error")] autofocus[shown.error.is_some()]; };
                (stepper(frame, shown.product.name.text(frame.language), &input))
                @if let Some(error) = shown.error { p.error #quantity-error role="alert" { (error) } }
            }
            button.primary type="submit" data-cart-action="add" data-product-id=(shown.product.id) { (shown.add) }
        }
    }
}
