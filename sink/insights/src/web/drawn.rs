//! A page of the shop drawn again by its templates, with clicks at their places in their elements.
//!
//! It is shown in a frame that may run one script of ours and nothing else: no cookie, no form, no way out. Where it stands alone, the
//! same is asked for by its content security policy.

use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

use crate::shop::PageThen;
use crate::source::SourceError;

use super::site::Site;

/// Clicks that are drawn on a page.
pub(super) const MOST_MARKS: usize = 400;

/// A click, or several in nearly the same place.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Mark {
    /// What the element is called at every width.
    pub element: String,
    /// Within the element, in percent.
    pub at: (f32, f32),
    /// On the whole page, in percent: tells elements of one name apart.
    pub page: (f32, f32),
    pub count: u64,
    pub vain: bool,
    /// What stands on the mark: the click's number in a visit, how many there are on a map.
    pub label: String,
}

/// What products were called and cost at a moment, for a page that is to be drawn.
pub(super) async fn remember(site: &Site, page: &mut PageThen, at: i64) -> Result<(), SourceError> {
    for product in page.products() {
        if let Some(then) = site.state.source.product_at(product, at).await? {
            page.then.insert(product, then);
        }
    }
    Ok(())
}

/// The page as a document; none where there is no shop, or where it can't draw such a page.
pub(super) fn document(site: &Site, page: &PageThen, marks: &[Mark]) -> Option<String> {
    let drawn = site.shop.as_ref()?.draw(page)?;
    let head = html! {
        link rel="stylesheet" href="/insights/marks.css";
        script src="/insights/marks.js" defer {}
    };
    let marks = html! {
        ol.click-marks aria-label="Clicks" {
            @for mark in marks.iter().take(MOST_MARKS) {
                li.vain[mark.vain] data-element=(mark.element) data-x=(mark.at.0) data-y=(mark.at.1)
                    data-page-x=(mark.page.0) data-page-y=(mark.page.1) data-count=(mark.count) title={ (mark.element) ": " (mark.count) } { (mark.label) }
            }
        }
        p.click-marks-lost hidden {}
    };
    let drawn = drawn.replacen("</head>", &format!("{}</head>", head.into_string()), 1);
    // What is drawn can be looked at and not used, by no hand and no keyboard.
    let drawn = drawn.replacen("<body>", r#"<body><div class="click-page" inert>"#, 1);
    let end = drawn.rfind("</body>")?;
    Some(format!(
        "{}</div>{}{}",
        &drawn[..end],
        marks.into_string(),
        &drawn[end..]
    ))
}

/// The document within a page of ours, as wide as the window in which it was looked at.
pub(super) fn framed(document: &str, width: u32, title: &str) -> Markup {
    let height = if width < 600 { 844 } else { 900 };
    html! {
        div.drawn tabindex="0" role="region" aria-label=(title) {
            iframe sandbox="allow-scripts" srcdoc=(document) width=(width) height=(height) title=(title) {}
        }
    }
}

/// The document alone, in a window of its own.
pub(super) fn alone(document: String) -> Response {
    const POLICY: &str = "sandbox allow-scripts; default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'";
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CONTENT_SECURITY_POLICY, POLICY),
    ];
    (headers, document).into_response()
}

pub(super) async fn script() -> impl IntoResponse {
    let headers = [
        (CONTENT_TYPE, "text/javascript; charset=utf-8"),
        (CACHE_CONTROL, "max-age=3600"),
    ];
    (headers, include_str!("../../../../static/js/marks.js"))
}

pub(super) async fn sheet() -> impl IntoResponse {
    let headers = [
        (CONTENT_TYPE, "text/css; charset=utf-8"),
        (CACHE_CONTROL, "max-age=3600"),
    ];
    (headers, include_str!("../../../../static/css/marks.css"))
}
