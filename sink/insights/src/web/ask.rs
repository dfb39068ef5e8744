//! Ask: a question of one's own in SQL, read-only by construction and bounded.

use axum::extract::{Query, State};
use maud::{Markup, html};

use super::error::PageError;
use super::layout;
use super::page::Given;
use super::router::Site;
use crate::question::Question;

/// Where questions are put.
#[derive(Debug, Clone)]
pub struct AskDatabase;

pub(super) async fn page(State(site): State<Site>, Query(given): Given) -> Result<Markup, PageError> {
    let question = Question::read(given)?;
    let _ = &site.ask;
    let content = html! { h1 { "Ask" } };
    Ok(layout::page("Ask", "ask", &question, &content))
}
