//! What everybody does in this shop, turned into advice about what to show: popular now, looked at next, bought together.
//!
//! Promises: a page adds its look with one atomic step, and at most one short lock, never waiting for the database; advice is
//! made in the background at most every 10 s and read from memory. Additions and orders come from the facts, the last 50,000 at the
//! start; looks are this process's own, since it began. Nothing about a person is kept, but which browsers asked for the same words.
//!
//! Not for: figures. Looks are forgotten when the shop stops; the topics have them all.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use schemas::{Clock, ProductId, Timestamp};
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::domain::trends::{Advice, Trends};
use crate::domain::{Catalogue, Language, PopularQueries, VisitorId};
use crate::store::{Store, StoreError, Want};

/// How old advice may be.
const FRESH: Duration = Duration::from_secs(10);
/// Facts that are read at the start.
const FACTS_BACK: i64 = 50_000;
/// Orders of the popular that are kept for whoever pages through one of them: half an hour's, when something happens all the time.
const ORDERS_KEPT: usize = 180;
/// Ways from product to product that are kept until the next advice; more are not counted.
const MOST_WAYS: usize = 10_000;

/// Clones share it.
#[derive(Debug, Clone)]
pub struct Crowd(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    catalogue: Arc<Catalogue>,
    /// Since the last advice; fixed when the shop starts, so pages share no lock.
    looks: HashMap<ProductId, AtomicU32>,
    ways: Mutex<Vec<(ProductId, ProductId)>>,
    advice: watch::Sender<Arc<Advice>>,
    orders: Mutex<VecDeque<Order>>,
    queries: Mutex<PopularQueries>,
}

/// An order of what is popular, by the moment at which it was made.
#[derive(Debug, Clone)]
pub struct Order {
    /// In milliseconds since 1970: what a pager's address says.
    pub made_at: i64,
    pub advice: Arc<Advice>,
}

impl Crowd {
    /// Nobody was here yet: the advice is similar things and a mix.
    #[must_use]
    pub fn new(catalogue: Arc<Catalogue>, now: Timestamp) -> Self {
        let looks = catalogue
            .products()
            .iter()
            .map(|product| (product.id, AtomicU32::new(0)));
        let advice = Arc::new(Trends::new(now).advice(&catalogue));
        Self(Arc::new(Inner {
            looks: looks.collect(),
            ways: Mutex::default(),
            orders: Mutex::new(VecDeque::from([Order {
                made_at: now.unix_millis(),
                advice: Arc::clone(&advice),
            }])),
            advice: watch::Sender::new(advice),
            catalogue,
            queries: Mutex::default(),
        }))
    }

    /// The order that was made at that moment, while it is remembered; otherwise the latest.
    #[must_use]
    pub fn order(&self, made_at: Option<i64>) -> Order {
        let orders = self.0.orders.lock().unwrap_or_else(PoisonError::into_inner);
        let asked = made_at.and_then(|made_at| orders.iter().find(|order| order.made_at == made_at));
        asked.or(orders.back()).cloned().unwrap_or_else(|| Order {
            made_at: 0,
            advice: self.advice(),
        })
    }

    fn advises(&self, advice: Arc<Advice>, now: Timestamp) {
        let mut orders = self.0.orders.lock().unwrap_or_else(PoisonError::into_inner);
        if orders.len() == ORDERS_KEPT {
            orders.pop_front();
        }
        orders.push_back(Order {
            made_at: now.unix_millis(),
            advice: Arc::clone(&advice),
        });
        self.0.advice.send_replace(advice);
    }

    /// Somebody looks at `product`, and came from the product `before`, if from any.
    pub fn looks_at(&self, product: ProductId, before: Option<ProductId>) {
        if let Some(looks) = self.0.looks.get(&product) {
            looks.fetch_add(1, Ordering::Relaxed);
        }
        if let Some(before) = before.filter(|before| *before != product) {
            let mut ways = self.0.ways.lock().unwrap_or_else(PoisonError::into_inner);
            if ways.len() < MOST_WAYS {
                ways.push((before, product));
            }
        }
    }

