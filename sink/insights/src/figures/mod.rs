//! The analyses: each is a walk over the sets of a [`Scope`](crate::scope::Scope) that ends in a [`Report`](crate::report::Report).

mod attention;
mod change;
mod experiments;
mod funnel;
mod journeys;
mod listed;
mod meanwhile;
mod overview;
mod pages;
mod percentile;
mod performance;
mod popular;
mod retention;
mod searches;
mod segment;
mod series;
mod server;
mod step;
mod stretches;

use crate::report::Report;
use crate::scope::Scope;

use listed::Listed;
pub use segment::Segment;
use step::Matcher;
pub use step::Step;
use stretches::over_stretches;

/// An analysis, by its name in addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Analysis {
    Overview,
    Popular,
    Searches,
    Funnel,
    Journeys,
    Retention,
    Experiments,
    Performance,
    Server,
    Attention,
}

impl Analysis {
    pub const ALL: [Self; 10] = [
        Self::Overview,
        Self::Popular,
        Self::Searches,
        Self::Funnel,
        Self::Journeys,
        Self::Retention,
        Self::Experiments,
        Self::Performance,
        Self::Server,
        Self::Attention,
    ];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Overview => "overview",
            Self::Popular => "popular",
            Self::Searches => "searches",
            Self::Funnel => "funnel",
            Self::Journeys => "journeys",
            Self::Retention => "retention",
            Self::Experiments => "experiments",
            Self::Performance => "performance",
            Self::Server => "server",
            Self::Attention => "attention",
        }
    }

    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Overview => "Overview",
            Self::Popular => "Popular",
            Self::Searches => "Searches",
            Self::Funnel => "Funnel",
            Self::Journeys => "Journeys",
            Self::Retention => "Retention",
            Self::Experiments => "Experiments",
            Self::Performance => "Page performance",
            Self::Server => "Server times",
            Self::Attention => "Attention",
        }
    }

    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|analysis| analysis.name() == name)
    }

    /// Runs it.
    #[must_use]
    pub fn run(self, scope: &Scope<'_>) -> Report {
        let mut report = Report::new(self.name(), self.title());
        match self {
            Self::Overview => overview::fill(scope, &mut report),
            Self::Popular => popular::fill(scope, &mut report),
            Self::Searches => searches::fill(scope, &mut report),
            Self::Funnel => funnel::fill(scope, &mut report),
            Self::Journeys => journeys::fill(scope, &mut report),
            Self::Retention => retention::fill(scope, &mut report),
            Self::Experiments => experiments::fill(scope, &mut report),
            Self::Performance => performance::fill(scope, &mut report),
            Self::Server => server::fill(scope, &mut report),
            Self::Attention => attention::fill(scope, &mut report),
        }
        report
    }
}
