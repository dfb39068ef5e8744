//! The style sheet: the shop's tokens and controls, then what only these pages have.

use std::sync::LazyLock;

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::IntoResponse;

/// The shop's style sheet up to its header: tokens, text, controls. What follows there is for the shop's own pages.
static SHEET: LazyLock<String> = LazyLock::new(|| {
    let shop = include_str!("../../../../static/css/main.css");
    let shared = shop.split("/* Header and footer */").next().unwrap_or(shop);
    format!("{shared}\n{}", include_str!("../../../../static/css/insights.css"))
});

pub(super) async fn sheet() -> impl IntoResponse {
    // The address stays the same over versions, so that a browser asks again after an hour.
    let headers = [
        (CONTENT_TYPE, "text/css; charset=utf-8"),
        (CACHE_CONTROL, "max-age=3600"),
    ];
    (headers, SHEET.as_str())
}
