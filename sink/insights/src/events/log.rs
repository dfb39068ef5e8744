//! All events that were read, and how new ones come in.

use std::collections::HashMap;

use schemas::EventType;

use super::details::{self, Click, Dwell, Exposure, Fields, Form, Impression, Line, Performance};
use super::dictionary::{Dictionary, Symbol};
use super::entities::{Entities, Entity};
use super::event::{Event, EventIndex, NO_VISITOR, SessionIndex};
use super::kinds::Kinds;
use super::places::Places;
use super::sessions::{Arranged, Visitor};
use super::text;
use crate::requests::Requests;
use crate::source::{CatalogueChange, ProductRow, RawRow, RowKey};

/// An event is late when a newer one of its partition came before it, by more than this.
const LATE_AFTER: i64 = 60_000_000;

/// The most events that are kept: the memory is shared with the sink, which must go on.
const MOST_EVENTS: usize = 30_000_000;

/// A partition of a topic, and how far the sink was in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partition {
    pub topic: String,
    pub number: i64,
    pub next: i64,
    newest: i64,
}

/// The events, and what their numbers stand for.
#[derive(Debug, Default)]
pub struct Log {
    pub events: Vec<Event>,
    /// The events of each session, in order of timestamp, then source sequence.
    pub sessions: Vec<Places>,
    /// The events of each type, by time.
    pub kinds: Kinds,
    pub names: Dictionary,
    pub entities: Entities,
    pub partitions: Vec<Partition>,
    pub clicks: Vec<Click>,
    pub dwells: Vec<Dwell>,
    pub performances: Vec<Performance>,
    pub exposures: Vec<Exposure>,
    pub forms: Vec<Form>,
    pub impressions: Vec<Impression>,
    pub tiles: Vec<(Entity, u16)>,
    /// Where the lines of each order begin, and how many there are.
    pub orders: Vec<(u32, u32)>,
    pub lines: Vec<Line>,
    pub queries: Vec<Symbol>,
    pub campaigns: Vec<Symbol>,
    /// From the app log files, when somebody has asked for them.
    pub requests: Requests,
    pub products: HashMap<i64, ProductRow>,
    /// When products were sold out or changed their price, the newest first.
    pub changes: Vec<CatalogueChange>,
    /// The category that a product's views named, for products that the table `product` doesn't know.
    pub categories: HashMap<i64, i64>,
    /// Sessions and visitors as they stand now.
    pub arranged: Arranged,
    /// Rows whose session or details could not be read: in no figure but this one.
    pub unreadable: u64,
    /// Rows beyond the most that are kept: in no figure but this one.
    pub left_out: u64,
    pub(super) session_keys: Vec<u128>,
    pub(super) session_numbers: HashMap<u128, SessionIndex>,
    visitor_keys: Vec<u128>,
    visitor_numbers: HashMap<u128, u32>,
    pub(super) instances: Vec<Box<str>>,
    pub(super) arranged_to: usize,
}

impl Log {
    /// A row that can't be read at all.
    pub(crate) fn push_unreadable(&mut self) {
        self.unreadable += 1;
    }

    /// Whether so many events are no longer in the table that their memory is worth a new reading.
    #[must_use]
    pub(crate) fn is_mostly_past(&self) -> bool {
        let oldest = self.arranged.limits.oldest;
        let past = self.events.iter().filter(|event| event.at < oldest).count();
        past > self.events.len() / 4
    }

