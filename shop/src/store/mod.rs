//! The store: the only place with SQL. One text serves SQLite and PostgreSQL; only the migrations are two.
//!
//! Promises:
//! - facts are the truth: what changes a cart, an order or an account is appended to the table `event`, and the projections that pages
//!   read are written in the same transaction, by the very functions with which [`Store::rebuild`] derives them afresh;
//! - what was answered survives a power cut (SQLite: `synchronous=FULL`; PostgreSQL: its default);
//! - stock never goes below zero, and a checkout token makes one order, however often and however concurrently it is used;
//! - what identifies a person stands in `person` and `delivery` only, never in a fact;
//! - a catalogue or stock question is answered from memory, at most a second old for what other shops sold.
//!
//! SQLite: one writing connection (BEGIN IMMEDIATE), 4 readers, WAL; for one shop. PostgreSQL: schema `shop`, at most 16 connections,
//! for any number of shops. Work that collides with somebody else's is done again, up to 10 times.
//!
//! A refusal is an answer: functions that may refuse return `Result<_, NotDone<Refusal>>`.

mod account;
mod belongings;
mod cart;
mod checkout;
mod database;
mod delivery;
mod error;
mod event_store;
mod fact;
mod fresh;
mod instances;
mod interest;
mod migrations;
mod orders;
mod outbox;
mod own_data;
mod password;
mod people;
mod products;
mod projection;
mod rebuild;
mod seed;
mod session_facts;
mod sign_in;
mod who;

use std::sync::atomic::AtomicI64;
use std::sync::{Arc, Mutex};

use schemas::{Clock, InstanceId, Timestamp};
use tokio::sync::watch;

use crate::domain::{Catalogue, StockLevels};
use crate::observe::Occasion;

pub use account::PasswordChange;
pub use belongings::FormToken;
pub use checkout::Submitted;
pub use error::{NotDone, StoreError};
pub use instances::{AdoptionRefused, Waiting, WaitingFacts};
pub use interest::{Want, Wanted};
pub use own_data::OwnData;
pub use products::{PriceRefused, SaidAgain};
pub use rebuild::RebuildReport;
pub use session_facts::SessionFact;
pub use who::{Answers, CartOwner, CheckoutToken, Credentials, NewSignIn, SignInToken, SignedIn};

use database::Database;
use event_store::Recorder;
use password::Hasher;

/// A shop's database; clones share it.
#[derive(Debug, Clone)]
pub struct Store(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    database: Database,
    instance: InstanceId,
    /// The number of this start; 0 while the store is only looked at.
    start: AtomicI64,
    clock: Clock,
    catalogue: watch::Sender<Arc<Catalogue>>,
    /// How often prices were changed when the catalogue was read.
    catalogue_version: AtomicI64,
    stock: watch::Sender<Arc<StockLevels>>,
    /// How often this process has recorded something.
    recorded: watch::Sender<u64>,
    hasher: Hasher,
    /// Since when the database doesn't answer, and what it says.
    trouble: Mutex<Option<(Timestamp, String)>>,
}

impl Store {
    /// Opens the database at `url` (`sqlite:FILE` or `postgres://...`), brings its tables up to date and fills an empty one.
    ///
    /// `instance` marks the facts recorded here, for the journal of that name.
    pub async fn open(url: &str, instance: InstanceId, clock: Clock) -> Result<Self, StoreError> {
        let database = Database::open(url).await?;
        seed::sow(&database).await?;
        let version = products::version(&database).await?;
        let catalogue = Arc::new(seed::catalogue(&database).await?);
        let stock = Arc::new(projection::stock::levels(&mut *database.read().await?).await?);
        Ok(Self(Arc::new(Inner {
            database,
            instance,
            start: AtomicI64::new(0),
            clock,
            catalogue: watch::Sender::new(catalogue),
            catalogue_version: AtomicI64::new(version),
            stock: watch::Sender::new(stock),
            recorded: watch::Sender::new(0),
            hasher: Hasher::new(),
            trouble: Mutex::default(),
        })))
    }

    /// All that is sold, at most a second old (see [`Store::keep_fresh`]).
    #[must_use]
    pub fn catalogue(&self) -> Arc<Catalogue> {
        Arc::clone(&self.0.catalogue.borrow())
    }

    /// What is left, at most a second old (see [`Store::keep_fresh`]).
    #[must_use]
    pub fn stock(&self) -> Arc<StockLevels> {
        Arc::clone(&self.0.stock.borrow())
    }

    /// Changes with each fact recorded here: the outbox waits for it.
    #[must_use]
    pub fn recorded(&self) -> watch::Receiver<u64> {
        self.0.recorded.subscribe()
    }

    fn recorder<'a>(&'a self, occasion: &'a Occasion, status: u16) -> Recorder<'a> {
        Recorder {
            instance: &self.0.instance,
            occasion,
            status,
        }
    }

    /// Tells whoever waits for facts that there may be new ones.
    fn has_recorded(&self) {
        self.0.recorded.send_modify(|times| *times += 1);
    }
}

/// One transaction that may record facts, see [`database::transaction`].
macro_rules! recording {
    ($store:expr, |$connection:ident| $work:expr) => {{
        let done = $crate::store::database::transaction!($store.0.database, |$connection| $work);
        if done.is_ok() {
            $store.has_recorded();
        }
        done
    }};
}

/// As [`recording`], for work that never refuses.
macro_rules! recording_always {
    ($store:expr, |$connection:ident| $work:expr) => {{
        let done = $crate::store::database::transaction_always!($store.0.database, |$connection| $work);
        if done.is_ok() {
            $store.has_recorded();
        }
        done
    }};
}

use {recording, recording_always};
