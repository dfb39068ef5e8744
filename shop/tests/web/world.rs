//! A shop in a temporary folder, and visitors with cookies.

use std::collections::BTreeMap;
use std::io::Read;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use ::portal::Portal;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use cookie::Key;
use flate2::read::GzDecoder;
use journal::relay::{Relay, RelayOptions};
use journal::{Item, Journal, Options};
use metrics_exporter_prometheus::PrometheusBuilder;
use rdkafka::ClientConfig;
use schemas::record::Level;
use schemas::{Clock, Sequence, Timestamp};
use serde_json::Value;
use shop::crowd::Crowd;
use shop::domain::Experiments;
use shop::settings::{ForwardedHeader, RequestDetail};
use shop::sink_progress::SinkProgress;
use shop::store::Store;
use shop::way::{Synced, Way};
use shop::web::{Manners, PortalAccess, Readiness, Recent, Recorder, Site, Standing, router};
use sqlx::{Connection, SqliteConnection};
use tempfile::TempDir;
use tower::ServiceExt;

pub(crate) struct World {
    pub clock: Clock,
    pub store: Store,
    pub journal: Journal,
    pub crowd: Crowd,
    shop: Router,
    folder: TempDir,
}

/// What differs from shop to shop.
pub(crate) struct Settings {
    pub detail: RequestDetail,
    pub public_url: &'static str,
    pub journal_bytes: u64,
    pub answer_timeout: Duration,
    pub client_events_per_minute: u32,
    pub portal_is_open: bool,
    pub portal_token: Option<&'static str>,
    pub rooms: &'static [&'static str],
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            detail: RequestDetail::Both,
            public_url: "http://shop.example",
            journal_bytes: 64 * 1024 * 1024,
            answer_timeout: Duration::from_secs(30),
            client_events_per_minute: 0,
            portal_is_open: true,
            portal_token: None,
            rooms: &[],
        }
    }
}

impl World {
    pub(crate) async fn start() -> Self {
        Self::with(Settings::default()).await
    }

    pub(crate) async fn with(settings: Settings) -> Self {
        Self::on(tempfile::tempdir().unwrap(), "journal", settings).await
    }

    async fn on(folder: TempDir, journal: &str, settings: Settings) -> Self {
        let url = format!("sqlite:{}", folder.path().join("shop.db").display());
        Self::on_database(folder, (journal, &url), settings).await
    }

    pub(crate) async fn on_database(folder: TempDir, (journal, url): (&str, &str), settings: Settings) -> Self {
        let clock = Clock::standing_at(Timestamp::parse("2026-11-23T10:00:00.000000Z").unwrap());
        let options = Options {
            max_bytes: settings.journal_bytes,
            flush_interval: Duration::from_millis(1),
            ..Options::default()
        };
        let journal = Journal::open(&folder.path().join(journal), options).unwrap();
        let store = Store::open(url, journal.instance().clone(), clock.clone())
            .await
            .unwrap();
        let recorder = Recorder {
            journal: journal.clone(),
            detail: settings.detail,
            level: Level::Info,
            recent: Recent::default(),
        };
        let manners = Manners {
            public_url: settings.public_url.parse().unwrap(),
            key: Key::from(&store.signing_key().await.unwrap()),
            session_silence: Duration::from_mins(30),
            retention: Duration::from_hours(30 * 24),
            trusted_proxies: Vec::new(),
            forwarded_header: ForwardedHeader::default(),
            cancel_window: Duration::from_hours(1),
            answer_timeout: settings.answer_timeout,
            client_events_per_minute: settings.client_events_per_minute,
            sign_ups_per_hour: 5,
            experiments: Experiments::built_in().unwrap(),
            portal: PortalAccess::new(settings.portal_is_open, settings.portal_token),
            rooms: settings.rooms,
        };
        let readiness = Readiness {
            parts: Arc::new(|| {
                vec![
                    ("journal", Standing::ok()),
                    ("kafka", Standing::wrong("Kafka is away", None)),
                ]
            }),
            sample: Arc::new(|| {}),
            metrics: PrometheusBuilder::new().build_recorder().handle(),
        };
        // It never runs: nobody is at this address.
        let relay = Relay::new(journal.clone(), RelayOptions::new("127.0.0.1:1")).unwrap();
        let way = Way {
            journal: journal.clone(),
            synced: Synced::since(&journal, clock.now()),
            relay: relay.view(),
            sink: SinkProgress::default(),
        };
        let portal = Portal::new(::portal::Options {
            kafka: ClientConfig::from_iter([("bootstrap.servers".to_owned(), "127.0.0.1:1".to_owned())]),
            bootstrap: "127.0.0.1:1".to_owned(),
            public_url: settings.public_url.to_owned(),
            clock: clock.clone(),
            sink_group: "de-shop-sink".to_owned(),
            partitions: 3,
            retention: Duration::from_hours(30 * 24),
            way: Arc::new(::portal::Way::default),
        });
        let site = Site::new(
            (clock.clone(), store.clone()),
            (recorder, way, portal),
            manners,
            readiness,
        );
        let crowd = site.crowd.clone();
        let shop = router(site, Router::new());
        Self {
            clock,
            store,
            journal,
            crowd,
            shop,
            folder,
        }
    }

    /// Runs a statement on the database, past the shop, as an operator may.
    pub(crate) async fn changes_the_database(&self, statement: &'static str) {
        sqlx::query(statement)
            .execute(&mut self.other_connection().await)
            .await
            .unwrap();
    }

