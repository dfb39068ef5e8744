//! The connections that are open: how many there may be, and which one goes when one more comes.
//!
//! A connection is idle while it neither has a request under way nor is sending one. When the limit is reached, the one that has been
//! idle for the longest is closed, so that forgotten connections lock nobody out; where none is idle, the new one is refused.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio_util::sync::CancellationToken;

use super::metric::Metric;

/// What is known of one connection; [`Connection::close`] ends it.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) close: CancellationToken,
    under_way: AtomicUsize,
    last_active: Mutex<Instant>,
}

/// A request that is under way until this is dropped.
pub(crate) struct UnderWay(Arc<Connection>);

impl Connection {
    pub(crate) fn begin(self: &Arc<Self>) -> UnderWay {
        self.under_way.fetch_add(1, Ordering::AcqRel);
        UnderWay(Arc::clone(self))
    }

    pub(crate) fn is_idle(&self) -> bool {
        self.under_way.load(Ordering::Acquire) == 0
    }

    pub(crate) fn last_active(&self) -> Instant {
        *self.last_active.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        *self.0.last_active.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        self.0.under_way.fetch_sub(1, Ordering::AcqRel);
    }
}

#[derive(Debug, Default)]
struct Open {
    by_number: HashMap<u64, Arc<Connection>>,
    next: u64,
}

/// All connections.
#[derive(Debug, Default)]
pub(crate) struct Connections(Mutex<Open>);

/// A place among the connections until this is dropped.
pub(crate) struct Place {
    connections: Arc<Connections>,
    number: u64,
    pub(crate) connection: Arc<Connection>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.connections.lock();
        open.by_number.remove(&self.number);
        Metric::Connections.set(open.by_number.len() as u64);
    }
}

impl Connections {
    fn lock(&self) -> MutexGuard<'_, Open> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for one more, if need be that of the one that has been idle for the longest; none where all `most` are busy.
    pub(crate) fn take(self: &Arc<Self>, most: usize) -> Option<Place> {
        let mut open = self.lock();
        if open.by_number.len() >= most {
            let idle = open.by_number.iter().filter(|(_, connection)| connection.is_idle());
            let (number, longest) = idle.min_by_key(|(_, connection)| connection.last_active())?;
            longest.close.cancel();
            let number = *number;
            open.by_number.remove(&number);
        }
        let connection = Arc::new(Connection {
            close: CancellationToken::new(),
            under_way: AtomicUsize::new(0),
            last_active: Mutex::new(Instant::now()),
        });
        let number = open.next;
        open.next += 1;
        open.by_number.insert(number, Arc::clone(&connection));
        Metric::Connections.set(open.by_number.len() as u64);
        Some(Place {
            connections: Arc::clone(self),
            number,
            connection,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_one_that_was_idle_for_the_longest_makes_room_and_busy_ones_stay() {
        let connections = Arc::new(Connections::default());
        let places: Vec<_> = (0..3).filter_map(|_| connections.take(3)).collect();
        let busy = places[0].connection.begin();
        let fourth = connections.take(3);
        assert!(fourth.is_some());
        let is_closed: Vec<_> = places
            .iter()
            .map(|place| place.connection.close.is_cancelled())
            .collect();
        assert_eq!(is_closed, [false, true, false]);
        let _busy_too = (
            places[2].connection.begin(),
            fourth.as_ref().map(|place| place.connection.begin()),
        );
        assert!(connections.take(3).is_none(), "all are busy");
        drop(busy);
        assert!(connections.take(3).is_some());
        assert!(places[0].connection.close.is_cancelled());
    }
}
