//! What the settings mean for each part of the shop.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use cookie::Key;
use portal::Portal;
use schemas::Clock;

use super::ShopError;
use crate::domain::Experiments;
use crate::settings::{KafkaSetting, PublicUrl, Settings};
use crate::store::Store;
use crate::way::Way;
use crate::web::{Manners, PortalAccess, Recent, Recorder};
use journal::relay::{RelayOptions, base_config};
use journal::{Journal, Options};

/// Opens the journal of `settings`.
pub fn open_journal(settings: &Settings) -> Result<Journal, ShopError> {
    let options = Options {
        max_bytes: settings.journal_max_size.as_u64(),
        flush_interval: settings.journal_flush_interval,
        ..Options::default()
    };
    Journal::open(&settings.journal, options).map_err(|source| ShopError::Journal {
        folder: settings.journal.display().to_string(),
        source,
    })
}

/// Opens the database of `settings`; what is recorded goes to `journal`.
pub async fn open_store(settings: &Settings, journal: &Journal, clock: &Clock) -> Result<Store, ShopError> {
    let instance = journal.instance().clone();
    Store::open(&settings.database, instance, clock.clone())
        .await
        .map_err(ShopError::Database)
}

pub(super) fn recorder(settings: &Settings, journal: &Journal) -> Recorder {
    Recorder {
        journal: journal.clone(),
        detail: settings.request_detail,
        level: settings.log_level.of_events(),
        recent: Recent::default(),
    }
}

/// The experiments of `settings`, checked.
pub fn experiments(settings: &Settings) -> Result<Experiments, ShopError> {
    let file = settings.experiments.as_deref();
    let read = |file| Experiments::parse(&std::fs::read_to_string(file)?);
    let wrong = |source| ShopError::Experiments {
        file: file.map_or_else(|| "(built in)".to_owned(), |file| file.display().to_string()),
        source,
    };
    file.map_or_else(Experiments::built_in, read).map_err(wrong)
}

/// The address that people type.
#[must_use]
pub fn public_url(settings: &Settings, address: SocketAddr) -> PublicUrl {
    let given = settings.public_url.clone();
    given.unwrap_or_else(|| PublicUrl::of_address(address))
}

fn retention(settings: &Settings) -> Duration {
    Duration::from_hours(24 * u64::from(settings.retention_days))
}

pub(super) fn relay_options(settings: &Settings) -> RelayOptions {
    let pair = |setting: &KafkaSetting| (setting.key.clone(), setting.value.clone());
    RelayOptions {
        extra: settings.kafka_config.iter().map(pair).collect(),
        partitions: i32::from(settings.partitions),
        retention: retention(settings),
        ..RelayOptions::new(&settings.kafka)
    }
}

/// The portal, on the same Kafka as the relay.
pub(super) fn portal(settings: &Settings, address: SocketAddr, clock: Clock, way: &Way) -> Portal {
    let known = way.clone();
    Portal::new(portal::Options {
        kafka: base_config(&relay_options(settings)),
        bootstrap: settings.kafka.clone(),
        public_url: public_url(settings, address).as_str().to_owned(),
        clock,
        sink_group: settings.sink_group.clone(),
        partitions: i32::from(settings.partitions),
        retention: retention(settings),
        way: Arc::new(move || portal::Way {
            journal: known.journal.next_sequence().0.saturating_sub(1),
            acknowledged: known.relay.state().acknowledged,
        }),
    })
}

/// Where the rooms of `de-shop` are; a shop by itself has none.
pub const ROOMS: [&str; 2] = ["/insights", "/classroom"];

pub(super) fn manners(
    settings: &Settings,
    (address, key): (SocketAddr, &[u8; 64]),
    experiments: Experiments,
    rooms: &Router,
) -> Manners {
    let public_url = public_url(settings, address);
    // Behind a proxy everybody comes from this machine.
    let is_loopback = address.ip().is_loopback() && public_url.is_loopback() && settings.trusted_proxy.is_empty();
    Manners {
        portal: PortalAccess::new(is_loopback, settings.portal_token.as_deref()),
        public_url,
        key: Key::from(key),
        session_silence: settings.session_silence,
        retention: retention(settings),
        trusted_proxies: settings.trusted_proxy.clone(),
        forwarded_header: settings.forwarded_header,
        cancel_window: settings.cancel_window,
        answer_timeout: settings.answer_timeout,
        client_events_per_minute: settings.client_events_per_minute,
        sign_ups_per_hour: settings.sign_ups_per_hour,
        experiments,
        rooms: if rooms.has_routes() { &ROOMS } else { &[] },
    }
}
