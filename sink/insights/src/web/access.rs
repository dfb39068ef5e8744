//! Who may look: insights show what people did.
//!
//! On a loopback address everybody on the machine may, by a name of the loopback. With a token only who brings it: as
//! `Authorization: Bearer`, or typed once into a form, which leaves it in a cookie of this browser.

use std::fmt::Write as _;
use std::net::IpAddr;

use axum::Form;
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, COOKIE, HOST, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use maud::html;
use serde::Deserialize;

use super::layout;
use super::router::Site;

const COOKIE_NAME: &str = "insights";

/// Whether a token is asked for.
#[derive(Clone, PartialEq, Eq)]
pub enum Access {
    /// For an address that only this machine reaches.
    Loopback,
    Token(String),
}

/// Why the insights can't be served at an address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AccessError {
    #[error(
        "{0} can be reached from other machines, and /insights shows what people did: choose a token with --insights-token, \
         or listen on a loopback address"
    )]
    Open(IpAddr),
    #[error("a token has at least 16 letters")]
    Short,
}

impl std::fmt::Debug for Access {
    /// Without the token.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Loopback => "Loopback",
            Self::Token(_) => "Token",
        })
    }
}

impl Access {
    /// What is right for an address: without a token only a loopback address is.
    pub fn at(address: IpAddr, token: Option<&str>) -> Result<Self, AccessError> {
        match token {
            Some(token) if token.len() < 16 => Err(AccessError::Short),
            Some(token) => Ok(Self::Token(token.to_owned())),
            None if address.to_canonical().is_loopback() => Ok(Self::Loopback),
            None => Err(AccessError::Open(address)),
        }
    }

    fn admits(&self, headers: &HeaderMap) -> bool {
        let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
        match self {
            // Another name leads here when a page elsewhere has its own name point to this machine, to read what is shown.
            Self::Loopback => text(HOST).is_none_or(is_loopback_name),
            Self::Token(token) => {
                let bearer = text(AUTHORIZATION).and_then(|value| value.strip_prefix("Bearer "));
                let cookies = headers
                    .get_all(COOKIE)
                    .into_iter()
                    .filter_map(|value| value.to_str().ok());
                let mut cookies = cookies
                    .flat_map(|line| line.split(';'))
                    .filter_map(|pair| pair.trim().split_once('='));
                let cookie = cookies.find(|(name, _)| *name == COOKIE_NAME).map(|(_, value)| value);
                bearer.is_some_and(|given| same(given, token))
                    || cookie.is_some_and(|given| same(given, &cookie_value(token)))
            }
        }
    }
}

fn is_loopback_name(host: &str) -> bool {
    let name = host
        .rsplit_once(':')
        .filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()))
        .map_or(host, |(name, _)| name);
    let name = name.trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost")
        || name
            .parse::<IpAddr>()
            .is_ok_and(|address| address.to_canonical().is_loopback())
}

/// Compares all letters, so that the time tells nothing about where two differ.
fn same(left: &str, right: &str) -> bool {
    left.len() == right.len()
        && left
            .bytes()
            .zip(right.bytes())
            .fold(0, |all, (left, right)| all | (left ^ right))
            == 0
}

/// The token in letters that a cookie may have.
fn cookie_value(token: &str) -> String {
    token.bytes().fold(String::new(), |mut text, byte| {
        // Writing to a String can't fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The middleware, with the headers that an own server needs.
pub(super) async fn guard(State(site): State<Site>, request: Request, next: Next) -> Response {
    if !site.access.admits(request.headers()) {
        return refused(&site.access);
    }
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(
        "content-security-policy",
        HeaderValue::from_static(
            "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        ),
    );
    headers.insert("x-content-type-options", HeaderValue::from_static("nosniff"));
    headers.insert("referrer-policy", HeaderValue::from_static("same-origin"));
    headers.insert("cache-control", HeaderValue::from_static("no-store"));
    response
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
pub(super) async fn enter(State(site): State<Site>, Form(given): Form<Given>) -> Response {
    let Access::Token(token) = &*site.access else {
        return (StatusCode::SEE_OTHER, [(LOCATION, "/insights")]).into_response();
    };
    if !same(&given.token, token) {
        return refused(&site.access);
    }
    let cookie = format!(
        "{COOKIE_NAME}={}; Path=/insights; HttpOnly; SameSite=Strict; Max-Age=2592000",
        cookie_value(token)
    );
    (
        StatusCode::SEE_OTHER,
        [(LOCATION, "/insights".to_owned()), (SET_COOKIE, cookie)],
    )
        .into_response()
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
    fn an_address_that_others_reach_needs_a_token() {
        let open: IpAddr = "0.0.0.0".parse().expect("an address");
        assert_eq!(Access::at(open, None), Err(AccessError::Open(open)));
        assert_eq!(Access::at(open, Some("short")), Err(AccessError::Short));
        assert!(Access::at(open, Some("a token of many letters")).is_ok());
        assert_eq!(
            Access::at("::1".parse().expect("an address"), None),
            Ok(Access::Loopback)
        );
        assert_eq!(
            Access::at("::ffff:127.0.0.1".parse().expect("an address"), None),
            Ok(Access::Loopback)
        );
    }

    #[test]
    fn only_the_token_opens_the_door() {
        let access = Access::Token("a token of many letters".to_owned());
        assert!(access.admits(&asked("authorization", "Bearer a token of many letters")));
        assert!(access.admits(&asked(
            "cookie",
            &format!("x=1; insights={}", cookie_value("a token of many letters"))
        )));
        for (name, value) in [
            ("authorization", "Bearer a token of many letterz"),
            ("cookie", "insights="),
            ("host", "localhost"),
        ] {
            assert!(!access.admits(&asked(name, value)), "{name}: {value}");
        }
    }

    #[test]
    fn the_loopback_answers_to_its_own_names_only() {
        for (host, admitted) in [
            ("localhost:8081", true),
            ("127.0.0.1:8081", true),
            ("[::1]:8081", true),
            ("evil.example:8081", false),
            ("localhost.evil.example", false),
        ] {
            assert_eq!(Access::Loopback.admits(&asked("host", host)), admitted, "{host}");
        }
    }
}