    /// Takes a row in; [`Log::settle`] makes it count.
    pub fn push(&mut self, row: &RawRow) {
        if self.events.len() >= MOST_EVENTS {
            self.left_out += 1;
            return;
        }
        let kind = EventType::ALL.into_iter().find(|kind| kind.name() == row.kind);
        let session = u128::from_str_radix(&row.session, 16).ok();
        let (Some(kind), Some(session)) = (kind, session) else {
            self.unreadable += 1;
            return;
        };
        let fields = if details::are_read(kind) {
            serde_json::from_str::<Fields<'_>>(&row.details).unwrap_or_else(|_| {
                self.unreadable += 1;
                Fields::default()
            })
        } else {
            Fields::default()
        };
        let session = self.session(session);
        let visitor = row
            .visitor
            .as_deref()
            .and_then(|text| u128::from_str_radix(text, 16).ok());
        let entity = row.entity.or(fields.product_id).or(fields.category_id);
        let event = Event {
            at: row.at,
            sequence: row.sequence,
            offset: row.offset,
            row: row.id,
            entity: self.entities.number(entity.unwrap_or(0)),
            amount: details::amount(kind, &fields),
            session,
            visitor: visitor.map_or(NO_VISITOR, |key| self.visitor(key)),
            page: self.page(kind, &fields, &row.endpoint),
            extra: self.extra(kind, &fields),
            partition: self.partition(&row.topic, row.partition),
            instance: self.instance(&row.instance),
            kind,
            language: fields.language.as_deref().map_or(0, text::language),
            device: row.user_agent.as_deref().map_or(0, text::device),
            bot: row.bot,
            late: false,
        };
        if kind == EventType::View
            && let (Some(product), Some(category)) = (fields.product_id, fields.category_id)
        {
            self.categories.insert(product, category);
        }
        self.events.push(event);
    }

    /// Sets how far the sink was when the rows were read.
    pub fn set_position(&mut self, topic: &str, partition: i64, next: i64) {
        let at = usize::from(self.partition(topic, partition));
        self.partitions[at].next = next;
    }

    #[must_use]
    pub fn event(&self, index: EventIndex) -> &Event {
        &self.events[index as usize]
    }

    /// The session's id: 32 hex digits.
    #[must_use]
    pub fn session_id(&self, session: SessionIndex) -> String {
        format!("{:032x}", self.session_keys[session as usize])
    }

    pub(super) fn session_id_key(&self, session: SessionIndex) -> u128 {
        self.session_keys[session as usize]
    }

    #[must_use]
    pub fn find_session(&self, id: &str) -> Option<SessionIndex> {
        self.session_of_key(u128::from_str_radix(id, 16).ok()?)
    }

    #[must_use]
    pub fn session_of_key(&self, key: u128) -> Option<SessionIndex> {
        self.session_numbers.get(&key).copied()
    }

    /// How many visitors are known by number.
    pub(super) fn visitors(&self) -> usize {
        self.visitor_keys.len()
    }

    /// How long a list is that has a place for every visitor.
    #[must_use]
    pub fn visitor_places(&self) -> usize {
        self.visitor_keys.len() + self.sessions.len()
    }

    /// The visitor's place in such a list: those known by number come first, then those that are only a session.
    #[must_use]
    pub fn visitor_place(&self, visitor: Visitor) -> usize {
        let session = || self.visitor_keys.len() + (visitor.0 & !Visitor::SESSION) as usize;
        visitor.known().map_or_else(session, |number| number as usize)
    }

    /// The visitor's id: 32 hex digits.
    #[must_use]
    pub fn visitor_id(&self, visitor: u32) -> Option<String> {
        self.visitor_keys.get(visitor as usize).map(|key| format!("{key:032x}"))
    }

    #[must_use]
    pub fn find_visitor(&self, id: &str) -> Option<u32> {
        let key = u128::from_str_radix(id, 16).ok()?;
        self.visitor_numbers.get(&key).copied()
    }

    /// What names the event's row in the database.
    #[must_use]
    pub fn key(&self, index: EventIndex) -> RowKey {
        let event = self.event(index);
        let partition = &self.partitions[usize::from(event.partition)];
        RowKey {
            id: event.row,
            topic: partition.topic.clone(),
            partition: partition.number,
            offset: event.offset,
        }
    }

    /// The lines of an order, by its event's `extra`.
    #[must_use]
    pub fn order_lines(&self, extra: u32) -> &[Line] {
        let Some((first, count)) = self.orders.get(extra as usize) else {
            return &[];
        };
        &self.lines[*first as usize..(first + count) as usize]
    }

    /// The tiles that an impression saw, by its event's `extra`.
    #[must_use]
    pub fn seen_tiles(&self, extra: u32) -> &[(Entity, u16)] {
        let Some(seen) = self.impressions.get(extra as usize) else {
            return &[];
        };
        &self.tiles[seen.first as usize..(seen.first + seen.count) as usize]
    }

    /// An event is late when it came behind a newer one: told along the offsets of each partition, which every reading sees alike.
    pub(super) fn mark_late(&mut self) {
        let mut fresh: Vec<usize> = (self.arranged_to..self.events.len()).collect();
        fresh.sort_unstable_by_key(|index| (self.events[*index].partition, self.events[*index].offset));
        for index in fresh {
            let event = &mut self.events[index];
            let newest = &mut self.partitions[usize::from(event.partition)].newest;
            event.late = event.at < newest.saturating_sub(LATE_AFTER);
            *newest = event.at.max(*newest);
        }
    }

    fn session(&mut self, key: u128) -> SessionIndex {
        let next = self.session_keys.len() as SessionIndex;
        let number = *self.session_numbers.entry(key).or_insert(next);
        if number == next {
            self.session_keys.push(key);
            self.sessions.push(Places::default());
        }
        number
    }

    fn visitor(&mut self, key: u128) -> u32 {
        let next = self.visitor_keys.len() as u32;
        let number = *self.visitor_numbers.entry(key).or_insert(next);
        if number == next {
            self.visitor_keys.push(key);
        }
        number
    }

    fn partition(&mut self, topic: &str, number: i64) -> u16 {
        let found = self
            .partitions
            .iter()
            .position(|known| known.number == number && known.topic == topic);
        let at = found.unwrap_or_else(|| {
            self.partitions.push(Partition {
                topic: topic.to_owned(),
                number,
                next: 0,
                newest: i64::MIN,
            });
            self.partitions.len() - 1
        });
        at as u16
    }

    fn instance(&mut self, name: &str) -> u16 {
        let found = self.instances.iter().position(|known| **known == *name);
        let at = found.unwrap_or_else(|| {
            self.instances.push(name.into());
            self.instances.len() - 1
        });
        at as u16
    }
}

