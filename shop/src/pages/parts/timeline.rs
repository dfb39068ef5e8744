//! How far an order has come: steps of which the done ones are marked, and the current one is said.

use maud::{Markup, html};

use super::super::Frame;
use crate::domain::calendar::Stage;

/// Where an order stands.
pub struct Progress {
    pub stage: Stage,
    pub placed_at: String,
    /// Until when it can be cancelled; none when it can't.
    pub cancel_until: Option<String>,
    /// The day of its arrival.
    pub arrives: String,
}

#[must_use]
pub fn timeline(frame: &Frame<'_>, shown: &Progress) -> Markup {
    let service = frame.service();
    html! {
        section.progress aria-labelledby="progress" {
            h2 #progress { (service.progress) }
            ol.timeline {
                @for stage in Stage::ALL {
                    li.done[stage < shown.stage].now[stage == shown.stage] aria-current=[(stage == shown.stage).then_some("step")] {
                        span.step-name { (service.stage(stage)) }
                        @if let Some(note) = note(frame, shown, stage) { span.step-note { (note) } }
                    }
                }
            }
            p.small { (service.progress_note) }
        }
    }
}

fn note(frame: &Frame<'_>, shown: &Progress, stage: Stage) -> Option<String> {
    let service = frame.service();
    match stage {
        Stage::Received => Some(shown.placed_at.clone()),
        Stage::Packing => shown.cancel_until.as_deref().map(service.until),
        Stage::OnItsWay => None,
        Stage::Arrived if shown.stage == Stage::Arrived => Some(shown.arrives.clone()),
        Stage::Arrived => Some((service.expected)(&shown.arrives)),
    }
}
