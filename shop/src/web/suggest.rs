//! `/search/suggest?q=&lang=`: suggestions as one types, as a piece of a page.
//!
//! It leaves no events and reads no cookies: the answer depends on the address only.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::header::CACHE_CONTROL;
use axum::response::IntoResponse;
use serde::Deserialize;

use super::wanted;
use super::{Site, show};
use crate::domain::{Filter, Language, PageNumber, Product};
use crate::pages::suggest::{Suggestions, starters, suggestions};

/// Products that are suggested at a time.
const MOST: usize = 6;
/// Products to begin with, while nothing is typed.
const STARTERS: usize = 5;
/// Queries before them, which several visitors have asked.
const QUERIES: usize = 4;
/// Categories beside them.
const MOST_CATEGORIES: usize = 2;
/// For how long a browser may take the same answer for the same letters.
const KEPT: &str = "private, max-age=60";

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Typed {
    q: String,
    lang: String,
}

pub(super) async fn index(State(site): State<Site>, typed: Result<Query<Typed>, QueryRejection>) -> impl IntoResponse {
    let Query(typed) = typed.unwrap_or_default();
    let query = wanted::query(&typed.q);
    let language = Language::from_code(&typed.lang).unwrap_or(Language::Ko);
    let (catalogue, stock) = (site.store.catalogue(), site.store.stock());
    let with_hue = |product| (product, show::hue(&catalogue, product));
    if query.is_empty() {
        let popular = show::products(&catalogue, &site.crowd.advice().popular, STARTERS);
        let popular: Vec<(&Product, u16)> = popular.into_iter().map(with_hue).collect();
        let queries = site.crowd.popular_queries(language, site.clock.now(), QUERIES);
        return ([(CACHE_CONTROL, KEPT)], starters(language, &queries, &popular));
    }
    let searched = catalogue.search(
        &query,
        (&Filter::default(), None, PageNumber::FIRST),
        (&stock, language),
    );
    let products = searched.listing.products.iter().take(MOST);
    let marked = |text: &str| !searched.marks.spans(text).is_empty();
    let categories = catalogue.categories().iter();
    let categories = categories.filter(|category| marked(&category.name.ko) || marked(&category.name.en));
    let shown = Suggestions {
        language,
        query: &query,
        categories: categories.take(MOST_CATEGORIES).collect(),
        products: products.copied().map(with_hue).collect(),
        marks: &searched.marks,
    };
    ([(CACHE_CONTROL, KEPT)], suggestions(&shown))
}
