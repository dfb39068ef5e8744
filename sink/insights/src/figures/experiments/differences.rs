//! The variants beside each other: differences, what looking every day would have said, and what so many visitors can find.

use time::Duration;

use super::{ALPHA, POWER, Subject, TUNED_FOR, Variant};
use crate::definitions as means;
use crate::question::midnight;
use crate::report::{Cell, Plot, Table, Value};
use crate::scope::Scope;
use crate::statistics::{Compared, Sample, Scale, always_valid, welch};

/// What a look says.
const DIFFERENCE: &str = "a difference";
const NOTHING: &str = "nothing yet";

/// Every comparison with the first variant.
pub(super) fn intervals(variants: &[Variant<'_>]) -> Table {
    let columns = [
        ("comparison", "Comparison"),
        ("low", "From"),
        ("difference", "Difference"),
        ("high", "To"),
        ("p_value", "p, one look"),
        ("safe_low", "Any time, from"),
        ("safe_high", "Any time, to"),
    ];
    let mut table = Table::new(
        "differences",
        "Difference from the first variant, relative, 95 %",
        &columns,
    )
    .meaning(means::INTERVAL);
    let Some((control, others)) = variants.split_first() else {
        return table;
    };
    for other in others {
        for (what, a, b) in [
            ("conversion", control.conversion(), other.conversion()),
            ("revenue per visitor", control.revenue, other.revenue),
        ] {
            let once = welch(&a, &b, Scale::Relative, ALPHA);
            let safe = always_valid(&a, &b, Scale::Relative, ALPHA, TUNED_FOR);
            let share = |compared: Option<Compared>, of: fn(Compared) -> f64| {
                Cell::of(compared.map_or(Value::Nothing, |compared| Value::Share(of(compared))))
            };
            table.rows.push(vec![
                Cell::text(format!("{}: {what}", other.name)),
                share(once, |compared| compared.low),
                share(once, |compared| compared.difference),
                share(once, |compared| compared.high),
                Cell::of(once.and_then(|once| once.p_value).map_or(Value::Nothing, Value::Number)),
                share(safe, |compared| compared.low),
                share(safe, |compared| compared.high),
            ]);
        }
    }
    table.drawn(Plot::Intervals {
        label: 0,
        low: 1,
        middle: 2,
        high: 3,
    })
}

/// What one would have said on the evening of each day: by a test for one look, and by one that may be looked at any time.
pub(super) fn peeking(scope: &Scope<'_>, variants: &[Variant<'_>], counted: &[(usize, &Subject)]) -> Table {
    let columns = [
        ("day", "Until"),
        ("low", "Any time, from"),
        ("difference", "Difference"),
        ("high", "Any time, to"),
        ("p_value", "p, one look"),
        ("one_look_says", "One look says"),
        ("safe_says", "Any time says"),
    ];
    let mut table = Table::new(
        "peeking",
        "Looking every day: conversion of the second variant",
        &columns,
    )
    .meaning(means::INTERVAL);
    if variants.len() < 2 {
        return table;
    }
    let newest = scope.arranged.newest.unwrap_or(i64::MIN);
    for number in 1..=scope.range.days() {
        let begin_of = |days: i64| scope.range.first.checked_add(Duration::days(days));
        let (Some(date), Some(next)) = (begin_of(number - 1), begin_of(number)) else {
            break;
        };
        // A day of which nothing is known yet would only repeat the one before.
        if midnight(date, scope.zone) > newest {
            break;
        }
        let until = midnight(next, scope.zone);
        let sample = |place: usize| {
            let seen = counted
                .iter()
                .filter(|(variant, subject)| *variant == place && subject.first < until);
            let (count, part) = seen.fold((0.0, 0.0), |(count, part), (_, subject)| {
                (
                    count + 1.0,
                    part + f64::from(u8::from(subject.ordered.is_some_and(|at| at < until))),
                )
            });
            Sample::proportion(part, count)
        };
        let (a, b) = (sample(0), sample(1));
        let once = welch(&a, &b, Scale::Relative, ALPHA).and_then(|once| once.p_value);
        let Some(safe) = always_valid(&a, &b, Scale::Relative, ALPHA, TUNED_FOR) else {
            continue;
        };
        let verdict = |sure: bool| Cell::text(if sure { DIFFERENCE } else { NOTHING });
        table.rows.push(vec![
            Cell::text(date.to_string()),
            Cell::of(Value::Share(safe.low)),
            Cell::of(Value::Share(safe.difference)),
            Cell::of(Value::Share(safe.high)),
            Cell::of(once.map_or(Value::Nothing, Value::Number)),
            verdict(once.is_some_and(|p| p < ALPHA)),
            verdict(safe.low > 0.0 || safe.high < 0.0),
        ]);
    }
    table.drawn(Plot::Intervals {
        label: 0,
        low: 1,
        middle: 2,
        high: 3,
    })
}

