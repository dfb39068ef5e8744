//! The pages under `/insights`, over this sink's own tables.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use insights::{Access, AskDatabase, Options, Shop, Source};
use schemas::Clock;

use crate::{DatabaseUrl, Settings, SinkError};

/// The analyses of what a sink with these settings writes, for a server at `address`; beside the shop, where it runs in the same process.
///
/// An address that other machines reach needs a token; without one this is an error of kind [`SinkError::Setting`].
pub fn insights(
    settings: &Settings,
    address: IpAddr,
    shop: Option<Arc<dyn Shop>>,
    clock: Clock,
) -> Result<Router, SinkError> {
    let access = Access::at(address, settings.insights_token.as_deref()).map_err(|error| SinkError::Setting {
        setting: "--insights-token",
        reason: error.to_string(),
    })?;
    let source = match &settings.database {
        DatabaseUrl::Sqlite(path) => Source::sqlite(path.clone()),
        DatabaseUrl::Postgres(options) => Source::postgres(options.as_ref().clone()),
    };
    let ask = match settings.ask_database.as_ref().unwrap_or(&settings.database) {
        DatabaseUrl::Sqlite(path) => Some(AskDatabase::Sqlite(path.clone())),
        // The sink's own role writes: questions are never put through it.
        DatabaseUrl::Postgres(options) => settings
            .ask_database
            .as_ref()
            .map(|_| AskDatabase::Postgres(options.clone())),
    };
    Ok(insights::router(Options {
        source,
        logs: Some(settings.logs.clone()),
        zone: settings.utc_offset,
        access,
        ask,
        shop,
        clock,
    }))
}
