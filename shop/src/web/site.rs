//! What handlers may ask for: each takes only the part that it uses.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::FromRef;
use axum_extra::extract::cookie::Key;
use schemas::Clock;

use super::operations::Readiness;
use super::pace::Pace;
use super::recorder::Recorder;
use super::sign_in_limit::SignInLimit;
use crate::settings::{Network, PublicUrl};
use crate::store::Store;

/// The parts of a running shop; clones share them.
#[derive(Clone)]
pub struct Site {
    pub clock: Clock,
    pub store: Store,
    pub recorder: Recorder,
    pub manners: Arc<Manners>,
    pub readiness: Readiness,
    pub(super) sign_in_limit: Arc<SignInLimit>,
    pub(super) paces: Arc<Paces>,
}

/// What one address may do how often.
#[derive(Debug)]
pub(super) struct Paces {
    pub client_events: Pace,
    pub sign_ups: Pace,
}

impl Paces {
    fn of(manners: &Manners) -> Self {
        Self {
            client_events: Pace::new(manners.client_events_per_minute, Duration::from_mins(1)),
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
    /// How long an order can be called off.
    pub cancel_window: Duration,
    /// How long an answer may take.
    pub answer_timeout: Duration,
    /// Requests with client events from one address; 0: as many as come.
    pub client_events_per_minute: u32,
    /// Accounts opened or tried from one address; 0: as many as come.
    pub sign_ups_per_hour: u32,
}

impl Site {
    #[must_use]
    pub fn new(clock: Clock, store: Store, recorder: Recorder, manners: Manners, readiness: Readiness) -> Self {
        Self {
            clock,
            store,
            recorder,
            paces: Arc::new(Paces::of(&manners)),
            manners: Arc::new(manners),
            readiness,
            sign_in_limit: Arc::default(),
        }
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
    manners: Arc<Manners>,
    readiness: Readiness,
    sign_in_limit: Arc<SignInLimit>,
    paces: Arc<Paces>,
}
