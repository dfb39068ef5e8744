//! Every word a shopper reads, in each language.
//!
//! One struct, so that a missing translation does not compile. Korean in 해요-style, English in sentence case; errors say
//! what happened and what to do. Names of products and categories come with the catalogue.

mod account;
mod appearance;
mod around;
mod en;
mod finding;
mod ko;
mod privacy;
mod service;
mod told;
mod views;
mod wishes;

use crate::domain::{CartError, Language, Problem, Won};

pub use account::Account;
pub use appearance::Appearance;
pub use around::Around;
pub use finding::Finding;
pub use privacy::Privacy;
pub use service::Service;
pub use told::Told;
pub use views::Views;
pub use wishes::Wishes;

/// The words of one language.
pub struct Words {
    pub code: &'static str,
    pub shop: &'static str,
    pub tagline: &'static str,
    pub frame: Frame,
    pub browse: Browse,
    pub finding: Finding,
    pub cart: Cart,
    pub checkout: Checkout,
    pub orders: Orders,
    pub account: &'static Account,
    pub wishes: &'static Wishes,
    pub appearance: &'static Appearance,
    pub fields: Fields,
    pub problems: Problems,
    pub privacy: &'static Privacy,
}

/// What surrounds every page.
pub struct Frame {
    pub skip: &'static str,
    pub search: &'static str,
    pub search_hint: &'static str,
    /// The name of the other language, in that language.
    pub other_language: &'static str,
    pub account: &'static str,
    pub sign_in: &'static str,
    pub orders: &'static str,
    pub cart: &'static str,
    pub cart_count: fn(u32) -> String,
    /// While the shop is asked.
    pub cart_busy: &'static str,
    /// When it doesn't answer.
    pub cart_lost: &'static str,
    pub cart_again: &'static str,
    pub categories: &'static str,
    pub all_products: &'static str,
    pub privacy: &'static str,
    pub data: &'static str,
    pub footer_note: &'static str,
    pub pictures_by: &'static str,
    pub picture_licence: &'static str,
}

/// Home, listings, search, product.
pub struct Browse {
    pub welcome: &'static str,
    pub welcome_text: &'static str,
    pub newest: &'static str,
    pub see_all: &'static str,
    pub sort: &'static str,
    pub apply: &'static str,
    pub sort_newest: &'static str,
    pub sort_popular: &'static str,
    pub sort_price_low: &'static str,
    pub sort_price_high: &'static str,
    pub sort_name: &'static str,
    pub products: fn(usize) -> String,
    pub nothing_here: &'static str,
    pub pages: &'static str,
    pub previous: &'static str,
    pub next: &'static str,
    pub page_of: fn(u32, u32) -> String,
    pub few_left: fn(u32) -> String,
    pub sold_out: &'static str,
    pub in_stock: &'static str,
    pub new: &'static str,
    pub quantity: &'static str,
    pub add: &'static str,
    /// The same, said by who presses it.
    pub add_to_mine: &'static str,
    pub add_named: fn(&str) -> String,
    pub delivery_note: fn(Won, Won) -> String,
    pub more_from: fn(&str) -> String,
    pub results_for: fn(&str) -> String,
    pub found: fn(usize) -> String,
    pub nothing_found: fn(&str) -> String,
    pub nothing_found_hint: &'static str,
    pub search_empty: &'static str,
}

pub struct Cart {
    pub title: &'static str,
    pub empty: &'static str,
    pub empty_hint: &'static str,
    pub go_on: &'static str,
    pub each: fn(&str) -> String,
    pub change: &'static str,
    pub change_named: fn(&str) -> String,
    pub quantity_of: fn(&str) -> String,
    pub one_less: fn(&str) -> String,
    pub one_more: fn(&str) -> String,
    pub remove: &'static str,
    pub remove_named: fn(&str) -> String,
    pub summary: &'static str,
    pub goods: &'static str,
    pub delivery: &'static str,
    pub free: &'static str,
    pub total: &'static str,
    pub until_free: fn(&str) -> String,
    pub free_now: &'static str,
    pub out_of_stock: &'static str,
    pub not_sold: &'static str,
    /// What it was, what it is.
    pub price_changed: fn(&str, &str) -> String,
    pub removed: fn(&str) -> String,
    pub undo: &'static str,
    /// Of an order that is ordered again.
    pub missing: fn(&str) -> String,
    pub to_checkout: &'static str,
    /// From the drawer to the page.
    pub whole: &'static str,
    pub only_left: fn(u32) -> String,
}

