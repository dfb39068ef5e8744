//! How often each variant was meant to be shown: what the split of the visitors is compared with.

use std::collections::BTreeSet;

use crate::report::Value;
use crate::scope::Scope;

/// Where the plan comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    Address,
    Shop,
    /// Nobody told: the events name no weights.
    Nobody,
}

/// Planned shares, which sum to 1, of the variants that were seen and then of those that were planned and never seen.
#[derive(Debug, PartialEq)]
pub(super) struct Plan {
    pub shares: Vec<f64>,
    names: Vec<String>,
    told: Told,
}

impl Plan {
    /// The plan of the address (`planned=control:9,loud:1`), or that of the shop, or equal shares.
    pub(super) fn of(scope: &Scope<'_>, experiment: &str, seen: &[&str]) -> Result<Self, String> {
        if let Some(asked) = scope.question.own("planned") {
            let weights = read(asked).ok_or_else(|| {
                format!("planned={asked}: weights are written as control:9,loud:1; equal shares were taken instead.")
            })?;
            return Ok(Self::new(seen, &weights, Told::Address));
        }
        let weights = scope.shop().map(|shop| shop.planned(experiment)).unwrap_or_default();
        if weights.iter().any(|(_, weight)| *weight > 0.0) {
            return Ok(Self::new(seen, &weights, Told::Shop));
        }
        Ok(Self::equal(seen))
    }

    pub(super) fn equal(seen: &[&str]) -> Self {
        let weights: Vec<(String, f64)> = seen.iter().map(|name| ((*name).to_owned(), 1.0)).collect();
        Self::new(seen, &weights, Told::Nobody)
    }

    fn new(seen: &[&str], weights: &[(String, f64)], told: Told) -> Self {
        let total: f64 = weights.iter().map(|(_, weight)| weight).sum();
        let weight = |name: &str| {
            weights
                .iter()
                .find(|(known, _)| known == name)
                .map_or(0.0, |(_, weight)| *weight)
        };
        let unseen = weights
            .iter()
            .filter(|(name, weight)| *weight > 0.0 && !seen.contains(&name.as_str()));
        let names: Vec<String> = seen
            .iter()
            .map(|name| (*name).to_owned())
            .chain(unseen.map(|(name, _)| name.clone()))
            .collect();
        Self {
            shares: names.iter().map(|name| weight(name) / total).collect(),
            names,
            told,
        }
    }

    /// What a reader should know of it.
    pub(super) fn says(&self) -> String {
        let shares = self.names.iter().zip(&self.shares);
        let shares: Vec<String> = shares
            .map(|(name, share)| format!("{name} {}", Value::Share(*share).shown()))
            .collect();
        let shares = shares.join(", ");
        match self.told {
            Told::Address => format!("Planned, as the address says: {shares}."),
            Told::Shop => format!("Planned, as the shop's experiments say now: {shares}."),
            Told::Nobody => format!(
                "Planned shares are taken to be equal ({shares}): the events don't say. Another plan stands in the address: planned=control:9,loud:1."
            ),
        }
    }
}

/// `control:9,loud:1`, each name once, no weight below 0 and not all of them 0.
fn read(text: &str) -> Option<Vec<(String, f64)>> {
    let one = |part: &str| {
        let (name, weight) = part.trim().rsplit_once(':')?;
        let weight: f64 = weight.trim().parse().ok()?;
        (weight.is_finite() && weight >= 0.0).then(|| (name.trim().to_owned(), weight))
    };
    let weights: Vec<(String, f64)> = text.split(',').map(one).collect::<Option<_>>()?;
    let names: BTreeSet<&String> = weights.iter().map(|(name, _)| name).collect();
    let is_plan = names.len() == weights.len() && weights.iter().any(|(_, weight)| *weight > 0.0);
    is_plan.then_some(weights)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_has_a_share_for_each_variant_that_was_seen_or_planned() {
        let weights = read("control:8, loud:1,quiet:1,off:0").expect("a plan");
        let plan = Plan::new(&["control", "loud", "other"], &weights, Told::Address);
        assert_eq!(plan.names, ["control", "loud", "other", "quiet"]);
        assert_eq!(plan.shares, [0.8, 0.1, 0.0, 0.1]);
        assert_eq!(Plan::equal(&["a", "b"]).shares, [0.5, 0.5]);
    }

    #[test]
    fn what_is_no_plan_is_none() {
        for text in [
            "",
            "control",
            "control:x",
            "control:-1",
            "control:0",
            "a:1,a:2",
            "a:inf",
            "a:NaN",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
