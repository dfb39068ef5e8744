//! The cookies: the visit, the sign-in, the language, the theme, the drawer, the consent, what was looked at last, that somebody signed in
//! here before, variants of experiments that a link has forced, the token that opens the portal's messages, and that something may be in the cart or on the wish list.
//! Answers overtake each other, so each writes only what its own request changed. The visit is renewed by every answer (session, last seen); what it says of
//! cart and wish list is from before these had cookies of their own.
//! All are signed, none can be read by scripts.
//! Browsers tell hosts apart, not ports: where the shop's public address names a port, so do its cookies, and two shops on one machine
//! leave each other's alone. A cookie without a port, from before they had one, is read as long as this shop has signed it.

use std::borrow::Cow;

use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue};
use cookie::{Cookie, CookieJar, Key, SameSite};
use sha2::{Digest, Sha256};
use time::Duration;

use super::portal_access::TokenDigest;
use crate::domain::{Consent, Drawer, Forced, Language, Looked, Theme, Visit};
use crate::store::SignInToken;

/// A cookie of the shop's.
#[derive(Debug, Clone, Copy)]
enum Name {
    Visit,
    SignIn,
    Language,
    Theme,
    Drawer,
    Looked,
    Consent,
    Known,
    Forced,
    Portal,
    HasCart,
    HasWishes,
}

impl Name {
    /// In the order of the enum.
    const ALL: [Self; 12] = [
        Self::Visit,
        Self::SignIn,
        Self::Language,
        Self::Theme,
        Self::Drawer,
        Self::Looked,
        Self::Consent,
        Self::Known,
        Self::Forced,
        Self::Portal,
        Self::HasCart,
        Self::HasWishes,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Visit => "visit",
            Self::SignIn => "sign_in",
            Self::Language => "language",
            Self::Theme => "theme",
            Self::Drawer => "drawer",
            Self::Looked => "looked",
            Self::Consent => "consent",
            Self::Known => "known",
            Self::Forced => "forced",
            Self::Portal => "portal",
            Self::HasCart => "has_cart",
            Self::HasWishes => "has_wishes",
        }
    }
}

/// What the cookies are called in browsers: put together once, because every request asks for all of them.
#[derive(Debug)]
pub(super) struct Names {
    /// In the order of [`Name::ALL`].
    names: [Cow<'static, str>; Name::ALL.len()],
    have_port: bool,
}

impl Names {
    /// Where the shop's public address names a port.
    pub(super) fn at(port: Option<u16>) -> Self {
        let named = |name: Name| match port {
            Some(port) => Cow::Owned(format!("{}-{port}", name.name())),
            None => Cow::Borrowed(name.name()),
        };
        Self {
            names: Name::ALL.map(named),
            have_port: port.is_some(),
        }
    }

    fn of(&self, name: Name) -> &str {
        &self.names[name as usize]
    }

    /// Which of the shop's cookies a name means, and whether it is the name of today.
    fn meant(&self, text: &str) -> Option<(Name, bool)> {
        let is_todays = |name: &Name| self.of(*name) == text;
        let is_earlier = |name: &Name| self.have_port && name.name() == text;
        let all = || Name::ALL.into_iter();
        let todays = all().find(is_todays).map(|name| (name, true));
        todays.or_else(|| all().find(is_earlier).map(|name| (name, false)))
    }
}

/// How long a browser keeps a cookie that nobody renews.
const KEPT: Duration = Duration::days(365);
const LOOKED_KEPT: Duration = Duration::days(30);
const FORCED_KEPT: Duration = Duration::days(1);
const PORTAL_KEPT: Duration = Duration::days(1);

/// What a request's cookies say; what is forged or mangled says nothing.
pub(super) struct Cookies {
    /// In the order of [`Name::ALL`].
    values: [Option<String>; Name::ALL.len()],
}

impl Cookies {
    /// Those of `headers` that were signed with `key`. Each of the shop's is verified here, once, and not again when it is asked for.
    pub(super) fn of(headers: &HeaderMap, key: &Key, names: &Names) -> Self {
        let mut values = [const { None }; Name::ALL.len()];
        let jar = CookieJar::new();
        let signed = jar.signed(key);
        for cookie in sent(headers) {
            let Some((name, is_todays)) = names.meant(cookie.name()) else {
                continue;
            };
            let Some(cookie) = signed.verify(cookie) else {
                continue;
            };
            let value: &mut Option<String> = &mut values[name as usize];
            if is_todays || value.is_none() {
                *value = Some(cookie.value().to_owned());
            }
        }
        Self { values }
    }

    fn get(&self, name: Name) -> Option<&str> {
        self.values[name as usize].as_deref()
    }

    pub(super) fn visit(&self) -> Option<Visit> {
        let visit: Visit = self.get(Name::Visit)?.parse().ok()?;
        Some(Visit {
            has_cart: visit.has_cart || self.says(Name::HasCart),
            has_wishes: visit.has_wishes || self.says(Name::HasWishes),
            ..visit
        })
    }

    /// A cookie that says yes by its own name: signatures don't cover it.
    fn says(&self, name: Name) -> bool {
        self.get(name) == Some(name.name())
    }

    pub(super) fn sign_in(&self) -> Option<SignInToken> {
        SignInToken::from_hex(self.get(Name::SignIn)?)
    }

    pub(super) fn language(&self) -> Option<Language> {
        Language::from_code(self.get(Name::Language)?)
    }

    pub(super) fn theme(&self) -> Theme {
        self.get(Name::Theme).and_then(Theme::from_code).unwrap_or_default()
    }

