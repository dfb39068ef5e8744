//! The sink as a whole: bind, then run, then drain.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use metrics_exporter_prometheus::PrometheusHandle;
use schemas::Clock;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::{Mutex, oneshot};
use tokio_util::sync::CancellationToken;

use crate::books::Books;
use crate::commit::Committer;
use crate::consume::{Loop, Parts};
use crate::files::{LogFolder, LogWriter};
use crate::health::{Health, HealthView};
use crate::judge::Rules;
use crate::kafka::Kafka;
use crate::part::Part;
use crate::retention::pack_finished_days;
use crate::{Settings, SinkError, http, insights, metric};

/// How often what is too old is deleted.
const RETENTION_EVERY: Duration = Duration::from_hours(1);
/// How long the consumer may take to leave its group, once everything is committed.
const CLOSE_WITHIN: Duration = Duration::from_secs(3);
/// When finished days are compressed for the first time after the start.
const FIRST_COMPRESSION_AFTER: Duration = Duration::from_secs(20);
/// How soon it is tried again after it failed.
const RETENTION_AGAIN: Duration = Duration::from_mins(1);

/// What the sink can't make itself, because the whole process shares it.
#[derive(Clone, Default)]
pub struct Surroundings {
    pub clock: Clock,
    /// The recorder that whoever composes the program has installed and keeps up (`run_upkeep`); none leaves `/metrics` out.
    pub metrics: Option<PrometheusHandle>,
}

/// A sink that is ready to run: its folder is locked, its database is up to date, its address is bound.
pub struct Sink {
    settings: Settings,
    surroundings: Surroundings,
    kafka: Kafka,
    committer: Arc<Mutex<Committer>>,
    health: Arc<Health>,
    listener: TcpListener,
    address: SocketAddr,
    insights: Router,
    instance: String,
}

impl Sink {
    /// Opens everything but Kafka, which may come later. An error of kind [`SinkError::Setting`] names what to change.
    pub async fn bind(settings: Settings, surroundings: Surroundings) -> Result<Self, SinkError> {
        let insights = insights(&settings, settings.listen.ip(), None, surroundings.clock.clone())?;
        let folder = LogFolder::open(&settings.logs, settings.instance.as_ref())?;
        let instance = folder.instance().clone();
        let (listener, address) = listen(settings.listen).await?;
        let kafka = settings.kafka();
        kafka.check()?;
        let connection = settings.open_database().await?;
        let books = Books {
            group: settings.group.clone(),
            instance: instance.clone(),
        };
        let writer = LogWriter::new(folder);
        let committer = Committer::new(settings.database.clone(), connection, books, writer, kafka.clone())?;
        let health = Arc::new(Health::new(surroundings.clock.clone()));
        metric::begin();
        Ok(Self {
            settings,
            surroundings,
            kafka,
            committer: Arc::new(Mutex::new(committer)),
            health,
            listener,
            address,
            insights,
            instance: instance.to_string(),
        })
    }

    /// Where its own pages are served.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// For a program that tells its readiness elsewhere too.
    #[must_use]
    pub fn health(&self) -> HealthView {
        HealthView(Arc::clone(&self.health))
    }

    /// Its own pages, for a program that wants to serve them elsewhere too.
    pub fn router(&self) -> Router {
        http::router(Arc::clone(&self.health), self.surroundings.metrics.clone()).merge(self.insights.clone())
    }

    /// Works until `stop`, then commits what was gathered. An error means that it can't go on; a new start may.
    pub async fn run(self, stop: CancellationToken) -> Result<(), SinkError> {
        self.health.not_yet(Part::Kafka, "not reached yet");
        self.health.not_yet(Part::Partitions, "no partitions yet");
        let pages = CancellationToken::new();
        let server = tokio::spawn({
            let (router, pages) = (self.router(), pages.clone());
            hosting::serve(self.listener, router, hosting::Doors::default(), pages)
        });
        let retention = Retention {
            settings: self.settings.clone(),
            committer: Arc::clone(&self.committer),
            health: Arc::clone(&self.health),
            clock: self.surroundings.clock.clone(),
        };
        // Before the books are compared with the folder: a file that a kill left half deleted is gone by then.
        let mut pause = retention.once().await;
        if self.settings.compress_after_days.is_some() {
            // What is there to be compressed is known once the sink has taken partitions over.
            pause = pause.min(FIRST_COMPRESSION_AFTER);
        }
        let retention = tokio::spawn(retention.keep(pause));
        let parts = Parts {
            settings: self.settings,
            kafka: self.kafka,
            committer: self.committer,
            health: self.health,
            clock: self.surroundings.clock,
            runtime: Handle::current(),
            stop,
        };
        let done = run_loop(parts, self.instance).await;
        retention.abort();
        pages.cancel();
        if let Err(error) = server.await {
            tracing::warn!(%error, "the sink's pages");
        }
        done
    }
}

