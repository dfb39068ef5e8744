//! The cookies: the visit, the sign-in, the language, what was looked at last. All are signed, none can be read by scripts.

use axum::http::HeaderMap;
use axum_extra::extract::cookie::{Cookie, Key, SameSite, SignedCookieJar};
use time::Duration;

use crate::domain::{Language, Looked, Visit};
use crate::store::SignInToken;

const VISIT: &str = "visit";
const SIGN_IN: &str = "sign_in";
const LANGUAGE: &str = "language";
const LOOKED: &str = "looked";
/// How long a browser keeps a cookie that nobody renews.
const KEPT: Duration = Duration::days(365);
const LOOKED_KEPT: Duration = Duration::days(30);

/// What a request's cookies say; what is forged or mangled says nothing.
pub(super) struct Cookies(SignedCookieJar);

impl Cookies {
    pub(super) fn of(headers: &HeaderMap, key: &Key) -> Self {
        Self(SignedCookieJar::from_headers(headers, key.clone()))
    }

    pub(super) fn visit(&self) -> Option<Visit> {
        self.0.get(VISIT)?.value().parse().ok()
    }

    pub(super) fn sign_in(&self) -> Option<SignInToken> {
        SignInToken::from_hex(self.0.get(SIGN_IN)?.value())
    }

    pub(super) fn language(&self) -> Option<Language> {
        Language::from_code(self.0.get(LANGUAGE)?.value())
    }

    pub(super) fn looked(&self) -> Looked {
        let cookie = self.0.get(LOOKED);
        cookie
            .and_then(|cookie| cookie.value().parse().ok())
            .unwrap_or_default()
    }
}

/// What an answer changes about the cookies.
#[derive(Debug, Clone, Copy)]
pub(super) enum Change {
    SignedIn(SignInToken),
    SignedOut,
    Language(Language),
    Looked(Looked),
}

/// Cookies on their way out.
pub(super) struct Outgoing {
    pub key: Key,
    /// Only over TLS.
    pub secure: bool,
}

impl Outgoing {
    /// The signed cookies of `visit` and of the changes.
    pub(super) fn jar(&self, visit: &Visit, changes: &[Change]) -> SignedCookieJar {
        let mut jar = SignedCookieJar::new(self.key.clone()).add(self.cookie(VISIT, visit.to_string(), KEPT));
        for change in changes {
            jar = jar.add(match change {
                Change::SignedIn(token) => self.cookie(SIGN_IN, token.hex(), KEPT),
                Change::SignedOut => self.cookie(SIGN_IN, String::new(), Duration::ZERO),
                Change::Language(language) => self.cookie(LANGUAGE, language.code().to_owned(), KEPT),
                Change::Looked(looked) => self.cookie(LOOKED, looked.to_string(), LOOKED_KEPT),
            });
        }
        jar
    }

    fn cookie(&self, name: &'static str, value: String, kept: Duration) -> Cookie<'static> {
        Cookie::build((name, value))
            .path("/")
            .http_only(true)
            .same_site(SameSite::Lax)
            .secure(self.secure)
            .max_age(kept)
            .build()
    }
}
