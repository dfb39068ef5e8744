//! `/pictures/{file}`: the product pictures, Twemoji's by code point, such as `1fad6.svg`; and as `1fad6.png` on the ground of its category,
//! for those who show a link and can't show SVG.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use twemoji_assets::svg::SvgTwemojiAsset;

use super::Site;
use super::assets::FOR_EVER;
use super::error::PageError;
use super::preview;

/// PNGs that were drawn once, by code points: at most one for each picture of the catalogue.
#[derive(Debug, Clone, Default)]
pub(super) struct Drawn(Arc<Mutex<HashMap<String, Bytes>>>);

impl Drawn {
    fn get(&self, code_points: &str) -> Option<Bytes> {
        let drawn = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        drawn.get(code_points).cloned()
    }

    fn keep(&self, code_points: String, png: Bytes) {
        let mut drawn = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        drawn.insert(code_points, png);
    }
}

pub(super) async fn picture(State(site): State<Site>, Path(file): Path<String>) -> Result<Response, PageError> {
    if let Some(code_points) = file.strip_suffix(".png") {
        let png = drawn(&site, code_points).await?;
        return Ok(([(CONTENT_TYPE, "image/png"), (CACHE_CONTROL, FOR_EVER)], png).into_response());
    }
    let svg = file.strip_suffix(".svg").and_then(find).ok_or(PageError::NotFound)?;
    let headers = [(CONTENT_TYPE, "image/svg+xml"), (CACHE_CONTROL, FOR_EVER)];
    Ok((headers, svg).into_response())
}

/// Only pictures of what is sold are drawn, so that nobody can make the shop draw all there are.
async fn drawn(site: &Site, code_points: &str) -> Result<Bytes, PageError> {
    if let Some(png) = site.drawn.get(code_points) {
        return Ok(png);
    }
    let catalogue = site.store.catalogue();
    let product = catalogue
        .products()
        .iter()
        .find(|product| product.picture == code_points)
        .ok_or(PageError::NotFound)?;
    let hue = super::show::hue(&catalogue, product);
    let svg = find(code_points).ok_or(PageError::NotFound)?;
    let drawing = tokio::task::spawn_blocking(move || preview::png(svg, hue));
    let png = drawing.await.ok().flatten().ok_or_else(|| {
        tracing::error!(picture = code_points, "a picture can't be drawn as PNG");
        PageError::NotFound
    })?;
    site.drawn.keep(code_points.to_owned(), png.clone());
    Ok(png)
}

/// The picture of `1f415-200d-1f9ba`. File names leave out the variation selector that some emoji end in.
fn find(code_points: &str) -> Option<&'static str> {
    let character = |digits: &str| u32::from_str_radix(digits, 16).ok().and_then(char::from_u32);
    let mut emoji: String = code_points.split('-').map(character).collect::<Option<_>>()?;
    let found = SvgTwemojiAsset::from_emoji(&emoji).or_else(|| {
        emoji.push('\u{fe0f}');
        SvgTwemojiAsset::from_emoji(&emoji)
    });
    found.map(|asset| asset.data.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_found_by_its_code_points() {
        for known in ["1fad6", "2702", "1f415-200d-1f9ba", "1f373"] {
            assert!(find(known).is_some_and(|svg| svg.starts_with("<svg")), "{known}");
        }
        for unknown in ["", "zz", "1fad6-", "41-42", "110000"] {
            assert!(find(unknown).is_none(), "{unknown}");
        }
    }
}
