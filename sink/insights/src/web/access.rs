//! Who may look: insights show what people did.
//!
//! On a loopback address everybody on the machine may, by a name of the loopback. With a token only who brings it: as
//! `Authorization: Bearer`, or typed once into a form, which leaves it in a cookie of this browser.

use std::net::IpAddr;

use axum::http::header::{AUTHORIZATION, COOKIE, HOST};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, Uri};
use sha2::{Digest, Sha256};

pub(super) const COOKIE_NAME: &str = "insights";

/// Whether a token is asked for.
#[derive(Clone, PartialEq, Eq)]
pub enum Access {
    /// For an address that only this machine reaches.
    Loopback,
    Token(TokenDigest),
}

/// A digest of the token: what the cookie holds, so that it tells nobody the token, and a new token closes what the old one opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenDigest(u128);

impl TokenDigest {
    pub(super) fn of(token: &str) -> Self {
        let digest = Sha256::digest(token.trim());
        let half = digest.iter().take(16);
        Self(half.fold(0, |number, byte| number << 8 | u128::from(*byte)))
    }

    pub(super) fn from_cookie(text: &str) -> Option<Self> {
        u128::from_str_radix(text, 16).ok().map(Self)
    }

    /// In letters that a cookie may have.
    pub(super) fn cookie(self) -> String {
        format!("{:032x}", self.0)
    }
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
        match token.map(str::trim) {
            Some(token) if token.len() < 16 => Err(AccessError::Short),
            Some(token) => Ok(Self::Token(TokenDigest::of(token))),
            None if address.to_canonical().is_loopback() => Ok(Self::Loopback),
            None => Err(AccessError::Open(address)),
        }
    }

    pub(super) fn admits(&self, uri: &Uri, headers: &HeaderMap) -> bool {
        let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
        match self {
            // Another name leads here when a page elsewhere has its own name point to this machine, to read what is shown.
            Self::Loopback => text(HOST)
                .or_else(|| uri.authority().map(Authority::as_str))
                .is_some_and(is_loopback_name),
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
                bearer.is_some_and(|given| TokenDigest::of(given) == *token)
                    || cookie
                        .and_then(TokenDigest::from_cookie)
                        .is_some_and(|given| given == *token)
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
        let open: IpAddr = "0.0.0.0".parse().expect("an address");
        // As it comes out of a file, with a line's end.
        let access = Access::at(open, Some("a token of many letters\n")).expect("a token");
        let admits =
            |name: &'static str, value: &str| access.admits(&Uri::from_static("/insights"), &asked(name, value));
        let cookie = TokenDigest::of("a token of many letters").cookie();
        assert!(admits("authorization", "Bearer a token of many letters"));
        assert!(admits("cookie", &format!("x=1; insights={cookie}")));
        let token = "a token of many letters".bytes().map(|byte| format!("{byte:02x}"));
        for (name, value) in [
            ("authorization", "Bearer a token of many letterz"),
            ("authorization", &format!("Bearer {cookie}")),
            ("cookie", "insights="),
            ("cookie", &format!("insights={cookie}00")),
            ("cookie", &format!("insights={}", token.collect::<String>())),
            ("host", "localhost"),
        ] {
            assert!(!admits(name, value), "{name}: {value}");
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
            let uri = Uri::from_static("/insights");
            assert_eq!(Access::Loopback.admits(&uri, &asked("host", host)), admitted, "{host}");
            // HTTP/2 names the host in the address itself.
            let uri = format!("http://{host}/insights").parse().expect("an address");
            assert_eq!(Access::Loopback.admits(&uri, &HeaderMap::new()), admitted, "{host}");
        }
        let nameless = Uri::from_static("/insights");
        assert!(
            !Access::Loopback.admits(&nameless, &HeaderMap::new()),
            "nobody knows which name led here"
        );
    }
}
