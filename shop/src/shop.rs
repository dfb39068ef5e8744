//! The shop as a whole: bound first, then run until it is told to stop.
//!
//! It starts and serves without Kafka. It stops in the order HTTP, outbox, journal, relay: requests under way are answered, their facts
//! go to the journal, the journal goes to the disk, and Kafka gets what it takes within 5 seconds; the rest waits for the next start.

mod given;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hosting::Doors;
use metrics_exporter_prometheus::PrometheusHandle;
use portal::Portal;
use schemas::{Clock, Sequence};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub use self::given::{ROOMS, experiments, open_journal, open_store, public_url};
use self::given::{manners, portal, recorder, relay_options};
use crate::crowd::Crowd;
use crate::domain::experiment::ExperimentsError;
use crate::metric::{self, Part};
use crate::outbox::{Kick, Outbox};
use crate::product_topic::ProductTopic;
use crate::samples::Samples;
use crate::settings::{BadSetting, Network, Settings};
use crate::sink_progress::SinkProgress;
use crate::store::{Store, StoreError};
use crate::way::{Synced, Way};
use crate::web::{self, Parts, Readiness, Site};
use journal::relay::{Relay, RelayError, RelayOptions};
use journal::{Journal, JournalError};

/// How long requests under way may take once the shop is told to stop.
const LAST_REQUESTS: Duration = Duration::from_secs(10);
/// How long the last entries of the journal may take to the disk.
const LAST_SYNC: Duration = Duration::from_secs(5);
/// How often the database is asked what waits in it, in seconds.
const ASK_EVERY: u64 = 5;
/// How often the database is told that this shop runs, in seconds.
const SAY_EVERY: u64 = 15;

