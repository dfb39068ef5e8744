//! `/pictures/{file}`: the product pictures, Twemoji's by code point, such as `1fad6.svg`, and the shop's own by name; and as `1fad6.png` on
//! the ground of its category, for those who show a link and can't show SVG.

use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;

use super::Site;
use super::assets::FOR_EVER;
use super::error::PageError;
use super::preview;
use crate::domain::drawing::find;

pub(super) async fn picture(State(site): State<Site>, Path(file): Path<String>) -> Result<Response, PageError> {
    if let Some(name) = file.strip_suffix(".png") {
        let png = drawn(&site, name).await?;
        return Ok(([(CONTENT_TYPE, "image/png"), (CACHE_CONTROL, FOR_EVER)], png).into_response());
    }
    let svg = file.strip_suffix(".svg").and_then(find).ok_or(PageError::NotFound)?;
    let headers = [(CONTENT_TYPE, "image/svg+xml"), (CACHE_CONTROL, FOR_EVER)];
    Ok((headers, svg).into_response())
}

/// Only pictures of what is sold are drawn, so that nobody can make the shop draw all there are.
async fn drawn(site: &Site, name: &str) -> Result<Bytes, PageError> {
    if let Some(png) = site.drawn.get(name) {
        return Ok(png);
    }
    let catalogue = site.store.catalogue();
    let product = catalogue
        .products()
        .iter()
        .find(|product| product.picture == name)
        .ok_or(PageError::NotFound)?;
    let hue = super::show::hue(&catalogue, product);
    let svg = find(name).ok_or(PageError::NotFound)?;
    let drawing = tokio::task::spawn_blocking(move || preview::png(svg, hue));
    let png = drawing.await.ok().flatten().ok_or_else(|| {
        tracing::error!(picture = name, "a picture can't be drawn as PNG");
        PageError::NotFound
    })?;
    site.drawn.keep(name.to_owned(), png.clone());
    Ok(png)
}
