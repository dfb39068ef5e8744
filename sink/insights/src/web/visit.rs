//! One visit as a timeline: found by session, visitor, order or request.

use axum::extract::{Query, State};
use axum::response::Response;
use std::collections::HashMap;

use maud::{Markup, html};
use schemas::EventType;
use uuid::Uuid;

use super::drawn;
use super::error::PageError;
use super::layout;
use super::page::{Given, fresh, moment, warned, with_log};
use super::seen::{self, Happened, SeenPage};
use super::site::Site;
use crate::events::{Log, SessionIndex, Visitor, device_name, language_name};
use crate::question::Question;
use crate::scope::Scope;
use crate::source::{Detail, ProductThen, RowKey};

/// Events of one visit that are shown.
const MOST_EVENTS: usize = 400;
/// Sessions of a visitor that are listed.
const MOST_SESSIONS: usize = 100;
/// How far from the time in its id a request is looked for, in microseconds.
const NEAR: i64 = 3_600_000_000;

/// What was found.
enum Found {
    Nothing,
    Session(Box<Visit>),
    Visitor(String, Vec<SessionLine>),
}

struct Visit {
    id: String,
    visitor: Option<String>,
    device: &'static str,
    language: &'static str,
    campaign: String,
    bot: bool,
    new: bool,
    others: Vec<SessionLine>,
    events: Vec<(i64, RowKey, &'static str, String, bool)>,
    total: usize,
}

struct SessionLine {
    id: String,
    at: i64,
    events: usize,
    orders: usize,
}

pub(super) async fn page(State(site): State<Site>, Query(given): Given) -> Result<Markup, PageError> {
    let question = Question::read(given)?;
    let trouble = fresh(&site).await?;
    let asked = question.own("id").unwrap_or_default().to_owned();
    let id = session_of_request(&site, &asked)
        .await?
        .unwrap_or_else(|| asked.clone());
    let scope_question = question.clone();
    let found = with_log(&site, move |log, zone| {
        let scope = Scope::new(log, &scope_question, zone, None);
        Ok(find(log, &scope, &id))
    })
    .await?;
    let details = details(&site, &found).await?;
    let pages = seen_pages(&found, &details);
    let has_shop = site.shop.is_some();
    let link = |view: &str| {
        let changes = [("id", asked.as_str()), ("view", view)];
        has_shop.then(|| question.here("/insights/visit", &changes) + "#again")
    };
    let again = again(&site, &question, &pages).await?;
    let then = products_then(&site, &pages).await?;
    let content = html! {
        h1 { "One visit" }
        (warned(trouble.as_ref()))
        form.find-visit action="/insights/visit" method="get" {
            label for="id" { "Session, visitor, order or request" }
            input #id name="id" value=(asked) autocomplete="off" spellcheck="false" required;
            button.primary type="submit" { "Find" }
        }
        @match &found {
            Found::Nothing if asked.is_empty() => p.quiet-text { "Every list of sessions and events on these pages leads here, too." },
            Found::Nothing => p.alert role="alert" { "Nothing of that id is in the table." },
            Found::Session(visit) => { (again) (timeline(visit, &details)) (seen::drawn(&pages, &then, &link)) }
            Found::Visitor(id, sessions) => { h2 { "Visitor " code { (id) } } (sessions_list(sessions)) }
        }
    };
    Ok(layout::page("One visit", "visit", &question, &content))
}

fn seen_pages(found: &Found, details: &[Detail]) -> Vec<SeenPage> {
    let Found::Session(visit) = found else {
        return Vec::new();
    };
    let events = visit.events.iter().map(|(at, key, kind, page, _)| Happened {
        at: *at,
        key,
        kind,
        page,
    });
    seen::pages(events, details)
}

/// The page that the address asks for, as the shop draws it today.
async fn again(site: &Site, question: &Question, pages: &[SeenPage]) -> Result<Markup, PageError> {
    let asked = question.own("view").unwrap_or_default();
    let Some(page) = pages.iter().find(|page| page.is(asked)) else {
        return Ok(html! {});
    };
    let document = document(site, page).await?;
    let alone = question.here("/insights/visit/page", &[]);
    Ok(html! {
        section.report id="again" {
            h2 { "Seen again" }
            @match &document {
                Some(document) => {
                    p.note {
                        "Drawn by the shop's templates of today, from the visit's events and the catalogue of that moment: nothing of the page ever left the \
                         browser. Numbers are the visitor's clicks in their order. " a href=(alone) { "In a window of its own" }
                    }
                    (drawn::framed(document, page.width().unwrap_or(1280), "The page, seen again"))
                }
                None => p.note { "Events don't tell enough of this page to draw it: its outline is below." },
            }
        }
    })
}

async fn document(site: &Site, page: &SeenPage) -> Result<Option<String>, PageError> {
    let mut then = page.then();
    drawn::remember(site, &mut then, page.at).await?;
    Ok(drawn::document(site, &then, &page.marks()))
}

/// A page of a visit alone.
pub(super) async fn alone(State(site): State<Site>, Query(given): Given) -> Result<Response, PageError> {
    let question = Question::read(given)?;
    fresh(&site).await?;
    let id = question.own("id").unwrap_or_default().to_owned();
    let asked = question.clone();
    let found = with_log(&site, move |log, zone| {
        Ok(find(log, &Scope::new(log, &asked, zone, None), &id))
    })
    .await?;
    let details = details(&site, &found).await?;
    let pages = seen_pages(&found, &details);
    let view = question.own("view").unwrap_or_default();
    let page = pages.iter().find(|page| page.is(view));
    let document = match page {
        Some(page) => document(&site, page).await?,
        None => None,
    };
    document
        .map(drawn::alone)
        .ok_or_else(|| PageError::NotFound(view.to_owned()))
}

async fn details(site: &Site, found: &Found) -> Result<Vec<Detail>, PageError> {
    let Found::Session(visit) = found else {
        return Ok(Vec::new());
    };
    let keys: Vec<RowKey> = visit.events.iter().map(|(_, key, ..)| key.clone()).collect();
    Ok(site.state.source.details(&keys).await?)
}

/// What the pages' products were called and cost when they were looked at.
async fn products_then(site: &Site, pages: &[SeenPage]) -> Result<HashMap<(i64, i64), ProductThen>, PageError> {
    let mut then = HashMap::new();
    let drawn = pages.iter().take(seen::MOST_PAGES);
    for (product, at) in drawn.filter_map(|page| Some((page.product?, page.at))) {
        if let Some(found) = site.state.source.product_at(product, at).await? {
            then.insert((product, at), found);
        }
    }
    Ok(then)
}

/// A request's id is a `UUIDv7`, which says when it was made: that is where its row is looked for.
async fn session_of_request(site: &Site, text: &str) -> Result<Option<String>, PageError> {
    if !text.contains('-') {
        return Ok(None);
    }
    let Ok(id) = Uuid::parse_str(text) else { return Ok(None) };
    // Another kind of id is no request's, and would have the whole table searched.
    let Some(stamp) = id.get_timestamp().filter(|_| id.get_version_num() == 7) else {
        return Ok(None);
    };
    let (seconds, nanos) = stamp.to_unix();
    let at = i64::try_from(seconds).unwrap_or(0) * 1_000_000 + i64::from(nanos / 1000);
    let near = (at - NEAR, at + NEAR);
    Ok(site.state.source.session_of_request(&id.to_string(), near).await?)
}

fn find(log: &Log, scope: &Scope<'_>, id: &str) -> Found {
    if let Some(session) = log.find_session(id).filter(|_| id.len() == 32) {
        return Found::Session(Box::new(visit(log, scope, session)));
    }
    if let Some(visitor) = log.find_visitor(id).filter(|_| id.len() == 32) {
        let sessions = scope.arranged.of_visitor(Visitor(visitor));
        return Found::Visitor(
            id.to_owned(),
            sessions
                .iter()
                .take(MOST_SESSIONS)
                .map(|session| line(scope, *session))
                .collect(),
        );
    }
    let order = id.parse::<i64>().ok().and_then(|order| {
        let order = log.entities.find(order)?;
        let placed = |event: &&crate::events::Event| event.kind == EventType::OrderPlaced && event.entity == order;
        log.events.iter().find(placed)
    });
    order.map_or(Found::Nothing, |event| {
        Found::Session(Box::new(visit(log, scope, event.session)))
    })
}

fn visit(log: &Log, scope: &Scope<'_>, session: SessionIndex) -> Visit {
    let facts = scope.facts(session);
    let others = scope
        .arranged
        .of_visitor(facts.visitor)
        .iter()
        .filter(|other| **other != session);
    let events = scope.events(session);
    let events: Vec<_> = events
        .map(|(index, event)| {
            (
                event.at,
                log.key(index),
                event.kind.name(),
                log.names.text(event.page).to_owned(),
                event.late,
            )
        })
        .collect();
    Visit {
        id: log.session_id(session),
        visitor: facts.visitor.known().and_then(|visitor| log.visitor_id(visitor)),
        device: device_name(facts.device),
        language: language_name(facts.language),
        campaign: log.names.text(facts.campaign).to_owned(),
        bot: facts.bot,
        new: facts.new,
        others: others.take(MOST_SESSIONS).map(|other| line(scope, *other)).collect(),
        total: events.len(),
        events: events.into_iter().take(MOST_EVENTS).collect(),
    }
}

fn line(scope: &Scope<'_>, session: SessionIndex) -> SessionLine {
    SessionLine {
        id: scope.log.session_id(session),
        at: scope.facts(session).first,
        events: scope.events(session).count(),
        orders: scope
            .events(session)
            .filter(|(_, event)| event.kind == EventType::OrderPlaced)
            .count(),
    }
}

fn timeline(visit: &Visit, details: &[Detail]) -> Markup {
    let first = visit.events.first().map_or(0, |event| event.0);
    html! {
        h2 { "Session " code { (visit.id) } }
        p {
            (visit.total) " events from " (moment(first)) " · " (visit.device) " · " (visit.language)
            @if !visit.campaign.is_empty() { " · " (visit.campaign) }
            @if visit.new { " · the visitor's first session" }
            @if visit.bot { " · a bot" }
        }
        @if let Some(visitor) = &visit.visitor {
            p { "Visitor " a href={ "/insights/visit?id=" (visitor) } { code { (visitor) } } " · " (visit.others.len()) " other sessions" }
        }
        p { a href="#seen" { "The pages, seen again" } }
        ol.timeline {
            @for (place, (at, key, kind, page, late)) in visit.events.iter().enumerate() {
                @let before = place.checked_sub(1).map_or(*at, |before| visit.events[before].0);
                li class={ "kind-" (kind) } {
                    span.when { (moment(*at).get(11..19).unwrap_or_default()) span.gap { "+" (gap(at - before)) } }
                    div {
                        strong { (kind.replace('_', " ")) } " " (page)
                        @if *late { span.late { " came late" } }
                        @if let Some(detail) = details.iter().find(|detail| detail.key == *key) {
                            details {
                                summary { (detail.path) }
                                pre { (pretty(&detail.details)) }
                                p.small {
                                    code { (key.topic) "/" (key.partition) "/" (key.offset) }
                                    @if let Some(request) = &detail.request_id { " · request " code { (request) } }
                                    @if let Some(referrer) = &detail.referrer { " · from " (referrer) }
                                }
                            }
                        }
                    }
                }
            }
        }
        @if visit.total > visit.events.len() { p.note { (visit.total - visit.events.len()) " more events are not shown." } }
    }
}

fn sessions_list(sessions: &[SessionLine]) -> Markup {
    html! {
        table {
            thead { tr { th scope="col" { "Begins" } th scope="col" { "Session" } th scope="col" { "Events" } th scope="col" { "Orders" } } }
            tbody {
                @for session in sessions {
                    tr {
                        td { (moment(session.at)) }
                        td { a href={ "/insights/visit?id=" (session.id) } { code { (session.id.get(..8).unwrap_or_default()) } } }
                        td.n { (session.events) }
                        td.n { (session.orders) }
                    }
                }
            }
        }
    }
}

fn gap(micros: i64) -> String {
    match micros / 1000 {
        millis @ ..1000 => format!("{millis} ms"),
        millis @ ..60_000 => format!("{:.1} s", millis as f64 / 1000.0),
        millis => format!("{} min", millis / 60_000),
    }
}

fn pretty(json: &str) -> String {
    let parsed = serde_json::from_str::<serde_json::Value>(json);
    parsed
        .and_then(|value| serde_json::to_string_pretty(&value))
        .unwrap_or_else(|_| json.to_owned())
}
