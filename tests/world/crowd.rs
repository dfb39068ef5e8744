//! People who go on shopping in the background, whatever breaks, and keep their own list of what was answered.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::process::PATIENCE;
use super::visitor::{Answered, Unanswered, Visitor};
use super::{Program, World};

/// How long one of the crowd stays, in steps.
const STEPS_OF_ONE: u32 = 14;
/// Between two steps of one person. Load, not synchronisation: it bounds how much a long test leaves on the disk.
const PACE: Duration = Duration::from_millis(60);

pub struct Crowd {
    people: Vec<JoinHandle<Visitor>>,
    stop: CancellationToken,
    counts: Arc<Counts>,
    /// What somebody beside the crowd was answered.
    beside: Vec<Answered>,
}

#[derive(Debug, Default)]
struct Counts {
    answered: AtomicUsize,
    refused: AtomicUsize,
    last_refusal: Mutex<String>,
}

/// What all of them were answered, and how often they were not.
pub struct Shopped {
    pub answered: Vec<Answered>,
    pub refused: usize,
}

impl World {
    /// So many people at each shop that runs.
    pub fn people_keep_shopping(&self, at_each_shop: usize) -> Crowd {
        let (stop, counts) = (CancellationToken::new(), Arc::<Counts>::default());
        let shops: Vec<_> = self.shops().collect();
        let visitors = shops
            .iter()
            .flat_map(|shop| (0..at_each_shop).map(|_| self.visitor_of(*shop)));
        let people = visitors
            .zip((0..).step_by(1_000_003))
            .map(|(visitor, first)| tokio::spawn(keeps_shopping(visitor, first, stop.clone(), Arc::clone(&counts))))
            .collect();
        Crowd {
            people,
            stop,
            counts,
            beside: Vec::new(),
        }
    }

    fn shops(&self) -> impl Iterator<Item = Program> {
        self.ports.keys().copied().filter(|part| part.is_shop())
    }

    /// Somebody at every shop asks until it answers; then waits until that is kept, and all that was on the topics by then.
    /// Answers how long it took.
    pub async fn recovers(&mut self, crowd: &mut Crowd) -> Duration {
        let since = Instant::now();
        for shop in self.shops().collect::<Vec<_>>() {
            let mut visitor = self.visitor_of(shop);
            while let Err(refused) = visitor.looks_at(101).await {
                self.assert_alive();
                assert!(since.elapsed() < PATIENCE, "{shop:?} never answers: {refused:?}");
                tokio::time::sleep(PACE).await;
            }
            crowd.beside.append(&mut visitor.answered);
        }
        let asked = crowd.beside.len() - self.shops().count();
        for request in &crowd.beside[asked..] {
            while !super::lag::is_kept(&self.database.sink_url(), &request.request_id).await {
                self.assert_alive();
                assert!(since.elapsed() < PATIENCE, "{} is never kept", request.request_id);
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        let kafka = self.broker.address();
        let ends = tokio::task::spawn_blocking(move || super::lag::ends(&kafka));
        let ends = ends.await.expect("asking does not panic");
        loop {
            let behind = super::lag::behind(&self.database.sink_url(), &ends).await;
            if behind.is_empty() {
                crowd.assert_well();
                return since.elapsed();
            }
            self.assert_alive();
            assert!(since.elapsed() < PATIENCE, "never read: {behind:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

impl Crowd {
    /// Nobody saw what a shop must never answer.
    pub fn assert_well(&self) {
        let ended = self.people.iter().filter(|person| person.is_finished()).count();
        assert!(
            ended == 0,
            "{ended} of the crowd saw something impossible (it is said above)"
        );
    }

    /// Waits until so many more requests were answered.
    pub async fn is_answered(&self, more: usize) {
        let since = Instant::now();
        let enough = self.counts.answered.load(Ordering::Relaxed) + more;
        while self.counts.answered.load(Ordering::Relaxed) < enough {
            self.assert_well();
            let last = self.counts.last_refusal.lock().expect("nobody panics with it").clone();
            assert!(since.elapsed() < PATIENCE, "the shops don't answer: {last}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// So many requests were not answered, or with an error.
    pub fn refused(&self) -> usize {
        self.counts.refused.load(Ordering::Relaxed)
    }

    /// All stop after the request that they are at.
    pub async fn goes_home(self) -> Shopped {
        self.stop.cancel();
        let mut answered = self.beside;
        for person in self.people {
            let visitor = person.await.expect("a shop that answers, answers as it should");
            answered.extend(visitor.answered);
        }
        Shopped {
            answered,
            refused: self.counts.refused.load(Ordering::Relaxed),
        }
    }
}

async fn keeps_shopping(mut visitor: Visitor, first: u32, stop: CancellationToken, counts: Arc<Counts>) -> Visitor {
    for step in first.. {
        if stop.is_cancelled() {
            break;
        }
        // With few sessions a partition could stay empty for ever, and its sink would have nothing to do.
        if step % STEPS_OF_ONE == 0 {
            visitor.makes_way();
        }
        let before = visitor.answered.len();
        let done = visitor.strolls(step).await;
        counts
            .answered
            .fetch_add(visitor.answered.len() - before, Ordering::Relaxed);
        if let Err(Unanswered(why)) = done {
            counts.refused.fetch_add(1, Ordering::Relaxed);
            *counts.last_refusal.lock().expect("nobody panics with it") = why;
        }
        tokio::time::sleep(PACE).await;
    }
    visitor
}
