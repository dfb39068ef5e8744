//! What the shop finished, and how long it took: from the app log files of this sink, since the table holds what people did and not that.
//!
//! Promises: exactly the lines that the sink has committed are read, neither the tail of a batch that may be cut nor a line twice; a day
//! whose file is gone is in no figure. Nothing is read while nobody looks.
//!
//! Not for: the folders of other sinks, whose lines are on their own pages; requests as of positions, which the lines don't name.

mod files;
mod line;

use std::collections::BTreeMap;

pub(crate) use files::{Folder, read_news};

use crate::events::{Dictionary, Symbol};

/// The most that are kept: the memory is shared with the sink, which must go on.
const MOST_REQUESTS: usize = 10_000_000;

/// A request that was answered.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Request {
    /// When it was answered, in microseconds since 1970.
    pub at: i64,
    pub millis: f64,
    pub id: u128,
    pub session: Option<u128>,
    /// The handler; none where no route matched.
    pub endpoint: Symbol,
    pub method: Symbol,
    pub address: Symbol,
    /// What failed, outermost first, with arrows between; none where nothing did.
    pub chain: Symbol,
    /// The innermost of what failed.
    pub cause: Symbol,
    pub status: u16,
}

impl Request {
    #[must_use]
    pub const fn failed(&self) -> bool {
        self.status >= 500
    }
}

/// One daily file, as far as it was read.
#[derive(Debug, Default)]
pub(crate) struct Day {
    /// In bytes.
    pub read_to: u64,
    /// What is known of the day doesn't hold: the file was cut, or is another one.
    pub anew: bool,
    pub requests: Vec<Request>,
    pub unreadable: u64,
    pub left_out: u64,
}

/// All requests, by the day of their file.
#[derive(Debug, Default)]
pub struct Requests {
    pub names: Dictionary,
    pub(crate) days: BTreeMap<String, Day>,
}

impl Requests {
    /// In the order of the files; the place in it names a request as long as nothing is read.
    pub fn all(&self) -> impl Iterator<Item = &Request> {
        self.days.values().flat_map(|day| &day.requests)
    }

    #[must_use]
    pub fn get(&self, place: u32) -> Option<&Request> {
        let mut place = place as usize;
        for day in self.days.values() {
            if let Some(request) = day.requests.get(place) {
                return Some(request);
            }
            place -= day.requests.len();
        }
        None
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.days.values().map(|day| day.requests.len()).sum()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Lines that could not be read, and requests beyond the most that are kept: in no figure.
    #[must_use]
    pub fn missing(&self) -> u64 {
        self.days.values().map(|day| day.unreadable + day.left_out).sum()
    }

    /// How far each file was read.
    pub(crate) fn known(&self) -> BTreeMap<String, u64> {
        self.days
            .iter()
            .map(|(name, day)| (name.clone(), day.read_to))
            .collect()
    }

    /// Takes in what was read since; files that `news` doesn't name are gone.
    pub(crate) fn absorb(&mut self, news: Self) {
        self.days.retain(|name, _| news.days.contains_key(name));
        let mut room = MOST_REQUESTS.saturating_sub(self.len());
        let same: Vec<Symbol> = news.names.texts().map(|text| self.names.intern(text)).collect();
        let here = |symbol: Symbol| same.get(symbol.0 as usize).copied().unwrap_or_default();
        for (name, read) in news.days {
            let day = self.days.entry(name).or_default();
            if read.anew {
                room += day.requests.len();
                *day = Day::default();
            }
            day.read_to = read.read_to;
            day.unreadable += read.unreadable;
            let fits = read.requests.len().min(room);
            day.left_out += (read.requests.len() - fits) as u64;
            room -= fits;
            day.requests
                .extend(read.requests.into_iter().take(fits).map(|request| Request {
                    endpoint: here(request.endpoint),
                    method: here(request.method),
                    address: here(request.address),
                    chain: here(request.chain),
                    cause: here(request.cause),
                    ..request
                }));
        }
    }
}
