//! The overview: how many came, looked and bought, beside the range before.

use roaring::RoaringBitmap;
use schemas::EventType;

use super::series::Series;
use super::{change, meanwhile};
use crate::definitions as means;
use crate::report::{Cell, Figure, Plot, Report, Table, Value};
use crate::scope::{Scope, Tally, Unit, VisitorTally};
use crate::statistics::{Sample, Scale, welch};

/// The counts of a range.
struct Totals {
    sessions: Tally,
    visitors: VisitorTally,
    new: VisitorTally,
    views: Tally,
    orders: Tally,
    cancelled: Tally,
    converting: Tally,
    revenue: i64,
    late: Tally,
}

pub(super) fn fill(scope: &Scope<'_>, report: &mut Report) {
    let before_scope = scope.over_range(scope.range.before(scope.zone));
    let of_now = || (totals(scope), change::table(scope, &before_scope));
    let of_before = || totals(&before_scope);
    let of_weekdays = || totals(&scope.over_range(scope.range.same_weekdays_before(scope.zone)));
    let over_time = || (over_time(scope), meanwhile::table(scope));
    let (((now, change), before), (weekdays, (over_time, meanwhile))) =
        rayon::join(|| (of_now(), of_before()), || (of_weekdays(), over_time()));
    let conversion = |totals: &Totals| Value::share(totals.converting.count, totals.sessions.count);
    report.says = says(&conversion(&now), &conversion(&before), scope);
    let by_chance = chance(&now, &before);
    report.says.push_str(by_chance.as_deref().unwrap_or_default());
    report.tables.push(over_time);
    if let Some(most) = change::says(&change) {
        report.says.push_str(&most);
    }
    report.tables.push(meanwhile);
    report.tables.push(change);
    let (before, weekdays) = (values(&before), values(&weekdays));
    for (figure, (before, weekdays)) in figures(scope, now).into_iter().zip(before.into_iter().zip(weekdays)) {
        report.figures.push(Figure {
            before: Some(before),
            weekdays_before: Some(weekdays),
            ..figure
        });
    }
    bots(scope, report);
}

fn totals(scope: &Scope<'_>) -> Totals {
    let mut totals = Totals {
        sessions: scope.tally("sessions", Unit::Sessions),
        visitors: scope.visitors("visitors"),
        new: scope.visitors("new_visitors"),
        views: scope.tally("views", Unit::Events),
        orders: scope.tally("orders", Unit::Events),
        cancelled: scope.tally("cancelled", Unit::Events),
        converting: scope.tally("converting_sessions", Unit::Sessions),
        revenue: 0,
        late: scope.tally("late", Unit::Events),
    };
    for session in scope.sessions().iter().copied() {
        totals.sessions.add(session);
        let facts = scope.facts(session);
        totals.visitors.add(facts.visitor, session);
        if facts.new {
            totals.new.add(facts.visitor, session);
        }
        if facts.ordered {
            totals.converting.add(session);
        }
    }
    for view in scope.events_of(EventType::View) {
        totals.views.add(view.index);
    }
    for order in scope.events_of(EventType::OrderPlaced) {
        totals.orders.add(order.index);
        totals.revenue += scope.log.event(order.index).amount;
    }
    for cancelled in scope.events_of(EventType::OrderCancelled) {
        totals.cancelled.add(cancelled.index);
    }
    for late in scope.late_events() {
        totals.late.add(late.index);
    }
    totals
}

/// Whether a difference of conversion is more than chance makes by itself.
fn chance(now: &Totals, before: &Totals) -> Option<String> {
    let sample = |totals: &Totals| Sample::proportion(totals.converting.count as f64, totals.sessions.count as f64);
    let p = welch(&sample(before), &sample(now), Scale::Absolute, 0.05)?.p_value?;
    let often = Value::Share(p).shown();
    Some(if p < 0.05 {
        format!(" Chance alone makes such a difference in {often} of cases.")
    } else {
        format!(" That may be chance: it makes such a difference in {often} of cases.")
    })
}

fn average(revenue: i64, orders: u64) -> Value {
    if orders == 0 {
        Value::Nothing
    } else {
        Value::Money((revenue as f64 / orders as f64).round() as i64)
    }
}

/// The values in the order of [`figures`].
fn values(totals: &Totals) -> Vec<Value> {
    let (visitors, new) = (totals.visitors.tally.count, totals.new.tally.count);
    vec![
        Value::Count(totals.sessions.count),
        Value::Count(visitors),
        Value::Count(new),
        Value::Count(visitors - new),
        Value::Count(totals.views.count),
        Value::Count(totals.orders.count),
        Value::Count(totals.cancelled.count),
        Value::Money(totals.revenue),
        average(totals.revenue, totals.orders.count),
        Value::share(totals.converting.count, totals.sessions.count),
        Value::Count(totals.converting.count),
        Value::Count(totals.late.count),
    ]
}

