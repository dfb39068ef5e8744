//! `POST /data/token`: the portal's token for a cookie, so that messages are shown to this browser.

use axum::Form;
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::beside::Changed;
use super::caller::By;
use super::cookies::Change;
use super::data::{framed, reader};
use super::error::PageError;
use super::portal_access::TokenDigest;
use super::{Site, language};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Shown {
    token: String,
    next: String,
}

pub(super) async fn show(
    By(caller): By,
    State(site): State<Site>,
    form: Result<Form<Shown>, FormRejection>,
) -> Result<Response, PageError> {
    let Form(shown) = form?;
    let digest = TokenDigest::of(&shown.token);
    let next = Some(language::local(&shown.next)).filter(|next| next.starts_with("/data"));
    let next = next.unwrap_or("/data");
    let portal = &site.manners.portal;
    let opens = portal.opens_to(&digest, caller.address, site.clock.now());
    if !opens.map_err(PageError::TooMany)? {
        let page = site.portal.wrong_token(&reader(&caller, &site), next);
        return framed(&caller, &site, page).await;
    }
    let cookies = vec![Change::Portal(digest)];
    Ok((Changed { cookies }, Redirect::to(next)).into_response())
}
