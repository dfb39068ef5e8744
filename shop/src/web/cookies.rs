//! The cookies: the visit, the sign-in, the language, the theme, the drawer, the consent, what was looked at last, that somebody signed in
//! here before, variants of experiments that a link has forced, the token that opens the portal's messages, and that something may be in the cart or on the wish list.
//! Answers overtake each other, so each writes only what its own request changed. The visit is renewed by every answer (session, last seen); what it says of
//! cart and wish list is from before these had cookies of their own.
//! All are signed, none can be read by scripts.
//! Browsers tell hosts apart, not ports: where the shop's public address names a port, so do its cookies, and two shops on one machine
//! leave each other's alone. A cookie without a port, from before they had one, is read as long as this shop has signed it.

use axum::http::HeaderMap;
use axum_extra::extract::cookie::{Cookie, Key, SameSite, SignedCookieJar};
use sha2::{Digest, Sha256};
use time::Duration;

use super::data_token::TokenDigest;
use super::site::Manners;
use crate::domain::{Consent, Drawer, Forced, Language, Looked, Theme, Visit};
use crate::store::SignInToken;

const VISIT: &str = "visit";
const SIGN_IN: &str = "sign_in";
const LANGUAGE: &str = "language";
const THEME: &str = "theme";
const DRAWER: &str = "drawer";
const LOOKED: &str = "looked";
const CONSENT: &str = "consent";
const KNOWN: &str = "known";
const FORCED: &str = "forced";
const PORTAL: &str = "portal";
const HAS_CART: &str = "has_cart";
const HAS_WISHES: &str = "has_wishes";
/// How long a browser keeps a cookie that nobody renews.
const KEPT: Duration = Duration::days(365);
const LOOKED_KEPT: Duration = Duration::days(30);
const FORCED_KEPT: Duration = Duration::days(1);
const PORTAL_KEPT: Duration = Duration::days(1);

/// What a request's cookies say; what is forged or mangled says nothing.
pub(super) struct Cookies {
    jar: SignedCookieJar,
    port: Option<u16>,
}

/// The cookie's name in browsers.
fn named(name: &str, port: Option<u16>) -> String {
    port.map_or_else(|| name.to_owned(), |port| format!("{name}-{port}"))
}

impl Cookies {
    pub(super) fn of(headers: &HeaderMap, manners: &Manners) -> Self {
        Self {
            jar: SignedCookieJar::from_headers(headers, manners.key.clone()),
            port: manners.public_url.port(),
        }
    }

    fn get(&self, name: &str) -> Option<Cookie<'static>> {
        self.jar.get(&named(name, self.port)).or_else(|| self.jar.get(name))
    }

    pub(super) fn visit(&self) -> Option<Visit> {
        let visit: Visit = self.get(VISIT)?.value().parse().ok()?;
        Some(Visit {
            has_cart: visit.has_cart || self.says(HAS_CART),
            has_wishes: visit.has_wishes || self.says(HAS_WISHES),
            ..visit
        })
    }

    /// A cookie that says yes by its own name: signatures don't cover it.
    fn says(&self, name: &str) -> bool {
        self.get(name).is_some_and(|cookie| cookie.value() == name)
    }

    pub(super) fn sign_in(&self) -> Option<SignInToken> {
        SignInToken::from_hex(self.get(SIGN_IN)?.value())
    }

    pub(super) fn language(&self) -> Option<Language> {
        Language::from_code(self.get(LANGUAGE)?.value())
    }

    pub(super) fn theme(&self) -> Theme {
        let cookie = self.get(THEME);
        cookie
            .and_then(|cookie| Theme::from_code(cookie.value()))
            .unwrap_or_default()
    }

    pub(super) fn drawer(&self) -> Drawer {
        let cookie = self.get(DRAWER);
        cookie
            .and_then(|cookie| Drawer::from_code(cookie.value()))
            .unwrap_or_default()
    }

    pub(super) fn looked(&self) -> Looked {
        let cookie = self.get(LOOKED);
        cookie
            .and_then(|cookie| cookie.value().parse().ok())
            .unwrap_or_default()
    }

    /// What the visitor chose, if anything.
    pub(super) fn consent(&self) -> Option<Consent> {
        Consent::from_code(self.get(CONSENT)?.value())
    }

    /// Variants that a link has forced.
    pub(super) fn forced(&self) -> Forced {
        let cookie = self.get(FORCED);
        cookie
            .and_then(|cookie| cookie.value().parse().ok())
            .unwrap_or_default()
    }

    /// The portal's token, as it was shown.
    pub(super) fn portal(&self) -> Option<TokenDigest> {
        TokenDigest::from_text(self.get(PORTAL)?.value())
    }

    /// The account that was last signed in to with this browser.
    pub(super) fn known(&self) -> Option<KnownAccount> {
        KnownAccount::from_text(self.get(KNOWN)?.value())
    }
}

