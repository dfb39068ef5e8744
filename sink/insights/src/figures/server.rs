//! How long the shop takes to answer, by handler: percentiles, errors with their causes, the slowest requests, and who asks most.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use uuid::Uuid;

use super::percentile::sorted;
use super::series::Series;
use crate::definitions as means;
use crate::events::Symbol;
use crate::report::{Cell, Plot, Report, Table, Value};
use crate::requests::Request;
use crate::scope::{Scope, Tally, Unit};

/// Requests that are shown one by one.
const SLOWEST: usize = 20;
/// Addresses that are shown.
const ADDRESSES: usize = 10;
const MINUTE: i64 = 60_000_000;
const SHARES: [f64; 3] = [0.5, 0.95, 0.99];

/// A request of the range with its place in the files.
type Placed<'a> = (u32, &'a Request);

/// Requests that belong together.
struct Group {
    all: Tally,
    errors: Tally,
    millis: Vec<f64>,
}

impl Group {
    fn new(scope: &Scope<'_>, name: &str) -> Self {
        Self {
            all: scope.tally(format!("{name}/requests"), Unit::Requests),
            errors: scope.tally(format!("{name}/errors"), Unit::Requests),
            millis: Vec::new(),
        }
    }

    fn add(&mut self, (place, request): Placed<'_>) {
        self.all.add(place);
        self.millis.push(request.millis);
        if request.failed() {
            self.errors.add(place);
        }
    }

    fn percentiles(&mut self) -> [Cell; 3] {
        self.millis.sort_unstable_by(f64::total_cmp);
        SHARES.map(|share| Cell::of(sorted(&self.millis, share).map_or(Value::Nothing, Value::Millis)))
    }
}

pub(super) fn fill(scope: &Scope<'_>, report: &mut Report) {
    let requests = selected(scope);
    let mut whole = Group::new(scope, "all");
    let mut refused = scope.tally("refused", Unit::Requests);
    for (place, request) in &requests {
        whole.add((*place, request));
        if (400..500).contains(&request.status) {
            refused.add(*place);
        }
    }
    report.tables.push(over_time(scope, &requests));
    report.tables.push(endpoints(scope, &requests));
    report.tables.push(slowest(scope, &requests));
    report.tables.push(errors(scope, &requests));
    report.tables.push(addresses(scope, &requests));
    let [p50, p95, p99] = whole.percentiles();
    report.says = if requests.is_empty() {
        "The app log files of this sink hold no answered request of this range.".to_owned()
    } else {
        format!(
            "Half of {} requests were answered within {}, 95 of 100 within {}; {} failed.",
            Value::Count(whole.all.count).shown(),
            p50.value.shown(),
            p95.value.shown(),
            Value::Count(whole.errors.count).shown(),
        )
    };
    let share = Cell::of(Value::share(whole.errors.count, whole.all.count));
    report.figure("requests", "Requests", means::REQUEST, scope.cell(whole.all));
    report.figure("errors", "Errors", means::SERVER_ERROR, scope.cell(whole.errors));
    report.figure("error_share", "Share of errors", means::SERVER_ERROR, share);
    report.figure("refused", "Answered with 4xx", means::REQUEST, scope.cell(refused));
    report.figure("p50", "p50", means::PROCESSING, p50);
    report.figure("p95", "p95", means::PROCESSING, p95);
    report.figure("p99", "p99", means::PROCESSING, p99);
    notes(scope, report);
}

fn notes(scope: &Scope<'_>, report: &mut Report) {
    report.notes.push(
        "From the app log files of the sink that serves this page, up to their committed length; with several sinks each has its own part \
         of the requests."
            .to_owned(),
    );
    if scope.question.as_of.is_some() {
        report
            .notes
            .push("The lines name no offsets: positions of the address count for the table only, not here.".to_owned());
    }
    let missing = scope.log.requests.missing();
    if missing > 0 {
        report.notes.push(format!(
            "{missing} requests are in no figure: their lines could not be read, or there are more than fit into memory."
        ));
    }
}

