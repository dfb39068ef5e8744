//! The experiments that run, as a file declares them.

use serde::Deserialize;

use super::{Experiment, Forced, Trial, Variant};
use crate::domain::VisitorId;

/// What stands in the file: an array of these.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Declared {
    #[serde(rename = "name")]
    experiment: Experiment,
    /// What is to be learned; for who reads the file.
    #[serde(rename = "question")]
    _question: String,
    /// The handler that shows it.
    #[serde(rename = "where")]
    endpoint: String,
    variants: Vec<Weighted>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Weighted {
    #[serde(rename = "name")]
    variant: Variant,
    /// How often it is shown, compared with the others.
    weight: u32,
}

/// All experiments that run.
#[derive(Debug, Clone, Default)]
pub struct Experiments(Vec<Declared>);

/// Why a file that declares experiments can't be used.
#[derive(Debug, thiserror::Error)]
pub enum ExperimentsError {
    #[error("can't be read: {0}")]
    File(#[from] std::io::Error),
    #[error("is not a list of experiments: {0}")]
    Json(#[from] serde_json::Error),
    #[error("declares {0} twice")]
    Twice(&'static str),
    #[error("{experiment} is shown by {shown_by}, not by {declared}")]
    ElsewhereShown {
        experiment: &'static str,
        shown_by: &'static str,
        declared: String,
    },
    #[error("the first variant of {0} is not `control`")]
    NoControl(&'static str),
    #[error("{experiment} has no variant {variant}")]
    UnknownVariant {
        experiment: &'static str,
        variant: &'static str,
    },
    #[error("{experiment} has the variant {variant} twice")]
    SameVariant {
        experiment: &'static str,
        variant: &'static str,
    },
    #[error("all variants of {0} weigh nothing")]
    NoWeight(&'static str),
}

impl Experiments {
    /// Those of `shop/experiments.json`, which is a part of the program.
    pub fn built_in() -> Result<Self, ExperimentsError> {
        Self::parse(include_str!("../../../experiments.json"))
    }

    pub fn parse(json: &str) -> Result<Self, ExperimentsError> {
        let declared: Vec<Declared> = serde_json::from_str(json)?;
        for (index, one) in declared.iter().enumerate() {
            if declared[..index]
                .iter()
                .any(|earlier| earlier.experiment == one.experiment)
            {
                return Err(ExperimentsError::Twice(one.experiment.name()));
            }
            one.check()?;
        }
        Ok(Self(declared))
    }

    /// What `visitor` is shown of the experiment: what was forced, or what chance has given once and for all. None when it doesn't run.
    #[must_use]
    pub fn trial(&self, experiment: Experiment, visitor: VisitorId, forced: &Forced) -> Option<Trial> {
        let declared = self.declared(experiment)?;
        let trial = |variant, forced| Trial {
            experiment,
            variant,
            forced,
        };
        // A link may show what is given out to nobody, but nothing that the file doesn't name.
        match forced.variant(experiment).filter(|variant| declared.has(*variant)) {
            Some(variant) => Some(trial(variant, true)),
            None => declared.by_chance(visitor).map(|variant| trial(variant, false)),
        }
    }

    /// Whether the experiment runs, with this variant.
    #[must_use]
    pub fn has(&self, experiment: Experiment, variant: Variant) -> bool {
        self.declared(experiment).is_some_and(|declared| declared.has(variant))
    }

    /// How often each variant is shown, compared with the others, of the experiment that is called so; empty when it doesn't run.
    #[must_use]
    pub fn weights(&self, experiment: &str) -> Vec<(&'static str, u32)> {
        let declared = self.0.iter().find(|one| one.experiment.name() == experiment);
        let variants = declared.into_iter().flat_map(|declared| &declared.variants);
        variants
            .map(|weighted| (weighted.variant.name(), weighted.weight))
            .collect()
    }

    fn declared(&self, experiment: Experiment) -> Option<&Declared> {
        self.0.iter().find(|declared| declared.experiment == experiment)
    }
}

impl Declared {
    fn has(&self, variant: Variant) -> bool {
        self.variants.iter().any(|weighted| weighted.variant == variant)
    }

    fn by_chance(&self, visitor: VisitorId) -> Option<Variant> {
        let weights = self.variants.iter().map(|weighted| u64::from(weighted.weight));
        let mut point = self.experiment.point(visitor, weights.sum());
        for weighted in &self.variants {
            let weight = u64::from(weighted.weight);
            if point < weight {
                return Some(weighted.variant);
            }
            point -= weight;
        }
        None
    }

    fn check(&self) -> Result<(), ExperimentsError> {
        let experiment = self.experiment.name();
        if self.endpoint != self.experiment.endpoint() {
            return Err(ExperimentsError::ElsewhereShown {
                experiment,
                shown_by: self.experiment.endpoint(),
                declared: self.endpoint.clone(),
            });
        }
        if self.variants.first().map(|first| first.variant) != Some(Variant::Control) {
            return Err(ExperimentsError::NoControl(experiment));
        }
        for (index, Weighted { variant, .. }) in self.variants.iter().enumerate() {
            let variant_name = variant.name();
            if !self.experiment.variants().contains(variant) {
                return Err(ExperimentsError::UnknownVariant {
                    experiment,
                    variant: variant_name,
                });
            }
            if self.variants[..index].iter().any(|earlier| earlier.variant == *variant) {
                return Err(ExperimentsError::SameVariant {
                    experiment,
                    variant: variant_name,
                });
            }
        }
        if self.variants.iter().all(|weighted| weighted.weight == 0) {
            return Err(ExperimentsError::NoWeight(experiment));
        }
        Ok(())
    }
}
