//! What happened, and in which request: from details to an event.

use std::borrow::Cow;

use schemas::record::Fields;
use schemas::{Activity, Details, EventId, SCHEMA_VERSION, SessionId, Timestamp, Unsealed, UserId};
use uuid::Uuid;

/// The request during which something happened: everything of an event but what happened.
#[derive(Debug, Clone)]
pub struct Occasion {
    pub at: Timestamp,
    pub session_id: SessionId,
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
    pub referrer: Option<String>,
    pub request_id: Uuid,
    /// The caller's W3C trace context, checked.
    pub trace_parent: Option<String>,
}

impl Occasion {
    /// The event that `details` happened here, answered with `status`; it still lacks its place in the journal.
    pub fn event(&self, details: Details<'_>, status: u16) -> Result<Unsealed, serde_json::Error> {
        self.event_with_id(EventId::at(self.at, rand::random()), details, status)
    }

    /// As [`Occasion::event`], for what may be told again: under the same id.
    pub fn event_with_id(
        &self,
        event_id: EventId,
        details: Details<'_>,
        status: u16,
    ) -> Result<Unsealed, serde_json::Error> {
        let (entity_type, entity_id) = details.entity();
        let activity = Activity {
            timestamp: self.at,
            session_id: self.session_id,
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
            referrer: self.referrer.as_deref().map(Cow::Borrowed),
            response_status: Some(status),
            event_id,
            request_id: Some(self.request_id),
            details,
            schema_version: SCHEMA_VERSION,
            source: None,
        };
        activity.encode()
    }

    fn account_if_about_it(&self, details: &Details<'_>) -> Option<i64> {
        matches!(details, Details::Signup(_) | Details::Login(_) | Details::Logout(_)).then_some(self.user_id?.0)
    }
}