/// The requests of the range that pass the filters, in order of time.
fn selected<'a>(scope: &'a Scope<'_>) -> Vec<Placed<'a>> {
    let asks_who = scope.asks_who();
    let admits = |request: &Request| {
        let session = request.session.and_then(|key| scope.log.session_of_key(key));
        session.map_or(!asks_who, |session| scope.admits(session))
    };
    let placed = scope.log.requests.all().enumerate();
    let mut all: Vec<Placed<'_>> = placed
        .filter(|(_, request)| scope.range.holds(request.at) && admits(request))
        .map(|(place, request)| (place as u32, request))
        .collect();
    all.sort_unstable_by_key(|(_, request)| (request.at, request.id));
    all
}

fn text<'a>(scope: &'a Scope<'_>, symbol: Symbol) -> &'a str {
    scope.log.requests.names.text(symbol)
}

/// The handler; what no route matched has none.
fn endpoint<'a>(scope: &'a Scope<'_>, request: &Request) -> &'a str {
    match text(scope, request.endpoint) {
        "" => "no route",
        name => name,
    }
}

fn over_time(scope: &Scope<'_>, requests: &[Placed<'_>]) -> Table {
    let series = Series::of(scope);
    let columns = [
        (series.unit(), "Time"),
        ("p50", "p50"),
        ("p95", "p95"),
        ("p99", "p99"),
        ("requests", "Requests"),
        ("errors", "Errors"),
    ];
    let mut table = Table::new("by_time", "Processing time", &columns).meaning(means::PROCESSING);
    let mut pieces: Vec<Group> = (0..series.count())
        .map(|piece| Group::new(scope, &format!("by_time/{}", series.label(scope, piece))))
        .collect();
    for placed in requests {
        if let Some(piece) = series.piece(placed.1.at) {
            pieces[piece].add(*placed);
        }
    }
    for (number, mut piece) in pieces.into_iter().enumerate() {
        let [p50, p95, p99] = piece.percentiles();
        let (all, errors) = (scope.cell(piece.all), scope.cell(piece.errors));
        table.rows.push(vec![
            Cell::text(series.label(scope, number)),
            p50,
            p95,
            p99,
            all,
            errors,
        ]);
    }
    table.drawn(Plot::Line {
        x: 0,
        ys: vec![1, 2, 3],
        unit: "ms",
    })
}

fn endpoints(scope: &Scope<'_>, requests: &[Placed<'_>]) -> Table {
    let columns = [
        ("endpoint", "Handler"),
        ("requests", "Requests"),
        ("errors", "Errors"),
        ("error_share", "Share of errors"),
        ("p50", "p50"),
        ("p95", "p95"),
        ("p99", "p99"),
    ];
    let mut table = Table::new("endpoints", "By handler", &columns).meaning(means::PROCESSING);
    let mut groups: BTreeMap<&str, Group> = BTreeMap::new();
    for placed in requests {
        let name = endpoint(scope, placed.1);
        let fresh = || Group::new(scope, &format!("endpoints/{name}"));
        groups.entry(name).or_insert_with(fresh).add(*placed);
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|(name, group)| (Reverse(group.all.count), *name));
    for (name, mut group) in groups {
        let [p50, p95, p99] = group.percentiles();
        let share = Value::share(group.errors.count, group.all.count);
        table.rows.push(vec![
            Cell::text(name),
            scope.cell(group.all),
            scope.cell(group.errors),
            Cell::of(share),
            p50,
            p95,
            p99,
        ]);
    }
    table.drawn(Plot::Bars {
        label: 0,
        value: 5,
        unit: "p95, milliseconds; most asked first",
    })
}

