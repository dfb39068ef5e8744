//! The comparisons once more, with what visitors did before the experiment taken off (CUPED), and whether that may be trusted.

use rayon::prelude::*;
use schemas::EventType;

use super::{ALPHA, Subject, TUNED_FOR, Variant};
use crate::definitions as means;
use crate::events::Symbol;
use crate::report::{Cell, Plot, Table, Value};
use crate::scope::Scope;
use crate::statistics::{Adjusted, Compared, Paired, Scale, adjusted, always_valid, welch};

/// Below it the past of the variants differs, and nothing is concluded from it.
const HEALTH_ALPHA: f64 = 0.01;

/// Visitors whose past is looked up at a time, at least.
const PEOPLE: usize = 1000;

/// Visitors of one variant with their past.
#[derive(Default)]
struct Known {
    with_past: u64,
    conversion: Vec<Paired>,
    revenue: Vec<Paired>,
}

pub(super) fn table(
    scope: &Scope<'_>,
    experiment: Symbol,
    variants: &[Variant<'_>],
    counted: &[(usize, &Subject)],
) -> Table {
    let columns = [
        ("comparison", "Comparison"),
        ("low", "From"),
        ("difference", "Difference"),
        ("high", "To"),
        ("p_value", "p, one look"),
        ("safe_low", "Any time, from"),
        ("safe_high", "Any time, to"),
        ("with_past", "Visitors with a past"),
        ("reduction", "Variance less by"),
        ("past_p", "Past differs, p"),
        ("health", "Health"),
    ];
    let title = "The same with visitors' own past taken off (CUPED), relative, 95 %";
    let mut table = Table::new("past", title, &columns).meaning(means::PAST);
    let mut known: Vec<Known> = variants.iter().map(|_| Known::default()).collect();
    let pasts: Vec<f64> = counted
        .par_iter()
        .with_min_len(PEOPLE)
        .map(|(_, subject)| views_before(scope, experiment, subject))
        .collect();
    for ((place, subject), before) in counted.iter().zip(pasts) {
        let one = &mut known[*place];
        one.with_past += u64::from(before > 0.0);
        let paired = |outcome| Paired { before, outcome };
        one.conversion.push(paired(f64::from(u8::from(subject.orders > 0))));
        one.revenue.push(paired(subject.revenue as f64));
    }
    let Some((control, others)) = known.split_first() else {
        return table;
    };
    for (variant, other) in variants.iter().skip(1).zip(others) {
        let with_past = control.with_past + other.with_past;
        let all = (control.conversion.len() + other.conversion.len()) as u64;
        for (what, a, b) in [
            ("conversion", &control.conversion, &other.conversion),
            ("revenue per visitor", &control.revenue, &other.revenue),
        ] {
            let label = format!("{}: {what}", variant.name);
            table
                .rows
                .push(row(label, Value::share(with_past, all), adjusted(a, b)));
        }
    }
    table.drawn(Plot::Intervals {
        label: 0,
        low: 1,
        middle: 2,
        high: 3,
    })
}

fn row(label: String, with_past: Value, adjusted: Option<Adjusted>) -> Vec<Cell> {
    let healthy = adjusted.as_ref().is_some_and(is_healthy);
    // Of a comparison that may not be trusted no interval is shown.
    let trusted = adjusted.filter(|_| healthy);
    let once = trusted.and_then(|both| welch(&both.a, &both.b, Scale::Relative, ALPHA));
    let safe = trusted.and_then(|both| always_valid(&both.a, &both.b, Scale::Relative, ALPHA, TUNED_FOR));
    let share = |compared: Option<Compared>, of: fn(Compared) -> f64| {
        Cell::of(compared.map_or(Value::Nothing, |compared| Value::Share(of(compared))))
    };
    let number = |number: Option<f64>| Cell::of(number.map_or(Value::Nothing, Value::Number));
    let past = adjusted.and_then(|both| welch(&both.before_a, &both.before_b, Scale::Absolute, HEALTH_ALPHA));
    let health = match adjusted {
        None => "no past is known",
        Some(_) if healthy => "sound: the past is alike",
        Some(_) => "not to be used: the past differs",
    };
    vec![
        Cell::text(label),
        share(once, |compared| compared.low),
        share(once, |compared| compared.difference),
        share(once, |compared| compared.high),
        number(once.and_then(|once| once.p_value)),
        share(safe, |compared| compared.low),
        share(safe, |compared| compared.high),
        Cell::of(with_past),
        Cell::of(adjusted.map_or(Value::Nothing, |both| Value::Share(both.reduction))),
        number(past.and_then(|past| past.p_value)),
        Cell::text(health),
    ]
}

/// A variant can't change what was before it: where the past differs, visitors were lost or sorted, and the difference would be taken for
/// an effect. Told by the interval that may be looked at every day.
fn is_healthy(both: &Adjusted) -> bool {
    let past = always_valid(&both.before_a, &both.before_b, Scale::Absolute, HEALTH_ALPHA, TUNED_FOR);
    past.is_none_or(|past| past.low <= 0.0 && 0.0 <= past.high)
}

/// Pages that the visitor looked at in visits before the first one that shows the experiment, as far back as the table goes. Also a
/// showing before the range ends the past: what comes after it may be its effect.
fn views_before(scope: &Scope<'_>, experiment: Symbol, subject: &Subject) -> f64 {
    let mut views = 0_u32;
    for session in scope.arranged.of_visitor(scope.facts(subject.session).visitor) {
        if scope.facts(*session).bot {
            continue;
        }
        let mut here = 0;
        for (_, event) in scope.events(*session) {
            match event.kind {
                EventType::View => here += 1,
                EventType::Exposure => {
                    let seen = scope.log.exposures.get(event.extra as usize);
                    if seen.is_some_and(|seen| seen.experiment == experiment) {
                        return f64::from(views);
                    }
                }
                _ => {}
            }
        }
        views += here;
    }
    f64::from(views)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn people(count: u32, more: f64) -> Vec<Paired> {
        (0..count)
            .map(|number| Paired {
                before: f64::from(number % 5) + more,
                outcome: f64::from(number % 5) + f64::from(number % 3),
            })
            .collect()
    }

    #[test]
    fn a_past_that_differs_shows_no_interval_and_says_so() {
        let said = |more: f64| {
            let cells = row(
                "loud: revenue".to_owned(),
                Value::share(1, 2),
                adjusted(&people(3000, 0.0), &people(3000, more)),
            );
            (cells[2].value.clone(), cells[10].value.shown())
        };
        let (sound, health) = said(0.0);
        assert!(
            matches!(sound, Value::Share(_)) && health.starts_with("sound"),
            "{health}"
        );
        let (unsound, health) = said(0.5);
        assert_eq!(unsound, Value::Nothing);
        assert!(health.starts_with("not to be used"), "{health}");
    }
}
