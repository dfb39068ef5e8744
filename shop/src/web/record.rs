//! Around every request: who asks, before the handler; that it began, how it ended and what was seen, after it.
//!
//! One append to the journal for all of it, before the answer leaves. So a request that nobody was answered, because the shop was
//! killed, left nothing; one whose caller went away left its beginning.

use std::sync::Arc;
use std::time::Instant;

use axum::Json;
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use schemas::EventId;
use tokio::time::timeout;

use super::Site;
use super::beside::{Changed, Seen};
use super::caller::Caller;
use super::cookies::{Change, Cookies, Outgoing};
use super::endpoint::Endpoint;
use super::error::PageError;
use super::recorder::{Begun, Ended};
use crate::pages::{self, Frame};
use crate::store::SignedIn;

/// The middleware.
pub(super) async fn around(State(site): State<Site>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let route = route.as_ref().map(MatchedPath::as_str);
    let endpoint = route.and_then(|route| Endpoint::of(request.method(), route));
    if endpoint.is_some_and(|endpoint| !endpoint.is_recorded()) {
        return unrecorded(next.run(request).await);
    }
    let (mut parts, body) = request.into_parts();
    let cookies = site.cookies(&parts.headers);
    let (who, trouble) = who(&site, &cookies).await;
    let caller = Arc::new(Caller::of(&site, &parts, endpoint, &cookies, who));
    let under_way = site.recorder.begun(&caller.occasion, caller.consent, route);
    let response = if let Some(error) = trouble {
        error.into_response()
    } else {
        parts.extensions.insert(Arc::clone(&caller));
        next.run(Request::from_parts(parts, body)).await
    };
    finish(&site, (&caller, endpoint), (under_way, began), response).await
}

async fn who(site: &Site, cookies: &Cookies) -> (Option<SignedIn>, Option<PageError>) {
    let Some(token) = cookies.sign_in() else {
        return (None, None);
    };
    // Here nothing else limits how long it takes.
    let longest = site.manners.answer_timeout;
    match timeout(longest, site.store.signed_in(token)).await {
        Ok(Ok(who)) => (who, None),
        Ok(Err(error)) => (None, Some(error.into())),
        Err(_) => (None, Some(PageError::TimedOut(longest))),
    }
}

async fn finish(
    site: &Site,
    (caller, endpoint): (&Caller, Option<Endpoint>),
    (under_way, began): (Begun<'_>, Instant),
    response: Response,
) -> Response {
    let (mut response, error) = with_error_page(site, caller, endpoint, response).await;
    let seen = response.extensions_mut().remove::<Seen>().unwrap_or_default();
    let mut changed = response.extensions_mut().remove::<Changed>().unwrap_or_default();
    // A link to the page in another language is as good as choosing it.
    changed.cookies.extend(caller.asked_language.map(Change::Language));
    let ended = Ended {
        at: site.clock.now(),
        endpoint,
        status: response.status(),
        took: began.elapsed(),
        error: &error,
    };
    let or_refuse = seen.or_refuse;
    let told: Vec<EventId> = if or_refuse {
        seen.events.iter().map(|event| event.event_id).collect()
    } else {
        Vec::new()
    };
    let kept = under_way.finished(&ended, seen.events).await;
    if kept {
        site.told.remember(told.into_iter());
    }
    if !kept && or_refuse {
        response = come_again();
    }
    with_headers(site, caller, (endpoint, &changed), response)
}

/// The answer to client events that the journal has no room for.
fn come_again() -> Response {
    let said =
        Json(serde_json::json!({ "accepted": 0, "error": "the events can't be kept now; send them again later" }));
    let mut response = (StatusCode::SERVICE_UNAVAILABLE, said).into_response();
    response
        .headers_mut()
        .insert(RETRY_AFTER, HeaderValue::from_static("10"));
    response
}

/// Makes a page (or JSON) of an answer that is an error only, and says what it was.
async fn with_error_page(
    site: &Site,
    caller: &Caller,
    endpoint: Option<Endpoint>,
    mut response: Response,
) -> (Response, Vec<String>) {
    let Some(error) = response.extensions_mut().remove::<Arc<PageError>>() else {
        return (response, Vec::new());
    };
    let (status, failure) = error.kind();
    let page = if endpoint.is_some_and(Endpoint::is_api) {
        let said = if status.is_server_error() {
            "the shop can't do this now".to_owned()
        } else {
            error.to_string()
        };
        (status, Json(serde_json::json!({ "accepted": 0, "error": said }))).into_response()
    } else {
        let frame = pages::Frame {
            view: None,
            ..frame_in_trouble(site, caller, &error).await
        };
        let request_id = caller.occasion.request_id.to_string();
        (status, pages::error::error(&frame, failure, &request_id)).into_response()
    };
    // A 405 names the methods that are allowed.
    let (mut page, allowed) = (page, response.headers_mut().remove("allow"));
    if let Some(allowed) = allowed {
        page.headers_mut().insert("allow", allowed);
    }
    if let Some(seconds) = error.retry_after() {
        page.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    (page, error.chain())
}

/// The frame of an error's page shows the cart as it is. A database that has just failed isn't asked again.
async fn frame_in_trouble<'a>(site: &'a Site, caller: &'a Caller, error: &PageError) -> Frame<'a> {
    if error.kind().0.is_server_error() {
        return caller.frame_with(site, 0);
    }
    let longest = site.manners.answer_timeout;
    let frame = timeout(longest, caller.frame(site)).await;
    match frame.unwrap_or(Err(PageError::TimedOut(longest))) {
        Ok(frame) => frame,
        Err(second) => {
            tracing::warn!(
                error = &second as &dyn std::error::Error,
                "the cart is not known on an error's page"
            );
            caller.frame_with(site, 0)
        }
    }
}

fn with_headers(
    site: &Site,
    caller: &Caller,
    (endpoint, changed): (Option<Endpoint>, &Changed),
    mut response: Response,
) -> Response {
    let outgoing = Outgoing {
        key: &site.manners.key,
        secure: site.manners.public_url.is_https(),
        names: &site.cookie_names,
    };
    let headers = response.headers_mut();
    outgoing.put(&caller.visit, &changed.cookies, headers);
    let id = HeaderValue::from_str(&caller.occasion.request_id.to_string());
    if let Ok(id) = id {
        headers.insert("x-request-id", id);
    }
    // Pages know a visitor's cart: nobody between may keep them. The browser itself may go back to those that show nothing else of a person.
    let only_browsing = caller.signed_in.is_none() && endpoint.is_some_and(Endpoint::shows_products);
    let kept = if only_browsing {
        "private, no-cache"
    } else {
        "private, no-store"
    };
    headers.entry("cache-control").or_insert(HeaderValue::from_static(kept));
    response
}

/// Files and operators' pages: no caller, so a plain sentence instead of a page.
fn unrecorded(mut response: Response) -> Response {
    let Some(error) = response.extensions_mut().remove::<Arc<PageError>>() else {
        return response;
    };
    let mut response = (error.kind().0, error.to_string()).into_response();
    if let Some(seconds) = error.retry_after() {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}
