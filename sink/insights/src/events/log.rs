//! All events that were read, and how new ones come in.

use std::collections::HashMap;

use schemas::EventType;

use super::arrange::{Arranged, Limits, rearrange};
use super::details::{self, Click, Dwell, Exposure, Fields, Form, Impression, Item, Line, Performance};
use super::dictionary::{Dictionary, Symbol};
use super::event::{Event, EventIndex, NO_EXTRA, NO_USER, NO_VISITOR, SessionIndex};
use super::text;
use crate::source::{ProductRow, RawRow, RowKey};

/// An event is late when a newer one of its partition came before it, by more than this.
const LATE_AFTER: i64 = 60_000_000;

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
    pub sessions: Vec<Vec<EventIndex>>,
    pub names: Dictionary,
    pub partitions: Vec<Partition>,
    pub clicks: Vec<Click>,
    pub dwells: Vec<Dwell>,
    pub performances: Vec<Performance>,
    pub exposures: Vec<Exposure>,
    pub forms: Vec<Form>,
    pub impressions: Vec<Impression>,
    pub tiles: Vec<(i64, u16)>,
    /// Where the lines of each order begin, and how many there are.
    pub orders: Vec<(u32, u32)>,
    pub lines: Vec<Line>,
    pub queries: Vec<Symbol>,
    pub campaigns: Vec<Symbol>,
    pub products: HashMap<i64, ProductRow>,
    /// The category that a product's views named, for products that the table `product` doesn't know.
    pub categories: HashMap<i64, i64>,
    /// Sessions and visitors as they stand now.
    pub arranged: Arranged,
    /// Rows whose session or details could not be read: in no figure but this one.
    pub unreadable: u64,
    session_keys: Vec<u128>,
    session_numbers: HashMap<u128, SessionIndex>,
    visitor_keys: Vec<u128>,
    visitor_numbers: HashMap<u128, u32>,
    users: Vec<i64>,
    user_numbers: HashMap<i64, u32>,
    instances: Vec<Box<str>>,
    arranged_to: usize,
}

