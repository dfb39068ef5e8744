//! Ask: a question of one's own in SQL, whose address is a link.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{Query, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

use super::error::PageError;
use super::layout;
use super::page::Given;
use super::site::Site;
use crate::ask::{Answer, AskDatabase, AskError, Bounds};
use crate::plots;
use crate::question::Question;
use crate::report::{Cell, Column, Plot, Table, Value};

pub(super) async fn page(State(site): State<Site>, Query(given): Given) -> Result<Response, PageError> {
    let question = Question::read(given)?;
    let Some(database) = &site.ask else {
        let content = html! {
            h1 { "Ask" }
            p.says { "Questions in SQL need a role of their own that can't write." }
            p { "On PostgreSQL, make one and name its URL with " code { "--ask-database" } ":" }
            pre { "CREATE ROLE asker LOGIN PASSWORD '...';\nGRANT SELECT ON user_activity_log, product TO asker;" }
        };
        return Ok(layout::page("Ask", "ask", &question, &content).into_response());
    };
    let sql = question.own("sql").unwrap_or_default();
    let begun = Instant::now();
    let answer = if sql.is_empty() {
        None
    } else {
        Some(put(&site, database, sql).await?)
    };
    let took = begun.elapsed();
    let status = match &answer {
        Some(Err(error)) => status(error),
        _ => StatusCode::OK,
    };
    let content = html! {
        h1 { "Ask" }
        p.says { "One question in SQL over " code { "user_activity_log" } " and " code { "product" } "; its address is a link to send." }
        (editor(database, &question, sql))
        @match &answer {
            None => {}
            Some(Err(error)) => { p.alert role="alert" { (error.to_string()) "." } }
            Some(Ok(answer)) => {
                (shown(answer))
                p.small { (answer.rows.len()) " rows in " (took.as_millis()) " ms · " a href=(question.here("/insights/ask.csv", &[])) { "CSV" } }
            }
        }
    };
    Ok((status, layout::page("Ask", "ask", &question, &content)).into_response())
}

fn editor(database: &AskDatabase, question: &Question, sql: &str) -> Markup {
    html! {
        p.examples {
            @for (says, sql) in database.examples() {
                a href=(question.address("/insights/ask", &[("sql", sql)])) { (says) }
            }
        }
        form action="/insights/ask" method="get" {
            label for="sql" { "SQL" }
            textarea #sql name="sql" spellcheck="false" required { (sql) }
            button.primary type="submit" { "Ask" }
        }
    }
}

fn shown(answer: &Answer) -> Markup {
    let table = as_table(answer);
    let bounds = Bounds::default();
    html! {
        @match answer.cut {
            Some("rows") => p.note { "Cut off after " (bounds.rows) " rows, the bound of rows: GROUP BY or LIMIT says more in fewer." },
            Some(_) => p.note { "Cut off after " (bounds.bytes / 1024) " KB, the bound of bytes: name the columns that you need instead of *." },
            None => {}
        }
        @if let Some(plot) = plots::draw(&table) { figure tabindex="0" { (plot) } }
        @if answer.rows.is_empty() { p.quiet-text { "No rows." } } @else {
            div.scroll tabindex="0" role="region" aria-label="Answer" {
                table {
                    thead { tr { @for column in &answer.columns { th scope="col" { (column) } } } }
                    tbody {
                        @for row in &answer.rows {
                            tr { @for cell in row { td { @match cell { Some(text) => (text), None => span.quiet-text { "null" }, } } } }
                        }
                    }
                }
            }
        }
    }
}

