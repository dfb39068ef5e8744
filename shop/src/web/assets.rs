//! `/static/{version}/{file}`

use axum::http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY};
use axum::http::{HeaderMap, HeaderValue, Uri};
use axum::response::IntoResponse;

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

/// RFC 9110, 12.5.3: gzip is named, and not with a weight of 0.
fn takes_gzip(asked: &HeaderMap) -> bool {
    let lines = asked.get_all(ACCEPT_ENCODING).into_iter();
    let mut codings = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','));
    codings.any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        let is_gzip = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip"));
        let weight = parts.find_map(|part| part.strip_prefix("q="));
        is_gzip && weight.is_none_or(|weight| weight.parse().is_ok_and(|weight: f32| weight > 0.0))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_sent_to_those_who_take_it() {
        let takes = |asked: &'static str| {
            let headers = [(ACCEPT_ENCODING, HeaderValue::from_static(asked))];
            takes_gzip(&headers.into_iter().collect())
        };
        for asked in ["gzip", "deflate, GZIP;q=0.5", "br;q=1.0, gzip; q=0.001"] {
            assert!(takes(asked), "{asked}");
        }
        for asked in ["", "identity", "gzip;q=0", "deflate, br", "xgzip", "gzip;q=much"] {
            assert!(!takes(asked), "{asked}");
        }
        assert!(!takes_gzip(&HeaderMap::new()));
    }
}