impl Log {
    /// Takes a row in; [`Log::settle`] makes it count.
    pub fn push(&mut self, row: &RawRow) {
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
        let event = Event {
            at: row.at,
            sequence: row.sequence,
            offset: row.offset,
            row: row.id,
            entity: row.entity.or(fields.product_id).or(fields.category_id).unwrap_or(0),
            amount: amount(kind, &fields),
            session,
            visitor: visitor.map_or(NO_VISITOR, |key| self.visitor(key)),
            user: row.user.map_or(NO_USER, |user| self.user(user)),
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

    /// Brings what was pushed into order, so that it counts; `oldest` is when the oldest row of the table happened at the earliest.
    pub fn settle(&mut self, oldest: Option<i64>) {
        self.mark_late();
        let fresh = self.arranged_to..self.events.len();
        let mut touched: Vec<SessionIndex> = self.events[fresh.clone()].iter().map(|event| event.session).collect();
        for index in fresh {
            let session = self.events[index].session as usize;
            self.sessions[session].push(index as EventIndex);
        }
        touched.sort_unstable();
        touched.dedup();
        let (events, instances) = (&self.events, &self.instances);
        for session in &touched {
            self.sessions[*session as usize].sort_by(|left, right| {
                let (left, right) = (&events[*left as usize], &events[*right as usize]);
                let order = (left.at, left.sequence).cmp(&(right.at, right.sequence));
                // Two shops can give the same number at the same moment: their names decide, so that every reading agrees.
                order
                    .then_with(|| instances[usize::from(left.instance)].cmp(&instances[usize::from(right.instance)]))
                    .then_with(|| (left.kind, left.offset).cmp(&(right.kind, right.offset)))
            });
        }
        self.arranged_to = self.events.len();
        let limits = Limits {
            oldest: oldest.unwrap_or(i64::MIN),
            positions: None,
        };
        let before = std::mem::take(&mut self.arranged);
        self.arranged = rearrange(self, before, limits, &touched);
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
        let key = u128::from_str_radix(id, 16).ok()?;
        self.session_numbers.get(&key).copied()
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

    #[must_use]
    pub fn user_id(&self, user: u32) -> Option<i64> {
        self.users.get(user as usize).copied()
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

    /// The lines of an order's event.
    #[must_use]
    pub fn order_lines(&self, event: &Event) -> &[Line] {
        let Some((first, count)) = self.orders.get(event.extra as usize) else {
            return &[];
        };
        &self.lines[*first as usize..(first + count) as usize]
    }

    /// The tiles that an impression saw.
    #[must_use]
    pub fn seen_tiles(&self, event: &Event) -> &[(i64, u16)] {
        let Some(seen) = self.impressions.get(event.extra as usize) else {
            return &[];
        };
        &self.tiles[seen.first as usize..(seen.first + seen.count) as usize]
    }

    /// Bytes of memory that the lists take, near enough to bound them.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.events.capacity() * size_of::<Event>()
            + self.sessions.len() * (size_of::<Vec<EventIndex>>() + size_of::<super::Facts>() + 48)
            + self.events.len() * size_of::<EventIndex>()
            + self.clicks.capacity() * size_of::<Click>()
            + self.tiles.capacity() * size_of::<(i64, u16)>()
            + self.lines.capacity() * size_of::<Line>()
            + self.performances.capacity() * size_of::<Performance>()
    }

    /// An event is late when it came behind a newer one: told along the offsets of each partition, which every reading sees alike.
    fn mark_late(&mut self) {
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
            self.sessions.push(Vec::new());
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

    fn user(&mut self, user: i64) -> u32 {
        let next = self.users.len() as u32;
        let number = *self.user_numbers.entry(user).or_insert(next);
        if number == next {
            self.users.push(user);
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

    /// The page that something happened on: views and searches name it, the browser's events name its endpoint or its path.
    fn page(&mut self, kind: EventType, fields: &Fields<'_>, endpoint: &str) -> Symbol {
        let page = match kind {
            EventType::View => fields.page.as_deref().unwrap_or(endpoint),
            EventType::Dwell
            | EventType::Click
            | EventType::Impression
            | EventType::PagePerformance
            | EventType::FormAbandoned => {
                let path = || fields.page.as_deref().map_or("other", text::page_of_path);
                fields.page_endpoint.as_deref().unwrap_or_else(path)
            }
            _ => endpoint,
        };
        self.names.intern(page)
    }

    fn extra(&mut self, kind: EventType, fields: &Fields<'_>) -> u32 {
        match kind {
            EventType::View => self.campaign(fields),
            EventType::Search => {
                // Letters of either size ask for the same.
                let folded = fields.query.as_deref().unwrap_or_default().trim().to_lowercase();
                let query = self.names.intern(&folded);
                push(&mut self.queries, query)
            }
            EventType::Click => {
                let click = self.click(fields);
                push(&mut self.clicks, click)
            }
            EventType::Dwell => push(&mut self.dwells, dwell(fields)),
            EventType::PagePerformance => push(&mut self.performances, performance(fields)),
            EventType::Exposure => {
                let exposure = Exposure {
                    experiment: self.names.intern(fields.experiment.as_deref().unwrap_or_default()),
                    variant: self.names.intern(fields.variant.as_deref().unwrap_or_default()),
                    forced: fields.forced.unwrap_or(false),
                };
                push(&mut self.exposures, exposure)
            }
            EventType::FormAbandoned => {
                let form = Form {
                    form: self.names.intern(fields.form.as_deref().unwrap_or_default()),
                    last_field: self.names.intern(fields.last_field.as_deref().unwrap_or_default()),
                };
                push(&mut self.forms, form)
            }
            EventType::Impression => self.impression(fields),
            EventType::OrderPlaced | EventType::OrderCancelled => {
                self.order(fields.items.as_deref().unwrap_or_default())
            }
            _ => NO_EXTRA,
        }
    }

    fn campaign(&mut self, fields: &Fields<'_>) -> u32 {
        let Some(campaign) = &fields.campaign else {
            return NO_EXTRA;
        };
        let name = self.names.intern(&campaign.name());
        push(&mut self.campaigns, name)
    }

    fn click(&mut self, fields: &Fields<'_>) -> Click {
        let named = fields.element_name.as_deref().or(fields.element.as_deref());
        Click {
            element: self.names.intern(named.unwrap_or_default()),
            text: self.names.intern(fields.text.as_deref().unwrap_or_default()),
            list: self.names.intern(fields.list.as_deref().unwrap_or_default()),
            position: fields.position.unwrap_or(0),
            frustration: self.names.intern(fields.frustration.as_deref().unwrap_or_default()),
            viewport_width: fields.viewport_width.unwrap_or(0),
            x: fields.page_x_percent.unwrap_or(0.0),
            y: fields.page_y_percent.unwrap_or(0.0),
        }
    }

    fn impression(&mut self, fields: &Fields<'_>) -> u32 {
        let tiles = fields.tiles.as_deref().unwrap_or_default();
        let first = self.tiles.len() as u32;
        self.tiles
            .extend(tiles.iter().map(|tile| (tile.product_id, tile.position)));
        let impression = Impression {
            list: self.names.intern(fields.list.as_deref().unwrap_or_default()),
            first,
            count: tiles.len() as u32,
        };
        push(&mut self.impressions, impression)
    }

    fn order(&mut self, items: &[Item]) -> u32 {
        let first = self.lines.len() as u32;
        self.lines.extend(items.iter().map(|item| Line {
            product: item.product_id,
            quantity: item.quantity,
            unit_price: item.unit_price.unwrap_or(0),
        }));
        push(&mut self.orders, (first, items.len() as u32))
    }
}

fn push<T>(list: &mut Vec<T>, item: T) -> u32 {
    list.push(item);
    list.len() as u32 - 1
}

fn amount(kind: EventType, fields: &Fields<'_>) -> i64 {
    match kind {
        EventType::OrderPlaced | EventType::OrderCancelled => fields.total.unwrap_or(0),
        EventType::Search => fields.result_count.unwrap_or(0),
        EventType::CartAdd | EventType::CartRemove => fields.quantity.unwrap_or(0),
        _ => 0,
    }
}

fn dwell(fields: &Fields<'_>) -> Dwell {
    let millis = |value: Option<u64>| u32::try_from(value.unwrap_or(0)).unwrap_or(u32::MAX);
    Dwell {
        active_ms: millis(fields.active_ms),
        total_ms: millis(fields.total_ms),
        scroll_percent: fields.scroll_depth_percent.unwrap_or(0.0),
    }
}

fn performance(fields: &Fields<'_>) -> Performance {
    let number = |value: Option<f32>| value.unwrap_or(f32::NAN);
    Performance {
        ttfb: number(fields.ttfb_ms),
        fcp: number(fields.fcp_ms),
        lcp: number(fields.lcp_ms),
        cls: number(fields.cls),
        inp: number(fields.inp_ms),
    }
}
