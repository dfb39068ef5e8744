//! All cores for one question: its parts are worked on side by side. Whoever asks waits for all of them, so nothing outlives a question.

use std::panic::resume_unwind;
use std::sync::{Mutex, PoisonError};
use std::thread;

/// More than these make a page hardly faster, and leave none to the sink beside it.
const MOST_THREADS: usize = 4;

/// Both answers, the second from another thread.
pub(super) fn both<A, B: Send>(here: impl FnOnce() -> A, there: impl FnOnce() -> B + Send) -> (A, B) {
    thread::scope(|threads| {
        let there = threads.spawn(there);
        (here(), there.join().unwrap_or_else(|panic| resume_unwind(panic)))
    })
}

/// The answer for each item, in the order of the items.
pub(super) fn each<T: Send, R: Send>(items: Vec<T>, work: impl Fn(T) -> R + Sync) -> Vec<R> {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let others = threads.min(MOST_THREADS).min(items.len()).saturating_sub(1);
    let queue = Mutex::new(items.into_iter().enumerate());
    // Whoever is done takes the next one: items are of very different size.
    let worker = || {
        let mut done = Vec::new();
        loop {
            let next = queue.lock().unwrap_or_else(PoisonError::into_inner).next();
            let Some((place, item)) = next else { return done };
            done.push((place, work(item)));
        }
    };
    let mut done = thread::scope(|threads| {
        let others: Vec<_> = (0..others).map(|_| threads.spawn(&worker)).collect();
        let mut done = worker();
        for other in others {
            done.extend(other.join().unwrap_or_else(|panic| resume_unwind(panic)));
        }
        done
    });
    done.sort_unstable_by_key(|(place, _)| *place);
    done.into_iter().map(|(_, answer)| answer).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_come_in_the_order_of_their_items() {
        let squares: Vec<u64> = each((0..1000).collect(), |number: u64| number * number);
        assert_eq!(squares, (0..1000).map(|number| number * number).collect::<Vec<u64>>());
        assert_eq!(each(Vec::<u64>::new(), |number| number), Vec::<u64>::new());
        assert_eq!(both(|| 1, || "two"), (1, "two"));
    }
}