/// A digest of the e-mail address that was signed in with: what a browser brings along to be told from a stranger's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct KnownAccount([u8; 16]);

impl KnownAccount {
    /// Signatures don't cover a cookie's name: so that no other cookie's value passes for this one.
    const PREFIX: &str = "known-";

    pub(super) fn of(email: &str) -> Self {
        let digest = Sha256::digest(email.trim().to_lowercase());
        let mut half = [0; 16];
        half.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
        Self(half)
    }

    fn from_text(text: &str) -> Option<Self> {
        let digits = text.strip_prefix(Self::PREFIX)?;
        u128::from_str_radix(digits, 16)
            .ok()
            .map(|number| Self(number.to_be_bytes()))
    }

    fn text(self) -> String {
        format!("{}{:032x}", Self::PREFIX, u128::from_be_bytes(self.0))
    }
}

/// What an answer changes about the cookies.
#[derive(Debug, Clone, Copy)]
pub(super) enum Change {
    SignedIn(SignInToken),
    SignedOut,
    /// Somebody else from now on: written over the visit that every answer renews.
    Visit(Visit),
    Language(Language),
    Theme(Theme),
    Drawer(Drawer),
    Looked(Looked),
    Consent(Consent),
    Known(KnownAccount),
    /// The account is gone.
    KnownNoMore,
    Forced(Forced),
    /// The portal shows this browser messages.
    Portal(TokenDigest),
    /// Something may be in the cart. Nothing takes that back: a visitor whose cart is empty costs a look into the database, one whose
    /// cart is forgotten loses it.
    HasCart,
    /// The same for the wish list.
    HasWishes,
}

/// Cookies on their way out.
pub(super) struct Outgoing {
    pub key: Key,
    /// Only over TLS.
    pub secure: bool,
    /// Of the shop's public address.
    pub port: Option<u16>,
}

impl Outgoing {
    /// The signed cookies of `visit` and of the changes.
    pub(super) fn jar(&self, visit: &Visit, changes: &[Change]) -> SignedCookieJar {
        let mut jar = SignedCookieJar::new(self.key.clone()).add(self.cookie(VISIT, visit.to_string(), KEPT));
        for change in changes {
            jar = jar.add(match change {
                Change::SignedIn(token) => self.cookie(SIGN_IN, token.hex(), KEPT),
                Change::Visit(visit) => self.cookie(VISIT, visit.to_string(), KEPT),
                Change::SignedOut => self.cookie(SIGN_IN, String::new(), Duration::ZERO),
                Change::Language(language) => self.cookie(LANGUAGE, language.code().to_owned(), KEPT),
                Change::Theme(theme) => self.cookie(THEME, theme.code().to_owned(), KEPT),
                Change::Drawer(drawer) => self.cookie(DRAWER, drawer.code().to_owned(), KEPT),
                Change::Looked(looked) => self.cookie(LOOKED, looked.to_string(), LOOKED_KEPT),
                Change::Consent(consent) => self.cookie(CONSENT, consent.code().to_owned(), KEPT),
                Change::Known(account) => self.cookie(KNOWN, account.text(), KEPT),
                Change::KnownNoMore => self.cookie(KNOWN, String::new(), Duration::ZERO),
                Change::Forced(forced) => self.cookie(FORCED, forced.to_string(), FORCED_KEPT),
                Change::Portal(token) => self.cookie(PORTAL, token.text(), PORTAL_KEPT),
                Change::HasCart => self.cookie(HAS_CART, HAS_CART.to_owned(), KEPT),
                Change::HasWishes => self.cookie(HAS_WISHES, HAS_WISHES.to_owned(), KEPT),
            });
        }
        jar
    }

    fn cookie(&self, name: &'static str, value: String, kept: Duration) -> Cookie<'static> {
        Cookie::build((named(name, self.port), value))
            .path("/")
            .http_only(true)
            .same_site(SameSite::Lax)
            .secure(self.secure)
            .max_age(kept)
            .build()
    }
}
