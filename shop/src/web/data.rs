//! The pages under `/data`: the portal makes their contents, the shop their frame.
//!
//! Messages are shown on a loopback address to everybody, elsewhere to who has shown the portal's token ([`super::data_token`]).

use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use portal::search::Lines;
use portal::{Filter, Jump, Page, Portal, Reader, TopicQuery};
use serde::Deserialize;

use super::Site;
use super::caller::{By, Caller};
use super::error::PageError;
use crate::domain::Language;
use crate::pages::assets::Asset;
use crate::pages::layout::{Head, page_with};

/// What these pages need beside what every page has.
const EXTRAS: &[Asset] = &[Asset::DataStyle, Asset::Data];
const JSON_SCHEMA: [(HeaderName, &str); 1] = [(CONTENT_TYPE, "application/schema+json")];
const YAML: [(HeaderName, &str); 1] = [(CONTENT_TYPE, "application/yaml; charset=utf-8")];
const TEXT: [(HeaderName, &str); 1] = [(CONTENT_TYPE, "text/plain; charset=utf-8")];
const NEVER_KEPT: [(HeaderName, &str); 1] = [(CACHE_CONTROL, "no-store")];

/// What the pages' forms ask for; what is missing is empty.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    topic: String,
    r#type: String,
    field: String,
    value: String,
    partition: String,
    offset: String,
    time: String,
    lines: String,
}

impl Asked {
    /// What the lines of a download hold.
    pub(super) fn lines(&self) -> Lines {
        if self.lines == "values" {
            Lines::Values
        } else {
            Lines::Messages
        }
    }

    pub(super) fn filter(&self) -> Filter {
        Filter::of(&self.topic, &self.r#type, &self.field, &self.value)
    }
}

pub(super) type AskedFor = Result<Query<Asked>, QueryRejection>;

/// An address that says nothing sensible asks for nothing.
pub(super) fn asked(query: AskedFor) -> Asked {
    query.map(|Query(asked)| asked).unwrap_or_default()
}

pub(super) fn reader(caller: &Caller, site: &Site) -> Reader {
    Reader {
        language: match caller.language {
            Language::Ko => portal::Language::Ko,
            Language::En => portal::Language::En,
        },
        session: Some(caller.visit.session.to_string()),
        may_read: site.manners.portal.opens(caller.portal.as_ref()),
        has_classroom: site.manners.has_classroom(),
    }
}

/// The page in the shop's frame.
pub(super) async fn framed(caller: &Caller, site: &Site, page: Page) -> Result<Response, PageError> {
    let head = Head {
        title: &page.title,
        hidden: true,
        extras: EXTRAS,
        ..Head::default()
    };
    let frame = caller.frame(site).await?;
    let status = StatusCode::from_u16(page.status).unwrap_or(StatusCode::OK);
    let shown = page_with(&frame, &head, &page.content);
    if status == StatusCode::OK {
        return Ok((caller.saw(caller.view()), shown).into_response());
    }
    Ok((status, shown).into_response())
}

pub(super) async fn index(By(caller): By, State(site): State<Site>) -> Result<Response, PageError> {
    let page = site.portal.overview(&reader(&caller, &site));
    framed(&caller, &site, page).await
}

pub(super) async fn live(State(portal): State<Portal>) -> impl IntoResponse {
    (NEVER_KEPT, Json(portal.live()))
}

pub(super) async fn topic(
    By(caller): By,
    State(site): State<Site>,
    name: Result<Path<String>, PathRejection>,
    query: AskedFor,
) -> Result<Response, PageError> {
    let Path(name) = name.map_err(|_| PageError::NotFound)?;
    let asked = asked(query);
    let query = TopicQuery {
        jump: Jump::of(&asked.partition, &asked.offset, &asked.time),
        event_type: Some(asked.r#type).filter(|name| !name.is_empty()),
    };
    let page = site.portal.topic(&reader(&caller, &site), &name, &query).await;
    framed(&caller, &site, page).await
}

pub(super) async fn tail(By(caller): By, State(site): State<Site>, query: AskedFor) -> Result<Response, PageError> {
    let page = site.portal.tail(&reader(&caller, &site), &asked(query).filter());
    framed(&caller, &site, page).await
}

pub(super) async fn message(
    By(caller): By,
    State(site): State<Site>,
    place: Result<Path<(String, String, String)>, PathRejection>,
) -> Result<Response, PageError> {
    let Path((topic, partition, offset)) = place.map_err(|_| PageError::NotFound)?;
    let reader = reader(&caller, &site);
    let page = site.portal.message(&reader, (&topic, &partition, &offset)).await;
    framed(&caller, &site, page).await
}

pub(super) async fn search(By(caller): By, State(site): State<Site>, query: AskedFor) -> Result<Response, PageError> {
    let filter = asked(query).filter();
    let page = site.portal.search(&reader(&caller, &site), &filter, &caller.here).await;
    framed(&caller, &site, page).await
}

pub(super) async fn consumer(By(caller): By, State(site): State<Site>) -> Result<Response, PageError> {
    let page = site.portal.consumer(&reader(&caller, &site));
    framed(&caller, &site, page).await
}

pub(super) async fn groups(State(portal): State<Portal>) -> impl IntoResponse {
    (NEVER_KEPT, Json(portal.groups()))
}

pub(super) async fn documents(By(caller): By, State(site): State<Site>) -> Result<Response, PageError> {
    let page = site.portal.documents(&reader(&caller, &site));
    framed(&caller, &site, page).await
}

pub(super) async fn schema(
    By(caller): By,
    State(site): State<Site>,
    file: Result<Path<String>, PathRejection>,
) -> Result<Response, PageError> {
    let Path(file) = file.map_err(|_| PageError::NotFound)?;
    if let Some(schema) = portal::schema(&file) {
        return Ok((JSON_SCHEMA, schema).into_response());
    }
    let page = site.portal.no_such_schema(&reader(&caller, &site), &file);
    framed(&caller, &site, page).await
}

pub(super) async fn asyncapi(State(portal): State<Portal>) -> impl IntoResponse {
    (YAML, portal.asyncapi())
}

pub(super) async fn contract(State(portal): State<Portal>) -> impl IntoResponse {
    (YAML, portal.contract())
}

pub(super) async fn llms(State(portal): State<Portal>) -> impl IntoResponse {
    (TEXT, portal.llms())
}

pub(super) async fn recipe(
    State(portal): State<Portal>,
    name: Result<Path<String>, PathRejection>,
) -> Result<impl IntoResponse, PageError> {
    let recipe = name.ok().and_then(|Path(name)| portal.recipe(&name));
    Ok((TEXT, recipe.ok_or(PageError::NotFound)?))
}

pub(super) async fn nothing(
    By(caller): By,
    State(site): State<Site>,
    rest: Result<Path<String>, PathRejection>,
) -> Result<Response, PageError> {
    let Path(rest) = rest.map_err(|_| PageError::NotFound)?;
    let page = site.portal.no_such_page(&reader(&caller, &site), &rest);
    framed(&caller, &site, page).await
}
