//! What a handler puts beside its answer: observations for the journal, changes of cookies for the browser. The recording layer takes both.

use std::convert::Infallible;

use axum::response::{IntoResponseParts, ResponseParts};
use schemas::{Details, Unsealed};

use super::cookies::Change;
use super::recorder;
use crate::observe::Occasion;

/// What a handler observed: a part of its answer that goes to the journal, not to the browser.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen {
    pub events: Vec<Unsealed>,
    /// When the journal refuses the events, so does the answer: the client keeps them and comes again.
    pub or_refuse: bool,
}

impl Seen {
    pub(super) fn one(occasion: &Occasion, details: Details<'_>, status: u16) -> Self {
        let events = recorder::encode(occasion, details, status).into_iter().collect();
        Self {
            events,
            or_refuse: false,
        }
    }

    /// Both observations.
    pub(super) fn and(mut self, mut other: Self) -> Self {
        self.events.append(&mut other.events);
        self
    }
}

impl IntoResponseParts for Seen {
    type Error = Infallible;

    fn into_response_parts(self, mut response: ResponseParts) -> Result<ResponseParts, Self::Error> {
        response.extensions_mut().insert(self);
        Ok(response)
    }
}

/// What a handler changes about the visitor's cookies: a part of its answer.
#[derive(Debug, Clone, Default)]
pub(super) struct Changed {
    pub cookies: Vec<Change>,
}

impl IntoResponseParts for Changed {
    type Error = Infallible;

    fn into_response_parts(self, mut response: ResponseParts) -> Result<ResponseParts, Self::Error> {
        response.extensions_mut().insert(self);
        Ok(response)
    }
}