/// The smallest relative effect that so many visitors find, and how many one of 5 % needs.
pub(super) fn detectable(variants: &[Variant<'_>]) -> Table {
    let columns = [
        ("variant", "Variant"),
        ("detectable", "Detectable now, relative"),
        ("still_needed", "Visitors still needed for 5 %"),
    ];
    let mut table = Table::new(
        "detectable",
        "What so many visitors can find (power 80 %, one look)",
        &columns,
    )
    .meaning(means::DETECTABLE);
    let Some((control, others)) = variants.split_first() else {
        return table;
    };
    for other in others {
        let (a, b) = (control.conversion(), other.conversion());
        let still = POWER
            .needed(&a, 0.05)
            .map(|needed| (2 * needed).saturating_sub((a.count + b.count) as u64));
        table.rows.push(vec![
            Cell::text(other.name),
            Cell::of(POWER.detectable(&a, &b).map_or(Value::Nothing, Value::Share)),
            Cell::of(still.map_or(Value::Nothing, Value::Count)),
        ]);
    }
    table
}

/// The peeking lab in a sentence: what one would have announced on which day, and whether it stayed.
pub(super) fn announced(peeking: &Table) -> Option<String> {
    let says = |row: &[Cell], column: usize| row[column].value == Value::Text(DIFFERENCE.to_owned());
    let early: Vec<&Vec<Cell>> = peeking.rows.iter().filter(|row| says(row, 5)).collect();
    let sure = peeking.rows.iter().filter(|row| says(row, 6)).count();
    let (first, last) = (early.first()?, peeking.rows.last()?);
    let end = if says(last, 5) {
        "and still does"
    } else {
        "and no longer does on the last: that announcement would not have lasted, and so many looks make one now and then by themselves"
    };
    Some(format!(
        "Looking every day, a test for one look says \u{201c}a difference\u{201d} on {} of {} days, first on {} (p = {}), {end} (p = {}). \
         The interval that may be looked at any time says so on {sure}.",
        early.len(),
        peeking.rows.len(),
        first[0].value.shown(),
        first[4].value.shown(),
        last[4].value.shown(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_announced_too_early_is_said() {
        let day = |name: &str, p: f64, once: bool, safe: bool| {
            let verdict = |sure| Cell::text(if sure { DIFFERENCE } else { NOTHING });
            let mut row = vec![Cell::text(name), Cell::text(""), Cell::text(""), Cell::text("")];
            row.extend([Cell::of(Value::Number(p)), verdict(once), verdict(safe)]);
            row
        };
        let mut lab = Table::new("peeking", "", &[]);
        lab.rows.push(day("2026-11-08", 0.2, false, false));
        assert_eq!(announced(&lab), None, "nothing was announced");
        lab.rows.push(day("2026-11-09", 0.031, true, false));
        lab.rows.push(day("2026-11-10", 0.4, false, false));
        let said = announced(&lab).expect("something was announced");
        assert!(
            said.contains("on 1 of 3 days, first on 2026-11-09 (p = 0.031), and no longer does"),
            "{said}"
        );
        assert!(said.ends_with("says so on 0."), "{said}");
    }
}
