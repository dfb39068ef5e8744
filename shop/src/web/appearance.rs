//! `/theme` and `/drawer`: how the pages appear, as the visitor chose it, in cookies. The drawer's script sends whether it is open, so that the
//! next page keeps its place free from the first byte on.

use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::response::{IntoResponse, Redirect};
use serde::Deserialize;

use super::beside::Changed;
use super::cookies::Change;
use super::error::PageError;
use super::language::local;
use crate::domain::{Drawer, Theme};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Choice {
    theme: String,
    drawer: String,
    next: String,
}

pub(super) async fn theme(form: Result<Form<Choice>, FormRejection>) -> Result<impl IntoResponse, PageError> {
    let Form(choice) = form?;
    let unknown = || PageError::BadRequest("the theme is neither light nor dark nor system".to_owned());
    let theme = Theme::from_code(&choice.theme).ok_or_else(unknown)?;
    Ok(chosen(Change::Theme(theme), &choice.next))
}

pub(super) async fn drawer(form: Result<Form<Choice>, FormRejection>) -> Result<impl IntoResponse, PageError> {
    let Form(choice) = form?;
    let unknown = || PageError::BadRequest("the drawer is neither there nor open nor gone".to_owned());
    let drawer = Drawer::from_code(&choice.drawer).ok_or_else(unknown)?;
    Ok(chosen(Change::Drawer(drawer), &choice.next))
}

fn chosen(change: Change, next: &str) -> (Changed, Redirect) {
    let changed = Changed { cookies: vec![change] };
    (changed, Redirect::to(local(next)))
}
