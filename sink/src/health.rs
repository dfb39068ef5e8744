//! What is wrong, and since when: `/readyz`, and one log line when it begins and one when it ends.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use schemas::{Clock, Timestamp};
use serde::Serialize;

use crate::metric;
use crate::part::Part;

/// What is wrong with a part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Trouble {
    pub part: Part,
    pub since: Timestamp,
    pub what: String,
    /// It was said aloud.
    #[serde(skip)]
    said: bool,
}

/// Tells what is wrong with a sink, while it runs.
#[derive(Debug, Clone)]
pub struct HealthView(pub(crate) Arc<Health>);

impl HealthView {
    /// Since when something is wrong, and all that is; none when the sink is well.
    #[must_use]
    pub fn trouble(&self) -> Option<(Timestamp, String)> {
        let troubles = self.0.troubles();
        let since = troubles.iter().map(|trouble| trouble.since).min()?;
        let said = troubles
            .iter()
            .map(|trouble| format!("{}: {}", trouble.part.name(), trouble.what));
        Some((since, said.collect::<Vec<_>>().join("; ")))
    }
}

/// All that is wrong at the moment.
#[derive(Debug)]
pub(crate) struct Health {
    clock: Clock,
    troubles: Mutex<BTreeMap<Part, Trouble>>,
}

impl Health {
    pub(crate) const fn new(clock: Clock) -> Self {
        Self {
            clock,
            troubles: Mutex::new(BTreeMap::new()),
        }
    }

    /// Not well yet, as nothing has been tried: nothing to be said aloud.
    pub(crate) fn not_yet(&self, part: Part, what: &str) {
        let trouble = Trouble {
            part,
            since: self.clock.now(),
            what: what.to_owned(),
            said: false,
        };
        self.known().insert(part, trouble);
        metric::trouble(part, true);
    }

    /// Something is wrong; it is said aloud when it begins, and once more when other partitions are concerned.
    pub(crate) fn trouble(&self, part: Part, what: impl Into<String>) {
        let (what, now) = (what.into(), self.clock.now());
        let mut troubles = self.known();
        let known = troubles.get(&part);
        let since = known.map_or(now, |known| known.since);
        let is_said = known.is_some_and(|known| known.said && (part != Part::Partitions || known.what == what));
        if is_said {
            tracing::debug!(part = part.name(), "{what}");
        } else {
            tracing::error!(part = part.name(), "{what}. What to do: {}", part.advice());
        }
        let trouble = Trouble {
            part,
            since,
            what,
            said: true,
        };
        troubles.insert(part, trouble);
        metric::trouble(part, true);
        metric::went_wrong(part, now);
    }

    /// It is well again.
    pub(crate) fn well(&self, part: Part) {
        let Some(trouble) = self.known().remove(&part) else {
            return;
        };
        metric::trouble(part, false);
        if trouble.said {
            let seconds = (self.clock.now().unix_micros() - trouble.since.unix_micros()) / 1_000_000;
            tracing::info!(part = part.name(), seconds, "well again");
        }
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<Part, Trouble>> {
        self.troubles.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn is_well(&self, part: Part) -> bool {
        !self.known().contains_key(&part)
    }

    pub(crate) fn troubles(&self) -> Vec<Trouble> {
        self.known().values().cloned().collect()
    }
}
