//! `/account`: who one is, and what can be changed about it.

use axum::Form;
use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::{IntoResponse, Redirect, Response};
use schemas::UserId;
use serde::Deserialize;

use super::Site;
use super::asked::Asked;
use super::beside::Changed;
use super::caller::{By, Caller};
use super::cookies::Change;
use super::error::PageError;
use super::pace::Wait;
use super::sign_in_limit::Try;
use crate::domain::{Field, Looked, Password, PersonName};
use crate::pages;
use crate::pages::account::{AccountPage, CURRENT_PASSWORD, DELETE_PASSWORD, NEW_PASSWORD};
use crate::pages::parts::field::Errors;
use crate::store::{NotDone, PasswordChange, SignedIn};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Done {
    done: String,
}

/// What the forms send.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Typed {
    name: String,
    current_password: String,
    new_password: String,
    delete_password: String,
    #[serde(flatten)]
    asked: Asked,
}

type SentForm = Result<Form<Typed>, FormRejection>;

pub(super) async fn index(
    By(caller): By,
    State(site): State<Site>,
    done: Result<Query<Done>, QueryRejection>,
) -> Result<Response, PageError> {
    let Query(Done { done }) = done.unwrap_or_default();
    let account = caller.words().account;
    let notice = match done.as_str() {
        "name" => Some(account.name_saved),
        "password" => Some(account.password_saved),
        _ => None,
    };
    let Some(who) = &caller.signed_in else {
        return Ok(to_login());
    };
    let page = page(&site, &caller, who, (None, &Errors::default(), notice)).await?;
    Ok((caller.saw(caller.view()), page).into_response())
}

pub(super) async fn rename(By(caller): By, State(site): State<Site>, form: SentForm) -> Result<Response, PageError> {
    let Form(typed) = form?;
    caller.stands_on(&typed.asked);
    let Some(user) = caller.user() else {
        return Ok(to_login());
    };
    match PersonName::parse(Field::Name, &typed.name) {
        Ok(name) => {
            site.store.rename(user, &name).await?;
            Ok(Redirect::to("/account?done=name").into_response())
        }
        Err(error) => {
            let errors = Errors::of_fields(caller.words(), &[error]);
            again(&site, &caller, Some(&typed.name), &errors).await
        }
    }
}

pub(super) async fn change_password(
    By(caller): By,
    State(site): State<Site>,
    form: SentForm,
) -> Result<Response, PageError> {
    let Form(typed) = form?;
    caller.stands_on(&typed.asked);
    let Some(user) = caller.user() else {
        return Ok(to_login());
    };
    let words = caller.words();
    let new = match Password::parse(&typed.new_password) {
        Ok(new) => new,
        Err(error) => {
            let errors = Errors::one(NEW_PASSWORD, words.problems.about(error.problem));
            return again(&site, &caller, None, &errors).await;
        }
    };
    let attempt = attempt(&site, &caller, user).await?;
    if let Some(wait) = site.sign_in_limit.wait(&attempt) {
        return too_often(&site, &caller, CURRENT_PASSWORD, wait).await;
    }
    let change = PasswordChange {
        current: &typed.current_password,
        new: &new,
    };
    match site.store.change_password(user, change).await {
        Ok(token) => {
            site.sign_in_limit.succeeded(&attempt);
            let changed = Changed {
                cookies: vec![Change::SignedIn(token)],
            };
            Ok((changed, Redirect::to("/account?done=password")).into_response())
        }
        Err(NotDone::Refused(_)) => {
            site.sign_in_limit.failed(&attempt);
            let errors = Errors::one(CURRENT_PASSWORD, words.account.wrong_password);
            again(&site, &caller, None, &errors).await
        }
        Err(NotDone::Failed(error)) => Err(error.into()),
    }
}

pub(super) async fn delete(By(caller): By, State(site): State<Site>, form: SentForm) -> Result<Response, PageError> {
    let Form(typed) = form?;
    caller.stands_on(&typed.asked);
    let Some(user) = caller.user() else {
        return Ok(to_login());
    };
    let attempt = attempt(&site, &caller, user).await?;
    if let Some(wait) = site.sign_in_limit.wait(&attempt) {
        return too_often(&site, &caller, DELETE_PASSWORD, wait).await;
    }
    match site.store.delete_account(user, &typed.delete_password).await {
        Ok(()) => {
            let changed = Changed {
                cookies: vec![
                    Change::SignedOut,
                    // A digest of the address.
                    Change::KnownNoMore,
                    Change::Visit(caller.visit.anew(rand::random())),
                    Change::Looked(Looked::default()),
                ],
            };
            Ok((changed, Redirect::to("/login?deleted=1")).into_response())
        }
        Err(NotDone::Refused(_)) => {
            site.sign_in_limit.failed(&attempt);
            let errors = Errors::one(DELETE_PASSWORD, caller.words().account.wrong_password);
            again(&site, &caller, None, &errors).await
        }
        Err(NotDone::Failed(error)) => Err(error.into()),
    }
}

/// A password that is asked for here is guessed as slowly as at the door.
async fn attempt(site: &Site, caller: &Caller, user: UserId) -> Result<Try, PageError> {
    let email = site.store.email_of(user).await?;
    Ok(caller.tries(email.as_ref().map_or("", |email| email.as_str())))
}

async fn too_often(
    site: &Site,
    caller: &Caller,
    field: &'static str,
    Wait(seconds): Wait,
) -> Result<Response, PageError> {
    let errors = Errors::one(field, caller.words().problems.rate_limited);
    let page = again(site, caller, None, &errors).await?;
    Ok((StatusCode::TOO_MANY_REQUESTS, [(RETRY_AFTER, seconds)], page).into_response())
}

async fn again(site: &Site, caller: &Caller, typed_name: Option<&str>, errors: &Errors) -> Result<Response, PageError> {
    let Some(who) = &caller.signed_in else {
        return Ok(to_login());
    };
    let page = page(site, caller, who, (typed_name, errors, None)).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

async fn page(
    site: &Site,
    caller: &Caller,
    who: &SignedIn,
    (typed_name, errors, notice): (Option<&str>, &Errors, Option<&str>),
) -> Result<maud::Markup, PageError> {
    let email = site.store.email_of(who.user).await?;
    let shown = AccountPage {
        name: who.name.as_str(),
        email: email.as_ref().map_or("", |email| email.as_str()),
        typed_name: typed_name.unwrap_or_else(|| who.name.as_str()),
        errors,
        notice,
    };
    Ok(pages::account::account(&caller.frame(site).await?, &shown))
}

pub(super) fn to_login() -> Response {
    Redirect::to("/login?next=/account").into_response()
}
