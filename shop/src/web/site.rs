//! What handlers may ask for: each takes only the part that it uses.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::FromRef;
use axum::http::HeaderMap;
use cookie::Key;
use portal::Portal;
use schemas::Clock;

use super::client_events::Told;
use super::cookies::{Cookies, Names};
use super::pace::Pace;
use super::page_cache::PageCache;
use super::portal_access::PortalAccess;
use super::preview::Drawn;
use super::readiness::Readiness;
use super::recorder::Recorder;
use super::shelves::Shelves;
use super::sign_in_limit::SignInLimit;
use super::visitor_ids::VisitorIds;
use crate::crowd::Crowd;
use crate::domain::Experiments;
use crate::settings::{ForwardedHeader, Network, PublicUrl};
use crate::store::Store;
use crate::way::Way;

/// A running shop; clones are cheap (every layer of every request makes one) and share its parts.
#[derive(Clone)]
pub struct Site(Arc<Parts>);

/// The parts of a running shop.
pub struct Parts {
    pub clock: Clock,
    pub store: Store,
    pub recorder: Recorder,
    pub manners: Arc<Manners>,
    pub readiness: Readiness,
    pub crowd: Crowd,
    pub way: Way,
    pub portal: Portal,
    pub(super) sign_in_limit: Arc<SignInLimit>,
    pub(super) paces: Arc<Paces>,
    /// Client events that came lately.
    pub(super) told: Told,
    pub(super) visitor_ids: VisitorIds,
    pub(super) drawn: Drawn,
    pub(super) cookie_names: Names,
    pub(super) shelves: Shelves,
    pub(super) page_cache: PageCache,
}

/// What one address may do how often.
#[derive(Debug)]
pub(super) struct Paces {
    pub client_events: Pace,
    pub my_events: Pace,
    pub sign_ups: Pace,
}

impl Paces {
    fn of(manners: &Manners) -> Self {
        Self {
            client_events: Pace::new(manners.client_events_per_minute, Duration::from_mins(1)),
            my_events: Pace::new(manners.client_events_per_minute, Duration::from_mins(1)),
            sign_ups: Pace::new(manners.sign_ups_per_hour, Duration::from_hours(1)),
        }
    }
}

/// How the shop behaves on the web.
#[derive(Debug)]
pub struct Manners {
    pub public_url: PublicUrl,
    /// Signs cookies.
    pub key: Key,
    pub session_silence: Duration,
    /// Client events older than this are refused.
    pub retention: Duration,
    pub trusted_proxies: Vec<Network>,
    /// Which header they write.
    pub forwarded_header: ForwardedHeader,
    /// How long an order can be called off.
    pub cancel_window: Duration,
    /// How long an answer may take.
    pub answer_timeout: Duration,
    /// Requests with client events, and as many for the own events, from one address; 0: as many as come.
    pub client_events_per_minute: u32,
    /// Accounts opened or tried from one address; 0: as many as come.
    pub sign_ups_per_hour: u32,
    pub experiments: Experiments,
    /// To whom the portal shows messages.
    pub portal: PortalAccess,
    /// Addresses of what other rooms serve beside the shop's own pages.
    pub rooms: &'static [&'static str],
}

impl Manners {
    pub(super) fn has_classroom(&self) -> bool {
        self.rooms.contains(&"/classroom")
    }
}

impl Site {
    #[must_use]
    pub fn new(
        (clock, store): (Clock, Store),
        (recorder, way, portal): (Recorder, Way, Portal),
        manners: Manners,
        readiness: Readiness,
    ) -> Self {
        // Beside the start; a request that comes before it is done waits for it.
        std::thread::spawn(super::crawler::prepare);
        Self(Arc::new(Parts {
            crowd: Crowd::new(store.catalogue(), clock.now()),
            clock,
            store,
            recorder,
            paces: Arc::new(Paces::of(&manners)),
            way,
            portal,
            visitor_ids: VisitorIds::new(&manners.key),
            cookie_names: Names::at(manners.public_url.port()),
            manners: Arc::new(manners),
            readiness,
            sign_in_limit: Arc::default(),
            told: Told::default(),
            drawn: Drawn::default(),
            shelves: Shelves::default(),
            page_cache: PageCache::default(),
        }))
    }

    /// What a request's cookies say.
    pub(super) fn cookies(&self, headers: &HeaderMap) -> Cookies {
        Cookies::of(headers, &self.manners.key, &self.cookie_names)
    }
}

impl Deref for Site {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

macro_rules! parts {
    ($($part:ident: $kind:ty),+ $(,)?) => {
        $(impl FromRef<Site> for $kind {
            fn from_ref(site: &Site) -> Self {
                site.$part.clone()
            }
        })+
    };
}

parts! {
    clock: Clock,
    store: Store,
    portal: Portal,
    manners: Arc<Manners>,
    readiness: Readiness,
    sign_in_limit: Arc<SignInLimit>,
    paces: Arc<Paces>,
}
