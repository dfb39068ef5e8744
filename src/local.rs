//! The whole system in one process, on one folder: embedded broker, shop and sink.
//!
//! Below the folder: `kafka/`, `journal/`, `logs/`, `diagnostics/`, `shop.db`, `activity.db`. With `--kafka` no broker is
//! started, with `--database` both databases are that one. It stops in the order shop, sink, broker, so that what was
//! answered has gone as far as it can; the rest goes on at the next start.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::Pin;
use std::time::Duration;

use broker::{Broker, BrokerError};
use clap::Args;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use schemas::Clock;

use shop::diagnostics::{self, Diagnostics, DiagnosticsOptions};
use shop::pages::assets::Asset;
use shop::settings::Settings as ShopSettings;
use shop::shop::{Shop, ShopError, Surroundings as AroundShop};
use sink::{Sink, SinkError, Surroundings as AroundSink};
use tokio_util::sync::CancellationToken;

use crate::others::Others;
use crate::templates::Templates;

/// How long after the sink gave up it is started again.
const SINK_AGAIN: Duration = Duration::from_secs(10);
/// A sink that was started again and has run this long counts as mended.
const SINK_PROVEN: Duration = Duration::from_secs(30);

/// What `de-shop run` can be told. The finer settings of shop and sink are taken from their own variables (`SHOP_`, `SINK_`).
#[derive(Debug, Clone, Args)]
pub struct Settings {
    /// Address and port of the web shop; port 0 takes a free one.
    #[arg(long, env = "DE_SHOP_LISTEN", default_value = "127.0.0.1:8080", value_parser = hosting::listen, value_name = "HOST:PORT")]
    pub listen: SocketAddr,

    /// Where Kafka clients find the embedded broker, on this machine only; port 0 takes a free one.
    #[arg(
        long,
        env = "DE_SHOP_KAFKA_LISTEN",
        default_value = "127.0.0.1:9092",
        value_parser = hosting::listen,
        value_name = "HOST:PORT"
    )]
    pub kafka_listen: SocketAddr,

    /// Where the sink serves its health and metrics; port 0 takes a free one.
    #[arg(
        long,
        env = "DE_SHOP_SINK_LISTEN",
        default_value = "127.0.0.1:0",
        value_parser = hosting::listen,
        value_name = "HOST:PORT"
    )]
    pub sink_listen: SocketAddr,

    /// The folder of everything that is kept.
    #[arg(long, env = "DE_SHOP_DATA", default_value = "./data", value_name = "DIR")]
    pub data: PathBuf,

    /// Use this Kafka and start no broker.
    #[arg(long, env = "DE_SHOP_KAFKA", value_parser = hosting::brokers, value_name = "HOST:PORT,..")]
    pub kafka: Option<String>,

    /// Use this database instead of two SQLite files: `postgres://USER@HOST:PORT/DATABASE`.
    #[arg(long, env = "DE_SHOP_DATABASE", value_name = "URL", hide_env_values = true)]
    pub database: Option<String>,

    /// Who looks at /insights must bring it; at least 16 letters. Needed where --listen is an address that other machines reach.
    #[arg(long, env = "DE_SHOP_INSIGHTS_TOKEN", value_name = "TOKEN", hide_env_values = true)]
    pub insights_token: Option<String>,
}

