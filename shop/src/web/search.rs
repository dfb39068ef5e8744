//! `/search?q=`

use std::borrow::Cow;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::IntoResponse;
use schemas::events::Search;
use schemas::record::Fields;
use serde::Deserialize;

use super::caller::{By, clean};
use super::error::PageError;
use super::products::page_number;
use super::{Site, show};
use crate::pages::search::SearchPage;
use crate::pages::{self, Frame};

/// The longest query that is looked at, in characters.
const LONGEST_QUERY: usize = 100;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    q: String,
    page: Option<String>,
}

pub(super) async fn index(
    By(caller): By,
    State(site): State<Site>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<impl IntoResponse, PageError> {
    let Query(asked) = asked.unwrap_or_default();
    let query = clean(&asked.q).trim().chars().take(LONGEST_QUERY).collect::<String>();
    let catalogue = site.store.catalogue();
    let found = catalogue.search(&query, page_number(asked.page.as_deref()));
    let mut seen = caller.saw(caller.view());
    if !query.is_empty() {
        seen = seen.and(caller.saw(Search {
            query: Cow::Borrowed(&query),
            filters: Fields::new(),
            result_count: u32::try_from(found.total).unwrap_or(u32::MAX),
            page_number: found.page.get(),
            language: Cow::Borrowed(caller.language.code()),
        }));
    }
    let frame = Frame {
        query: &query,
        ..caller.frame(&site).await?
    };
    let address = |page| address(&query, page);
    let shown = SearchPage {
        query: &query,
        categories: catalogue.categories(),
        page: found.page.get(),
        pages: found.pages.get(),
        total: found.total,
        tiles: show::tiles(&catalogue, &site.store.stock(), caller.occasion.at, found.products),
        address: &address,
    };
    let page = pages::search::search(&frame, &shown);
    Ok((seen, page))
}

/// RFC 3986: everything but unreserved characters is percent-encoded.
fn address(query: &str, page: u32) -> String {
    let mut address = "/search?q=".to_owned();
    for byte in query.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            address.push(char::from(byte));
        } else {
            address.push_str(&format!("%{byte:02X}"));
        }
    }
    if page > 1 {
        address.push_str(&format!("&page={page}"));
    }
    address
}
