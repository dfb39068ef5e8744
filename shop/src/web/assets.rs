//! `/static/{version}/{file}`

use axum::http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY};
use axum::http::{HeaderMap, HeaderValue, Uri};
use axum::response::IntoResponse;

use super::compressed::takes_gzip;
use super::error::PageError;
use crate::pages::assets::Asset;

/// For what never changes under its address.
pub(super) const FOR_EVER: &str = "public, max-age=31536000, immutable";

pub(super) async fn file(address: Uri, asked: HeaderMap) -> Result<impl IntoResponse, PageError> {
    let asset = Asset::at(address.path()).ok_or(PageError::NotFound)?;
    let compressed = asset.compressed().filter(|_| takes_gzip(&asked));
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(asset.content_type()));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(FOR_EVER));
    headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    if compressed.is_some() {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    Ok((headers, compressed.unwrap_or(asset.content())))
}
