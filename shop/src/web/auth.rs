//! `/signup`, `/login`, `/logout`

use axum::Form;

use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::{IntoResponse, Redirect, Response};
use schemas::events::LoginFailure;
use serde::Deserialize;

use super::asked::Asked;
use super::beside::Changed;
use super::caller::{By, Caller};
use super::cookies::{Change, KnownAccount};
use super::error::PageError;
use super::pace::{Wait, place};
use super::{Site, language};
use crate::domain::account::NewAccount;
use crate::pages;
use crate::pages::login::LoginPage;
use crate::pages::parts::field::Errors;
use crate::store::{Answers, Credentials, NewSignIn, NotDone};

/// What the forms send.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Typed {
    email: String,
    password: String,
    name: String,
    next: String,
    #[serde(flatten)]
    asked: Asked,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Where {
    next: String,
    deleted: Option<String>,
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
    caller.stands_on(&typed.asked);
    let account = match NewAccount::parse(&typed.email, &typed.password, &typed.name) {
        Ok(account) => account,
        Err(errors) => return signup_again(&site, &caller, &typed, &errors).await,
    };
    let pace = site.paces.sign_ups.take(&place(caller.address), caller.occasion.at);
    pace.map_err(PageError::TooMany)?;
    let status = StatusCode::SEE_OTHER.as_u16();
    let visitor = caller.visit.visitor;
    let signed_up = site
        .store
        .sign_up(&caller.occasion, visitor, &account, caller.language, status)
        .await;
    match signed_up {
        Ok(sign_in) => let_in(&site, &caller, &sign_in, &typed).await,
        Err(NotDone::Refused(error)) => signup_again(&site, &caller, &typed, &[error]).await,
        Err(NotDone::Failed(error)) => Err(error.into()),
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
    let shown = LoginPage {
        email: "",
        next: language::local(&to.next),
        problem: None,
        notice: to.deleted.map(|_| caller.words().account.deleted),
    };
    let page = pages::login::login(&caller.frame(&site).await?, &shown);
    Ok((caller.saw(caller.view()), page).into_response())
}

pub(super) async fn login(By(caller): By, State(site): State<Site>, form: SentForm) -> Result<Response, PageError> {
    let Form(typed) = form?;
    caller.stands_on(&typed.asked);
    let attempt = caller.tries(&typed.email);
    if let Some(Wait(seconds)) = site.sign_in_limit.wait(&attempt) {
        let why = LoginFailure::RateLimited;
        let status = StatusCode::TOO_MANY_REQUESTS;
        site.store
            .record_sign_in_refused(&caller.occasion, why, status.as_u16())
            .await?;
        let page = login_again(&site, &caller, &typed, (status, why)).await?;
        return Ok(([(RETRY_AFTER, seconds)], page).into_response());
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
        .await
    {
        Ok(sign_in) => {
            site.sign_in_limit.succeeded(&attempt);
            let_in(&site, &caller, &sign_in, &typed).await
        }
        Err(NotDone::Failed(error)) => Err(error.into()),
        Err(NotDone::Refused(why)) => {
            site.sign_in_limit.failed(&attempt);
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
    let shown = LoginPage {
        email: &typed.email,
        next: language::local(&typed.next),
        problem: Some(said),
        notice: None,
    };
    let page = pages::login::login(&frame, &shown);
    Ok((status, page).into_response())
}

/// The visitor's cart and wish list are the account's from now on; a sign-in that this browser had before is over.
async fn let_in(site: &Site, caller: &Caller, sign_in: &NewSignIn, typed: &Typed) -> Result<Response, PageError> {
    if let Some(before) = caller.token {
        site.store.forget_sign_in(before).await?;
    }
    let language = site.store.language_of(sign_in.who.user).await?;
    let changed = Changed {
        cookies: [
            Some(Change::SignedIn(sign_in.token)),
            Some(Change::Known(KnownAccount::of(&typed.email))),
            language.map(Change::Language),
        ]
        .into_iter()
        .flatten()
        .collect(),
    };
    Ok((changed, Redirect::to(language::local(&typed.next))).into_response())
}

pub(super) async fn logout(By(caller): By, State(site): State<Site>) -> Result<Response, PageError> {
    if let Some(token) = caller.token {
        let status = StatusCode::SEE_OTHER.as_u16();
        site.store.sign_out(&caller.occasion, token, status).await?;
    }
    let changed = Changed {
        cookies: vec![Change::SignedOut],
    };
    Ok((changed, Redirect::to("/")).into_response())
}
