//! What experiments found: conversion and revenue by variant, with what one may say about them.

mod differences;
mod past;
mod plan;

use std::collections::{BTreeMap, BTreeSet};

use schemas::EventType;

use self::plan::Plan;
use crate::definitions as means;
use crate::events::{Entry, Exposure, SessionIndex, Symbol};
use crate::report::{Cell, Report, Table, Value};
use crate::scope::{Scope, Tally, Unit};
use crate::statistics::{Power, Sample, Scale, always_valid, mismatch};

const ALPHA: f64 = 0.05;
/// Below it no winner is named.
const MISMATCH_BELOW: f64 = 0.01;
/// The number of visitors for which the confidence sequence is tightest.
const TUNED_FOR: f64 = 5000.0;
/// What is found with the chance that is usual.
const POWER: Power = Power {
    alpha: ALPHA,
    power: 0.8,
};

/// A visitor in an experiment.
struct Subject {
    /// The first one that was shown.
    variant: Symbol,
    several: bool,
    forced: bool,
    bot: bool,
    first: i64,
    session: SessionIndex,
    orders: u64,
    revenue: i64,
    /// When the first order was placed.
    ordered: Option<i64>,
}

/// The visitors of one experiment.
struct Subjects {
    /// By their first exposure.
    all: Vec<Subject>,
    /// Where each visitor of the log is among them.
    places: Vec<Option<u32>>,
    /// Every variant that was shown to one of them.
    variants: BTreeSet<Symbol>,
}

pub(super) fn fill(scope: &Scope<'_>, report: &mut Report) {
    let names = names(scope);
    let asked = scope
        .question
        .own("experiment")
        .and_then(|asked| names.get_key_value(asked));
    let Some((name, experiment)) = asked.or_else(|| names.first_key_value()) else {
        "No experiment was shown to anybody in this range.".clone_into(&mut report.says);
        return;
    };
    for other in names.keys() {
        report.notes.push(format!("Experiment in this range: {other}"));
    }
    one(scope, report, (name, *experiment), &Subjects::of(scope, *experiment));
}

/// The experiments that were shown in the range.
fn names<'a>(scope: &Scope<'a>) -> BTreeMap<&'a str, Symbol> {
    let mut shown: Vec<Symbol> = Vec::new();
    for event in scope.events_of(EventType::Exposure) {
        let seen = scope.log.exposures.get(event.extra as usize);
        let experiment = seen.map(|seen| seen.experiment);
        shown.extend(experiment.filter(|experiment| !shown.contains(experiment)));
    }
    shown
        .into_iter()
        .map(|name| (scope.log.names.text(name), name))
        .collect()
}

impl Subjects {
    fn of(scope: &Scope<'_>, experiment: Symbol) -> Self {
        let mut subjects = Self {
            all: Vec::new(),
            places: vec![None; scope.log.visitor_places()],
            variants: BTreeSet::new(),
        };
        for event in scope.events_of(EventType::Exposure) {
            let seen = scope.log.exposures.get(event.extra as usize);
            if let Some(seen) = seen.filter(|seen| seen.experiment == experiment) {
                subjects.show(scope, event, *seen);
            }
        }
        subjects.outcomes(scope);
        // The session decides between those that begin together.
        subjects.all.sort_by_key(|subject| (subject.first, subject.session));
        subjects
    }

    fn show(&mut self, scope: &Scope<'_>, event: &Entry, seen: Exposure) {
        let facts = scope.facts(event.session);
        let place = &mut self.places[scope.log.visitor_place(facts.visitor)];
        let place = *place.get_or_insert(self.all.len() as u32) as usize;
        if place == self.all.len() {
            self.all.push(Subject {
                variant: seen.variant,
                several: false,
                forced: false,
                bot: false,
                first: event.at,
                session: event.session,
                orders: 0,
                revenue: 0,
                ordered: None,
            });
        }
        let subject = &mut self.all[place];
        subject.several |= subject.variant != seen.variant;
        subject.forced |= seen.forced;
        subject.bot |= facts.bot;
        self.variants.insert(seen.variant);
    }

    /// What exposed visitors did from their first exposure on.
    fn outcomes(&mut self, scope: &Scope<'_>) {
        for event in scope.events_of(EventType::OrderPlaced) {
            let visitor = scope.facts(event.session).visitor;
            let Some(place) = self.places[scope.log.visitor_place(visitor)] else {
                continue;
            };
            let subject = &mut self.all[place as usize];
            if event.at >= subject.first {
                subject.orders += 1;
                subject.revenue += scope.log.event(event.index).amount;
                subject.ordered = Some(subject.ordered.map_or(event.at, |first| first.min(event.at)));
            }
        }
    }
}

/// Crawlers that were shown the experiment, whether the filter lets them in or not.
fn bots(scope: &Scope<'_>, experiment: Symbol) -> Tally {
    let mut bots = scope.visitors("bots");
    for event in scope.events_of_anybody(EventType::Exposure) {
        let facts = scope.facts(event.session);
        let seen = scope.log.exposures.get(event.extra as usize);
        if facts.bot && seen.is_some_and(|seen| seen.experiment == experiment) {
            bots.add(facts.visitor, event.session);
        }
    }
    bots.tally
}

