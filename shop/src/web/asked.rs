//! What a form says of the page that it stands on: which view it was, and where the product stood. Nothing of it is believed before it
//! has the right shape; what has not is left out, and the rest of the form counts.

use schemas::EventId;
use serde::Deserialize;

use super::caller::Caller;
use crate::domain::Placement;

/// Hidden fields, as `pages::parts::asked` writes them; a page that must not be recognised has none.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    pub view: String,
    pub from: String,
}

impl Caller {
    /// The form's facts are of that view, and so is a page that answers the form because it is refused.
    pub(super) fn stands_on(&self, asked: &Asked) {
        if let Some(view) = asked.view(self) {
            // Whoever was first knew the same.
            let _ = self.asked_from.set(view);
        }
    }
}

impl Asked {
    pub(super) fn view(&self, caller: &Caller) -> Option<EventId> {
        if !caller.consent.allows_observing() {
            return None;
        }
        self.view.parse().ok()
    }

    pub(super) fn placement(&self, caller: &Caller) -> Option<Placement> {
        if !caller.consent.allows_observing() {
            return None;
        }
        self.from.parse().ok()
    }
}