    /// Another program's connection to the database.
    pub(crate) async fn other_connection(&self) -> SqliteConnection {
        let file = self.folder.path().join("shop.db");
        SqliteConnection::connect(&format!("sqlite:{}", file.display()))
            .await
            .unwrap()
    }

    /// Another shop on the same database, in the place of this one.
    pub(crate) async fn successor(self) -> Self {
        Self::on(self.folder, "another-journal", Settings::default()).await
    }

    pub(crate) fn visitor(&self) -> Visitor {
        Visitor {
            shop: self.shop.clone(),
            cookies: BTreeMap::new(),
            headers: HeaderMap::new(),
            address: IpAddr::from([203, 0, 113, 77]),
        }
    }

    /// Everything in the journal, once it is on the disk.
    pub(crate) async fn journalled(&self) -> Vec<Value> {
        let next = self.journal.next_sequence();
        self.journal.durable(Sequence(next.0 - 1)).await.unwrap();
        let mut reader = self.journal.reader(Sequence::FIRST);
        let mut events = Vec::new();
        while let Some(item) = reader.read().unwrap() {
            let Item::Entry(entry) = item else {
                panic!("the journal is damaged")
            };
            events.push(serde_json::from_slice(entry.value).unwrap());
        }
        events
    }

    pub(crate) async fn journalled_of(&self, event_type: &str) -> Vec<Value> {
        let mut events = self.journalled().await;
        events.retain(|event| event["event_type"] == event_type);
        events
    }

    /// The facts that wait for the outbox.
    pub(crate) async fn facts(&self) -> Vec<Value> {
        let facts = self
            .store
            .facts_not_in_journal(self.journal.instance(), 1000)
            .await
            .unwrap();
        facts
            .iter()
            .map(|fact| serde_json::from_slice(&fact.event.json).unwrap())
            .collect()
    }
}

/// A browser: it keeps cookies, and what it sends it says of itself.
pub(crate) struct Visitor {
    shop: Router,
    pub cookies: BTreeMap<String, String>,
    pub headers: HeaderMap,
    pub address: IpAddr,
}

pub(crate) struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub(crate) fn leads_to(&self) -> &str {
        self.headers[LOCATION].to_str().unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    /// The value of a form's field on the page.
    pub(crate) fn field(&self, name: &str) -> &str {
        let (_, rest) = self.text.split_once(&format!("name=\"{name}\" value=\"")).unwrap();
        rest.split('"').next().unwrap()
    }
}

impl Visitor {
    pub(crate) async fn opens(&mut self, address: &str) -> Answer {
        self.sends(Method::GET, address, None, String::new()).await
    }

    pub(crate) async fn posts(&mut self, address: &str, form: &str) -> Answer {
        let kind = "application/x-www-form-urlencoded";
        self.sends(Method::POST, address, Some(kind), form.to_owned()).await
    }

    pub(crate) async fn tells(&mut self, address: &str, json: &Value) -> Answer {
        self.sends(Method::POST, address, Some("application/json"), json.to_string())
            .await
    }

    pub(crate) async fn sends(&mut self, method: Method, address: &str, kind: Option<&str>, body: String) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(address)
            .header("host", "shop.example");
        if let Some(kind) = kind {
            request = request.header(CONTENT_TYPE, kind);
        }
        if !self.cookies.is_empty() {
            let cookies: Vec<String> = self
                .cookies
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            request = request.header(COOKIE, cookies.join("; "));
        }
        let mut request = request.body(Body::from(body)).unwrap();
        request.headers_mut().extend(self.headers.clone());
        let peer = SocketAddr::new(self.address, 40_000);
        request.extensions_mut().insert(ConnectInfo(peer));
        let response = self.shop.clone().oneshot(request).await.unwrap();
        let (head, body) = response.into_parts();
        self.keep_cookies(&head.headers);
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        let mut text = String::new();
        if head.headers.contains_key("content-encoding") && !bytes.is_empty() {
            GzDecoder::new(bytes.as_ref()).read_to_string(&mut text).unwrap();
        } else {
            text = String::from_utf8(bytes.to_vec()).unwrap();
        }
        Answer {
            status: head.status,
            headers: head.headers,
            text,
        }
    }

    fn keep_cookies(&mut self, headers: &HeaderMap) {
        for line in headers.get_all(SET_COOKIE) {
            let (name, value) = line
                .to_str()
                .unwrap()
                .split(';')
                .next()
                .unwrap()
                .split_once('=')
                .unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }

    pub(crate) fn at(mut self, address: &str) -> Self {
        self.address = address.parse().unwrap();
        self
    }

    pub(crate) fn says(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.insert(name, value.parse().unwrap());
        self
    }

    /// Puts a product into the cart and orders it; the order's address.
    pub(crate) async fn buys(&mut self, product: u32) -> String {
        let added = self
            .posts("/cart/add", &format!("product_id={product}&quantity=1"))
            .await;
        assert_eq!(added.leads_to(), "/cart");
        let checkout = self.opens("/checkout").await;
        let placed = self.posts("/checkout", &delivery(checkout.field("token"))).await;
        placed.leads_to().to_owned()
    }
}

/// A good checkout form.
pub(crate) fn delivery(token: &str) -> String {
    format!(
        "token={token}&recipient=Mina&phone=010-1234-5678&postcode=04524&address=Sejong-daero+110&payment=on_delivery"
    )
}
