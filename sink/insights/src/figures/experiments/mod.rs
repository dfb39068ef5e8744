//! What experiments found: conversion and revenue by variant, with what one may say about them.

mod differences;
mod past;
mod plan;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use schemas::EventType;

use self::plan::Plan;
use crate::definitions as means;
use crate::events::{SessionIndex, Visitor};
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
#[derive(Default)]
struct Subject<'a> {
    variants: BTreeSet<&'a str>,
    forced: bool,
    bot: bool,
    first: i64,
    session: SessionIndex,
    orders: u64,
    revenue: i64,
    /// When the first order was placed.
    ordered: Option<i64>,
}

type Subjects<'a> = HashMap<Visitor, Subject<'a>>;

pub(super) fn fill(scope: &Scope<'_>, report: &mut Report) {
    let mut all: BTreeMap<&str, Subjects<'_>> = BTreeMap::new();
    for (_, event) in scope.events_of(EventType::Exposure) {
        let Some(seen) = scope.log.exposures.get(event.extra as usize) else {
            continue;
        };
        let (session, facts) = (event.session, scope.facts(event.session));
        let subjects = all.entry(scope.log.names.text(seen.experiment)).or_default();
        let subject = subjects.entry(facts.visitor).or_insert_with(|| Subject {
            first: event.at,
            session,
            ..Subject::default()
        });
        subject.variants.insert(scope.log.names.text(seen.variant));
        subject.forced |= seen.forced;
        subject.bot |= facts.bot;
    }
    for subjects in all.values_mut() {
        outcomes(scope, subjects);
    }
    let names: Vec<&str> = all.keys().copied().collect();
    let asked = scope.question.own("experiment").filter(|asked| names.contains(asked));
    let Some(name) = asked.or_else(|| names.first().copied()) else {
        "No experiment was shown to anybody in this range.".clone_into(&mut report.says);
        return;
    };
    for other in &names {
        report.notes.push(format!("Experiment in this range: {other}"));
    }
    if let Some(subjects) = all.get(name) {
        one(scope, report, name, subjects);
    }
}

/// What exposed visitors did from their first exposure on.
fn outcomes(scope: &Scope<'_>, subjects: &mut Subjects<'_>) {
    for (_, event) in scope.events_of(EventType::OrderPlaced) {
        let Some(subject) = subjects.get_mut(&scope.facts(event.session).visitor) else {
            continue;
        };
        if event.at >= subject.first {
            subject.orders += 1;
            subject.revenue += event.amount;
            subject.ordered = Some(subject.ordered.map_or(event.at, |first| first.min(event.at)));
        }
    }
}

/// Crawlers that were shown the experiment, whether the filter lets them in or not.
fn bots(scope: &Scope<'_>, name: &str) -> Tally {
    let mut bots = scope.visitors("bots");
    for (_, event) in scope.events_of_anybody(EventType::Exposure) {
        let facts = scope.facts(event.session);
        let seen = scope.log.exposures.get(event.extra as usize);
        if facts.bot && seen.is_some_and(|seen| scope.log.names.text(seen.experiment) == name) {
            bots.add(facts.visitor, event.session);
        }
    }
    bots.tally
}

/// Counts of one variant.
struct Variant<'a> {
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

fn one(scope: &Scope<'_>, report: &mut Report, name: &str, subjects: &Subjects<'_>) {
    let mut sorted: Vec<&Subject<'_>> = subjects.values().collect();
    sorted.sort_by_key(|subject| (subject.first, subject.session));
    let names: BTreeSet<&str> = sorted
        .iter()
        .flat_map(|subject| subject.variants.iter().copied())
        .collect();
    let mut names: Vec<&str> = names.into_iter().collect();
    // The control comes first, whatever its letter.
    names.sort_by_key(|name| (*name != "control", *name));
    let mut several = scope.tally("several", Unit::Visitors);
    let mut forced = scope.tally("forced", Unit::Visitors);
    let bots = bots(scope, name);
    let fresh = |name| Variant {
        name,
        exposed: scope.tally(format!("variants/{name}/exposed"), Unit::Visitors),
        converted: scope.tally(format!("variants/{name}/converted"), Unit::Visitors),
        revenue: Sample::default(),
    };
    let mut variants: Vec<Variant<'_>> = names.into_iter().map(fresh).collect();
    let mut counted: Vec<(usize, &Subject<'_>)> = Vec::new();
    for subject in sorted {
        if subject.bot {
            // Counted apart: they are in no set unless the filter lets them in, and then not here either.
        } else if subject.forced {
            forced.add(subject.session);
        } else if subject.variants.len() > 1 {
            several.add(subject.session);
        } else if let Some(place) = variants
            .iter()
            .position(|variant| subject.variants.contains(variant.name))
        {
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
    let peeking = differences::peeking(scope, &variants, &counted);
    report.notes.extend(differences::announced(&peeking));
    report.tables.push(differences::intervals(&variants));
    report.tables.push(past::table(scope, name, &variants, &counted));
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
