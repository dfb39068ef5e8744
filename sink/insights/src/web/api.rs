//! The same as data: every report as JSON, every table as CSV.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::error::PageError;
use super::page::{Given, files_fresh, fresh, moment, positions, with_log};
use super::site::Site;
use crate::definitions;
use crate::figures::Analysis;
use crate::question::Question;
use crate::report::Report;
use crate::scope::Scope;

/// What there is.
pub(super) async fn index() -> Response {
    let reports = Analysis::ALL.map(|analysis| json!({ "report": analysis.name(), "title": analysis.title(), "address": format!("/insights/api/{}", analysis.name()) }));
    let words = definitions::ALL
        .iter()
        .map(|word| json!({ "id": word.id, "term": word.term, "meaning": word.meaning }));
    Json(json!({
        "reports": reports,
        "tables": "/insights/api/{report}/{table}.csv",
        "rows": "/insights/api/rows?of={report}&figure={rows}",
        "parameters": ["days", "from", "to", "bots", "language", "device", "campaign", "variant", "visitors", "as_of"],
        "definitions": words.collect::<Vec<_>>(),
    }))
    .into_response()
}

pub(super) async fn json(State(site): State<Site>, Path(name): Path<String>, Query(given): Given) -> Response {
    let answer = async {
        let analysis = Analysis::named(&name).ok_or(PageError::NotFound(name))?;
        let question = Question::read(given)?;
        fresh(&site).await?;
        let files = files_fresh(&site, analysis).await?;
        let shop = site.shop.clone();
        with_log(&site, move |log, zone| {
            let scope = Scope::new(log, &question, zone, None).beside(shop);
            let report = analysis.run(&scope);
            let mut json = report.json();
            json["range"] = json!({ "from": scope.range.first.to_string(), "to": scope.range.last.to_string(), "zone": scope.zone.to_string() });
            json["complete_to"] = scope.arranged.newest.map_or(serde_json::Value::Null, |at| json!(moment(at)));
            json["positions"] = json!(positions(&scope.log.partitions));
            if question.own("links").is_some() {
                json["links"] = report.links();
            }
            if analysis == Analysis::Server {
                json["files_trouble"] = json!(files);
            }
            json["unreadable_rows"] = json!(scope.log.unreadable);
            Ok(json)
        })
        .await
    };
    match answer.await {
        Ok(json) => Json(json).into_response(),
        Err(error) => error.into_json(),
    }
}

pub(super) async fn csv(
    State(site): State<Site>,
    Path((name, file)): Path<(String, String)>,
    Query(given): Given,
) -> Response {
    let answer = async {
        let analysis = Analysis::named(&name).ok_or_else(|| PageError::NotFound(name.clone()))?;
        let question = Question::read(given)?;
        fresh(&site).await?;
        files_fresh(&site, analysis).await?;
        let shop = site.shop.clone();
        with_log(&site, move |log, zone| {
            let report: Report = analysis.run(&Scope::new(log, &question, zone, None).beside(shop));
            let wanted = file.strip_suffix(".csv").unwrap_or(&file);
            let found = report.tables.iter().find(|table| table.id == wanted);
            found
                .map(|table| (table.id, table.csv()))
                .ok_or_else(|| PageError::NotFound(file.clone()))
        })
        .await
    };
    match answer.await {
        Ok((table, csv)) => {
            let file = format!("attachment; filename=\"{name}-{table}.csv\"");
            (
                [
                    (CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
                    (CONTENT_DISPOSITION, file),
                ],
                csv,
            )
                .into_response()
        }
        Err(error) => error.into_json(),
    }
}
