//! `/account`

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};

use super::Site;
use super::caller::By;
use super::error::PageError;
use crate::pages;

pub(super) async fn index(By(caller): By, State(site): State<Site>) -> Result<Response, PageError> {
    let Some(who) = &caller.signed_in else {
        return Ok(Redirect::to("/login?next=/account").into_response());
    };
    let email = site.store.email_of(who.user).await?;
    let email = email.as_ref().map_or("", |email| email.as_str());
    let page = pages::account::account(&caller.frame(&site).await?, who.name.as_str(), email);
    Ok((caller.saw(caller.view()), page).into_response())
}
