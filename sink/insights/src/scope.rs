//! The sets that an analysis walks over, and the lists behind its figures.
//!
//! A figure is counted by a [`Tally`]. Whoever opens the figure's rows runs the same analysis again, and the tally that is asked for keeps
//! what it counts: so a list is as long as its figure says, whatever the figure is.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError};

use roaring::RoaringBitmap;
use schemas::EventType;
use schemas::Zone;

use crate::events::{Arranged, Entry, Event, EventIndex, Facts, Log, SessionIndex, Symbol, Visitor};
use crate::question::{Question, Range, Who, day};
use crate::report::{Cell, Value};
use crate::shop::Shop;

/// What a figure counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    Events,
    Sessions,
    /// Each is told by one of its sessions.
    Visitors,
    /// Of the app log files, by their place in them.
    Requests,
}

/// The rows behind one figure.
#[derive(Debug, Clone)]
pub struct Rows {
    pub unit: Unit,
    pub rows: Vec<u32>,
}

/// Everything that one question is about.
pub struct Scope<'a> {
    pub log: &'a Log,
    pub arranged: Cow<'a, Arranged>,
    pub question: &'a Question,
    pub range: Range,
    pub zone: Zone,
    shop: Option<Arc<dyn Shop>>,
    sessions: Vec<SessionIndex>,
    touching: Vec<SessionIndex>,
    /// The same as a set: a bit for each session.
    admitted: Vec<u64>,
    wanted: Option<String>,
    found: Mutex<Option<Rows>>,
}

impl<'a> Scope<'a> {
    /// The question's own range, or `range` where another one is meant.
    #[must_use]
    pub fn new(log: &'a Log, question: &'a Question, zone: Zone, range: Option<Range>) -> Self {
        let arranged = match &question.as_of {
            None => Cow::Borrowed(&log.arranged),
            Some(positions) => Cow::Owned(log.as_of(positions)),
        };
        Self::over(log, arranged, question, zone, range)
    }

