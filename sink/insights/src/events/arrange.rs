//! Sessions and visitors: what is known of each, from its events in order.

use schemas::EventType;

use super::dictionary::Symbol;
use super::event::{Event, EventIndex, NO_VISITOR, SessionIndex};
use super::log::Log;

/// Somebody who came: a visitor that the shop knows by cookie, or a session that names none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Visitor(pub u32);

impl Visitor {
    const SESSION: u32 = 1 << 31;

    /// The visitor that the log knows by number.
    #[must_use]
    pub const fn known(self) -> Option<u32> {
        if self.0 & Self::SESSION == 0 {
            Some(self.0)
        } else {
            None
        }
    }
}

/// What is known of a session.
#[derive(Debug, Clone, Copy)]
pub struct Facts {
    /// The first and the last event, in microseconds; a session without events has none.
    pub first: i64,
    pub last: i64,
    pub visitor: Visitor,
    pub campaign: Symbol,
    pub language: u8,
    pub device: u8,
    pub bot: bool,
    pub empty: bool,
    /// The visitor has no session before it.
    pub new: bool,
}

/// Which events count.
#[derive(Debug, Clone, Default)]
pub struct Limits {
    /// Events before it are no longer in the table.
    pub oldest: i64,
    /// By partition, in the log's order: events from this offset on don't count.
    pub positions: Option<Vec<i64>>,
}

impl Limits {
    #[must_use]
    pub fn admit(&self, event: &Event) -> bool {
        let known = self.positions.as_ref();
        let after =
            known.is_some_and(|next| event.offset >= next.get(usize::from(event.partition)).copied().unwrap_or(0));
        event.at >= self.oldest && !after
    }
}

/// All sessions at one state of the table.
#[derive(Debug, Clone, Default)]
pub struct Arranged {
    pub limits: Limits,
    /// In the order of the log's sessions.
    pub facts: Vec<Facts>,
    /// Those that have events, by their first one.
    pub by_start: Vec<SessionIndex>,
    /// The same, each visitor's together, in order of time.
    pub by_visitor: Vec<SessionIndex>,
    /// The newest event.
    pub newest: Option<i64>,
    /// The longest time from a session's first event to its last, in microseconds.
    pub longest: i64,
}

impl Arranged {
    #[must_use]
    pub fn facts(&self, session: SessionIndex) -> &Facts {
        &self.facts[session as usize]
    }

    /// The sessions of a visitor, in order of time.
    #[must_use]
    pub fn of_visitor(&self, visitor: Visitor) -> &[SessionIndex] {
        let from = self
            .by_visitor
            .partition_point(|session| self.facts(*session).visitor < visitor);
        let rest = &self.by_visitor[from..];
        let count = rest.partition_point(|session| self.facts(*session).visitor == visitor);
        &rest[..count]
    }
}

/// Works out all sessions from the events within the limits.
pub(super) fn arrange(log: &Log, limits: Limits) -> Arranged {
    let mut facts: Vec<Facts> = log
        .sessions
        .iter()
        .enumerate()
        .map(|(index, events)| facts(log, &limits, index, events))
        .collect();
    let mut by_start: Vec<SessionIndex> = (0..facts.len() as SessionIndex)
        .filter(|session| !facts[*session as usize].empty)
        .collect();
    // The id decides between sessions that begin together: numbers depend on the order of reading.
    by_start.sort_by_key(|session| (facts[*session as usize].first, log.session_id_key(*session)));
    let mut by_visitor = by_start.clone();
    by_visitor.sort_by_key(|session| facts[*session as usize].visitor);
    mark_new(&mut facts, &by_visitor);
    let newest = by_start.iter().map(|session| facts[*session as usize].last).max();
    let longest = by_start
        .iter()
        .map(|session| facts[*session as usize].last - facts[*session as usize].first);
    let longest = longest.max().unwrap_or(0);
    Arranged {
        limits,
        facts,
        by_start,
        by_visitor,
        newest,
        longest,
    }
}

/// A visitor is new in the first session; crawlers' sessions make nobody known.
fn mark_new(facts: &mut [Facts], by_visitor: &[SessionIndex]) {
    let (mut before, mut before_that_is_no_bot) = (None, None);
    for session in by_visitor {
        let facts = &mut facts[*session as usize];
        let visitor = Some(facts.visitor);
        facts.new = if facts.bot {
            before != visitor
        } else {
            before_that_is_no_bot != visitor
        };
        before = visitor;
        if !facts.bot {
            before_that_is_no_bot = visitor;
        }
    }
}

fn facts(log: &Log, limits: &Limits, index: usize, events: &[EventIndex]) -> Facts {
    let mut facts = Facts {
        first: 0,
        last: 0,
        visitor: Visitor(Visitor::SESSION | index as u32),
        campaign: Symbol::NONE,
        language: 0,
        device: 0,
        bot: false,
        empty: true,
        new: false,
    };
    let mut viewed = false;
    for event in events
        .iter()
        .map(|event| log.event(*event))
        .filter(|event| limits.admit(event))
    {
        if facts.empty {
            facts.first = event.at;
            facts.empty = false;
        }
        facts.last = event.at;
        facts.bot |= event.bot;
        if facts.device == 0 {
            facts.device = event.device;
        }
        if facts.language == 0 {
            facts.language = event.language;
        }
        if event.visitor != NO_VISITOR && facts.visitor.known().is_none() {
            facts.visitor = Visitor(event.visitor);
        }
        if event.kind == EventType::View && !viewed {
            viewed = true;
            facts.campaign = log.campaigns.get(event.extra as usize).copied().unwrap_or_default();
        }
    }
    facts
}

impl Log {
    /// The sessions as they stood when the sink was at these positions; a topic that is not named counts as not read.
    #[must_use]
    pub fn as_of(&self, positions: &[(String, i64, i64)]) -> Arranged {
        let next = self.partitions.iter().map(|partition| {
            let topic = partition.topic.strip_prefix("shop.").unwrap_or(&partition.topic);
            let mut same = positions
                .iter()
                .filter(|(name, number, _)| name == topic && *number == partition.number);
            same.next().map_or(0, |(_, _, next)| *next)
        });
        let limits = Limits {
            oldest: self.arranged.limits.oldest,
            positions: Some(next.collect()),
        };
        arrange(self, limits)
    }
}
