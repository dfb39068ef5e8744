//! What a form tells of the page that it stands on, so that what it does can be joined to the page's view.

use maud::{Markup, html};

use super::super::Frame;
use super::id::Id;
use crate::domain::Placement;

/// Hidden fields: the view, and where the product stands. None on a page whose view is not recorded.
#[must_use]
pub fn asked(frame: &Frame<'_>, from: Option<&Placement>) -> Markup {
    html! {
        @if let Some(view) = frame.view {
            input type="hidden" name="view" value=(Id(view.0));
            @if let Some(from) = from { input type="hidden" name="from" value=(from); }
        }
    }
}
