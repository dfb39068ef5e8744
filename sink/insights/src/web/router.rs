//! Every route, and who may take it.

use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use schemas::Clock;
use schemas::Zone;
use tokio::sync::Semaphore;

use super::access::Access;
use super::site::Site;
use super::{api, ask, clicks, drawn, guard, page, rows, style, visit};
use crate::ask::AskDatabase;
use crate::shop::Shop;
use crate::source::Source;
use crate::state::State;

/// Each question takes a connection, and as much of a processor as it likes for some seconds.
const QUESTIONS: usize = 2;

/// What the pages stand on.
pub struct Options {
    /// What the sink wrote.
    pub source: Source,
    /// The log files of the sink that serves these pages; none leaves out how long the shop took.
    pub logs: Option<PathBuf>,
    /// When a day begins.
    pub zone: Zone,
    pub access: Access,
    /// Where questions in SQL are put; none leaves them out, and the page says how to allow them.
    pub ask: Option<AskDatabase>,
    /// The shop, where it runs in the same process.
    pub shop: Option<Arc<dyn Shop>>,
    pub clock: Clock,
}

/// All pages, at `/insights`.
pub fn router(options: Options) -> Router {
    let site = Site {
        state: State::new(options.source, options.logs, options.zone, options.clock),
        access: Arc::new(options.access),
        ask: options.ask,
        shop: options.shop,
        asking: Arc::new(Semaphore::new(QUESTIONS)),
    };
    Router::new()
        .route("/insights", get(page::overview))
        .route("/insights/rows", get(rows::page))
        .route("/insights/visit", get(visit::page))
        .route("/insights/ask", get(ask::page))
        .route("/insights/ask.csv", get(ask::csv))
        .route("/insights/visit/page", get(visit::alone))
        .route("/insights/clicks", get(clicks::page))
        .route("/insights/clicks/page", get(clicks::alone))
        .route("/insights/definitions", get(page::definitions))
        .route("/insights/api", get(api::index))
        .route("/insights/api/rows", get(rows::json))
        .route("/insights/api/{analysis}", get(api::json))
        .route("/insights/api/{analysis}/{table}", get(api::csv))
        .route("/insights/{analysis}", get(page::analysis))
        .layer(from_fn_with_state(site.clone(), guard::guard))
        // Beside the guard: what shows nothing, and the door itself.
        .route("/insights/style.css", get(style::sheet))
        .route("/insights/marks.css", get(drawn::sheet))
        .route("/insights/marks.js", get(drawn::script))
        .route("/insights/enter", post(guard::enter))
        .with_state(site)
}
