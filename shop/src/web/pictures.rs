//! `/pictures/{file}`: the product pictures, Twemoji's by code point, such as `1fad6.svg`.

use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::IntoResponse;
use twemoji_assets::svg::SvgTwemojiAsset;

use super::assets::FOR_EVER;
use super::error::PageError;

pub(super) async fn picture(Path(file): Path<String>) -> Result<impl IntoResponse, PageError> {
    let svg = file.strip_suffix(".svg").and_then(find).ok_or(PageError::NotFound)?;
    let headers = [(CONTENT_TYPE, "image/svg+xml"), (CACHE_CONTROL, FOR_EVER)];
    Ok((headers, svg))
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
