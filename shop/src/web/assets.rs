//! `/static/{version}/{file}`

use axum::http::Uri;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::IntoResponse;

use super::error::PageError;
use crate::pages::assets::Asset;

/// For what never changes under its address.
pub(super) const FOR_EVER: &str = "public, max-age=31536000, immutable";

pub(super) async fn file(address: Uri) -> Result<impl IntoResponse, PageError> {
    let asset = Asset::at(address.path()).ok_or(PageError::NotFound)?;
    let headers = [(CONTENT_TYPE, asset.content_type()), (CACHE_CONTROL, FOR_EVER)];
    Ok((headers, asset.content()))
}