pub struct Checkout {
    pub title: &'static str,
    pub where_to: &'static str,
    pub payment: &'static str,
    pub on_delivery: &'static str,
    pub on_delivery_text: &'static str,
    pub place: fn(&str) -> String,
    pub guest_note: &'static str,
    pub your_order: &'static str,
    pub change_cart: &'static str,
    pub total_changed: fn(&str) -> String,
    /// Which product, and what is wrong with it.
    pub nothing_ordered: fn(&str, &str) -> String,
}

pub struct Orders {
    pub title: &'static str,
    pub none: &'static str,
    pub number: fn(i64) -> String,
    pub placed_at: &'static str,
    pub state: &'static str,
    pub placed: &'static str,
    pub cancelled: &'static str,
    pub cancelled_text: &'static str,
    pub thanks: &'static str,
    pub thanks_text: &'static str,
    /// Before the way to an account.
    pub thanks_guest: &'static str,
    pub delivered_to: &'static str,
    pub items: &'static str,
    pub cancel: &'static str,
    pub cancel_question: &'static str,
    pub cancel_yes: &'static str,
    /// Until when.
    pub cancel_hint: fn(&str) -> String,
    pub too_late: &'static str,
    pub again: &'static str,
    /// The first product, how many others.
    pub and_more: fn(&str, usize) -> String,
    pub to_orders: &'static str,
    pub guest_hint: &'static str,
}

/// Labels and hints of form fields.
pub struct Fields {
    pub email: &'static str,
    pub password: &'static str,
    pub password_hint: &'static str,
    pub name: &'static str,
    pub recipient: &'static str,
    pub phone: &'static str,
    pub phone_hint: &'static str,
    pub postcode: &'static str,
    pub address: &'static str,
    pub address_detail: &'static str,
    pub address_hint: &'static str,
    pub note: &'static str,
    pub note_hint: &'static str,
    pub optional: &'static str,
}

/// What can be wrong, and what to do.
pub struct Problems {
    pub form: &'static str,
    pub required: &'static str,
    pub too_long: fn(usize) -> String,
    pub email: &'static str,
    pub email_taken: &'static str,
    pub too_short: fn(usize) -> String,
    pub credentials: &'static str,
    pub rate_limited: &'static str,
    pub phone: &'static str,
    pub postcode: &'static str,
    pub characters: &'static str,
    pub quantity: &'static str,
    pub out_of_stock: fn(u32) -> String,
    pub too_many: &'static str,
    pub cart_full: &'static str,
    pub not_in_cart: &'static str,
    pub wish_list_full: &'static str,
    pub not_found_title: &'static str,
    pub not_found: &'static str,
    pub product_gone: &'static str,
    pub gone_title: &'static str,
    pub gone: &'static str,
    pub too_many_requests_title: &'static str,
    pub too_many_requests: &'static str,
    pub forbidden_title: &'static str,
    pub forbidden: &'static str,
    pub method_title: &'static str,
    pub method: &'static str,
    pub too_large_title: &'static str,
    pub too_large: &'static str,
    pub bad_request_title: &'static str,
    pub bad_request: &'static str,
    pub broken_title: &'static str,
    pub broken: &'static str,
    pub busy_title: &'static str,
    pub busy: &'static str,
    pub reference: &'static str,
    pub home: &'static str,
}

impl Problems {
    /// What is wrong with a field.
    #[must_use]
    pub fn about(&self, problem: Problem) -> String {
        match problem {
            Problem::Missing => self.required.to_owned(),
            Problem::TooShort { min } => (self.too_short)(min),
            Problem::TooLong { max } => (self.too_long)(max),
            Problem::NotAnEmail => self.email.to_owned(),
            Problem::NotAPhone => self.phone.to_owned(),
            Problem::NotAPostcode => self.postcode.to_owned(),
            Problem::Unreadable => self.characters.to_owned(),
            Problem::Taken => self.email_taken.to_owned(),
        }
    }

    /// Why the cart stays as it is.
    #[must_use]
    pub fn about_cart(&self, error: CartError) -> String {
        match error {
            CartError::OutOfStock { left } => (self.out_of_stock)(left),
            CartError::TooMany => self.too_many.to_owned(),
            CartError::Full => self.cart_full.to_owned(),
            CartError::NotInCart => self.not_in_cart.to_owned(),
            CartError::WishListFull => self.wish_list_full.to_owned(),
        }
    }
}

impl Words {
    #[must_use]
    pub const fn of(language: Language) -> &'static Self {
        match language {
            Language::Ko => &ko::WORDS,
            Language::En => &en::WORDS,
        }
    }
}