impl Log {
    /// Lays out what is special to some types in the order in which the analyses read it: that of their events, by time. Only before
    /// anything else knows the places.
    pub(super) fn lay_out_extras(&mut self) {
        let (events, kinds) = (&mut self.events, &mut self.kinds);
        kinds.lay_out(EventType::Search, events, &mut self.queries);
        kinds.lay_out(EventType::Click, events, &mut self.clicks);
        kinds.lay_out(EventType::Dwell, events, &mut self.dwells);
        kinds.lay_out(EventType::PagePerformance, events, &mut self.performances);
        kinds.lay_out(EventType::Exposure, events, &mut self.exposures);
        kinds.lay_out(EventType::FormAbandoned, events, &mut self.forms);
        kinds.lay_out(EventType::Impression, events, &mut self.impressions);
        let mut tiles = Vec::with_capacity(self.tiles.len());
        for impression in &mut self.impressions {
            let first = tiles.len() as u32;
            let (begin, end) = (impression.first, impression.first + impression.count);
            tiles.extend_from_slice(&self.tiles[begin as usize..end as usize]);
            impression.first = first;
        }
        self.tiles = tiles;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_is_mostly_past_when_more_than_a_quarter_is_gone() {
        let mut log = Log::default();
        for at in 1..=4 {
            log.push(&RawRow {
                id: at,
                at,
                session: format!("{at:032x}"),
                visitor: None,
                kind: "view".to_owned(),
                entity: None,
                endpoint: "home.index".to_owned(),
                user_agent: None,
                details: "{}".to_owned(),
                instance: "shop".to_owned(),
                sequence: at,
                topic: "shop.view".to_owned(),
                partition: 0,
                offset: at,
                bot: false,
            });
        }
        for (oldest, is_past) in [(None, false), (Some(1), false), (Some(2), false), (Some(3), true)] {
            log.settle(oldest);
            assert_eq!(log.is_mostly_past(), is_past, "{oldest:?}");
        }
    }
}
