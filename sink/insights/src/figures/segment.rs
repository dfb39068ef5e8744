//! Splitting sessions by what they have in common.

use crate::events::{SessionIndex, device_name, language_name};
use crate::scope::Scope;

/// What sessions are split by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Segment {
    Device,
    Language,
    Campaign,
    Who,
}

impl Segment {
    pub const ALL: [Self; 4] = [Self::Device, Self::Language, Self::Campaign, Self::Who];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Device => "device",
            Self::Language => "language",
            Self::Campaign => "campaign",
            Self::Who => "visitors",
        }
    }

    /// What the address asks for; the device where it asks for nothing known.
    pub(super) fn asked(scope: &Scope<'_>) -> Self {
        let asked = scope.question.own("split");
        Self::ALL
            .into_iter()
            .find(|segment| asked == Some(segment.name()))
            .unwrap_or(Self::Device)
    }

    pub(super) fn of(self, scope: &Scope<'_>, session: SessionIndex) -> String {
        let facts = scope.facts(session);
        match self {
            Self::Device => device_name(facts.device).to_owned(),
            Self::Language => language_name(facts.language).to_owned(),
            Self::Campaign => match scope.log.names.text(facts.campaign) {
                "" => "no campaign".to_owned(),
                name => name.to_owned(),
            },
            Self::Who if facts.new => "new".to_owned(),
            Self::Who => "returning".to_owned(),
        }
    }
}
