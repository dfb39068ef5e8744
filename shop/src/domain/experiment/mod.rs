//! Experiments: which variant of a page a visitor is shown.
//!
//! Promises
//! - A visitor sees the same variant of an experiment for as long as the visitor's cookie lives and the weights don't change, whatever
//!   else runs; the assignments of two experiments are independent of each other.
//! - Variants are given out by their weights: experiment and visitor are hashed (SHA-256) to a point on the line of all weights.
//! - Only what some page knows how to show can be declared: experiments and variants are closed sets here, the file
//!   `shop/experiments.json` says which of them run, and how often each is shown.
//!
//! Not for: people. Who uses two browsers is two visitors.

mod declared;
mod forced;

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::VisitorId;

pub use declared::{Experiments, ExperimentsError};
pub use forced::Forced;

/// An experiment that some page of the shop takes part in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Experiment {
    ListingOrder,
    AddLabel,
    HomeAa,
}

/// What is shown in an experiment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Variant {
    /// What everybody is shown when no experiment runs.
    Control,
    PopularFirst,
    FirstPerson,
    AlsoControl,
}

impl Experiment {
    pub const ALL: [Self; 3] = [Self::ListingOrder, Self::AddLabel, Self::HomeAa];

    /// The name in events, files and links; it takes part in the assignment, so it is for ever.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ListingOrder => "listing_order",
            Self::AddLabel => "add_label",
            Self::HomeAa => "home_aa",
        }
    }

    /// The handler that shows it, named as in the logs.
    #[must_use]
    pub const fn endpoint(self) -> &'static str {
        match self {
            Self::ListingOrder => "products.index",
            Self::AddLabel => "products.detail",
            Self::HomeAa => "home.index",
        }
    }

    /// What the page can show.
    #[must_use]
    pub const fn variants(self) -> &'static [Variant] {
        match self {
            Self::ListingOrder => &[Variant::Control, Variant::PopularFirst],
            Self::AddLabel => &[Variant::Control, Variant::FirstPerson],
            Self::HomeAa => &[Variant::Control, Variant::AlsoControl],
        }
    }

    /// A point from 0 to below `total`, the same for the same visitor.
    fn point(self, visitor: VisitorId, total: u64) -> u64 {
        let mut hash = Sha256::new();
        hash.update(self.name());
        hash.update([0]);
        hash.update(visitor.0);
        let digest: [u8; 32] = hash.finalize().into();
        let mut first = [0; 8];
        first.copy_from_slice(&digest[..8]);
        // Scales without the bias of a remainder: the high half of the product, which is below `total`.
        let scaled = u128::from(u64::from_be_bytes(first)) * u128::from(total);
        u64::try_from(scaled >> 64).unwrap_or(0)
    }
}

impl Variant {
    pub const ALL: [Self; 4] = [Self::Control, Self::PopularFirst, Self::FirstPerson, Self::AlsoControl];

    /// The name in events, files and links.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Control => "control",
            Self::PopularFirst => "popular_first",
            Self::FirstPerson => "first_person",
            Self::AlsoControl => "also_control",
        }
    }
}

/// An experiment and what somebody is shown in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trial {
    pub experiment: Experiment,
    pub variant: Variant,
    /// By a link for testing, instead of by chance: not for analyses.
    pub forced: bool,
}

/// A name that none of them has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is none of {}", Names(self.0))]
pub struct UnknownName(&'static [&'static str]);

struct Names(&'static [&'static str]);

impl fmt::Display for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(", "))
    }
}

impl FromStr for Experiment {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        const NAMES: [&str; 3] = [
            Experiment::ALL[0].name(),
            Experiment::ALL[1].name(),
            Experiment::ALL[2].name(),
        ];
        let found = Self::ALL.into_iter().find(|experiment| experiment.name() == name);
        found.ok_or(UnknownName(&NAMES))
    }
}

impl FromStr for Variant {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        const NAMES: [&str; 4] = [
            Variant::ALL[0].name(),
            Variant::ALL[1].name(),
            Variant::ALL[2].name(),
            Variant::ALL[3].name(),
        ];
        let found = Self::ALL.into_iter().find(|variant| variant.name() == name);
        found.ok_or(UnknownName(&NAMES))
    }
}

#[cfg(test)]
mod tests;