    /// Somebody who may be counted found something by `query` as it stands.
    pub fn asks(&self, language: Language, query: &str, visitor: VisitorId, at: Timestamp) {
        let mut queries = self.0.queries.lock().unwrap_or_else(PoisonError::into_inner);
        queries.asked(language, query, visitor, at);
    }

    /// What several visitors have searched for, the most asked first.
    #[must_use]
    pub fn popular_queries(&self, language: Language, now: Timestamp, most: usize) -> Vec<String> {
        let queries = self.0.queries.lock().unwrap_or_else(PoisonError::into_inner);
        queries.top(language, now, most)
    }

    /// The latest advice.
    #[must_use]
    pub fn advice(&self) -> Arc<Advice> {
        Arc::clone(&self.0.advice.borrow())
    }

    /// Makes new advice every 10 s of what happened, until `stop`; a failure is told once, and the last advice stays.
    pub async fn keep_advising(&self, store: Store, clock: Clock, stop: CancellationToken) {
        let mut advisor = Advisor::new(self, clock.now());
        let mut ticks = tokio::time::interval(FRESH);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut failing = false;
        while stop.run_until_cancelled(ticks.tick()).await.is_some() {
            let Some(advised) = stop.run_until_cancelled(advisor.advise(&store, clock.now())).await else {
                return;
            };
            match advised {
                Ok(()) => failing = false,
                Err(error) if !failing => {
                    failing = true;
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "what is popular can't be worked out"
                    );
                }
                Err(_still_failing) => {}
            }
        }
    }
}

/// Gathers and advises: the only one that writes.
#[derive(Debug)]
pub struct Advisor {
    crowd: Crowd,
    trends: Trends,
    /// The last fact that was read.
    read_to: Option<i64>,
}

impl Advisor {
    #[must_use]
    pub fn new(crowd: &Crowd, now: Timestamp) -> Self {
        Self {
            crowd: crowd.clone(),
            trends: Trends::new(now),
            read_to: None,
        }
    }

    /// Takes in what is new, and advises if that is anything.
    pub async fn advise(&mut self, store: &Store, now: Timestamp) -> Result<(), StoreError> {
        let looked = self.take_looks(now);
        let wanted = self.take_facts(store).await?;
        if looked || wanted {
            let advice = Arc::new(self.trends.advice(&self.crowd.0.catalogue));
            self.crowd.advises(advice, now);
        }
        Ok(())
    }

    fn take_looks(&mut self, now: Timestamp) -> bool {
        let mut any = false;
        for (product, looks) in &self.crowd.0.looks {
            let times = looks.swap(0, Ordering::Relaxed);
            if times > 0 {
                self.trends.viewed(*product, times, now);
                any = true;
            }
        }
        let ways = std::mem::take(&mut *self.crowd.0.ways.lock().unwrap_or_else(PoisonError::into_inner));
        for (from, to) in ways {
            self.trends.went(from, to, now);
            any = true;
        }
        any
    }

    async fn take_facts(&mut self, store: &Store) -> Result<bool, StoreError> {
        let begin = match self.read_to {
            Some(read_to) => read_to,
            None => store.facts_back(FACTS_BACK).await?,
        };
        let mut read_to = begin;
        loop {
            let facts = store.wanted_after(read_to).await?;
            let Some(last) = facts.last() else { break };
            read_to = last.id;
            for fact in &facts {
                match fact.how {
                    Want::Bought => self.trends.bought(&fact.products, fact.at),
                    Want::Added => fact
                        .products
                        .iter()
                        .for_each(|product| self.trends.added(*product, fact.at)),
                }
            }
            self.read_to = Some(read_to);
        }
        self.read_to = Some(read_to);
        Ok(read_to > begin)
    }
}
