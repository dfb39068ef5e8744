//! What every page knows of the visit that it is drawn for.

use schemas::{EventId, ProductId};
use uuid::Uuid;

use super::Words;
use super::words::{Around, Service};
use crate::domain::{Category, Drawer, Language, Theme};

/// What every page needs to know about the visit.
#[derive(Debug, Clone, Copy)]
pub struct Frame<'a> {
    pub language: Language,
    /// Path and query of this page: where changing the language leads back to.
    pub here: &'a str,
    /// The language that the address itself asks for: such a page is its own canonical one.
    pub language_in_address: Option<Language>,
    /// The page was not asked for by that address: it says what became of a form that stands there.
    pub answers_a_form: bool,
    /// What the menu leads to.
    pub categories: &'a [Category],
    /// What stands in the search box.
    pub query: &'a str,
    /// How many things are in the cart.
    pub cart_count: u32,
    /// What is on the wish list.
    pub wished: &'a [ProductId],
    /// Tells a form of this page that is sent twice from another wish.
    pub form_token: Uuid,
    pub signed_in: bool,
    /// Whether the visitor lets the shop observe the visit; the client script keeps still otherwise.
    pub observed: bool,
    pub theme: Theme,
    /// Whether the drawer is there that shows what was just recorded.
    pub drawer: Drawer,
    /// What the page's view is called, for a form's answer the view of the form's page; none where no view is recorded.
    pub view: Option<EventId>,
    /// The page's name in events, such as `products.detail`.
    pub endpoint: &'a str,
    /// The shop's public address, without a slash at the end.
    pub public_url: &'a str,
    /// Addresses of what other rooms serve beside the shop's own pages.
    pub rooms: &'a [&'a str],
}

impl Frame<'_> {
    #[must_use]
    pub const fn words(&self) -> &'static Words {
        Words::of(self.language)
    }

    #[must_use]
    pub const fn around(&self) -> &'static Around {
        Around::of(self.language)
    }

    #[must_use]
    pub const fn service(&self) -> &'static Service {
        Service::of(self.language)
    }
}

#[cfg(test)]
impl Frame<'static> {
    /// Somebody's first page.
    pub(crate) fn sample() -> Self {
        Self {
            language: Language::En,
            here: "/",
            language_in_address: None,
            answers_a_form: false,
            categories: &[],
            query: "",
            cart_count: 0,
            wished: &[],
            form_token: Uuid::nil(),
            signed_in: false,
            observed: true,
            theme: Theme::System,
            drawer: Drawer::Gone,
            view: Some(EventId(Uuid::nil())),
            endpoint: "home.index",
            public_url: "http://shop.example",
            rooms: &[],
        }
    }
}

/// All that a frame shows but its ids, and what is the same for a whole shop and catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[expect(clippy::struct_excessive_bools, reason = "as the frame has them")]
pub struct FrameKey {
    language: Language,
    here: String,
    language_in_address: Option<Language>,
    answers_a_form: bool,
    query: String,
    cart_count: u32,
    wished: Vec<ProductId>,
    signed_in: bool,
    observed: bool,
    theme: Theme,
    drawer: Drawer,
    has_view: bool,
    endpoint: String,
}

impl FrameKey {
    #[must_use]
    pub fn of(frame: &Frame<'_>) -> Self {
        // Field by field, so that a new one is thought of.
        let Frame {
            language,
            here,
            language_in_address,
            answers_a_form,
            categories: _,
            query,
            cart_count,
            wished,
            form_token: _,
            signed_in,
            observed,
            theme,
            drawer,
            view,
            endpoint,
            public_url: _,
            rooms: _,
        } = *frame;
        Self {
            language,
            here: here.to_owned(),
            language_in_address,
            answers_a_form,
            query: query.to_owned(),
            cart_count,
            wished: wished.to_vec(),
            signed_in,
            observed,
            theme,
            drawer,
            has_view: view.is_some(),
            endpoint: endpoint.to_owned(),
        }
    }
}
