//! What the portal sends as it comes: the tail as server-sent events, a search's result as lines. Neither leaves an event: a tail that
//! showed itself would never come to rest.

use std::convert::Infallible;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use portal::{Reader, Told};

use super::Site;
use super::caller::address;
use super::data::{AskedFor, asked};
use super::error::PageError;

/// Who reads, where no page is made: the cookies say it.
fn reader(site: &Site, request: &Parts) -> Result<Reader, PageError> {
    let cookies = site.cookies(&request.headers);
    let portal = &site.manners.portal;
    let program = || portal.opens_to_program(&request.headers, address(site, request), site.clock.now());
    let may_read = portal.opens(cookies.portal().as_ref()) || program().map_err(PageError::TooMany)?;
    if !may_read {
        return Err(PageError::NoToken);
    }
    Ok(Reader {
        language: portal::Language::En,
        session: cookies.visit().map(|visit| visit.session.to_string()),
        may_read,
        has_classroom: site.manners.has_classroom(),
    })
}

pub(super) async fn tail(State(site): State<Site>, query: AskedFor, request: Parts) -> Result<Response, PageError> {
    let reader = reader(&site, &request)?;
    let told = site.portal.tail_stream(reader, asked(query).filter());
    let told = told.ok_or(PageError::TooMany(super::pace::Wait(10)))?;
    let events = told.map(|Told { name, data }| Ok::<_, Infallible>(Event::default().event(name).data(data)));
    Ok(Sse::new(events).keep_alive(KeepAlive::default()).into_response())
}

pub(super) async fn search(State(site): State<Site>, query: AskedFor, request: Parts) -> Result<Response, PageError> {
    reader(&site, &request)?;
    let lines = {
        let asked = asked(query);
        site.portal.search_lines(asked.filter(), asked.lines()).await
    };
    let lines = lines.ok_or(PageError::TooMany(super::pace::Wait(10)))?;
    let headers = [
        (CONTENT_TYPE, "application/x-ndjson"),
        (CONTENT_DISPOSITION, "attachment; filename=\"messages.jsonl\""),
    ];
    let body = Body::from_stream(lines.map(|line| line.map_err(std::io::Error::other)));
    Ok((headers, body).into_response())
}
