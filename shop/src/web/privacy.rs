//! `/privacy`

use axum::extract::State;
use axum::response::IntoResponse;

use super::Site;
use super::caller::By;
use super::error::PageError;
use crate::pages;

pub(super) async fn index(By(caller): By, State(site): State<Site>) -> Result<impl IntoResponse, PageError> {
    let page = pages::privacy::privacy(&caller.frame(&site).await?);
    Ok((caller.saw(caller.view()), page))
}