/// The answer as a table of ours: drawn, when it is a name and a number.
fn as_table(answer: &Answer) -> Table {
    let mut table = Table::new("answer", "Answer", &[]);
    table.columns = answer
        .columns
        .iter()
        .map(|name| Column::new(name.clone(), name.clone()))
        .collect();
    let cell = |text: &Option<String>| match text {
        None => Cell::of(Value::Nothing),
        Some(text) => text
            .parse::<f64>()
            .ok()
            .filter(|number| number.is_finite())
            .map_or_else(|| Cell::text(text.clone()), |number| Cell::of(Value::Number(number))),
    };
    table.rows = answer.rows.iter().map(|row| row.iter().map(cell).collect()).collect();
    let is_number = |column: usize| {
        table
            .rows
            .iter()
            .all(|row| !matches!(row.get(column).map(|cell| &cell.value), Some(Value::Text(_)) | None))
    };
    let is_day = table.rows.iter().all(|row| matches!(row.first().map(|cell| &cell.value), Some(Value::Text(text)) if text.len() == 10 && text.as_bytes()[4] == b'-'));
    if table.rows.len() > 1 && table.columns.len() > 1 && is_number(1) {
        let plot = if is_day {
            Plot::Line {
                x: 0,
                ys: vec![1],
                unit: "",
            }
        } else {
            Plot::Bars {
                label: 0,
                value: 1,
                unit: "",
            }
        };
        return table.drawn(plot);
    }
    table
}

pub(super) async fn csv(State(site): State<Site>, Query(given): Given) -> Response {
    let answer = async {
        let question = Question::read(given)?;
        let database = site.ask.as_ref().ok_or_else(|| PageError::NotFound("ask".to_owned()))?;
        put(&site, database, question.own("sql").unwrap_or_default()).await
    };
    match answer.await {
        Ok(Ok(answer)) => {
            let headers = [(CONTENT_TYPE, "text/csv; charset=utf-8")];
            let mut response = (headers, text(&answer)).into_response();
            name_file(&answer, response.headers_mut());
            response
        }
        Ok(Err(error)) => refused(&error),
        Err(error) => error.into_json(),
    }
}

/// A file that was cut off says so in its name: whoever opens it later sees no page beside it.
fn name_file(answer: &Answer, headers: &mut HeaderMap) {
    let Some(bound) = answer.cut else {
        let whole = HeaderValue::from_static("attachment; filename=\"answer.csv\"");
        headers.insert(CONTENT_DISPOSITION, whole);
        return;
    };
    let name = format!(
        "attachment; filename=\"answer-only-the-first-{}-rows.csv\"",
        answer.rows.len()
    );
    // Of digits and small letters, which a header takes.
    if let Ok(name) = HeaderValue::try_from(name) {
        headers.insert(CONTENT_DISPOSITION, name);
    }
    headers.insert("x-cut-off-by", HeaderValue::from_static(bound));
}

/// Puts a question, when not too many are being answered. It is worked on to its end, so that who goes away makes no room for another.
async fn put(site: &Site, database: &AskDatabase, sql: &str) -> Result<Result<Answer, AskError>, PageError> {
    let Ok(permit) = Arc::clone(&site.asking).try_acquire_owned() else {
        return Ok(Err(AskError::Busy));
    };
    let (database, sql) = (database.clone(), sql.to_owned());
    let asking = tokio::spawn(async move {
        let answer = database.ask(&sql, Bounds::default()).await;
        drop(permit);
        answer
    });
    asking.await.map_err(|error| PageError::Broke(error.to_string()))
}

const fn status(error: &AskError) -> StatusCode {
    match error {
        AskError::Busy => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::BAD_REQUEST,
    }
}

fn refused(error: &AskError) -> Response {
    (
        status(error),
        axum::Json(serde_json::json!({ "error": error.to_string() })),
    )
        .into_response()
}

/// As it came, without any reading of numbers.
fn text(answer: &Answer) -> String {
    let line =
        |cells: &mut dyn Iterator<Item = &str>| cells.map(crate::report::quoted).collect::<Vec<_>>().join(",") + "\r\n";
    let mut text = line(&mut answer.columns.iter().map(String::as_str));
    for row in &answer.rows {
        text.push_str(&line(&mut row.iter().map(|cell| cell.as_deref().unwrap_or_default())));
    }
    text
}
