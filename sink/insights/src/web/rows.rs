//! The rows behind a figure: as many as it says.

use axum::Json;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use serde_json::{Value as Json_, json};
use uuid::Uuid;

use super::error::PageError;
use super::layout;
use super::page::{Given, files_fresh, fresh, moment, warned, with_log};
use super::site::Site;
use crate::events::{Log, SessionIndex, device_name, language_name};
use crate::figures::Analysis;
use crate::question::Question;
use crate::requests::Request;
use crate::scope::{Scope, Unit};
use crate::source::{Detail, RowKey};
use crate::state::Trouble;

/// Reads what is new for the analysis that the address names.
async fn read_news(site: &Site, question: &Question) -> Result<Option<Trouble>, PageError> {
    let trouble = fresh(site).await?;
    if let Some(analysis) = question.own("of").and_then(Analysis::named) {
        files_fresh(site, analysis).await?;
    }
    Ok(trouble)
}

/// Rows on one page.
const PAGE: usize = 50;
/// Rows in one answer to a program.
const MOST: usize = 10_000;

/// A list, or a stretch of it.
struct List {
    unit: Unit,
    total: usize,
    lines: Vec<Line>,
}

/// A row, as far as it is in memory.
struct Line {
    at: i64,
    session: String,
    visitor: Option<String>,
    kind: &'static str,
    page: String,
    /// For sessions: how many events, how long, and who.
    events: usize,
    millis: i64,
    device: &'static str,
    language: &'static str,
    key: RowKey,
    /// For requests: the answer, and the id.
    status: u16,
    request: String,
}

pub(super) async fn page(State(site): State<Site>, Query(given): Given) -> Result<Markup, PageError> {
    let question = Question::read(given)?;
    let trouble = read_news(&site, &question).await?;
    let number = question
        .own("page_number")
        .and_then(|page| page.parse::<usize>().ok())
        .unwrap_or(1)
        .max(1);
    let (list, asked) = {
        let asked = question.clone();
        with_log(&site, move |log, zone| {
            Ok((list(log, &asked, zone, (number - 1).saturating_mul(PAGE), PAGE)?, asked))
        })
        .await?
    };
    let details = if list.unit == Unit::Events {
        let keys: Vec<RowKey> = list.lines.iter().map(|line| line.key.clone()).collect();
        site.state.source.details(&keys).await?
    } else {
        Vec::new()
    };
    let (of, figure) = (
        asked.own("of").unwrap_or_default(),
        asked.own("figure").unwrap_or_default(),
    );
    let what = match list.unit {
        Unit::Events => "events",
        Unit::Sessions => "sessions",
        Unit::Visitors => "visitors",
        Unit::Requests => "requests",
    };
    let pages = list.total.div_ceil(PAGE).max(1);
    let turn = |page: usize| asked.here("/insights/rows", &[("page_number", &page.to_string())]);
    let content = html! {
        h1 { (list.total) " " (what) }
        (warned(trouble.as_ref()))
        p.says { "Behind the figure " strong { (figure) } " of " a href=(asked.address(&back(of), &[])) { (of) } "." }
        @if list.lines.is_empty() { p.quiet-text { "No rows on this page." } }
        div.scroll tabindex="0" role="region" aria-label="Rows" { (table(&list, &details)) }
        @if pages > 1 {
            p.pager {
                @if number > 1 { a href=(turn(number - 1)) rel="prev" { "Before" } }
                span { "Page " (number) " of " (pages) }
                @if number < pages { a href=(turn(number + 1)) rel="next" { "After" } }
            }
        }
    };
    Ok(layout::page("Rows", of, &asked, &content))
}

fn back(of: &str) -> String {
    if of == "overview" {
        "/insights".to_owned()
    } else {
        format!("/insights/{of}")
    }
}

fn table(list: &List, details: &[Detail]) -> Markup {
    let visit = |id: &str| html! { a href={ "/insights/visit?id=" (id) } { code { (id.get(..8).unwrap_or(id)) } } };
    html! {
        table {
            @if list.unit == Unit::Events {
                thead { tr { @for name in ["Time", "Type", "Page", "Visit", "Position", "Details"] { th scope="col" { (name) } } } }
                tbody {
                    @for line in &list.lines {
                        tr {
                            td { (moment(line.at)) }
                            td { (line.kind) }
                            td { (line.page) }
                            td { (visit(&line.session)) }
                            td { code { (line.key.topic) "/" (line.key.partition) "/" (line.key.offset) } }
                            td.details { @if let Some(detail) = details.iter().find(|detail| detail.key == line.key) { code { (detail.details) } } }
                        }
                    }
                }
            } @else if list.unit == Unit::Requests {
                thead { tr { @for name in ["Answered", "Handler", "Status", "Took", "Request", "Visit"] { th scope="col" { (name) } } } }
                tbody {
                    @for line in &list.lines {
                        tr {
                            td { (moment(line.at)) }
                            td { (line.page) }
                            td.n { (line.status) }
                            td.n { (line.millis) " ms" }
                            td { code { (line.request) } }
                            td { @if line.session.is_empty() { "–" } @else { (visit(&line.session)) } }
                        }
                    }
                }
            } @else {
                thead { tr { @for name in ["Begins", "Visit", "Visitor", "Events", "Lasts", "Device", "Language"] { th scope="col" { (name) } } } }
                tbody {
                    @for line in &list.lines {
                        tr {
                            td { (moment(line.at)) }
                            td { (visit(&line.session)) }
                            td { @if let Some(visitor) = &line.visitor { (visit(visitor)) } @else { "–" } }
                            td.n { (line.events) }
                            td.n { (line.millis / 1000) " s" }
                            td { (line.device) }
                            td { (line.language) }
                        }
                    }
                }
            }
        }
    }
}

