//! Experiments on the web: what a caller is shown, that it was shown, and the links that force it.
//!
//! An exposure is recorded for each page view that showed the experiment's part, control or not: a GET that was answered with 200, by
//! somebody who allows observations. It has the request's id, as the page's `view` has.

use std::borrow::Cow;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect};
use schemas::events::Exposure;
use serde::Deserialize;

use super::Site;
use super::beside::{Changed, Seen};
use super::caller::{By, Caller};
use super::cookies::Change;
use super::error::PageError;
use crate::domain::{Experiment, Trial, Variant};
use crate::variant_link;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Signature {
    sig: String,
}

/// `/experiments/{experiment}/{variant}?sig=`: this browser is shown the variant, for a day.
pub(super) async fn force(
    By(caller): By,
    State(site): State<Site>,
    Path((experiment, variant)): Path<(String, String)>,
    signature: Result<Query<Signature>, QueryRejection>,
) -> Result<impl IntoResponse, PageError> {
    let Query(Signature { sig }) = signature.unwrap_or_default();
    let experiment: Experiment = experiment.parse().map_err(|_| PageError::NotFound)?;
    let variant: Variant = variant.parse().map_err(|_| PageError::NotFound)?;
    let genuine = variant_link::is_genuine(&site.manners.key, experiment, variant, &sig);
    if !genuine || !site.manners.experiments.has(experiment, variant) {
        return Err(PageError::NotFound);
    }
    let changed = Changed {
        cookies: vec![Change::Forced(caller.forced.with(experiment, variant))],
    };
    Ok((changed, Redirect::to(&shown_at(&site, experiment))))
}

/// A page that shows the experiment.
fn shown_at(site: &Site, experiment: Experiment) -> String {
    match experiment {
        Experiment::HomeAa => "/".to_owned(),
        Experiment::ListingOrder => "/products/".to_owned(),
        Experiment::AddLabel => {
            let (catalogue, stock) = (site.store.catalogue(), site.store.stock());
            let in_stock = catalogue.products().iter().find(|product| stock.left(product.id) > 0);
            in_stock.map_or_else(
                || "/products/".to_owned(),
                |product| format!("/products/{}", product.id),
            )
        }
    }
}

impl Caller {
    /// What this visitor is shown of the experiment; none when it doesn't run.
    pub(super) fn trial(&self, site: &Site, experiment: Experiment) -> Option<Trial> {
        let experiments = &site.manners.experiments;
        experiments.trial(experiment, self.visit.visitor, &self.forced)
    }

    /// That the page, which is answered with 200, showed what the trial is about.
    pub(super) fn was_shown(&self, trial: Option<Trial>) -> Seen {
        let trial = trial.filter(|_| self.occasion.method == "GET");
        let exposure = |trial: Trial| Exposure {
            experiment: Cow::Borrowed(trial.experiment.name()),
            variant: Cow::Borrowed(trial.variant.name()),
            forced: trial.forced.then_some(true),
        };
        trial.map_or_else(Seen::default, |trial| self.saw(exposure(trial)))
    }
}