    /// The same question over another range.
    #[must_use]
    pub fn over_range(&self, range: Range) -> Scope<'_> {
        Scope::over(
            self.log,
            Cow::Borrowed(&*self.arranged),
            self.question,
            self.zone,
            Some(range),
        )
    }

    fn over(
        log: &'a Log,
        arranged: Cow<'a, Arranged>,
        question: &'a Question,
        zone: Zone,
        range: Option<Range>,
    ) -> Self {
        let newest = arranged.newest.unwrap_or(0);
        let range = range.unwrap_or_else(|| question.range(day(newest, zone), zone));
        let mut scope = Self {
            log,
            arranged,
            question,
            range,
            zone,
            shop: None,
            sessions: Vec::new(),
            touching: Vec::new(),
            admitted: Vec::new(),
            wanted: None,
            found: Mutex::default(),
        };
        scope.select();
        scope
    }

    /// Beside this shop, where there is one.
    #[must_use]
    pub fn beside(mut self, shop: Option<Arc<dyn Shop>>) -> Self {
        self.shop = shop;
        self
    }

    #[must_use]
    pub fn shop(&self) -> Option<&dyn Shop> {
        self.shop.as_deref()
    }

    /// Keeps the rows behind this figure.
    #[must_use]
    pub fn wanting(mut self, figure: &str) -> Self {
        self.wanted = Some(figure.to_owned());
        self
    }

    /// The rows of the figure that was wanted, once its analysis has run; none when there is no such figure.
    #[must_use]
    pub fn found(self) -> Option<Rows> {
        self.found.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn select(&mut self) {
        let starts = &self.arranged.by_start;
        let at = |session: &SessionIndex| self.arranged.facts(*session).first;
        let low = self.range.from.saturating_sub(self.arranged.longest);
        let begin = starts.partition_point(|session| at(session) < low);
        let end = starts.partition_point(|session| at(session) < self.range.to);
        let touching = starts.get(begin..end).unwrap_or_default().iter().copied();
        let touching =
            touching.filter(|session| self.facts(*session).last >= self.range.from && self.matches(*session));
        let touching: Vec<SessionIndex> = touching.collect();
        let sessions = touching
            .iter()
            .copied()
            .filter(|session| self.range.holds(self.facts(*session).first));
        self.sessions = sessions.collect();
        self.admitted = vec![0; self.log.sessions.len().div_ceil(64)];
        for session in &touching {
            self.admitted[*session as usize / 64] |= 1 << (session % 64);
        }
        self.touching = touching;
    }

    /// Whether a session passes the filters, whenever it was.
    #[must_use]
    pub fn admits(&self, session: SessionIndex) -> bool {
        self.matches(session)
    }

    /// Whether a filter asks who it was; crawlers are another question.
    #[must_use]
    pub fn asks_who(&self) -> bool {
        let question = self.question;
        question.who != Who::All
            || question.language.is_some()
            || question.device.is_some()
            || question.campaign.is_some()
            || question.variant.is_some()
    }

    fn matches(&self, session: SessionIndex) -> bool {
        let (facts, question) = (self.facts(session), self.question);
        let who = match question.who {
            Who::All => true,
            Who::New => facts.new,
            Who::Returning => !facts.new,
        };
        let campaign = question
            .campaign
            .as_deref()
            .is_none_or(|wanted| self.log.names.text(facts.campaign) == wanted);
        (question.bots || !facts.bot)
            && who
            && campaign
            && question.admits(facts.language, facts.device)
            && question.variant.as_ref().is_none_or(|wanted| self.saw(session, wanted))
    }

    fn saw(&self, session: SessionIndex, (experiment, variant): &(String, String)) -> bool {
        let names = &self.log.names;
        let mut exposures = self
            .events(session)
            .map(|(_, event)| event)
            .filter(|event| event.kind == EventType::Exposure);
        exposures.any(|event| {
            let exposure = self.log.exposures.get(event.extra as usize);
            exposure
                .is_some_and(|seen| names.text(seen.experiment) == experiment && names.text(seen.variant) == variant)
        })
    }

    #[must_use]
    pub fn facts(&self, session: SessionIndex) -> &Facts {
        self.arranged.facts(session)
    }

    /// The sessions that begin in the range, by their beginning.
    #[must_use]
    pub fn sessions(&self) -> &[SessionIndex] {
        &self.sessions
    }

    /// All events of a session, in order.
    pub fn events(&self, session: SessionIndex) -> impl DoubleEndedIterator<Item = (EventIndex, &Event)> {
        let events = self.log.sessions[session as usize]
            .iter()
            .map(|index| (index, self.log.event(index)));
        events.filter(|(_, event)| self.arranged.limits.admit(event))
    }

    /// The sessions that have events in the range, those included that began before it.
    #[must_use]
    pub fn touching(&self) -> &[SessionIndex] {
        &self.touching
    }

    /// A session's events that happen in the range.
    pub fn events_in_range(&self, session: SessionIndex) -> impl DoubleEndedIterator<Item = (EventIndex, &Event)> {
        self.events(session).filter(|(_, event)| self.range.holds(event.at))
    }

    /// The events of a type that happen in the range, by time, whichever of the sessions they are of.
    pub fn events_of(&self, kind: EventType) -> impl Iterator<Item = &Entry> {
        self.admitted(self.log.kinds.between(kind, (self.range.from, self.range.to)))
    }

    /// The same of all sessions, whatever the filters say.
    pub fn events_of_anybody(&self, kind: EventType) -> impl Iterator<Item = &Entry> {
        let list = self.log.kinds.between(kind, (self.range.from, self.range.to));
        list.iter().filter(|entry| self.counts(entry))
    }

    /// The late events of the range.
    pub fn late_events(&self) -> impl Iterator<Item = &Entry> {
        self.admitted(self.log.kinds.late_between((self.range.from, self.range.to)))
    }

    fn admitted<'s>(&'s self, list: &'s [Entry]) -> impl Iterator<Item = &'s Entry> {
        list.iter().filter(|entry| {
            let session = entry.session as usize;
            self.admitted[session / 64] & (1 << (session % 64)) != 0 && self.counts(entry)
        })
    }

    /// Whether the event is within the limits of what is known; only positions need the event itself.
    fn counts(&self, entry: &Entry) -> bool {
        let limits = &self.arranged.limits;
        match limits.positions {
            None => entry.at >= limits.oldest,
            Some(_) => limits.admit(self.log.event(entry.index)),
        }
    }

    /// The page that is called so; none when no event was on it.
    #[must_use]
    pub fn page(&self, name: &str) -> Option<Symbol> {
        self.log.names.find(name)
    }

    /// Counts under this name.
    #[must_use]
    pub fn tally(&self, name: impl Into<String>, unit: Unit) -> Tally {
        let name = name.into();
        Tally {
            wanted: self.wanted.as_deref() == Some(&name),
            name,
            unit,
            count: 0,
            rows: Vec::new(),
        }
    }

    /// Counts each visitor once under this name.
    #[must_use]
    pub fn visitors(&self, name: impl Into<String>) -> VisitorTally {
        VisitorTally {
            tally: self.tally(name, Unit::Visitors),
            seen: RoaringBitmap::new(),
        }
    }

    /// Ends a count: its number, which opens its rows.
    #[must_use]
    pub fn cell(&self, tally: Tally) -> Cell {
        if tally.wanted {
            let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
            *found = Some(Rows {
                unit: tally.unit,
                rows: tally.rows,
            });
        }
        Cell {
            value: Value::Count(tally.count),
            rows: Some(tally.name),
            link: None,
        }
    }
}

/// A count that can tell what it counted.
#[derive(Debug, Clone)]
pub struct Tally {
    name: String,
    unit: Unit,
    wanted: bool,
    pub count: u64,
    rows: Vec<u32>,
}

impl Tally {
    pub fn add(&mut self, row: u32) {
        self.count += 1;
        if self.wanted {
            self.rows.push(row);
        }
    }

    /// Takes in what another one of the same name counted behind it.
    pub fn append(&mut self, mut later: Self) {
        self.count += later.count;
        self.rows.append(&mut later.rows);
    }
}

/// A count of visitors.
#[derive(Debug, Clone)]
pub struct VisitorTally {
    pub tally: Tally,
    seen: RoaringBitmap,
}

impl VisitorTally {
    pub fn add(&mut self, visitor: Visitor, session: SessionIndex) {
        if self.seen.insert(visitor.0) {
            self.tally.add(session);
        }
    }
}
