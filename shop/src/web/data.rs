//! `/data/schemas/{event}.json`

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;

use super::error::PageError;
use crate::portal;

pub(super) async fn schema(file: Result<Path<String>, PathRejection>) -> Result<impl IntoResponse, PageError> {
    let schema = file.ok().and_then(|Path(file)| portal::schema(&file));
    let schema = schema.ok_or(PageError::NotFound)?;
    Ok(([(CONTENT_TYPE, "application/schema+json")], schema))
}
