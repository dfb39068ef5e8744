//! Whom the portal shows messages: what its token opens.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use schemas::Timestamp;
use sha2::{Digest, Sha256};

use super::pace::{Pace, Wait, place};

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

/// Wrong tokens from one address within an hour; after those none is looked at until the hour is over.
const WRONG_TOKENS: u32 = 10;

/// To whom the portal shows messages; the documentation is open to everybody.
pub struct PortalAccess {
    /// To everybody: the shop listens on a loopback address, and its public address is one.
    is_open: bool,
    token: Option<TokenDigest>,
    wrong: Pace,
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
            wrong: Pace::new(WRONG_TOKENS, Duration::from_hours(1)),
        }
    }

    pub(super) fn opens(&self, shown: Option<&TokenDigest>) -> bool {
        self.is_open || (self.token.is_some() && shown == self.token.as_ref())
    }

    /// To who types or sends a token. Only wrong ones count, so that guessing is slow and the right one is asked for as often as one likes.
    pub(super) fn opens_to(&self, token: &TokenDigest, from: Option<IpAddr>, now: Timestamp) -> Result<bool, Wait> {
        let from = place(from);
        if let Some(wait) = self.wrong.wait(&from, now) {
            return Err(wait);
        }
        let opens = self.opens(Some(token));
        if !opens {
            self.wrong.count(&from, now);
        }
        Ok(opens)
    }

    /// To programs: `Authorization: Bearer TOKEN`.
    pub(super) fn opens_to_program(
        &self,
        headers: &HeaderMap,
        from: Option<IpAddr>,
        now: Timestamp,
    ) -> Result<bool, Wait> {
        let header = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        match header.and_then(|header| header.strip_prefix("Bearer ")) {
            Some(token) => self.opens_to(&TokenDigest::of(token), from, now),
            None => Ok(self.opens(None)),
        }
    }
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
