//! Variants that somebody is shown by a link for testing. They live in a cookie, which is signed outside (this is only its text).

use std::fmt;
use std::str::FromStr;

use super::{Experiment, Variant};

/// At most one variant of each experiment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Forced([Option<Variant>; Experiment::ALL.len()]);

/// Begins the text, so that it is taken for no other cookie's.
const PREFIX: &str = "forced-";

impl Forced {
    #[must_use]
    pub fn variant(&self, experiment: Experiment) -> Option<Variant> {
        self.0[experiment as usize]
    }

    #[must_use]
    pub fn with(mut self, experiment: Experiment, variant: Variant) -> Self {
        self.0[experiment as usize] = Some(variant);
        self
    }
}

/// The cookie's text: `forced-EXPERIMENT:VARIANT.EXPERIMENT:VARIANT`.
impl fmt::Display for Forced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = |experiment: Experiment| Some((experiment.name(), self.variant(experiment)?.name()));
        let pairs = Experiment::ALL.into_iter().filter_map(named);
        let pairs: Vec<String> = pairs
            .map(|(experiment, variant)| format!("{experiment}:{variant}"))
            .collect();
        write!(f, "{PREFIX}{}", pairs.join("."))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a list of forced variants")]
pub struct ForcedError;

/// What an older or newer shop forced, and this one doesn't know, is left out.
impl FromStr for Forced {
    type Err = ForcedError;

    fn from_str(text: &str) -> Result<Self, ForcedError> {
        let pairs = text.strip_prefix(PREFIX).ok_or(ForcedError)?.split('.');
        let known = pairs.filter_map(|pair| {
            let (experiment, variant) = pair.split_once(':')?;
            Some((experiment.parse().ok()?, variant.parse().ok()?))
        });
        Ok(known.fold(Self::default(), |forced, (experiment, variant)| {
            forced.with(experiment, variant)
        }))
    }
}
