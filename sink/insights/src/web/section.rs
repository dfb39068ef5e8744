//! The parts of a report on a page: figures, plots, tables.

use maud::{Markup, html};

use crate::definitions::Definition;
use crate::plots;
use crate::question::Question;
use crate::report::{Cell, Figure, Table, Value};

/// Rows of a table on a page; the CSV has all.
const MOST_ROWS: usize = 40;

/// Where the cells of a report lead.
pub(super) struct Links<'a> {
    pub question: &'a Question,
    /// The report's name.
    pub report: &'a str,
}

impl Links<'_> {
    fn rows(&self, figure: &str) -> String {
        self.question
            .here("/insights/rows", &[("of", self.report), ("figure", figure)])
    }

    fn csv(&self, table: &str) -> String {
        self.question
            .here(&format!("/insights/api/{}/{table}.csv", self.report), &[])
    }
}

/// The figures, each beside the range before.
pub(super) fn figures(links: &Links<'_>, figures: &[Figure]) -> Markup {
    html! {
        dl.figures {
            @for figure in figures {
                div {
                    dt { (figure.label) (help(figure.means)) }
                    dd {
                        span.number { (cell(links, &figure.cell)) }
                        @if let Some(before) = &figure.before { (change("before", before, &figure.cell.value)) }
                        @if let Some(before) = &figure.weekdays_before { (change("same weekdays", before, &figure.cell.value)) }
                    }
                }
            }
        }
    }
}

fn change(label: &str, before: &Value, now: &Value) -> Markup {
    let change = match (before.number(), now.number()) {
        (Some(was), Some(is)) if was > 0.0 => Some(is / was - 1.0),
        _ => None,
    };
    html! {
        span.before {
            (label) " " (before.shown())
            @if let Some(change) = change { " (" (format!("{:+.0} %", change * 100.0)) ")" }
        }
    }
}

/// A table with its plot; the numbers of a plot open on demand.
pub(super) fn table(links: &Links<'_>, table: &Table) -> Markup {
    let plot = plots::draw(table);
    let folded = plot.is_some();
    html! {
        section.report id=(table.id) {
            h2 { (table.title) @if let Some(means) = table.means { (help(means)) } }
            @if table.rows.is_empty() {
                p.quiet-text { "Nothing in this range." }
            } @else {
                @if let Some(plot) = plot { figure tabindex="0" { (plot) } }
                @if folded {
                    details { summary { "The numbers" } (cells(links, table)) }
                } @else {
                    (cells(links, table))
                }
            }
        }
    }
}

fn cells(links: &Links<'_>, table: &Table) -> Markup {
    let more = table.rows.len().saturating_sub(MOST_ROWS);
    html! {
        div.scroll tabindex="0" role="region" aria-label=(table.title) {
            table {
                thead { tr { @for (place, column) in table.columns.iter().enumerate() { th scope="col" class=[is_number(table, place).then_some("n")] { (column.label) } } } }
                tbody {
                    @for row in table.rows.iter().take(MOST_ROWS) {
                        tr {
                            @for value in row {
                                td class=[(!matches!(value.value, Value::Text(_))).then_some("n")] { (cell(links, value)) }
                            }
                        }
                    }
                }
            }
        }
        p.small {
            @if more > 0 { (more) " more rows are in the file: " }
            a href=(links.csv(table.id)) { "CSV" }
        }
    }
}

fn is_number(table: &Table, column: usize) -> bool {
    table
        .rows
        .first()
        .is_some_and(|row| !matches!(row[column].value, Value::Text(_)))
}

/// A value; one that can be opened is a link.
fn cell(links: &Links<'_>, cell: &Cell) -> Markup {
    let shown = cell.value.shown();
    let empty = cell.value.number() == Some(0.0);
    match (&cell.link, &cell.rows) {
        (Some(link), _) => html! { a href=(link) { (shown) } },
        (None, Some(rows)) if !empty => html! { a href=(links.rows(rows)) { (shown) } },
        _ => html! { (shown) },
    }
}

/// The sentence behind "?".
pub(super) fn help(means: Definition) -> Markup {
    html! {
        " " a.help href={ "/insights/definitions#" (means.id) } title=(means.meaning) aria-label={ "What " (means.term) " means" } { "?" }
    }
}
