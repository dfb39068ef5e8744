//! `/robots.txt`, `/sitemap.xml`, `/favicon.ico`: what programs ask every site for.

use std::fmt::Write as _;

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Redirect};

use super::Site;
use crate::domain::Language;
use crate::pages::assets::Asset;

/// What is about one person, what changes something, and lists without end.
const NOT_FOR_CRAWLERS: [&str; 9] = [
    "/account",
    "/api/",
    "/cart",
    "/checkout",
    "/experiments/",
    "/login",
    "/orders",
    "/search",
    "/wishlist",
];
const FOR_A_DAY: &str = "public, max-age=86400";

pub(super) async fn robots(State(site): State<Site>) -> impl IntoResponse {
    let mut text = "User-agent: *\n".to_owned();
    for path in NOT_FOR_CRAWLERS {
        // Writing to a string doesn't fail.
        let _ = writeln!(text, "Disallow: {path}");
    }
    let _ = writeln!(text, "Sitemap: {}/sitemap.xml", site.manners.public_url.as_str());
    (
        [(CONTENT_TYPE, "text/plain; charset=utf-8"), (CACHE_CONTROL, FOR_A_DAY)],
        text,
    )
}

/// Every page that is the same for everybody, with its address in each language.
pub(super) async fn sitemap(State(site): State<Site>) -> impl IntoResponse {
    let catalogue = site.store.catalogue();
    let pages = ["/".to_owned(), "/products/".to_owned(), "/privacy".to_owned()];
    let categories = catalogue.categories().iter();
    let categories = categories.map(|category| format!("/products/?category={}", category.id));
    let products = catalogue.products().iter();
    let products = products.map(|product| format!("/products/{}", product.id));
    let url = site.manners.public_url.as_str();
    let mut xml =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\" \
                   xmlns:xhtml=\"http://www.w3.org/1999/xhtml\">\n"
            .to_owned();
    for path in pages.into_iter().chain(categories).chain(products) {
        let _ = write!(xml, "<url><loc>{url}{path}</loc>");
        for language in Language::ALL {
            let (joint, code) = (if path.contains('?') { "&amp;" } else { "?" }, language.code());
            let _ = write!(
                xml,
                "<xhtml:link rel=\"alternate\" hreflang=\"{code}\" href=\"{url}{path}{joint}lang={code}\"/>"
            );
        }
        let _ = write!(
            xml,
            "<xhtml:link rel=\"alternate\" hreflang=\"x-default\" href=\"{url}{path}\"/>"
        );
        xml.push_str("</url>\n");
    }
    xml.push_str("</urlset>\n");
    (
        [
            (CONTENT_TYPE, "application/xml; charset=utf-8"),
            (CACHE_CONTROL, FOR_A_DAY),
        ],
        xml,
    )
}

/// Browsers that don't read the page's link ask here.
pub(super) async fn favicon() -> Redirect {
    Redirect::temporary(Asset::Icon.address())
}