fn figures(scope: &Scope<'_>, totals: Totals) -> Vec<Figure> {
    let shown = values(&totals);
    let with_rows = |value: &Value, rows: &str| Cell {
        value: value.clone(),
        rows: Some(rows.to_owned()),
        link: None,
    };
    let returning = returning(scope);
    let cells = [
        ("sessions", "Sessions", means::SESSION, scope.cell(totals.sessions)),
        (
            "visitors",
            "Visitors",
            means::VISITOR,
            scope.cell(totals.visitors.tally),
        ),
        ("new_visitors", "New visitors", means::NEW, scope.cell(totals.new.tally)),
        ("returning_visitors", "Returning visitors", means::NEW, returning),
        ("views", "Views", means::VIEW, scope.cell(totals.views)),
        ("orders", "Orders", means::ORDERS, scope.cell(totals.orders)),
        (
            "cancelled",
            "Cancelled in the range",
            means::ORDERS,
            scope.cell(totals.cancelled),
        ),
        ("revenue", "Revenue", means::REVENUE, with_rows(&shown[7], "orders")),
        (
            "average_order",
            "Average order",
            means::AVERAGE_ORDER,
            with_rows(&shown[8], "orders"),
        ),
        (
            "conversion",
            "Conversion",
            means::CONVERSION,
            with_rows(&shown[9], "converting_sessions"),
        ),
        (
            "converting_sessions",
            "Sessions with an order",
            means::CONVERSION,
            scope.cell(totals.converting),
        ),
        ("late", "Late events", means::LATE, scope.cell(totals.late)),
    ];
    let figure = |(id, label, means, cell)| Figure {
        id,
        label,
        means,
        cell,
        before: None,
        weekdays_before: None,
    };
    cells.into_iter().map(figure).collect()
}

/// Visitors none of whose sessions in the range is their first.
fn returning(scope: &Scope<'_>) -> Cell {
    let facts = scope.sessions().iter().map(|session| scope.facts(*session));
    let new: RoaringBitmap = facts.filter(|facts| facts.new).map(|facts| facts.visitor.0).collect();
    let mut returning = scope.visitors("returning_visitors");
    for session in scope.sessions() {
        let visitor = scope.facts(*session).visitor;
        if !new.contains(visitor.0) {
            returning.add(visitor, *session);
        }
    }
    scope.cell(returning.tally)
}

/// The bots that are out, or in.
fn bots(scope: &Scope<'_>, report: &mut Report) {
    let mut bots = scope.tally("bot_sessions", Unit::Sessions);
    for session in &scope.arranged.by_start {
        let facts = scope.facts(*session);
        if facts.bot && scope.range.holds(facts.first) {
            bots.add(*session);
        }
    }
    let label = if scope.question.bots {
        "Sessions of bots (counted in)"
    } else {
        "Sessions of bots (left out)"
    };
    report.figure("bot_sessions", label, means::BOT, scope.cell(bots));
}

fn says(now: &Value, before: &Value, scope: &Scope<'_>) -> String {
    let range = if scope.range.first == scope.range.last {
        format!("On {}", scope.range.first)
    } else {
        format!("From {} to {}", scope.range.first, scope.range.last)
    };
    match (now.number(), before.number()) {
        (None, _) => format!("{range} nobody came."),
        (Some(_), None) => format!(
            "{range}, {} of the sessions ordered; nobody came in the range before.",
            now.shown()
        ),
        (Some(is), Some(was)) if (is - was).abs() < 0.0005 => format!(
            "{range}, {} of the sessions ordered, as in the range before.",
            now.shown()
        ),
        (Some(is), Some(was)) => {
            let went = if is > was { "rose" } else { "fell" };
            format!("{range}, conversion {went} from {} to {}.", before.shown(), now.shown())
        }
    }
}

/// Counts by hour or day.
fn over_time(scope: &Scope<'_>) -> Table {
    let series = Series::of(scope);
    let columns = [
        (series.unit(), if series.unit() == "hour" { "Hour" } else { "Day" }),
        ("sessions", "Sessions"),
        ("views", "Views"),
        ("orders", "Orders"),
        ("revenue", "Revenue"),
        ("conversion", "Conversion"),
    ];
    let mut table = Table::new("by_time", format!("Sessions by {}", series.unit()), &columns);
    let label = |piece: usize| series.label(scope, piece);
    let tally = |piece: usize, what: &str, unit| scope.tally(format!("by_time/{}/{what}", label(piece)), unit);
    let mut pieces: Vec<(Tally, Tally, Tally, i64, u64)> = (0..series.count())
        .map(|piece| {
            (
                tally(piece, "sessions", Unit::Sessions),
                tally(piece, "views", Unit::Events),
                tally(piece, "orders", Unit::Events),
                0,
                0,
            )
        })
        .collect();
    for session in scope.sessions() {
        let Some(piece) = series.piece(scope.facts(*session).first) else {
            continue;
        };
        pieces[piece].0.add(*session);
        pieces[piece].4 += u64::from(scope.facts(*session).ordered);
    }
    for view in scope.events_of(EventType::View) {
        if let Some(piece) = series.piece(view.at) {
            pieces[piece].1.add(view.index);
        }
    }
    for order in scope.events_of(EventType::OrderPlaced) {
        if let Some(piece) = series.piece(order.at) {
            pieces[piece].2.add(order.index);
            pieces[piece].3 += scope.log.event(order.index).amount;
        }
    }
    for (index, (sessions, views, orders, revenue, converting)) in pieces.into_iter().enumerate() {
        let conversion = Value::share(converting, sessions.count);
        table.rows.push(vec![
            Cell::text(label(index)),
            scope.cell(sessions),
            scope.cell(views),
            scope.cell(orders),
            Cell::of(Value::Money(revenue)),
            Cell::of(conversion),
        ]);
    }
    table.drawn(Plot::Line {
        x: 0,
        ys: vec![1, 3],
        unit: "sessions and orders",
    })
}
