//! The door of `/insights`: asks [`Access`] before every page, and takes the token that is typed.

use axum::Form;
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_SECURITY_POLICY, LOCATION, ORIGIN, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use maud::html;
use serde::Deserialize;

use super::access::{Access, COOKIE_NAME, TokenDigest};
use super::layout;
use super::site::Site;

/// The middleware, with the headers that an own server needs.
pub(super) async fn guard(State(site): State<Site>, request: Request, next: Next) -> Response {
    if !site.access.admits(request.uri(), request.headers()) {
        return refused(&site.access);
    }
    if comes_from_elsewhere(request.headers()) {
        let content =
            html! { p { "Another site's page may lead here by a link, and may not fetch or embed these pages." } };
        return (StatusCode::FORBIDDEN, layout::bare("Insights", &content)).into_response();
    }
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    // A page of the shop that stands alone brings a stricter one. The one script is that of the frames, which take over this policy.
    headers.entry(CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ));
    headers.insert("x-content-type-options", HeaderValue::from_static("nosniff"));
    headers.insert("referrer-policy", HeaderValue::from_static("same-origin"));
    headers.insert("cache-control", HeaderValue::from_static("no-store"));
    response
}

/// A page of another site makes this browser ask: only a link that somebody follows is theirs to make.
fn comes_from_elsewhere(headers: &HeaderMap) -> bool {
    let is = |name: &str, text: &str| headers.get(name).is_some_and(|value| value == text);
    is("sec-fetch-site", "cross-site") && !is("sec-fetch-mode", "navigate")
}

fn refused(access: &Access) -> Response {
    let (status, content) = match access {
        Access::Loopback => (
            StatusCode::FORBIDDEN,
            html! { p { "These pages are served to this machine only, at localhost or 127.0.0.1. To serve them elsewhere, start with --insights-token." } },
        ),
        Access::Token(_) => (
            StatusCode::UNAUTHORIZED,
            html! {
                p { "These pages show what people did. Type the token that was given with --insights-token." }
                form.token action="/insights/enter" method="post" {
                    label for="token" { "Token" }
                    input #token type="password" name="token" autocomplete="current-password" required;
                    button.primary type="submit" { "Enter" }
                }
            },
        ),
    };
    (status, layout::bare("Insights", &content)).into_response()
}

#[derive(Deserialize)]
pub(super) struct Given {
    token: String,
}

/// Takes the token that was typed.
pub(super) async fn enter(State(site): State<Site>, headers: HeaderMap, Form(given): Form<Given>) -> Response {
    let Access::Token(token) = *site.access else {
        return (StatusCode::SEE_OTHER, [(LOCATION, "/insights")]).into_response();
    };
    if TokenDigest::of(&given.token) != token {
        return refused(&site.access);
    }
    let headers = [
        (LOCATION, "/insights".to_owned()),
        (SET_COOKIE, left_in_browser(token, &headers)),
    ];
    (StatusCode::SEE_OTHER, headers).into_response()
}

fn left_in_browser(token: TokenDigest, headers: &HeaderMap) -> String {
    // The browser says how it reached the form, whatever proxies lie between.
    let origin = headers.get(ORIGIN);
    let is_https = origin.is_some_and(|origin| origin.as_bytes().starts_with(b"https://"));
    let secure = if is_https { "; Secure" } else { "" };
    let value = token.cookie();
    format!("{COOKIE_NAME}={value}; Path=/insights; HttpOnly; SameSite=Strict; Max-Age=2592000{secure}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(name: &'static str, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(
            name.parse().expect("a name"),
            HeaderValue::from_str(value).expect("a value"),
        )])
    }

    #[test]
    fn the_browser_keeps_a_digest_and_over_https_only_for_https() {
        let token = TokenDigest::of("a token of many letters");
        let cookie = |origin: &str| left_in_browser(token, &asked("origin", origin));
        assert!(cookie("https://shop.example").ends_with("; Secure"));
        assert!(!cookie("http://10.0.0.7:8081").contains("Secure"));
        let kept = cookie("https://shop.example");
        let value = kept.split(['=', ';']).nth(1).expect("a value");
        assert_eq!(TokenDigest::from_cookie(value), Some(token));
    }

    #[test]
    fn other_sites_may_link_here_and_not_fetch() {
        let from = |site: &str, mode: &str| {
            let mut headers = asked("sec-fetch-site", site);
            headers.extend(asked("sec-fetch-mode", mode));
            comes_from_elsewhere(&headers)
        };
        assert!(from("cross-site", "no-cors") && from("cross-site", "cors"));
        assert!(!from("cross-site", "navigate") && !from("same-origin", "no-cors"));
        assert!(!comes_from_elsewhere(&HeaderMap::new()), "programs say nothing of it");
    }
}
