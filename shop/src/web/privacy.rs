//! `/privacy`: what is recorded, the choice, and what was recorded of this visit.

use axum::Form;
use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect};
use schemas::Unsealed;
use serde::Deserialize;

use super::beside::Changed;
use super::caller::By;
use super::cookies::Change;
use super::error::PageError;
use super::{Site, recorded, show};
use crate::domain::Consent;
use crate::pages;
use crate::pages::privacy::{PrivacyPage, Record};

/// How many records the page shows.
const SHOWN: u32 = 50;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct How {
    saved: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Chosen {
    consent: String,
}

pub(super) async fn index(
    By(caller): By,
    State(site): State<Site>,
    how: Result<Query<How>, QueryRejection>,
) -> Result<impl IntoResponse, PageError> {
    let shown = PrivacyPage {
        consent: caller.consent,
        privacy_control: caller.privacy_control,
        saved: how.is_ok_and(|Query(how)| how.saved.is_some()),
        recorded: recorded::of(&site, caller.visit.session, SHOWN)
            .await?
            .iter()
            .map(|recorded| record(&recorded.event))
            .collect(),
    };
    let page = pages::privacy::privacy(&caller.frame(&site).await?, &shown);
    Ok((caller.saw(caller.view()), page))
}

pub(super) async fn choose(form: Result<Form<Chosen>, FormRejection>) -> Result<impl IntoResponse, PageError> {
    let Form(chosen) = form?;
    let unknown = || PageError::BadRequest("the choice is neither everything nor necessary".to_owned());
    let consent = Consent::from_code(&chosen.consent).ok_or_else(unknown)?;
    let changed = Changed {
        cookies: vec![Change::Consent(consent)],
    };
    Ok((changed, Redirect::to("/privacy?saved=1")))
}

fn record(event: &Unsealed) -> Record {
    let value: Option<serde_json::Value> = serde_json::from_slice(&event.json).ok();
    let pretty = value.and_then(|value| serde_json::to_string_pretty(&value).ok());
    Record {
        at: show::time_of_day(event.timestamp),
        event_type: event.event_type.name(),
        topic: event.event_type.topic().name(),
        // Events are JSON; were one not, it is shown as it is.
        json: pretty.unwrap_or_else(|| String::from_utf8_lossy(&event.json).into_owned()),
    }
}
