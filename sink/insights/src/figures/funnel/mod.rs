//! The funnel: how far people get on the way to an order, and where they leave to.

mod leavers;
mod split;
mod steps;
mod times;
mod way;

use std::collections::BTreeMap;

use self::leavers::Leavers;
use self::split::Split;
use self::steps::Steps;
use self::times::Times;
use self::way::Way;
use super::pages::{self, Pages};
use super::{Matcher, Step, over_stretches};
use crate::definitions as means;
use crate::events::{Event, SessionIndex, Visitor};
use crate::report::Report;
use crate::scope::{Scope, Unit};

const DAY: i64 = 86_400_000_000;
/// The most steps that a page shows.
const MOST_STEPS: usize = 8;

/// What is asked of a funnel.
struct Asked {
    steps: Vec<Step>,
    matchers: Vec<Matcher>,
    open: bool,
    /// Within so many days of a visitor; within a session when none.
    days: Option<i64>,
}

/// What is counted of all ways.
struct Counts {
    steps: Steps,
    leavers: Leavers,
    times: Times,
    split: Split,
}

pub(super) fn fill(scope: &Scope<'_>, report: &mut Report) {
    let asked = asked(scope, report);
    let (counts, pages) = counts(scope, &asked);
    let steps = counts.steps.table(scope, &asked);
    report.says = steps::says(&steps);
    let (leavers, times) = (counts.leavers.table(scope, &asked), counts.times.table(scope, &asked));
    let (split, pages) = (counts.split.table(scope), pages::table(scope, pages));
    report.tables.extend([steps, leavers, times, split, pages]);
    report.notes.push(format!(
        "Exit: {} Bounce: {}",
        means::EXIT.meaning,
        means::BOUNCE.meaning
    ));
}

fn asked(scope: &Scope<'_>, report: &mut Report) -> Asked {
    let written = scope.question.own("steps").unwrap_or_default();
    let mut steps = Vec::new();
    for text in written.split(',').map(str::trim).filter(|text| !text.is_empty()) {
        match Step::read(text) {
            Some(step) => steps.push(step),
            None => report.notes.push(format!(
                "There is no step {text}: an event type, view:PAGE or any is one."
            )),
        }
    }
    if steps.is_empty() {
        steps = Step::usual();
    }
    steps.truncate(MOST_STEPS);
    Asked {
        matchers: steps.iter().map(|step| step.matcher(scope.log)).collect(),
        steps,
        open: scope.question.own("order") == Some("open"),
        days: scope
            .question
            .own("within")
            .and_then(|days| days.parse().ok())
            .filter(|days| (1..=90).contains(days)),
    }
}

impl Asked {
    const fn unit(&self) -> Unit {
        if self.days.is_some() {
            Unit::Visitors
        } else {
            Unit::Sessions
        }
    }
}

impl Counts {
    fn none(scope: &Scope<'_>, asked: &Asked) -> Self {
        Self {
            steps: Steps::none(scope, asked),
            leavers: Leavers::none(asked),
            times: Times::none(scope, asked),
            split: Split::none(scope),
        }
    }

    fn add(&mut self, scope: &Scope<'_>, asked: &Asked, way: &Way) {
        self.steps.add(way);
        self.leavers.add(scope, asked, way);
        self.times.add(way);
        self.split.add(scope, asked, way);
    }

    fn append(&mut self, later: Self) {
        self.steps.append(later.steps);
        self.leavers.append(later.leavers);
        self.times.append(later.times);
        self.split.append(later.split);
    }
}

fn counts(scope: &Scope<'_>, asked: &Asked) -> (Counts, Pages) {
    match asked.days {
        None => of_sessions(scope, asked),
        Some(days) => rayon::join(|| of_visitors(scope, asked, days), || Pages::of(scope)),
    }
}

/// Ways and pages in one walk: fetching the events from memory takes longer than counting them.
fn of_sessions(scope: &Scope<'_>, asked: &Asked) -> (Counts, Pages) {
    let walk = |sessions: &[SessionIndex]| {
        let (mut counts, mut pages) = (Counts::none(scope, asked), Pages::default());
        for session in sessions {
            let events = scope.events(*session).map(|(_, event)| event);
            counts.add(scope, asked, &Way::of(asked, *session, events));
            pages.add(scope, *session);
        }
        (counts, pages)
    };
    over_stretches(scope.sessions(), walk, |all, later| {
        all.0.append(later.0);
        all.1.append(later.1);
    })
}

/// Each visitor's way begins with the first session that begins in the range, and ends so many days later.
fn of_visitors(scope: &Scope<'_>, asked: &Asked, days: i64) -> Counts {
    let walk = |firsts: &[(Visitor, SessionIndex)]| {
        let mut counts = Counts::none(scope, asked);
        for (visitor, first) in firsts {
            let events = events_within(scope, (*visitor, *first), days);
            counts.add(scope, asked, &Way::of(asked, *first, events.into_iter()));
        }
        counts
    };
    over_stretches(&firsts(scope), walk, Counts::append)
}

/// Each visitor with the first session that begins in the range, by its beginning.
fn firsts(scope: &Scope<'_>) -> Vec<(Visitor, SessionIndex)> {
    let mut firsts: BTreeMap<Visitor, SessionIndex> = BTreeMap::new();
    for session in scope.sessions() {
        firsts.entry(scope.facts(*session).visitor).or_insert(*session);
    }
    let mut firsts: Vec<(Visitor, SessionIndex)> = firsts.into_iter().collect();
    firsts.sort_by_key(|(_, session)| scope.facts(*session).first);
    firsts
}

/// A visitor's events from the beginning of a session on, in order, for so many days.
fn events_within<'s>(scope: &'s Scope<'_>, (visitor, first): (Visitor, SessionIndex), days: i64) -> Vec<&'s Event> {
    let begins = scope.facts(first).first;
    let sessions = scope
        .arranged
        .of_visitor(visitor)
        .iter()
        .filter(|session| scope.facts(**session).first >= begins);
    let all = sessions.flat_map(|session| scope.events(*session));
    let mut events: Vec<&Event> = all.map(|(_, event)| event).collect();
    events.sort_by_key(|event| (event.at, event.sequence));
    events.retain(|event| event.at < begins + days * DAY);
    events
}