/// Why the system does not start or could not go on.
#[derive(Debug, thiserror::Error)]
pub enum LocalError {
    #[error("--data {}: the folder can't be used", path.display())]
    Data {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("{setting}: {source}")]
    Broker {
        setting: &'static str,
        #[source]
        source: BrokerError,
    },
    #[error(transparent)]
    Shop(#[from] ShopError),
    #[error("the sink: {0}")]
    Sink(#[from] SinkError),
    #[error("--data: diagnostics")]
    Diagnostics(#[from] diagnostics::DiagnosticsError),
    #[error("{0} broke")]
    Broke(&'static str, #[source] tokio::task::JoinError),
    #[error("the metrics of this process are set up already")]
    Metrics(#[from] metrics_exporter_prometheus::BuildError),
}

/// Everything bound, nothing running yet.
pub struct Local {
    settings: Settings,
    broker: Option<Broker>,
    kafka: String,
    shop: Shop,
    sink: Sink,
    sink_again: (sink::Settings, AroundSink),
    others: Others,
    diagnostics: Diagnostics,
}

impl Local {
    pub async fn bind(settings: Settings) -> Result<Self, LocalError> {
        let data = |source| LocalError::Data {
            path: settings.data.clone(),
            source,
        };
        std::fs::create_dir_all(&settings.data).map_err(data)?;
        let shop_settings = ShopSettings::defaults();
        shop_settings.check().map_err(ShopError::from)?;
        let diagnostics = diagnostics::init(&DiagnosticsOptions {
            level: shop_settings.log_level.tracing(),
            folder: settings.data.join("diagnostics"),
            name: "de-shop",
        })?;
        // One recorder for all three; the names of each begin with its own.
        let buckets = shop::metric::buckets(PrometheusBuilder::new()).and_then(sink::metric::buckets);
        let metrics = buckets.and_then(broker::buckets)?.install_recorder()?;
        let broker = bind_broker(&settings).await?;
        let own = broker.as_ref().map(|broker| broker.address().to_string());
        let kafka = own.or_else(|| settings.kafka.clone()).unwrap_or_default();
        let others = Others::new(broker.as_ref());
        let sink_again = (sink_settings(&settings, &kafka)?, around_sink(metrics.clone()));
        insights_are_guarded(&shop_settings, &sink_again.0)?;
        let templates = Templates::new(shop::shop::experiments(&shop_settings)?);
        let around = AroundShop {
            clock: Clock::system(),
            rooms: classroom::pages::router(Asset::Style.address()).merge(sink::insights(
                &sink_again.0,
                settings.listen.ip(),
                Some(templates.clone()),
                Clock::system(),
            )?),
            parts: others.parts(),
            metrics,
        };
        let shop_settings = ShopSettings {
            sink_group: sink_again.0.group.clone(),
            ..shop_settings
        };
        let shop = bind_shop(&settings, shop_settings, &kafka, around, &diagnostics).await?;
        templates.open(shop.store().clone());
        let sink = Sink::bind(sink_again.0.clone(), sink_again.1.clone()).await?;
        Ok(Self {
            settings,
            broker,
            kafka,
            shop,
            sink,
            sink_again,
            others,
            diagnostics,
        })
    }

    /// The line for programs: where everything is.
    #[must_use]
    pub fn ready_line(&self) -> String {
        let data = self.settings.data.display();
        format!(
            "ready shop=http://{} kafka={} data={data}",
            self.shop.address(),
            self.kafka
        )
    }

    /// The lines for people: what to do first.
    #[must_use]
    pub fn greeting(&self) -> String {
        let (data, kafka) = (self.settings.data.display(), &self.kafka);
        let (shop, sink) = (self.shop.address(), self.sink.address());
        format!(
            "\n  DE Shop is open.\n\n\
             \x20 shop      http://{shop}\n\
             \x20 data      http://{shop}/data      (topics, messages as they come, documents)\n\
             \x20 insights  http://{shop}/insights  (what people did, in figures)\n\
             \x20 classroom http://{shop}/classroom (exercises with an exact mark)\n\
             \x20 log files tail -f {data}/logs/*.log\n\
             \x20 topics    kcat -b {kafka} -C -t shop.view -o end      (all topics: kcat -b {kafka} -L)\n\
             \x20 table     sqlite3 {data}/activity.db 'select * from user_activity_log limit 5'\n\
             \x20 metrics   http://{sink}/metrics\n\n\
             \x20 Ctrl-C closes the shop; the next start goes on where this one stopped.\n",
        )
    }

    /// Serves until `stop`, then drains.
    pub async fn run(self, stop: CancellationToken) -> Result<(), LocalError> {
        let (stop_sink, stop_broker) = (CancellationToken::new(), CancellationToken::new());
        let broker = self.broker.map(|broker| tokio::spawn(broker.run(stop_broker.clone())));
        let sink = tokio::spawn(keep_sinking(self.sink, self.sink_again, self.others, stop_sink.clone()));
        self.shop.run(stop).await;
        self.diagnostics.detach();
        stop_sink.cancel();
        if let Err(error) = sink.await {
            tracing::error!(%error, "the sink broke, which is a mistake in the program: start it again, and report this line");
        }
        stop_broker.cancel();
        if let Some(own) = broker {
            let closed = own.await.map_err(|error| LocalError::Broke("the broker", error))?;
            let setting = "--data";
            closed.map_err(|source| LocalError::Broker { setting, source })?;
        }
        Ok(())
    }
}

/// A sink that gives up is started again, as a supervisor would; the shop goes on meanwhile.
async fn keep_sinking(
    first: Sink,
    (settings, around): (sink::Settings, AroundSink),
    others: Others,
    stop: CancellationToken,
) {
    let mut bound = Ok(first);
    loop {
        let done = match bound {
            Ok(sink) => {
                others.sink_runs(sink.health());
                let run = std::pin::pin!(sink.run(stop.clone()));
                run_until_proven(run, &others).await
            }
            Err(error) => Err(error),
        };
        match done {
            Ok(()) => return,
            Err(error) => others.sink_gave_up(&error),
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(SINK_AGAIN) => {}
        }
        bound = Sink::bind(settings.clone(), around.clone()).await;
    }
}

/// A sink that has run for a while has not given up any more.
async fn run_until_proven(
    mut run: Pin<&mut impl Future<Output = Result<(), SinkError>>>,
    others: &Others,
) -> Result<(), SinkError> {
    tokio::select! {
        done = &mut run => return done,
        () = tokio::time::sleep(SINK_PROVEN) => others.sink_is_back(),
    }
    run.await
}

async fn bind_broker(settings: &Settings) -> Result<Option<Broker>, LocalError> {
    if settings.kafka.is_some() {
        return Ok(None);
    }
    // A variable of the broker that is wrong ends here: exit 2, and a line that names it.
    let options = broker::Options::from_environment().unwrap_or_else(|error| error.exit());
    let broker_settings = options.settings(settings.kafka_listen, settings.data.join("kafka"));
    let bound = Broker::bind(broker_settings).await;
    bound.map(Some).map_err(|source| LocalError::Broker {
        setting: source.setting("--kafka-listen"),
        source,
    })
}

async fn bind_shop(
    settings: &Settings,
    defaults: ShopSettings,
    kafka: &str,
    around: AroundShop,
    diagnostics: &Diagnostics,
) -> Result<Shop, LocalError> {
    let shop_settings = ShopSettings {
        listen: settings.listen,
        kafka: kafka.to_owned(),
        database: database(settings, "shop.db"),
        journal: settings.data.join("journal"),
        ..defaults
    };
    let journal = shop::shop::open_journal(&shop_settings)?;
    diagnostics.attach(journal.clone(), Clock::system());
    Ok(Shop::with_journal(&shop_settings, around, journal).await?)
}

fn sink_settings(settings: &Settings, kafka: &str) -> Result<sink::Settings, LocalError> {
    let refused = |reason| SinkError::Setting {
        setting: "--database",
        reason,
    };
    // A variable of the sink that is wrong ends here: exit 2, and a line that names it.
    let defaults = sink::Settings::from_environment().unwrap_or_else(|error| error.exit());
    Ok(sink::Settings {
        listen: settings.sink_listen,
        kafka: kafka.to_owned(),
        database: database(settings, "activity.db").parse().map_err(refused)?,
        logs: settings.data.join("logs"),
        insights_token: settings
            .insights_token
            .clone()
            .or_else(|| defaults.insights_token.clone()),
        ..defaults
    })
}

/// A proxy in front makes /insights open to others, whatever address the shop itself listens on.
fn insights_are_guarded(shop: &ShopSettings, sink: &sink::Settings) -> Result<(), SinkError> {
    let public = shop.public_url.as_ref().filter(|url| !url.is_loopback());
    let why = match public {
        _ if sink.insights_token.is_some() => return Ok(()),
        Some(url) => format!("the public URL {} leads", url.as_str()),
        None if !shop.trusted_proxy.is_empty() => "the trusted proxies lead".to_owned(),
        None => return Ok(()),
    };
    Err(SinkError::Setting {
        setting: "--insights-token",
        reason: format!("{why} others here, and /insights shows what people did: choose a token"),
    })
}

fn around_sink(metrics: PrometheusHandle) -> AroundSink {
    AroundSink {
        clock: Clock::system(),
        metrics: Some(metrics),
    }
}

fn database(settings: &Settings, file: &str) -> String {
    let own = || format!("sqlite:{}", settings.data.join(file).display());
    settings.database.clone().unwrap_or_else(own)
}
