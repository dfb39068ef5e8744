//! What happened, and in which request: from details to an event.

use std::borrow::Cow;

use schemas::record::{Fields, Purpose};
use schemas::{Activity, Details, EventId, SCHEMA_VERSION, SessionId, Timestamp, Unsealed, UserId, VisitorId};
use uuid::Uuid;

use crate::chance;

/// The request during which something happened: everything of an event but what happened.
#[derive(Debug, Clone)]
pub struct Occasion {
    pub at: Timestamp,
    pub session_id: SessionId,
    /// None when the visitor must not be recognised.
    pub visitor_id: Option<VisitorId>,
    pub user_id: Option<UserId>,
    /// The handler, named as in the seed: `products.detail`.
    pub endpoint: &'static str,
    pub method: String,
    pub path: String,
    pub args: Fields<'static>,
    /// Allow-listed fields only.
    pub form: Fields<'static>,
    pub ip_address: Option<String>,
    pub user_agent: Option<String>,
    /// The user agent says that it is a crawler.
    pub bot: bool,
    /// The browser fetches the page on a guess.
    pub purpose: Option<Purpose>,
    pub referrer: Option<String>,
    pub request_id: Uuid,
    /// What the view of this request's page is called, if it shows one.
    pub view_id: EventId,
    /// The same for its search.
    pub search_id: EventId,
    /// The view of the page that asked for this, where that is known.
    pub asked_from: Option<EventId>,
    /// The caller's W3C trace context, checked.
    pub trace_parent: Option<String>,
}

/// Where an event belongs: under which id, when, and on which page view.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    pub event_id: EventId,
    pub at: Timestamp,
    pub page_view_id: Option<EventId>,
}

impl Occasion {
    /// The event that `details` happened here, answered with `status`; it still lacks its place in the journal.
    pub fn event(&self, details: Details<'_>, status: u16) -> Result<Unsealed, serde_json::Error> {
        let place = Place {
            event_id: self.event_id(&details),
            at: self.at,
            page_view_id: self.page_view_id(&details),
        };
        self.event_at(place, details, status)
    }

    /// As [`Occasion::event`], for what happened before and is told with this request.
    pub fn event_at(&self, place: Place, details: Details<'_>, status: u16) -> Result<Unsealed, serde_json::Error> {
        let (entity_type, entity_id) = details.entity();
        let activity = Activity {
            timestamp: place.at,
            session_id: self.session_id,
            visitor_id: self.visitor_id,
            event_type: details.event_type(),
            user_id: self.user_id,
            entity_type,
            entity_id: entity_id.or_else(|| entity_type.and(self.account_if_about_it(&details))),
            endpoint: Cow::Borrowed(self.endpoint),
            method: Cow::Borrowed(&self.method),
            path: Cow::Borrowed(&self.path),
            args: self.args.clone(),
            form: self.form.clone(),
            ip_address: self.ip_address.as_deref().map(Cow::Borrowed),
            user_agent: self.user_agent.as_deref().map(Cow::Borrowed),
            bot: self.bot.then_some(true),
            purpose: self.purpose,
            referrer: self.referrer.as_deref().map(Cow::Borrowed),
            response_status: Some(status),
            event_id: place.event_id,
            request_id: Some(self.request_id),
            page_view_id: place.page_view_id,
            details,
            schema_version: SCHEMA_VERSION,
            source: None,
        };
        activity.encode()
    }

    /// The page knows what its view is called before it is recorded, so that all that happens on it can say so.
    fn event_id(&self, details: &Details<'_>) -> EventId {
        match details {
            Details::View(_) => self.view_id,
            Details::Search(_) => self.search_id,
            _ => chance::event_id(self.at),
        }
    }

    fn page_view_id(&self, details: &Details<'_>) -> Option<EventId> {
        match details {
            Details::View(_) => None,
            Details::Search(_) | Details::Exposure(_) => Some(self.view_id),
            _ => self.asked_from,
        }
    }

    fn account_if_about_it(&self, details: &Details<'_>) -> Option<i64> {
        matches!(details, Details::Signup(_) | Details::Login(_) | Details::Logout(_)).then_some(self.user_id?.0)
    }
}
