//! Who asks, in which visit, in which language: worked out once for each request, before the handler.

use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, OnceLock};

use axum::extract::{ConnectInfo, FromRequestParts, Query};
use axum::http::header::{ACCEPT_LANGUAGE, REFERER, USER_AGENT};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, Uri};
use schemas::events::{Campaign, View};
use schemas::record::{Fields, Purpose};
use schemas::{Details, EventId, ProductId, UserId};

use super::beside::Seen;
use super::cookies::{Cookies, KnownAccount};
use super::endpoint::Endpoint;
use super::portal_access::TokenDigest;
use super::recorded_address::{PARAMETERS, is_meant, recorded_address};
use super::sign_in_limit::Try;
use super::{Site, crawler, forwarded};
use crate::chance;
use crate::domain::{Catalogue, Consent, Drawer, Forced, Language, Looked, Theme, Visit, consent};
use crate::observe::Occasion;
use crate::pages::Words;
use crate::store::{CartOwner, SignInToken, SignedIn};

/// A request's sender.
#[derive(Debug)]
pub(super) struct Caller {
    pub visit: Visit,
    pub signed_in: Option<SignedIn>,
    pub token: Option<SignInToken>,
    pub language: Language,
    /// The language that the address asks for, when the cookie says otherwise.
    pub asked_language: Option<Language>,
    /// Light or dark.
    pub theme: Theme,
    /// Whether the drawer is there.
    pub drawer: Drawer,
    /// What this visitor looked at last.
    pub looked: Looked,
    /// What may be recorded.
    pub consent: Consent,
    /// Whether the browser sent Global Privacy Control.
    pub privacy_control: bool,
    /// Where the request comes from, in full: for limits, never for events.
    pub address: Option<IpAddr>,
    /// Somebody signed in to this account with this browser before.
    pub known: Option<KnownAccount>,
    /// Variants of experiments that a link has forced.
    pub forced: Forced,
    /// The portal's token, as this browser showed it.
    pub portal: Option<TokenDigest>,
    pub occasion: Occasion,
    /// The session begins with this request.
    pub begins_session: bool,
    /// Path and query.
    pub here: String,
    /// The wish list, once it has been asked for.
    pub wished: OnceLock<Vec<ProductId>>,
    /// The view of the page whose form this request is.
    pub asked_from: OnceLock<EventId>,
    /// What is sold, as it was when this request's page was begun.
    pub catalogue: OnceLock<Arc<Catalogue>>,
    /// A script asks for the cart alone, to show it on another page: header `x-part: cart`, which redirects keep.
    pub wants_part: bool,
}

/// The longest text of a request that goes into an event, in characters.
const LONGEST: usize = 500;
/// The same for each part of a campaign.
const LONGEST_OF_CAMPAIGN: usize = 100;

