//! A request that changes something must come from the shop's own pages.
//!
//! Browsers say so themselves: `Sec-Fetch-Site` where they know it (Fetch Metadata), `Origin` otherwise. A program that
//! sends neither carries nobody's cookies by accident, so it passes.

use axum::extract::Request;
use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, Method, Version};

use super::error::PageError;

/// Refuses what another site made a browser send, and what doesn't say clearly for whom it is.
pub(super) fn check(request: &Request) -> Result<(), PageError> {
    check_host(request)?;
    let reads_only = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if !reads_only && comes_from_elsewhere(request.headers()) {
        return Err(PageError::OtherSite);
    }
    Ok(())
}

/// RFC 9112, section 3.2: a request without `Host`, or with more than one, is answered with 400. Of two, a proxy may believe the other.
fn check_host(request: &Request) -> Result<(), PageError> {
    let hosts = request.headers().get_all(HOST).iter().count();
    let is_named = hosts > 0 || request.uri().host().is_some();
    let wrong = |why: &str| Err(PageError::BadRequest(format!("the request has {why} Host header")));
    if hosts > 1 {
        wrong("more than one")
    } else if is_named || request.version() < Version::HTTP_11 {
        Ok(())
    } else {
        wrong("no")
    }
}

fn comes_from_elsewhere(headers: &HeaderMap) -> bool {
    let value = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or(""));
    if let Some(site) = value("sec-fetch-site") {
        return !matches!(site, "same-origin" | "none");
    }
    let Some(origin) = value(ORIGIN.as_str()) else {
        return false;
    };
    let from = origin.split_once("://").map(|(_, authority)| authority);
    from.is_none() || from != value(HOST.as_str())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn headers<const N: usize>(pairs: [(&'static str, &'static str); N]) -> HeaderMap {
        pairs
            .into_iter()
            .map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn only_the_shops_own_pages_may_change_something() {
        let host = ("host", "shop.example:8080");
        assert!(!comes_from_elsewhere(&headers([
            host,
            ("sec-fetch-site", "same-origin")
        ])));
        assert!(comes_from_elsewhere(&headers([host, ("sec-fetch-site", "cross-site")])));
        assert!(comes_from_elsewhere(&headers([host, ("sec-fetch-site", "same-site")])));
        assert!(!comes_from_elsewhere(&headers([
            host,
            ("origin", "http://shop.example:8080")
        ])));
        assert!(comes_from_elsewhere(&headers([
            host,
            ("origin", "http://evil.example")
        ])));
        assert!(comes_from_elsewhere(&headers([host, ("origin", "null")])));
        assert!(!comes_from_elsewhere(&headers([host])));
    }
}
