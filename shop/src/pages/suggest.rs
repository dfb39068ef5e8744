//! Suggestions below the search field: a piece of a page that `suggest.js` puts into the field's list box.
//!
//! Each option is a link for the mouse and an `option` for who listens; the script only moves between them.

use maud::{Markup, html};

use super::Words;
use super::parts::narrow::encoded;
use super::parts::tile::marked;
use super::words::Around;
use crate::domain::{Category, Language, Marks, Product};

pub struct Suggestions<'a> {
    pub language: Language,
    pub query: &'a str,
    pub categories: Vec<&'a Category>,
    /// Each with its hue.
    pub products: Vec<(&'a Product, u16)>,
    pub marks: &'a Marks,
}

/// What to go on with while nothing is typed: what several people searched for, and products that people like, each under a heading.
#[must_use]
pub fn starters(language: Language, queries: &[String], popular: &[(&Product, u16)]) -> Markup {
    let finding = &Words::of(language).finding;
    html! {
        @if !queries.is_empty() { p.suggestions-head role="presentation" { (Around::of(language).asked_often) } }
        @for query in queries {
            a.suggestion role="option" tabindex="-1" aria-selected="false" href={ "/search?q=" (encoded(query)) } { (query) }
        }
        @if !popular.is_empty() { p.suggestions-head role="presentation" { (Around::of(language).popular) } }
        @for (product, hue) in popular { (option(language, product, (*hue, &Marks::default()))) }
        template data-said=((finding.suggested)(queries.len() + popular.len())) {}
    }
}

/// The options, and how many there are in words; no option where nothing is found.
#[must_use]
pub fn suggestions(shown: &Suggestions<'_>) -> Markup {
    let finding = &Words::of(shown.language).finding;
    let count = shown.categories.len() + shown.products.len();
    html! {
        @for (product, hue) in &shown.products {
            (option(shown.language, product, (*hue, shown.marks)))
        }
        @for category in &shown.categories {
            a.suggestion role="option" tabindex="-1" aria-selected="false" href={ "/products/?category=" (category.id) } {
                span class={ "dot hue-" (category.hue) } {
                    img src={ "/pictures/" (category.picture) ".svg" } alt="" width="28" height="28";
                }
                span.suggestion-name { (marked(category.name.text(shown.language), shown.marks)) }
                span.suggestion-note { (finding.in_category) }
            }
        }
        @if count > 0 {
            a.suggestion.all role="option" tabindex="-1" aria-selected="false" href={ "/search?q=" (encoded(shown.query)) } {
                span.suggestion-name { ((finding.all_results)(shown.query)) }
            }
        }
        template data-said=((finding.suggested)(count)) {}
    }
}

fn option(language: Language, product: &Product, (hue, marks): (u16, &Marks)) -> Markup {
    html! {
        a.suggestion role="option" tabindex="-1" aria-selected="false" href={ "/products/" (product.id) } data-product-id=(product.id) {
            span class={ "dot hue-" (hue) } {
                img src={ "/pictures/" (product.picture) ".svg" } alt="" width="28" height="28";
            }
            span.suggestion-name { (marked(product.name.text(language), marks)) }
            span.suggestion-note { (product.price.text(language)) }
        }
    }
}
