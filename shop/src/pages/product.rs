//! One product: picture, facts, and the button that puts it into the cart.

use maud::{Markup, html};

use super::parts::field::alert;
use super::parts::heart::wish_form;
use super::parts::tile::{Tile, grid, picture, stock_note};
use super::{Frame, layout};
use crate::domain::order::{DELIVERY_FEE, FREE_DELIVERY_FROM};
use crate::domain::{Category, Product, Quantity};

pub struct ProductPage<'a> {
    pub product: &'a Product,
    pub category: &'a Category,
    pub left: u32,
    /// Others of its category.
    pub more: Vec<Tile<'a>>,
    /// What stands in the quantity field.
    pub quantity: &'a str,
    /// Why it could not be added.
    pub error: Option<&'a str>,
    /// Whether it is on the visitor's wish list.
    pub wished: bool,
}

#[must_use]
pub fn product(frame: &Frame<'_>, shown: &ProductPage<'_>) -> Markup {
    let words = frame.words();
    let product = shown.product;
    let name = product.name.text(frame.language);
    let category = shown.category.name.text(frame.language);
    let content = html! {
        nav.crumbs aria-label=(words.frame.categories) {
            a href="/products/" { (words.frame.all_products) } span aria-hidden="true" { " / " }
            a href={ "/products/?category=" (shown.category.id) } { (category) }
        }
        article.product {
            div.product-picture { (picture(&product.picture, shown.category.hue)) }
            div.product-facts {
                h1 { (name) }
                p.price.large { (product.price.text(frame.language)) }
                (stock_note(frame, shown.left))
                p.description { (product.description.text(frame.language)) }
                @if shown.left > 0 { (add_form(frame, shown)) } @else { (alert(shown.error)) }
                (wish_form(frame, product, shown.wished))
                p.quiet-text { ((words.browse.delivery_note)(DELIVERY_FEE, FREE_DELIVERY_FROM)) }
            }
        }
        @if !shown.more.is_empty() {
            section aria-labelledby="more" {
                h2 #more { ((words.browse.more_from)(category)) }
                (grid(frame, &shown.more))
            }
        }
    };
    layout::page(frame, name, &content)
}

fn add_form(frame: &Frame<'_>, shown: &ProductPage<'_>) -> Markup {
    let words = frame.words();
    let most = shown.left.min(u32::from(Quantity::MAX.get()));
    html! {
        form.add action="/cart/add" method="post" {
            input type="hidden" name="product_id" value=(shown.product.id);
            div.field.narrow {
                label for="quantity" { (words.browse.quantity) }
                input #quantity type="number" name="quantity" value=(shown.quantity) min="1" max=(most) inputmode="numeric" required
                    aria-invalid=[shown.error.map(|_| "true")] aria-describedby=[shown.error.map(|_| "quantity-error")];
                @if let Some(error) = shown.error { p.error #quantity-error role="alert" { (error) } }
            }
            button.primary type="submit" data-cart-action="add" data-product-id=(shown.product.id) { (words.browse.add) }
        }
    }
}