async fn listen(wanted: SocketAddr) -> Result<(TcpListener, SocketAddr), SinkError> {
    let refuse = |error: io::Error| SinkError::Setting {
        setting: "--listen",
        reason: match error.kind() {
            io::ErrorKind::AddrInUse => format!("{wanted} is in use; choose another address with --listen"),
            _ => format!("{wanted}: {error}"),
        },
    };
    let listener = TcpListener::bind(wanted).await.map_err(refuse)?;
    let address = listener.local_addr().map_err(refuse)?;
    Ok((listener, address))
}

/// The loop blocks, so it has a thread of its own. Its consumer says good-bye to Kafka, and may be kept waiting for an answer
/// that never comes: everything is committed by then, so nobody needs to wait for it longer than [`CLOSE_WITHIN`].
async fn run_loop(parts: Parts, instance: String) -> Result<(), SinkError> {
    let (tell, told) = oneshot::channel();
    let (closing, closed) = oneshot::channel::<()>();
    let crashed = |reason: String| SinkError::Crashed {
        what: "the loop",
        reason,
    };
    let work = move || {
        // Dropped last, which is what the other side waits for.
        let _closing = closing;
        match Loop::new(parts, &instance) {
            // Nobody listens only when the whole sink was dropped.
            Ok(mut work) => drop(tell.send(work.run())),
            Err(error) => drop(tell.send(Err(error))),
        }
    };
    std::thread::Builder::new()
        .name("sink-loop".to_owned())
        .spawn(work)
        .map_err(|error| crashed(error.to_string()))?;
    let done = told.await.map_err(|_| crashed("it panicked".to_owned()))?;
    if tokio::time::timeout(CLOSE_WITHIN, closed).await.is_err() {
        tracing::info!("Kafka doesn't answer the good-bye; leaving without it");
    }
    done
}

/// What is too old, deleted at the start and from then on every hour.
struct Retention {
    settings: Settings,
    committer: Arc<Mutex<Committer>>,
    health: Arc<Health>,
    clock: Clock,
}

impl Retention {
    /// Deletes what is due; answers how long to wait until the next time.
    async fn once(&self) -> Duration {
        let rules = Rules::new(self.clock.now(), self.settings.retention_days, self.settings.utc_offset);
        let done = self.retain(&rules).await;
        match done {
            Ok(more) => {
                let packed = match self.settings.compress_after_days {
                    Some(days) => pack_finished_days(&self.committer, &rules, days).await,
                    None => Ok(()),
                };
                match packed {
                    Ok(()) => self.health.well(Part::Retention),
                    Err(error) => self.health.trouble(Part::Retention, error.to_string()),
                }
                if more { Duration::ZERO } else { RETENTION_EVERY }
            }
            Err(error) => {
                self.health.trouble(Part::Retention, error.to_string());
                RETENTION_AGAIN
            }
        }
    }

    async fn retain(&self, rules: &Rules) -> Result<bool, SinkError> {
        let mut committer = self.committer.lock().await;
        committer.trust_clock(rules).await?;
        committer.retain(rules).await
    }

    async fn keep(self, mut pause: Duration) {
        loop {
            tokio::time::sleep(pause).await;
            pause = self.once().await;
        }
    }
}

impl Settings {
    pub(crate) fn kafka(&self) -> Kafka {
        let options = self
            .kafka_config
            .iter()
            .map(|option| (option.key.clone(), option.value.clone()));
        Kafka {
            brokers: self.kafka.clone(),
            options: options.collect(),
        }
    }

    /// Connects to the database and brings its schema up to date.
    pub(crate) async fn open_database(&self) -> Result<crate::database::Connection, SinkError> {
        let refuse = |error| self.unusable_database(error);
        let mut connection = self.database.connect().await.map_err(refuse)?;
        connection.migrate().await.map_err(refuse)?;
        Ok(connection)
    }

    /// Connects to a database that is there, to read it as it is.
    pub(crate) async fn look_into_database(&self) -> Result<crate::database::Connection, SinkError> {
        let connection = self.database.look().await;
        connection.map_err(|error| self.unusable_database(error))
    }

    fn unusable_database(&self, error: SinkError) -> SinkError {
        match error {
            setting @ SinkError::Setting { .. } => setting,
            other => {
                let said = other.to_string();
                let hint = hosting::pooler_hint(&said).map_or(String::new(), |hint| format!("; {hint}"));
                SinkError::Setting {
                    setting: "--database",
                    reason: format!("{:?}: {said}{hint}", self.database),
                }
            }
        }
    }
}
