//! How sessions are worked out from the events, in order; whenever new events have come, and as of any positions.

use schemas::EventType;

use super::dictionary::Symbol;
use super::event::{Event, EventIndex, NO_VISITOR, SessionIndex};
use super::log::Log;
use super::places::Places;
use super::sessions::{Arranged, Facts, Limits, Visitor};

/// Works out all sessions from the events within the limits.
pub(super) fn arrange(log: &Log, limits: Limits) -> Arranged {
    let way = Way::of(log);
    let sessions = log.sessions.iter().enumerate();
    let facts = sessions
        .map(|(index, events)| facts(log, &limits, way, (index, events)))
        .collect();
    let all = 0..log.sessions.len() as SessionIndex;
    finish(log, limits, facts, (Vec::new(), Vec::new()), all.collect())
}

/// The same, when only these sessions have changed since.
pub(super) fn rearrange(log: &Log, before: Arranged, limits: Limits, touched: &[SessionIndex]) -> Arranged {
    let same = before.limits.oldest == limits.oldest && before.limits.positions.is_none();
    if !same || limits.positions.is_some() {
        return arrange(log, limits);
    }
    let way = Way::of(log);
    let mut all = before.facts;
    let known = all.len();
    for (index, events) in log.sessions.iter().enumerate().skip(known) {
        all.push(facts(log, &limits, way, (index, events)));
    }
    let mut fresh: Vec<SessionIndex> = (known as SessionIndex..all.len() as SessionIndex).collect();
    for session in touched.iter().filter(|session| (**session as usize) < known) {
        let index = *session as usize;
        // One whose events had all left the table is in no list.
        if all[index].empty {
            fresh.push(*session);
        }
        all[index] = facts(log, &limits, way, (index, &log.sessions[index]));
    }
    finish(log, limits, all, (before.by_start, before.by_visitor), fresh)
}

/// `lists` hold the sessions as they stood before, by start and by visitor, without the fresh ones: sorting what is nearly in order is
/// quick.
fn finish(
    log: &Log,
    limits: Limits,
    mut facts: Vec<Facts>,
    lists: (Vec<SessionIndex>, Vec<SessionIndex>),
    fresh: Vec<SessionIndex>,
) -> Arranged {
    let (mut by_start, mut by_visitor) = lists;
    for list in [&mut by_start, &mut by_visitor] {
        list.extend(&fresh);
        list.retain(|session| !facts[*session as usize].empty);
    }
    drop(fresh);
    // The id decides between sessions that begin together: numbers depend on the order of reading.
    let begins = |session: SessionIndex| (facts[session as usize].first, log.session_id_key(session));
    by_start.sort_by_key(|session| begins(*session));
    by_visitor.sort_by_key(|session| (facts[*session as usize].visitor, begins(*session)));
    mark_new(&mut facts, &by_visitor);
    let visitor_begins = visitor_begins(log.visitors(), &facts, &by_visitor);
    let known = by_start.iter().map(|session| &facts[*session as usize]);
    let newest = known.clone().map(|facts| facts.last).max();
    let longest = known.map(|facts| facts.last - facts.first).max().unwrap_or(0);
    Arranged {
        limits,
        facts,
        by_start,
        by_visitor,
        visitor_begins,
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

fn visitor_begins(visitors: usize, facts: &[Facts], by_visitor: &[SessionIndex]) -> Vec<u32> {
    let mut begins = vec![0; visitors + 1];
    for session in by_visitor {
        if let Some(number) = facts[*session as usize].visitor.known() {
            begins[number as usize + 1] += 1;
        }
    }
    for number in 1..begins.len() {
        begins[number] += begins[number - 1];
    }
    begins
}

/// The pages of the usual way to an order.
#[derive(Clone, Copy)]
struct Way {
    product: Option<Symbol>,
    checkout: Option<Symbol>,
}

impl Way {
    fn of(log: &Log) -> Self {
        Self {
            product: log.names.find("products.detail"),
            checkout: log.names.find("checkout.index"),
        }
    }

    fn step(self, event: &Event) -> u8 {
        match event.kind {
            EventType::View if Some(event.page) == self.product => 1,
            EventType::CartAdd => 2,
            EventType::View if Some(event.page) == self.checkout => 3,
            EventType::OrderPlaced => 4,
            _ => 0,
        }
    }
}

fn facts(log: &Log, limits: &Limits, way: Way, (index, events): (usize, &Places)) -> Facts {
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
        ordered: false,
        furthest: 0,
    };
    let mut viewed = false;
    for event in events
        .iter()
        .map(|event| log.event(event))
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
        facts.furthest = facts.furthest.max(way.step(event));
        if event.kind == EventType::View && !viewed {
            viewed = true;
            facts.campaign = log.campaigns.get(event.extra as usize).copied().unwrap_or_default();
        }
    }
    facts.ordered = facts.furthest == 4;
    facts
}

impl Log {
    /// Brings what was pushed into order, so that it counts; `oldest` is when the oldest row of the table happened at the earliest.
    pub fn settle(&mut self, oldest: Option<i64>) {
        let oldest = oldest.unwrap_or(i64::MIN);
        if self.arranged_to == self.events.len() && self.arranged.limits.oldest == oldest {
            return;
        }
        self.mark_late();
        let fresh = self.arranged_to..self.events.len();
        let mut touched: Vec<SessionIndex> = self.events[fresh.clone()].iter().map(|event| event.session).collect();
        for index in fresh {
            let session = self.events[index].session as usize;
            self.sessions[session].apart().push(index as EventIndex);
        }
        touched.sort_unstable();
        touched.dedup();
        let (events, instances) = (&self.events, &self.instances);
        for session in &touched {
            self.sessions[*session as usize].apart().sort_by(|left, right| {
                let (left, right) = (&events[*left as usize], &events[*right as usize]);
                let order = (left.at, left.sequence).cmp(&(right.at, right.sequence));
                // Two shops can give the same number at the same moment: their names decide, so that every reading agrees.
                order
                    .then_with(|| instances[usize::from(left.instance)].cmp(&instances[usize::from(right.instance)]))
                    .then_with(|| (left.kind, left.offset).cmp(&(right.kind, right.offset)))
            });
        }
        let is_first = self.arranged_to == 0;
        if is_first {
            self.lay_out();
        }
        self.kinds.extend(&self.events, self.arranged_to);
        if is_first {
            self.lay_out_extras();
        }
        self.arranged_to = self.events.len();
        let limits = Limits {
            oldest,
            positions: None,
        };
        let before = std::mem::take(&mut self.arranged);
        self.arranged = rearrange(self, before, limits, &touched);
    }

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