impl Caller {
    /// Reads what the request says of itself; `who` is signed in with the token of `cookies`.
    pub(super) fn of(
        site: &Site,
        parts: &Parts,
        endpoint: Option<Endpoint>,
        cookies: &Cookies,
        who: Option<SignedIn>,
    ) -> Self {
        let at = site.clock.now();
        let before = cookies.visit();
        let anew = [chance::bytes(), chance::bytes()];
        let visit = Visit::continue_or_begin(before, at, site.manners.session_silence, anew);
        let accepted = text(&parts.headers, &ACCEPT_LANGUAGE);
        let args = args(&parts.uri);
        let asked_language = args.get("lang").and_then(|code| Language::from_code(code));
        let language = asked_language
            .or_else(|| cookies.language())
            .unwrap_or_else(|| Language::best_of(accepted.as_deref().unwrap_or("")));
        let privacy_control = privacy_control(&parts.headers);
        let consent = Consent::in_force(cookies.consent(), privacy_control);
        let address = address(site, parts);
        let user_agent = text(&parts.headers, &USER_AGENT);
        let occasion = Occasion {
            at,
            session_id: visit.session,
            visitor_id: consent.allows_observing().then(|| site.visitor_ids.of(visit.visitor)),
            user_id: who.as_ref().map(|who| who.user),
            endpoint: endpoint.map_or("", Endpoint::name),
            method: parts.method.as_str().to_owned(),
            path: clean(parts.uri.path()),
            args,
            form: Fields::new(),
            ip_address: address.map(|address| recorded(address, consent)),
            bot: user_agent.as_deref().is_some_and(crawler::is_crawler),
            user_agent: consent
                .allows_observing()
                .then(|| user_agent.unwrap_or_else(|| "Unknown".to_owned())),
            purpose: purpose(&parts.headers),
            // It may hold the words of a search.
            referrer: text(&parts.headers, &REFERER)
                .filter(|_| consent.allows_observing())
                .map(|referrer| recorded_address(referrer.into()).into_owned()),
            request_id: chance::event_id(at).0,
            view_id: chance::event_id(at),
            search_id: chance::event_id(at),
            asked_from: None,
            trace_parent: trace_parent(&parts.headers),
        };
        let here = here(&parts.uri);
        Self {
            visit,
            signed_in: who,
            token: cookies.sign_in(),
            language,
            asked_language: asked_language.filter(|asked| cookies.language() != Some(*asked)),
            theme: cookies.theme(),
            drawer: cookies.drawer(),
            looked: cookies.looked(),
            consent,
            privacy_control,
            address,
            known: cookies.known(),
            forced: cookies.forced(),
            portal: cookies.portal(),
            occasion,
            begins_session: before.is_none_or(|before| before.session != visit.session),
            here,
            wished: OnceLock::new(),
            asked_from: OnceLock::new(),
            catalogue: OnceLock::new(),
            wants_part: parts.headers.get("x-part").is_some_and(|part| part == "cart"),
        }
    }

    pub(super) fn owner(&self) -> CartOwner {
        CartOwner::of(self.visit.visitor, self.user())
    }

    pub(super) fn user(&self) -> Option<UserId> {
        self.signed_in.as_ref().map(|who| who.user)
    }

    /// That this caller tries to sign in to the account of `email`.
    pub(super) fn tries(&self, email: &str) -> Try {
        Try::of(email, (self.address, self.known), self.occasion.at)
    }

    pub(super) const fn words(&self) -> &'static Words {
        Words::of(self.language)
    }

    /// The occasion with the fields of a form that are allowed into events (never as typed, only as understood), and the page that it
    /// stands on.
    pub(super) fn occasion_with(&self, form: impl IntoIterator<Item = (&'static str, String)>) -> Occasion {
        let fields = form.into_iter();
        let fields = fields.map(|(name, value)| (Cow::Borrowed(name), Cow::Owned(value)));
        Occasion {
            form: fields.collect(),
            asked_from: self.asked_from.get().copied(),
            ..self.occasion.clone()
        }
    }

    /// That this page is shown.
    pub(super) fn view(&self) -> View<'_> {
        View {
            page: Cow::Borrowed(self.occasion.endpoint),
            product_id: None,
            category_id: None,
            sort: None,
            page_number: None,
            language: Cow::Borrowed(self.language.code()),
            campaign: self.begins_session.then(|| campaign(&self.occasion.args)).flatten(),
        }
    }

    /// Somebody sees the answer: it is not the one to HEAD, nor fetched on a guess.
    pub(super) fn is_seen(&self) -> bool {
        self.occasion.method != "HEAD" && self.occasion.purpose.is_none()
    }

    /// An observation of this request, answered with 200. The answer to HEAD shows nothing, so there is nothing to observe.
    pub(super) fn saw<'a>(&self, details: impl Into<Details<'a>>) -> Seen {
        if self.occasion.method == "HEAD" {
            return Seen::default();
        }
        Seen::one(&self.occasion, details.into(), 200)
    }
}

/// The caller, as a handler's argument.
pub(super) struct By(pub(super) Arc<Caller>);

impl<S: Sync> FromRequestParts<S> for By {
    type Rejection = super::error::PageError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let caller = parts.extensions.get::<Arc<Caller>>().cloned();
        caller.map(By).ok_or(super::error::PageError::Unrouted)
    }
}

/// Cut to a length that is fit for events, without U+0000, which no text column keeps.
pub(super) fn clean(text: &str) -> String {
    if text.len() <= LONGEST && !text.as_bytes().contains(&0) {
        return text.to_owned();
    }
    text.chars()
        .take(LONGEST)
        .map(|c| if c == '\0' { char::REPLACEMENT_CHARACTER } else { c })
        .collect()
}

fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    headers
        .get(name)
        .map(|value| clean(&String::from_utf8_lossy(value.as_bytes())))
}

/// Path and query, but for the language, which has been chosen, and for the list that the product was chosen from.
fn here(uri: &Uri) -> String {
    let path = uri.path();
    let parts = uri.query().unwrap_or_default().split('&');
    let kept: Vec<&str> = parts
        .filter(|part| !part.is_empty() && !part.starts_with("lang=") && !part.starts_with("from="))
        .collect();
    if kept.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{}", kept.join("&"))
    }
}

fn args(uri: &Uri) -> Fields<'static> {
    if uri.query().is_none_or(str::is_empty) {
        return Fields::new();
    }
    let pairs = Query::<Vec<(String, String)>>::try_from_uri(uri).map(|Query(pairs)| pairs);
    let allowed = |(name, value): (String, String)| {
        let name = PARAMETERS.into_iter().find(|allowed| *allowed == name)?;
        is_meant(name, &value).then_some(())?;
        Some((Cow::Borrowed(name), Cow::Owned(clean(&value))))
    };
    pairs.unwrap_or_default().into_iter().filter_map(allowed).collect()
}

/// Where the request comes from: the peer's address, or what the last untrusted hop's proxy says.
pub(super) fn address(site: &Site, parts: &Parts) -> Option<IpAddr> {
    let ConnectInfo(peer) = parts.extensions.get::<ConnectInfo<SocketAddr>>()?;
    let believed = (site.manners.forwarded_header, site.manners.trusted_proxies.as_slice());
    Some(forwarded::address(peer.ip(), &parts.headers, believed))
}

/// The address as it may stand in events.
fn recorded(address: IpAddr, consent: Consent) -> String {
    if consent.allows_observing() {
        address.to_string()
    } else {
        consent::shortened(address).to_string()
    }
}

/// <https://www.w3.org/TR/gpc/>: the header is there with the value 1, or it says nothing.
fn privacy_control(headers: &HeaderMap) -> bool {
    headers.get("sec-gpc").is_some_and(|value| value.as_bytes() == b"1")
}

/// What the browser fetches for, as it says itself: <https://fetch.spec.whatwg.org/#sec-purpose-header>, and `Purpose` as browsers said it
/// before.
fn purpose(headers: &HeaderMap) -> Option<Purpose> {
    let said = ["sec-purpose", "purpose", "x-moz"]
        .into_iter()
        .find_map(|name| headers.get(name))?;
    let said = said.to_str().ok()?.to_ascii_lowercase();
    if said.contains("prerender") {
        Some(Purpose::Prerender)
    } else if said.contains("prefetch") || said.contains("preview") {
        Some(Purpose::Prefetch)
    } else {
        None
    }
}

/// What the link said that led here; none when it said nothing.
fn campaign<'a>(args: &'a Fields<'static>) -> Option<Campaign<'a>> {
    let said = |name: &str| {
        let value = args.get(name).filter(|value| !value.is_empty())?;
        let end = value
            .char_indices()
            .nth(LONGEST_OF_CAMPAIGN)
            .map_or(value.len(), |(at, _)| at);
        Some(Cow::Borrowed(&value[..end]))
    };
    let campaign = Campaign {
        source: said("utm_source"),
        medium: said("utm_medium"),
        campaign: said("utm_campaign"),
        term: said("utm_term"),
        content: said("utm_content"),
    };
    (campaign != Campaign::default()).then_some(campaign)
}

/// W3C Trace Context, version 00: four fields of lower-case hex, the ids not all zero.
fn trace_parent(headers: &HeaderMap) -> Option<String> {
    let text = headers.get("traceparent")?.to_str().ok()?;
    let parts: Vec<&str> = text.split('-').collect();
    let [version, trace, parent, flags] = parts[..] else {
        return None;
    };
    let hex = |part: &str, length| part.len() == length && part.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let filled = |part: &str| part.bytes().any(|byte| byte != b'0');
    let valid =
        version == "00" && hex(trace, 32) && hex(parent, 16) && hex(flags, 2) && filled(trace) && filled(parent);
    valid.then(|| text.to_owned())
}