pub(super) async fn json(State(site): State<Site>, Query(given): Given) -> Response {
    let answer = async {
        let question = Question::read(given)?;
        read_news(&site, &question).await?;
        let list = with_log(&site, move |log, zone| list(log, &question, zone, 0, MOST)).await?;
        let lines: Vec<Json_> = list.lines.iter().map(|line| line_json(line, list.unit)).collect();
        Ok::<_, PageError>(json!({ "total": list.total, "rows": lines }))
    };
    match answer.await {
        Ok(json) => Json(json).into_response(),
        Err(error) => error.into_json(),
    }
}

fn line_json(line: &Line, unit: Unit) -> Json_ {
    if unit == Unit::Events {
        return json!({
            "time": moment(line.at), "type": line.kind, "page": line.page, "session_id": line.session,
            "topic": line.key.topic, "partition": line.key.partition, "offset": line.key.offset,
        });
    }
    if unit == Unit::Requests {
        return json!({
            "time": moment(line.at), "endpoint": line.page, "status": line.status, "took_ms": line.millis,
            "request_id": line.request, "session_id": line.session,
        });
    }
    json!({
        "begins": moment(line.at), "session_id": line.session, "visitor_id": line.visitor, "events": line.events,
        "lasts_ms": line.millis, "device": line.device, "language": line.language,
    })
}

fn request_line(log: &Log, request: &Request) -> Line {
    Line {
        at: request.at,
        session: request.session.map_or_else(String::new, |key| format!("{key:032x}")),
        visitor: None,
        kind: "request",
        page: log.requests.names.text(request.endpoint).to_owned(),
        events: 0,
        millis: request.millis.round() as i64,
        device: "",
        language: "",
        key: RowKey {
            id: 0,
            topic: String::new(),
            partition: 0,
            offset: 0,
        },
        status: request.status,
        request: Uuid::from_u128(request.id).to_string(),
    }
}

/// A stretch of the rows behind the figure that the address names.
fn list(log: &Log, question: &Question, zone: schemas::Zone, first: usize, most: usize) -> Result<List, PageError> {
    let (of, figure) = (
        question.own("of").unwrap_or_default(),
        question.own("figure").unwrap_or_default(),
    );
    let analysis = Analysis::named(of).ok_or_else(|| PageError::NotFound(of.to_owned()))?;
    let scope = Scope::new(log, question, zone, None).wanting(figure);
    // The tally that is wanted keeps its rows in the scope; the report is for others.
    drop(analysis.run(&scope));
    let arranged = scope.arranged.clone();
    let found = scope.found().ok_or_else(|| PageError::NotFound(figure.to_owned()))?;
    let counted = Scope::new(log, question, zone, None);
    let session_line = |session: SessionIndex| {
        let facts = arranged.facts(session);
        let key = log.sessions[session as usize].iter().next().map(|event| log.key(event));
        Line {
            at: facts.first,
            session: log.session_id(session),
            visitor: facts.visitor.known().and_then(|visitor| log.visitor_id(visitor)),
            kind: "",
            page: String::new(),
            events: counted.events(session).count(),
            millis: (facts.last - facts.first) / 1000,
            device: device_name(facts.device),
            language: language_name(facts.language),
            key: key.unwrap_or(RowKey {
                id: 0,
                topic: String::new(),
                partition: 0,
                offset: 0,
            }),
            status: 0,
            request: String::new(),
        }
    };
    let event_line = |index: u32| {
        let event = log.event(index);
        Line {
            at: event.at,
            kind: event.kind.name(),
            page: log.names.text(event.page).to_owned(),
            key: log.key(index),
            ..session_line(event.session)
        }
    };
    let rows = found.rows.iter().skip(first).take(most).copied();
    Ok(List {
        unit: found.unit,
        total: found.rows.len(),
        lines: match found.unit {
            Unit::Events => rows.map(event_line).collect(),
            Unit::Sessions | Unit::Visitors => rows.map(session_line).collect(),
            Unit::Requests => rows
                .filter_map(|place| log.requests.get(place))
                .map(|request| request_line(log, request))
                .collect(),
        },
    })
}