/// Counts of one variant.
struct Variant<'a> {
    symbol: Symbol,
    name: &'a str,
    exposed: Tally,
    converted: Tally,
    revenue: Sample,
}

impl Variant<'_> {
    const fn conversion(&self) -> Sample {
        Sample::proportion(self.converted.count as f64, self.exposed.count as f64)
    }
}

fn one(scope: &Scope<'_>, report: &mut Report, (name, experiment): (&str, Symbol), subjects: &Subjects) {
    let names = subjects.variants.iter();
    let mut names: Vec<(&str, Symbol)> = names
        .map(|variant| (scope.log.names.text(*variant), *variant))
        .collect();
    // The control comes first, whatever its letter.
    names.sort_by_key(|(name, _)| (*name != "control", *name));
    let mut several = scope.tally("several", Unit::Visitors);
    let mut forced = scope.tally("forced", Unit::Visitors);
    let bots = bots(scope, experiment);
    let fresh = |(name, symbol)| Variant {
        symbol,
        name,
        exposed: scope.tally(format!("variants/{name}/exposed"), Unit::Visitors),
        converted: scope.tally(format!("variants/{name}/converted"), Unit::Visitors),
        revenue: Sample::default(),
    };
    let mut variants: Vec<Variant<'_>> = names.into_iter().map(fresh).collect();
    let mut counted: Vec<(usize, &Subject)> = Vec::new();
    for subject in &subjects.all {
        if subject.bot {
            // Counted apart: they are in no set unless the filter lets them in, and then not here either.
        } else if subject.forced {
            forced.add(subject.session);
        } else if subject.several {
            several.add(subject.session);
        } else if let Some(place) = variants.iter().position(|variant| variant.symbol == subject.variant) {
            let variant = &mut variants[place];
            variant.exposed.add(subject.session);
            variant.revenue.add(subject.revenue as f64);
            if subject.orders > 0 {
                variant.converted.add(subject.session);
            }
            counted.push((place, subject));
        }
    }
    let counts: Vec<u64> = variants.iter().map(|variant| variant.exposed.count).collect();
    let seen: Vec<&str> = variants.iter().map(|variant| variant.name).collect();
    let plan = Plan::of(scope, name, &seen).unwrap_or_else(|wrong| {
        report.notes.push(wrong);
        Plan::equal(&seen)
    });
    // Variants that were planned and never seen come last, with nobody in them.
    let all: Vec<u64> = counts
        .into_iter()
        .chain(std::iter::repeat(0))
        .take(plan.shares.len())
        .collect();
    let p_split = mismatch(&all, &plan.shares);
    report.says = says(name, &variants, p_split);
    report.figure(
        "split_p_value",
        "Sample-ratio mismatch, p",
        means::MISMATCH,
        Cell::of(Value::Number(p_split)),
    );
    report.figure("several", "Saw several variants", means::EXPOSED, scope.cell(several));
    report.figure("forced", "Forced variants", means::EXPOSED, scope.cell(forced));
    report.figure("bots", "Bots", means::EXPOSED, scope.cell(bots));
    let (peeking, past) = rayon::join(
        || differences::peeking(scope, &variants, &counted),
        || past::table(scope, experiment, &variants, &counted),
    );
    report.notes.extend(differences::announced(&peeking));
    report.tables.push(differences::intervals(&variants));
    report.tables.push(past);
    report.tables.push(peeking);
    report.tables.push(differences::detectable(&variants));
    report.tables.push(table(scope, name, variants));
    report.notes.push(plan.says());
}

fn says(name: &str, variants: &[Variant<'_>], p_split: f64) -> String {
    if p_split < MISMATCH_BELOW {
        return format!(
            "{name}: the split is not what was planned (p = {p_split:.4}), so no winner is named. Look for what loses visitors of one variant first."
        );
    }
    let Some((control, others)) = variants.split_first() else {
        return String::new();
    };
    let sure = others.iter().find_map(|other| {
        let safe = always_valid(
            &control.conversion(),
            &other.conversion(),
            Scale::Relative,
            ALPHA,
            TUNED_FOR,
        )?;
        (safe.low > 0.0 || safe.high < 0.0).then(|| {
            let word = if safe.low > 0.0 { "more" } else { "less" };
            format!(
                "{name}: {} converts {word} than {}, however often one has looked.",
                other.name, control.name
            )
        })
    });
    sure.unwrap_or_else(|| format!("{name}: no difference in conversion is certain yet."))
}

fn table(scope: &Scope<'_>, experiment: &str, variants: Vec<Variant<'_>>) -> Table {
    let columns = [
        ("variant", "Variant"),
        ("exposed", "Visitors exposed"),
        ("converted", "Ordered"),
        ("conversion", "Conversion"),
        ("revenue_per_visitor", "Revenue per visitor, KRW"),
    ];
    let mut table = Table::new("variants", format!("Variants of {experiment}"), &columns).meaning(means::EXPOSED);
    for variant in variants {
        let conversion = Value::share(variant.converted.count, variant.exposed.count);
        let revenue = if variant.revenue.count > 0.0 {
            Value::Number(variant.revenue.mean())
        } else {
            Value::Nothing
        };
        table.rows.push(vec![
            Cell::text(variant.name),
            scope.cell(variant.exposed),
            scope.cell(variant.converted),
            Cell::of(conversion),
            Cell::of(revenue),
        ]);
    }
    table
}