fn slowest(scope: &Scope<'_>, requests: &[Placed<'_>]) -> Table {
    let columns = [
        ("time", "Answered"),
        ("millis", "Took"),
        ("endpoint", "Handler"),
        ("status", "Status"),
        ("request", "Request"),
        ("session", "Session"),
        ("error", "What failed, outermost first"),
    ];
    let mut table = Table::new("slowest", "The slowest requests", &columns).meaning(means::PROCESSING);
    let mut slowest: Vec<&Request> = requests.iter().map(|(_, request)| *request).collect();
    // The time and the id decide between equals, so that every reading agrees.
    slowest.sort_by(|left, right| {
        let time = right.millis.total_cmp(&left.millis);
        time.then_with(|| (left.at, left.id).cmp(&(right.at, right.id)))
    });
    for request in slowest.into_iter().take(SLOWEST) {
        let session = request.session.map_or(Cell::of(Value::Nothing), |key| {
            let id = format!("{key:032x}");
            let known = scope.log.session_of_key(key).is_some();
            let cell = Cell::text(id.clone());
            if known {
                cell.linked(format!("/insights/visit?id={id}"))
            } else {
                cell
            }
        });
        table.rows.push(vec![
            Cell::text(moment(request.at)),
            Cell::of(Value::Millis(request.millis)),
            Cell::text(endpoint(scope, request)),
            Cell::text(request.status.to_string()),
            Cell::text(Uuid::from_u128(request.id).to_string()),
            session,
            Cell::text(text(scope, request.chain)),
        ]);
    }
    table
}

fn moment(at: i64) -> String {
    String::from_utf8_lossy(&schemas::Timestamp::from_unix_micros_saturating(at).digits()).into_owned()
}

/// Errors by handler and innermost cause.
fn errors(scope: &Scope<'_>, requests: &[Placed<'_>]) -> Table {
    let columns = [
        ("cause", "Cause"),
        ("endpoint", "Handler"),
        ("count", "Errors"),
        ("first_seen", "First seen"),
        ("last_seen", "Last seen"),
    ];
    let mut table = Table::new("errors", "Errors by cause", &columns).meaning(means::SERVER_ERROR);
    let mut groups: BTreeMap<(&str, &str), (Tally, i64, i64)> = BTreeMap::new();
    for (place, request) in requests.iter().filter(|(_, request)| request.failed()) {
        let cause = match text(scope, request.cause) {
            "" => "not said",
            cause => cause,
        };
        let name = endpoint(scope, request);
        let fresh = || {
            (
                scope.tally(format!("errors/{name}/{cause}"), Unit::Requests),
                request.at,
                0,
            )
        };
        let (tally, _, last) = groups.entry((cause, name)).or_insert_with(fresh);
        tally.add(*place);
        // They come in order of time.
        *last = request.at;
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|(key, (tally, ..))| (Reverse(tally.count), *key));
    for ((cause, endpoint), (tally, first, last)) in groups {
        table.rows.push(vec![
            Cell::text(cause),
            Cell::text(endpoint),
            scope.cell(tally),
            Cell::text(moment(first)),
            Cell::text(moment(last)),
        ]);
    }
    table
}

/// Who asks most: one address' load test stands out by its busiest minute.
fn addresses(scope: &Scope<'_>, requests: &[Placed<'_>]) -> Table {
    let columns = [
        ("address", "Address"),
        ("requests", "Requests"),
        ("share", "Share"),
        ("busiest_minute", "In its busiest minute"),
    ];
    let mut table = Table::new("addresses", "Addresses that ask most", &columns).meaning(means::ADDRESS);
    let mut groups: HashMap<Symbol, (u64, BTreeMap<i64, u64>)> = HashMap::new();
    for (_, request) in requests {
        let (count, minutes) = groups.entry(request.address).or_default();
        *count += 1;
        *minutes.entry(request.at.div_euclid(MINUTE)).or_default() += 1;
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|(address, (count, _))| (Reverse(*count), text(scope, *address)));
    groups.truncate(ADDRESSES);
    let mut tallies: Vec<(Symbol, Tally)> = Vec::new();
    for (address, _) in &groups {
        let name = format!("addresses/{}", text(scope, *address));
        tallies.push((*address, scope.tally(name, Unit::Requests)));
    }
    for (place, request) in requests {
        if let Some((_, tally)) = tallies.iter_mut().find(|(address, _)| *address == request.address) {
            tally.add(*place);
        }
    }
    for ((address, tally), (_, (count, minutes))) in tallies.into_iter().zip(groups) {
        let busiest = minutes.values().copied().max().unwrap_or(0);
        table.rows.push(vec![
            Cell::text(text(scope, address)),
            scope.cell(tally),
            Cell::of(Value::share(count, requests.len() as u64)),
            Cell::of(Value::Count(busiest)),
        ]);
    }
    table.drawn(Plot::Bars {
        label: 0,
        value: 3,
        unit: "requests in the busiest minute",
    })
}
