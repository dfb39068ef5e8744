//! All visits as one stream, in the order in which the shop hears of things: what a journal would have held.
//!
//! Visits are planned when they begin and wait in a heap until their turn: memory holds the visits of the hour and the moments at which
//! a day's visits begin, never a day's events.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};

use schemas::record::Fields;
use schemas::{InstanceId, Sequence, Source, Timestamp, Unsealed};

use super::browser::{Browser, SESSION_SILENCE};
use super::calendar::{self, Guest, Start};
use super::dimension;
use super::random::{Purpose, Random};
use super::visit::Visit;
use super::visitor::{DAYS_BEFORE, Visitor, VisitorNumber};
use super::world::{Memory, World};

const DAY: i64 = 24 * 3600 * 1_000_000;

/// An event in its place: what the journal of a shop would hold.
#[derive(Debug)]
pub struct Emitted {
    /// When the shop heard of it; its own time may be earlier.
    pub arrival: i64,
    pub event: Unsealed,
    pub source: Source,
}

impl Emitted {
    /// The message's bytes, without a line end.
    pub fn seal_into(&self, out: &mut Vec<u8>) {
        self.event.seal_into(&self.source, out);
    }
}

#[derive(Debug)]
struct Pending {
    /// Arrival, visit, and the place within the visit: no two are equal, so the order is total.
    order: (i64, u64, usize),
    event: Unsealed,
}

impl PartialEq for Pending {
    fn eq(&self, other: &Self) -> bool {
        self.order == other.order
    }
}
impl Eq for Pending {}
impl PartialOrd for Pending {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Pending {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.order.cmp(&other.order)
    }
}

/// The simulated shop, event after event.
#[derive(Debug)]
pub struct Simulation {
    world: World,
    days: u32,
    visits_per_day: u32,
    memory: Memory,
    /// When the visitors of the last two days left: nobody is in the shop twice at the same time.
    left: HashMap<VisitorNumber, i64>,
    next_day: u32,
    new_today: u32,
    starts: VecDeque<Start>,
    pending: BinaryHeap<Reverse<Pending>>,
    source: Source,
}

impl Simulation {
    pub fn new(world: World, days: u32, visits_per_day: u32, instance: InstanceId) -> Result<Self, serde_json::Error> {
        let ends = world.begins + i64::from(days) * DAY;
        let versions = dimension::versions(&world)?;
        let told = versions
            .into_iter()
            .filter(|version| version.arrival < ends)
            .enumerate();
        let pending = told.map(|(place, version)| {
            Reverse(Pending {
                order: (version.arrival, 0, place),
                event: version.event,
            })
        });
        let pending = pending.collect();
        Ok(Self {
            world,
            days,
            visits_per_day,
            memory: Memory::default(),
            left: HashMap::new(),
            next_day: 0,
            new_today: 0,
            starts: VecDeque::new(),
            pending,
            source: Source {
                instance,
                sequence: Sequence::FIRST,
            },
        })
    }

    #[must_use]
    pub fn world(&self) -> &World {
        &self.world
    }

    /// The next visit to begin, from the next day if today's have all begun.
    fn next_start(&mut self) -> Option<Start> {
        while self.starts.is_empty() && self.next_day < self.days {
            let now = self.world.begins + i64::from(self.next_day) * DAY;
            self.memory.forget(now);
            self.left.retain(|_, left| now - *left < DAY);
            self.starts = calendar::starts(&self.world, self.next_day, self.visits_per_day).into();
            self.new_today = 0;
            self.next_day += 1;
        }
        self.starts.front().copied()
    }

    fn plan(&mut self, start: Start) -> Result<(), serde_json::Error> {
        self.starts.pop_front();
        let (number, new) = self.who(start);
        let bot = matches!(start.guest, Guest::Bot(_));
        let visitor = Visitor::new(self.world.seed, number, bot, self.world.catalogue);
        let visit = self.memory.next_visit();
        let random = Random::new(self.world.seed, Purpose::Visit, visit);
        let mut browser = Browser::new(&self.world, &visitor, random, start.at);
        if !bot {
            come_from(&mut browser, new, self.next_day - 1);
        }
        let visiting = Visit::new(browser, &mut self.memory);
        let done = if bot {
            visiting.of_a_bot()?
        } else {
            visiting.of_a_person()?
        };
        self.left.insert(number, done.ended);
        let pending = done.planned.into_iter().enumerate().map(|(place, planned)| {
            Reverse(Pending {
                order: (planned.arrival, visit, place),
                event: planned.event,
            })
        });
        self.pending.extend(pending);
        Ok(())
    }

    /// Who comes, and whether for the first time. Somebody who is still here, or just left, can't come again.
    fn who(&mut self, start: Start) -> (VisitorNumber, bool) {
        match start.guest {
            Guest::Bot(number) => return (number, true),
            Guest::Again(number) => {
                let left = self.left.get(&number);
                if left.is_none_or(|left| start.at - left > SESSION_SILENCE) {
                    return (number, false);
                }
            }
            Guest::New => {}
        }
        self.new_today += 1;
        (
            VisitorNumber::first_seen(DAYS_BEFORE + self.next_day - 1, self.new_today - 1),
            true,
        )
    }
}

/// By an advertisement, from a search engine, or by typing the address.
fn come_from(browser: &mut Browser<'_>, new: bool, day: u32) {
    let campaigns = browser.world.scenario.campaigns.iter();
    let mut running = campaigns.filter(|campaign| campaign.runs_on(day));
    let drawn = browser.random.unit();
    if let Some(campaign) = running.next().filter(|campaign| new && drawn < campaign.share) {
        let pairs = [
            ("utm_source", &campaign.source),
            ("utm_medium", &campaign.medium),
            ("utm_campaign", &campaign.name),
        ];
        browser.landing = pairs.map(|(name, value)| (name.into(), value.clone().into())).into();
        return;
    }
    let referrer = match browser.random.below(10) {
        0..=2 => "https://www.google.com/",
        3..=4 => "https://search.naver.com/",
        _ => return,
    };
    browser.referrer = Some(referrer.to_owned());
    browser.landing = Fields::new();
}

impl Iterator for Simulation {
    type Item = Result<Emitted, serde_json::Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let start = self.next_start();
            let due = self
                .pending
                .peek()
                .is_some_and(|Reverse(first)| start.is_none_or(|start| first.order.0 < start.at));
            if !due {
                match self.plan(start?) {
                    Ok(()) => continue,
                    Err(error) => return Some(Err(error)),
                }
            }
            let Reverse(first) = self.pending.pop()?;
            let source = self.source.clone();
            self.source.sequence = source.sequence.next();
            return Some(Ok(Emitted {
                arrival: first.order.0,
                event: first.event,
                source,
            }));
        }
    }
}

/// The nearest moment that can be written.
#[must_use]
pub fn moment(micros: i64) -> Timestamp {
    Timestamp::from_unix_micros_saturating(micros)
}
