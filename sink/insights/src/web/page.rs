//! A report as a page.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use axum::extract::{Path, Query, State};
use maud::{Markup, html};

use super::error::PageError;
use super::section::{Links, figures, help, table};
use super::site::Site;
use super::{filters, layout};
use crate::definitions::{self as means, ALL};
use crate::events::{Log, Partition};
use crate::figures::Analysis;
use crate::question::Question;
use crate::scope::Scope;
use crate::state::Trouble;

pub(super) type Given = Query<BTreeMap<String, String>>;

pub(super) async fn overview(site: State<Site>, given: Given) -> Result<Markup, PageError> {
    analysis(site, Path(Analysis::Overview.name().to_owned()), given).await
}

pub(super) async fn analysis(
    State(site): State<Site>,
    Path(name): Path<String>,
    Query(given): Given,
) -> Result<Markup, PageError> {
    let analysis = Analysis::named(&name).ok_or(PageError::NotFound(name))?;
    let question = Question::read(given)?;
    let trouble = fresh(&site).await?;
    let files = files_fresh(&site, analysis).await?;
    let shop = site.shop.clone();
    with_log(&site, move |log, zone| {
        let begun = Instant::now();
        let scope = Scope::new(log, &question, zone, None).beside(shop);
        let report = analysis.run(&scope);
        let took = begun.elapsed();
        let path = if analysis == Analysis::Overview {
            "/insights".to_owned()
        } else {
            format!("/insights/{}", analysis.name())
        };
        let links = Links {
            question: &question,
            report: analysis.name(),
        };
        let content = html! {
            h1 { (report.title) }
            (warned(trouble.as_ref()))
            (incomplete(log))
            @if let Some(reason) = &files { p.alert role="alert" { "The log files can't be read: " (reason) "." } }
            p.says { (report.says) }
            (filters::form(&scope, analysis, &path))
            @if !report.figures.is_empty() { (figures(&links, &report.figures)) }
            @if analysis == Analysis::Attention { p { a href=(question.here("/insights/clicks", &[])) { "Clicks on the page" } } }
            @for one in &report.tables { (table(&links, one)) }
            @for note in &report.notes { p.note { (note) } }
            (footer(&scope, &path, analysis, took))
        };
        Ok(layout::page(report.title, analysis.name(), &question, &content))
    })
    .await
}

/// What every word means.
pub(super) async fn definitions(Query(given): Given) -> Result<Markup, PageError> {
    let question = Question::read(given)?;
    let content = html! {
        h1 { "Definitions" }
        p.says { "Every word on these pages, in the order in which they build on each other." }
        dl.definitions {
            @for definition in ALL {
                dt id=(definition.id) { (definition.term) }
                dd { (definition.meaning) }
            }
        }
    };
    Ok(layout::page("Definitions", "definitions", &question, &content))
}

/// Reads what is new; a page that waits too long for it says so.
pub(super) async fn fresh(site: &Site) -> Result<Option<Trouble>, PageError> {
    site.state.refresh().await?;
    Ok(site.state.trouble().await)
}

/// For the analysis that stands on the log files: reads what is new in them, and answers why that is not possible.
pub(super) async fn files_fresh(site: &Site, analysis: Analysis) -> Result<Option<String>, PageError> {
    if analysis != Analysis::Server {
        return Ok(None);
    }
    Ok(site.state.refresh_requests().await?)
}

/// Runs `work` over the events on a thread that may take long.
pub(super) async fn with_log<T, F>(site: &Site, work: F) -> Result<T, PageError>
where
    T: Send + 'static,
    F: FnOnce(&Log, schemas::Zone) -> Result<T, PageError> + Send + 'static,
{
    let (log, zone) = (std::sync::Arc::clone(&site.state.log), site.state.zone);
    let done = tokio::task::spawn_blocking(move || work(&log.blocking_read(), zone)).await;
    done.map_err(|error| PageError::Broke(error.to_string()))?
}

pub(super) fn warned(trouble: Option<&Trouble>) -> Markup {
    html! {
        @if let Some(trouble) = trouble {
            @let since = trouble.since.digits();
            p.alert role="alert" {
                "The database can't be read since " (String::from_utf8_lossy(&since[..19])) "Z; the figures are of what was read until then. (" (trouble.reason) ")"
            }
        }
    }
}

/// Rows that count in no figure.
fn incomplete(log: &Log) -> Markup {
    html! {
        @if log.left_out > 0 {
            p.alert role="alert" { (log.left_out) " events are in no figure: the table holds more than fit into memory. Keep fewer days (--retention-days)." }
        }
        @if log.unreadable > 0 {
            p.note { (log.unreadable) " rows could not be read whole; what they lack is in no figure." }
        }
    }
}

/// How complete the figures are, how long they took, and the same as data.
fn footer(scope: &Scope<'_>, path: &str, analysis: Analysis, took: Duration) -> Markup {
    let positions = positions(&scope.log.partitions);
    let newest = scope.arranged.newest.map(moment);
    html! {
        footer.foot {
            p {
                @match (&newest, scope.question.as_of.is_some()) {
                    (None, _) => "The sink has written no events yet.",
                    (Some(newest), false) => { "All events up to " (newest) (help(means::COMPLETE)) }
                    (Some(newest), true) => { "As of positions with all events up to " (newest) ". " (changed(scope)) }
                }
            }
            p.small {
                "Time zone " (scope.zone) " · " (scope.range.first) " to " (scope.range.last) " · worked out in " (took.as_millis()) " ms · "
                a href=(scope.question.here(&format!("/insights/api/{}", analysis.name()), &[])) { "JSON" }
                @if scope.question.as_of.is_some() {
                    " · " a href=(scope.question.here(path, &[("as_of", "")])) { "as of now" }
                } @else if !positions.is_empty() {
                    " · " a href=(frozen(scope, path, &positions)) { "a link that shows the same tomorrow" }
                }
            }
        }
    }
}

/// The address of this page with the positions of now, and the days that are meant.
fn frozen(scope: &Scope<'_>, path: &str, positions: &str) -> String {
    let (from, to) = (scope.range.first.to_string(), scope.range.last.to_string());
    scope.question.here(
        path,
        &[("as_of", positions), ("from", &from), ("to", &to), ("days", "")],
    )
}

/// How many events of the range came after the positions of the address.
fn changed(scope: &Scope<'_>) -> Markup {
    let mut later = 0_u64;
    let limits = &scope.arranged.limits;
    let now = &scope.log.arranged.limits;
    for event in &scope.log.events {
        later += u64::from(scope.range.holds(event.at) && now.admit(event) && !limits.admit(event));
    }
    html! {
        @if later == 0 { "Nothing has changed since." } @else { strong { "Changed since: +" (later) " events of this range" } " came later." }
    }
}

/// The positions as an address carries them.
pub(super) fn positions(partitions: &[Partition]) -> String {
    let mut all: Vec<String> = partitions
        .iter()
        .filter(|partition| partition.next > 0)
        .map(|partition| {
            format!(
                "{}.{}.{}",
                partition.topic.strip_prefix("shop.").unwrap_or(&partition.topic),
                partition.number,
                partition.next
            )
        })
        .collect();
    all.sort_unstable();
    all.join(",")
}

/// `2026-11-30 12:41:07 UTC`
pub(super) fn moment(at: i64) -> String {
    let digits = schemas::Timestamp::from_unix_micros_saturating(at).digits();
    let text = String::from_utf8_lossy(&digits).into_owned();
    format!("{} {} UTC", &text[..10], &text[11..19])
}
