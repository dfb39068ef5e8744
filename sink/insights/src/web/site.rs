//! What every handler is given.

use std::sync::Arc;

use tokio::sync::Semaphore;

use super::access::Access;
use crate::ask::AskDatabase;
use crate::shop::Shop;
use crate::state::State;

/// What handlers share.
#[derive(Clone)]
pub(super) struct Site {
    pub state: State,
    pub access: Arc<Access>,
    pub ask: Option<AskDatabase>,
    /// The shop, where it runs beside these pages.
    pub shop: Option<Arc<dyn Shop>>,
    /// Questions that may be worked on at once.
    pub asking: Arc<Semaphore>,
}
