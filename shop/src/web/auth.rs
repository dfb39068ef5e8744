//! `/signup`, `/login`, `/logout`

use axum::Form;

use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use schemas::events::LoginFailure;
use serde::Deserialize;

use super::caller::{By, Caller};
use super::cookies::Change;
use super::error::PageError;
use super::record::Changed;
use super::{Site, language};
use crate::domain::account::NewAccount;
use crate::pages;
use crate::pages::parts::field::Errors;
use crate::store::{Answers, Credentials, NewSignIn};

/// What the forms send.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Typed {
    email: String,
    password: String,
    name: String,
    next: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Where {
    next: String,
}

type SentForm = Result<Form<Typed>, FormRejection>;

pub(super) async fn signup_page(
    By(caller): By,
    State(site): State<Site>,
    to: Result<Query<Where>, QueryRejection>,
) -> Result<impl IntoResponse, PageError> {
    let Query(to) = to.unwrap_or_default();
    let frame = caller.frame(&site).await?;
    let page = pages::signup::signup(&frame, "", "", language::local(&to.next), &Errors::default());
    Ok((caller.saw(caller.view()), page))
}

pub(super) async fn signup(By(caller): By, State(site): State<Site>, form: SentForm) -> Result<Response, PageError> {
    let Form(typed) = form?;
    let account = match NewAccount::parse(&typed.email, &typed.password, &typed.name) {
        Ok(account) => account,
        Err(errors) => return signup_again(&site, &caller, &typed, &errors).await,
    };
    let status = StatusCode::SEE_OTHER.as_u16();
    let visitor = caller.visit.visitor;
    let signed_up = site
        .store
        .sign_up(&caller.occasion, visitor, &account, caller.language, status)
        .await?;
    match signed_up {
        Ok(sign_in) => Ok(signed_in(&sign_in, &typed.next)),
        Err(error) => signup_again(&site, &caller, &typed, &[error]).await,
    }
}

async fn signup_again(
    site: &Site,
    caller: &Caller,
    typed: &Typed,
    errors: &[crate::domain::FieldError],
) -> Result<Response, PageError> {
    let errors = Errors::of_fields(caller.words(), errors);
    let frame = caller.frame(site).await?;
    let page = pages::signup::signup(&frame, &typed.email, &typed.name, language::local(&typed.next), &errors);
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

pub(super) async fn login_page(
    By(caller): By,
    State(site): State<Site>,
    to: Result<Query<Where>, QueryRejection>,
) -> Result<Response, PageError> {
    let Query(to) = to.unwrap_or_default();
    if caller.signed_in.is_some() {
        return Ok(Redirect::to(language::local(&to.next)).into_response());
    }
    let page = pages::login::login(&caller.frame(&site).await?, "", language::local(&to.next), None);
    Ok((caller.saw(caller.view()), page).into_response())
}

pub(super) async fn login(By(caller): By, State(site): State<Site>, form: SentForm) -> Result<Response, PageError> {
    let Form(typed) = form?;
    let address = caller.occasion.ip_address.as_deref().unwrap_or("");
    let key = (address, typed.email.trim());
    if site.sign_in_limit.is_reached(key, caller.occasion.at) {
        let why = LoginFailure::RateLimited;
        let status = StatusCode::TOO_MANY_REQUESTS;
        site.store
            .record_sign_in_refused(&caller.occasion, why, status.as_u16())
            .await?;
        return login_again(&site, &caller, &typed, (status, why)).await;
    }
    let credentials = Credentials {
        email: &typed.email,
        password: &typed.password,
    };
    let answers = Answers {
        accepted: StatusCode::SEE_OTHER.as_u16(),
        refused: StatusCode::UNPROCESSABLE_ENTITY.as_u16(),
    };
    match site
        .store
        .sign_in(&caller.occasion, caller.visit.visitor, credentials, answers)
        .await?
    {
        Ok(sign_in) => {
            site.sign_in_limit.forget(key);
            Ok(signed_in(&sign_in, &typed.next))
        }
        Err(why) => {
            site.sign_in_limit.count(key, caller.occasion.at);
            login_again(&site, &caller, &typed, (StatusCode::UNPROCESSABLE_ENTITY, why)).await
        }
    }
}

async fn login_again(
    site: &Site,
    caller: &Caller,
    typed: &Typed,
    (status, why): (StatusCode, LoginFailure),
) -> Result<Response, PageError> {
    let problems = &caller.words().problems;
    let said = match why {
        LoginFailure::Credentials => problems.credentials,
        LoginFailure::RateLimited => problems.rate_limited,
    };
    let frame = caller.frame(site).await?;
    let page = pages::login::login(&frame, &typed.email, language::local(&typed.next), Some(said));
    Ok((status, page).into_response())
}

/// The visitor's cart is the account's from now on.
fn signed_in(sign_in: &NewSignIn, next: &str) -> Response {
    let changed = Changed {
        has_cart: Some(false),
        cookies: vec![Change::SignedIn(sign_in.token)],
    };
    (changed, Redirect::to(language::local(next))).into_response()
}

pub(super) async fn logout(By(caller): By, State(site): State<Site>) -> Result<Response, PageError> {
    if let Some(token) = caller.token {
        let status = StatusCode::SEE_OTHER.as_u16();
        site.store.sign_out(&caller.occasion, token, status).await?;
    }
    let changed = Changed {
        has_cart: None,
        cookies: vec![Change::SignedOut],
    };
    Ok((changed, Redirect::to("/")).into_response())
}
