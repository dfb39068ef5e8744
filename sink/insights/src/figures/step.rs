//! Steps that a session can reach: an event of a type, or a view of a page.

use schemas::EventType;

use crate::events::{Event, Log, Symbol};

/// A step of a funnel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    Any,
    Kind(EventType),
    View(String),
}

impl Step {
    /// The steps of a shop when the address names none.
    #[must_use]
    pub fn usual() -> Vec<Self> {
        vec![
            Self::Any,
            Self::View("products.detail".to_owned()),
            Self::Kind(EventType::CartAdd),
            Self::View("checkout.index".to_owned()),
            Self::Kind(EventType::OrderPlaced),
        ]
    }

    /// Reads `any`, an event type, or `view:PAGE`.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        if text == "any" {
            return Some(Self::Any);
        }
        if let Some(page) = text.strip_prefix("view:") {
            return (!page.is_empty()).then(|| Self::View(page.to_owned()));
        }
        EventType::ALL
            .into_iter()
            .find(|kind| kind.name() == text)
            .map(Self::Kind)
    }

    /// As [`Step::read`] reads it.
    #[must_use]
    pub fn written(&self) -> String {
        match self {
            Self::Any => "any".to_owned(),
            Self::Kind(kind) => kind.name().to_owned(),
            Self::View(page) => format!("view:{page}"),
        }
    }

    /// For people.
    #[must_use]
    pub fn label(&self) -> String {
        match self {
            Self::Any => "came".to_owned(),
            Self::Kind(EventType::OrderPlaced) => "ordered".to_owned(),
            Self::Kind(EventType::CartAdd) => "added to cart".to_owned(),
            Self::Kind(kind) => kind.name().replace('_', " "),
            Self::View(page) => match page.as_str() {
                "products.detail" => "viewed a product".to_owned(),
                "checkout.index" => "reached checkout".to_owned(),
                page => format!("viewed {page}"),
            },
        }
    }

    /// The step as events are compared with it.
    pub(super) fn matcher(&self, log: &Log) -> Matcher {
        match self {
            Self::Any => Matcher::Any,
            Self::Kind(kind) => Matcher::Kind(*kind),
            Self::View(page) => log.names.find(page).map_or(Matcher::Never, Matcher::View),
        }
    }
}

/// A step whose page was looked up once, not for each event.
#[derive(Debug, Clone, Copy)]
pub(super) enum Matcher {
    Any,
    Kind(EventType),
    View(Symbol),
    /// No event of the log is on the page.
    Never,
}

impl Matcher {
    pub(super) fn is(self, event: &Event) -> bool {
        match self {
            Self::Any => true,
            Self::Kind(kind) => event.kind == kind,
            Self::View(page) => event.kind == EventType::View && event.page == page,
            Self::Never => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_written_as_it_is_read() {
        for step in Step::usual() {
            assert_eq!(Step::read(&step.written()), Some(step));
        }
        assert_eq!(Step::read("view:"), None);
        assert_eq!(Step::read("teleported"), None);
    }
}