    pub(super) fn drawer(&self) -> Drawer {
        self.get(Name::Drawer).and_then(Drawer::from_code).unwrap_or_default()
    }

    pub(super) fn looked(&self) -> Looked {
        self.get(Name::Looked)
            .and_then(|text| text.parse().ok())
            .unwrap_or_default()
    }

    /// What the visitor chose, if anything.
    pub(super) fn consent(&self) -> Option<Consent> {
        Consent::from_code(self.get(Name::Consent)?)
    }

    /// Variants that a link has forced.
    pub(super) fn forced(&self) -> Forced {
        self.get(Name::Forced)
            .and_then(|text| text.parse().ok())
            .unwrap_or_default()
    }

    /// The portal's token, as it was shown.
    pub(super) fn portal(&self) -> Option<TokenDigest> {
        TokenDigest::from_text(self.get(Name::Portal)?)
    }

    /// The account that was last signed in to with this browser.
    pub(super) fn known(&self) -> Option<KnownAccount> {
        KnownAccount::from_text(self.get(Name::Known)?)
    }
}

/// All cookies of a request; what is mangled is none.
fn sent(headers: &HeaderMap) -> impl Iterator<Item = Cookie<'static>> {
    let lines = headers.get_all(COOKIE).into_iter();
    lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|cookie| Cookie::parse_encoded(cookie.to_owned()).ok())
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
pub(super) struct Outgoing<'s> {
    pub key: &'s Key,
    /// Only over TLS.
    pub secure: bool,
    pub names: &'s Names,
}

impl Outgoing<'_> {
    /// Puts the signed cookies of `visit` and of the changes among the headers of an answer.
    pub(super) fn put(&self, visit: &Visit, changes: &[Change], headers: &mut HeaderMap) {
        let mut jar = CookieJar::new();
        let mut signed = jar.signed_mut(self.key);
        signed.add(self.cookie(Name::Visit, visit.to_string(), KEPT));
        for change in changes {
            signed.add(match change {
                Change::SignedIn(token) => self.cookie(Name::SignIn, token.hex(), KEPT),
                Change::Visit(visit) => self.cookie(Name::Visit, visit.to_string(), KEPT),
                Change::SignedOut => self.cookie(Name::SignIn, String::new(), Duration::ZERO),
                Change::Language(language) => self.cookie(Name::Language, language.code().to_owned(), KEPT),
                Change::Theme(theme) => self.cookie(Name::Theme, theme.code().to_owned(), KEPT),
                Change::Drawer(drawer) => self.cookie(Name::Drawer, drawer.code().to_owned(), KEPT),
                Change::Looked(looked) => self.cookie(Name::Looked, looked.to_string(), LOOKED_KEPT),
                Change::Consent(consent) => self.cookie(Name::Consent, consent.code().to_owned(), KEPT),
                Change::Known(account) => self.cookie(Name::Known, account.text(), KEPT),
                Change::KnownNoMore => self.cookie(Name::Known, String::new(), Duration::ZERO),
                Change::Forced(forced) => self.cookie(Name::Forced, forced.to_string(), FORCED_KEPT),
                Change::Portal(token) => self.cookie(Name::Portal, token.text(), PORTAL_KEPT),
                Change::HasCart => self.cookie(Name::HasCart, Name::HasCart.name().to_owned(), KEPT),
                Change::HasWishes => self.cookie(Name::HasWishes, Name::HasWishes.name().to_owned(), KEPT),
            });
        }
        let lines = jar.delta().map(|cookie| cookie.encoded().to_string());
        for line in lines.filter_map(|line| HeaderValue::try_from(line).ok()) {
            headers.append(SET_COOKIE, line);
        }
    }

    fn cookie(&self, name: Name, value: String, kept: Duration) -> Cookie<'static> {
        Cookie::build((self.names.of(name).to_owned(), value))
            .path("/")
            .http_only(true)
            .same_site(SameSite::Lax)
            .secure(self.secure)
            .max_age(kept)
            .build()
    }
}

#[cfg(test)]
mod tests {
    use schemas::Timestamp;

    use super::*;

    /// What a browser sends back of an answer's cookies.
    fn sent_back(answer: &HeaderMap) -> HeaderMap {
        let lines = answer.get_all(SET_COOKIE).into_iter();
        let cookies: Vec<&str> = lines.filter_map(|line| line.to_str().ok()?.split(';').next()).collect();
        let cookies = HeaderValue::from_str(&cookies.join("; ")).unwrap();
        HeaderMap::from_iter([(COOKIE, cookies)])
    }

    #[test]
    fn cookies_read_back_as_they_were_put_and_say_nothing_to_a_shop_with_another_key() {
        let (key, names) = (Key::from(&[7; 64]), Names::at(Some(8080)));
        let outgoing = Outgoing {
            key: &key,
            secure: false,
            names: &names,
        };
        let now = Timestamp::from_unix_micros_saturating(1);
        let begin = |number| Visit::continue_or_begin(None, now, std::time::Duration::ZERO, [[number; 16]; 2]);
        let (visit, other) = (begin(1), begin(2));
        let mut answer = HeaderMap::new();
        let changes = [Change::Language(Language::En), Change::Visit(other)];
        outgoing.put(&visit, &changes, &mut answer);
        let request = sent_back(&answer);
        let read = Cookies::of(&request, &key, &names);
        assert_eq!((read.visit(), read.language()), (Some(other), Some(Language::En)));
        let elsewhere = Cookies::of(&request, &Key::from(&[8; 64]), &names);
        assert_eq!((elsewhere.visit(), elsewhere.language()), (None, None));
    }
}
