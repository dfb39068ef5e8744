//! How far one session or visitor came.

use schemas::EventType;

use super::{Asked, MOST_STEPS};
use crate::events::{Event, SessionIndex, Symbol};
use crate::figures::Matcher;

/// When each step was reached, and what came after the last one.
pub(super) struct Way {
    pub session: SessionIndex,
    /// As many as there are steps count.
    pub reached: [Option<i64>; MOST_STEPS],
    /// The page that was viewed after the last step, unless that is the funnel's last.
    pub next_page: Option<Symbol>,
}

impl Way {
    /// The way through these events, which are in order.
    pub(super) fn of<'e>(asked: &Asked, session: SessionIndex, events: impl Iterator<Item = &'e Event>) -> Self {
        let mut way = Self {
            session,
            reached: [None; MOST_STEPS],
            next_page: None,
        };
        if asked.open {
            way.walk_open(&asked.matchers, events);
        } else {
            way.walk_closed(&asked.matchers, events);
        }
        way
    }

    /// Steps in any order.
    fn walk_open<'e>(&mut self, steps: &[Matcher], events: impl Iterator<Item = &'e Event>) {
        for event in events {
            for (step, reached) in steps.iter().zip(&mut self.reached) {
                if reached.is_none() && step.is(event) {
                    *reached = Some(event.at);
                }
            }
        }
    }

    /// Each step after the one before it.
    fn walk_closed<'e>(&mut self, steps: &[Matcher], events: impl Iterator<Item = &'e Event>) {
        let mut number = 0;
        for event in events {
            let before = number;
            while let Some(step) = steps.get(number).filter(|step| step.is(event)) {
                self.reached[number] = Some(event.at);
                number += 1;
                // The visit's first event may itself be the next step: coming is no event of its own.
                if !matches!(step, Matcher::Any) {
                    break;
                }
            }
            if number == steps.len() {
                return;
            }
            if number > before {
                self.next_page = None;
            } else if number > 0 && self.next_page.is_none() && event.kind == EventType::View {
                self.next_page = Some(event.page);
            }
        }
    }
}
