//! Splitting sessions by what they have in common.

use crate::events::{SessionIndex, Symbol, device_name, language_name};
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

    /// The segment of a session, by a number within this split: names would be made for every session.
    pub(super) fn key(self, scope: &Scope<'_>, session: SessionIndex) -> u32 {
        let facts = scope.facts(session);
        match self {
            Self::Device => u32::from(facts.device),
            Self::Language => u32::from(facts.language),
            Self::Campaign => facts.campaign.0,
            Self::Who => u32::from(!facts.new),
        }
    }

    /// What the segment of that number is called.
    pub(super) fn called(self, scope: &Scope<'_>, key: u32) -> String {
        let small = u8::try_from(key).unwrap_or(0);
        let name = match self {
            Self::Device => device_name(small),
            Self::Language => language_name(small),
            Self::Campaign => match scope.log.names.text(Symbol(key)) {
                "" => "no campaign",
                // Somebody's campaign may be called so: segments stay apart.
                "no campaign" => "\"no campaign\"",
                name => name,
            },
            Self::Who if key == 0 => "new",
            Self::Who => "returning",
        };
        name.to_owned()
    }
}
