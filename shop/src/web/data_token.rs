//! `POST /data/token`: the portal's token for a cookie, so that messages are shown to this browser; and what the token opens.

use std::fmt;

use axum::Form;
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::Site;
use super::caller::By;
use super::cookies::Change;
use super::data::{framed, reader};
use super::error::PageError;
use super::pace::place;
use super::record::Changed;

/// A digest of the token: what the cookie holds, so that a new token closes what the old one opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TokenDigest(u128);

impl TokenDigest {
    /// Signatures don't cover a cookie's name: so that no other cookie's value passes for this one.
    const PREFIX: &str = "portal-";

    pub(super) fn of(token: &str) -> Self {
        let digest = Sha256::digest(token.trim());
        Self(
            digest
                .iter()
                .take(16)
                .fold(0, |number, byte| number << 8 | u128::from(*byte)),
        )
    }

    pub(super) fn from_text(text: &str) -> Option<Self> {
        let digits = text.strip_prefix(Self::PREFIX)?;
        u128::from_str_radix(digits, 16).ok().map(Self)
    }

    pub(super) fn text(self) -> String {
        format!("{}{:032x}", Self::PREFIX, self.0)
    }
}

/// To whom the portal shows messages; the documentation is open to everybody.
#[derive(Clone, Copy, Default)]
pub struct PortalAccess {
    /// To everybody: the shop listens on a loopback address, and its public address is one.
    is_open: bool,
    token: Option<TokenDigest>,
}

impl fmt::Debug for PortalAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PortalAccess")
            .field("is_open", &self.is_open)
            .finish_non_exhaustive()
    }
}

impl PortalAccess {
    #[must_use]
    pub fn new(is_loopback: bool, token: Option<&str>) -> Self {
        Self {
            is_open: is_loopback && token.is_none(),
            token: token.map(TokenDigest::of),
        }
    }

    pub(super) fn opens(self, shown: Option<&TokenDigest>) -> bool {
        self.is_open || (self.token.is_some() && shown == self.token.as_ref())
    }

    /// To programs: `Authorization: Bearer TOKEN`.
    pub(super) fn opens_to(self, headers: &HeaderMap) -> bool {
        let header = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = header.and_then(|header| header.strip_prefix("Bearer "));
        self.opens(token.map(TokenDigest::of).as_ref())
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Shown {
    token: String,
    next: String,
}

pub(super) async fn show(
    By(caller): By,
    State(site): State<Site>,
    form: Result<Form<Shown>, FormRejection>,
) -> Result<Response, PageError> {
    let Form(shown) = form?;
    // Guessing is as slow as opening accounts.
    let address = place(caller.address);
    site.paces
        .sign_ups
        .take(&address, site.clock.now())
        .map_err(PageError::TooMany)?;
    let digest = TokenDigest::of(&shown.token);
    let next = if shown.next.starts_with("/data") {
        &shown.next
    } else {
        "/data"
    };
    if !site.manners.portal.opens(Some(&digest)) {
        let page = site.portal.wrong_token(&reader(&caller, &site), next);
        return framed(&caller, &site, page).await;
    }
    let cookies = vec![Change::Portal(digest)];
    Ok((Changed { cookies }, Redirect::to(next)).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_token_opens_what_is_not_open() {
        let right = TokenDigest::of("right");
        let closed = PortalAccess::new(false, None);
        assert!(!closed.opens(None) && !closed.opens(Some(&right)));
        let guarded = PortalAccess::new(true, Some("right"));
        assert!(
            guarded.opens(Some(&right)),
            "a token that is set is asked for on every address"
        );
        assert!(!guarded.opens(None) && !guarded.opens(Some(&TokenDigest::of("wrong"))));
        assert!(PortalAccess::new(true, None).opens(None));
        assert_eq!(TokenDigest::from_text(&right.text()), Some(right));
        assert_eq!(TokenDigest::from_text("known-00"), None);
    }
}