/// Why the shop does not start; each names the setting that is wrong.
#[derive(Debug, thiserror::Error)]
pub enum ShopError {
    #[error(transparent)]
    Setting(#[from] BadSetting),
    #[error("--listen {address}: the address can't be used; another port is chosen with --listen HOST:PORT")]
    Listen {
        address: SocketAddr,
        #[source]
        source: std::io::Error,
    },
    #[error("--database: the database can't be used")]
    Database(#[source] StoreError),
    #[error("--journal {folder}: the folder can't be used")]
    Journal {
        folder: String,
        #[source]
        source: JournalError,
    },
    #[error("--journal {folder}: its shop was adopted by {by}, which sends its facts; start on an empty folder")]
    Adopted { folder: String, by: String },
    #[error("--kafka, --kafka-config: Kafka's client doesn't take them")]
    Kafka(#[source] RelayError),
    #[error("--experiments {file}: {source}")]
    Experiments {
        file: String,
        #[source]
        source: ExperimentsError,
    },
    #[error("--variant {variant}: {experiment} has no such variant, as --experiments declares it")]
    NoSuchVariant {
        experiment: &'static str,
        variant: &'static str,
    },
}

/// What surrounds an embedded shop.
pub struct Surroundings {
    pub clock: Clock,
    /// Other rooms' pages, served inside the shop's layers: with its headers, limits and request events.
    pub rooms: Router,
    /// Told by `/readyz` beside the shop's own parts.
    pub parts: Parts,
    /// Renders `/metrics`.
    pub metrics: PrometheusHandle,
}

/// A shop that is bound to its address and not yet running.
pub struct Shop {
    listener: TcpListener,
    address: SocketAddr,
    routes: Router,
    doors: Doors,
    store: Store,
    journal: Journal,
    outbox: Outbox<Store>,
    kick: Kick,
    relay: Relay,
    asking: Asking,
    synced: Synced,
    product_topic: ProductTopic,
    portal: Portal,
    samples: Arc<Samples>,
    crowd: Crowd,
    clock: Clock,
    metrics: PrometheusHandle,
}

/// What is needed to ask how far the sink is.
struct Asking {
    progress: SinkProgress,
    kafka: RelayOptions,
    group: String,
}

impl Asking {
    fn of(settings: &Settings) -> Self {
        Self {
            progress: SinkProgress::default(),
            kafka: relay_options(settings),
            group: settings.sink_group.clone(),
        }
    }

    async fn goes_on(self, stop: CancellationToken) {
        self.progress.keep_asking(self.kafka, self.group, stop).await;
    }
}

impl Shop {
    /// Opens the journal and the database, and takes the address.
    pub async fn bind(settings: &Settings, surroundings: Surroundings) -> Result<Self, ShopError> {
        let journal = open_journal(settings)?;
        Self::with_journal(settings, surroundings, journal).await
    }

    /// What it stands on, for other rooms in the same process.
    #[must_use]
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// As [`Shop::bind`], with a journal that is open already: whoever logs into it opens it first.
    pub async fn with_journal(
        settings: &Settings,
        surroundings: Surroundings,
        journal: Journal,
    ) -> Result<Self, ShopError> {
        let Surroundings {
            clock,
            rooms,
            parts,
            metrics,
        } = surroundings;
        settings.check()?;
        let experiments = experiments(settings)?;
        let store = open_store(settings, &journal, &clock).await?;
        if let Some(by) = store.runs().await.map_err(ShopError::Database)? {
            let folder = settings.journal.display().to_string();
            return Err(ShopError::Adopted { folder, by });
        }
        let relay = Relay::new(journal.clone(), relay_options(settings)).map_err(ShopError::Kafka)?;
        let outbox = Outbox::new(store.clone(), journal.clone());
        let listen = |source| ShopError::Listen {
            address: settings.listen,
            source,
        };
        let listener = TcpListener::bind(settings.listen).await.map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let key = store.signing_key().await.map_err(ShopError::Database)?;
        metric::begin();
        let samples = Arc::new(Samples::new(
            clock.clone(),
            journal.clone(),
            relay.view(),
            outbox.view(),
            store.clone(),
        ));
        let asking = Asking::of(settings);
        let way = Way {
            journal: journal.clone(),
            synced: Synced::since(&journal, clock.now()),
            relay: relay.view(),
            sink: asking.progress.clone(),
        };
        let synced = way.synced.clone();
        store.begins_to_run().await.map_err(ShopError::Database)?;
        let portal = portal(settings, address, clock.clone(), &way);
        let product_topic = ProductTopic {
            store: store.clone(),
            journal: journal.clone(),
            relay: relay.view(),
            kafka: relay_options(settings),
            clock: clock.clone(),
        };
        let site = Site::new(
            (clock.clone(), store.clone()),
            (recorder(settings, &journal), way, portal.clone()),
            manners(settings, (address, &key), experiments, &rooms),
            readiness(&samples, parts, metrics.clone()),
        );
        Ok(Self {
            listener,
            address,
            crowd: site.crowd.clone(),
            clock,
            routes: web::router(site, rooms),
            doors: doors(settings),
            kick: outbox.kick(),
            store,
            journal,
            outbox,
            relay,
            asking,
            synced,
            product_topic,
            portal,
            samples,
            metrics,
        })
    }

    /// Where it listens; the real port when the setting says 0.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `stop`, then drains.
    pub async fn run(self, stop: CancellationToken) {
        // Each part stops when the one before it has nothing more to give.
        let (stop_outbox, stop_relay) = (CancellationToken::new(), CancellationToken::new());
        let fresh = tokio::spawn({
            let (store, stop) = (self.store.clone(), stop_outbox.clone());
            async move { store.keep_fresh(stop).await }
        });
        let products = tokio::spawn({
            let (store, stop) = (self.store.clone(), stop_outbox.clone());
            async move { store.keep_publishing(stop).await }
        });
        let product_topic = tokio::spawn(self.product_topic.keep_whole(stop_outbox.clone()));
        let syncs = tokio::spawn({
            let (journal, clock) = (self.journal.clone(), self.clock.clone());
            self.synced.keep_watching(journal, clock, stop_relay.clone())
        });
        let advice = tokio::spawn({
            let (crowd, store, clock, stop) = (self.crowd, self.store.clone(), self.clock, stop_outbox.clone());
            async move { crowd.keep_advising(store, clock, stop).await }
        });
        let kicks = tokio::spawn(kick(self.store.clone(), self.kick, stop_outbox.clone()));
        let outbox = tokio::spawn(self.outbox.run(stop_outbox.clone()));
        let relay = tokio::spawn(self.relay.run(stop_relay.clone()));
        let asking = tokio::spawn(self.asking.goes_on(stop_outbox.clone()));
        // Those who watch the tail are told with the first that the shop stops.
        let portal = tokio::spawn(self.portal.run(stop.clone()));
        let metrics = tokio::spawn(keep_telling(self.samples, self.metrics));

        serve(self.listener, (self.routes, self.doors), stop).await;
        stop_outbox.cancel();
        portal.abort();
        for task in [fresh, products, product_topic, advice, kicks, outbox] {
            told_if_it_broke(task.await);
        }
        sync(&self.journal).await;
        stop_relay.cancel();
        told_if_it_broke(relay.await);
        told_if_it_broke(syncs.await);
        asking.abort();
        metrics.abort();
    }
}

fn doors(settings: &Settings) -> Doors {
    let proxies: Vec<Network> = settings.trusted_proxy.clone();
    Doors {
        per_address: usize::from(settings.connections_per_address),
        exempt: Arc::new(move |address| proxies.iter().any(|network| network.contains(address))),
        ..Doors::default()
    }
}

fn readiness(samples: &Arc<Samples>, others: Parts, metrics: PrometheusHandle) -> Readiness {
    let (told, gauges) = (Arc::clone(samples), Arc::clone(samples));
    Readiness {
        parts: Arc::new(move || {
            let own = told.standings().into_iter();
            let but_database = own.filter(|(part, _)| *part != Part::Database);
            but_database
                .map(|(part, standing)| (part.name(), standing))
                .chain(others())
                .collect()
        }),
        sample: Arc::new(move || gauges.take()),
        metrics,
    }
}

/// Brings the gauges up to date every second, folds the samples of histograms, which are kept one by one until then, and says in the
/// database that this shop runs.
async fn keep_telling(samples: Arc<Samples>, metrics: PrometheusHandle) {
    let mut adopted = false;
    for second in 0_u64.. {
        samples.take();
        metrics.run_upkeep();
        if second.is_multiple_of(ASK_EVERY) {
            samples.ask().await;
        }
        // A database that doesn't answer is said elsewhere.
        if second.is_multiple_of(SAY_EVERY)
            && let Ok(Some(by)) = samples.store.runs().await
            && !std::mem::replace(&mut adopted, true)
        {
            tracing::error!(
                by,
                "This shop was adopted by another one while it ran, and both send its facts now. Stop this one, and start it on an empty \
                 journal folder"
            );
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// Answers requests until `stop`; those under way then get [`LAST_REQUESTS`].
async fn serve(listener: TcpListener, (routes, doors): (Router, Doors), stop: CancellationToken) {
    let server = hosting::serve(listener, routes, doors, stop.clone());
    let patience = async {
        stop.cancelled().await;
        tokio::time::sleep(LAST_REQUESTS).await;
    };
    tokio::select! {
        () = server => {}
        () = patience => tracing::warn!("some requests were still under way when the shop stopped"),
    }
}

/// Wakes the outbox for each recorded fact.
async fn kick(store: Store, kick: Kick, stop: CancellationToken) {
    let mut recorded = store.recorded();
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            changed = recorded.changed() => match changed {
                Ok(()) => kick.kick(),
                Err(_) => return,
            },
        }
    }
}

async fn sync(journal: &Journal) {
    let last = Sequence(journal.next_sequence().0.saturating_sub(1));
    if tokio::time::timeout(LAST_SYNC, journal.durable(last)).await.is_err() {
        tracing::error!(
            "The end of the journal is not on the disk, and a power cut now would lose it: look after the disk of --journal before this \
             machine is switched off"
        );
    }
}

fn told_if_it_broke(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "A part of the shop has broken, which is a mistake in the program: start the shop again, and report this line");
    }
}
