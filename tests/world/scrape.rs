//! What a program tells Prometheus, read and checked as Prometheus reads it.

use std::collections::{BTreeMap, BTreeSet};

/// A scrape, read as Prometheus reads it: samples by name and labels.
pub struct Scrape {
    samples: BTreeMap<String, f64>,
    types: BTreeMap<String, String>,
}

impl Scrape {
    /// Panics where the text is not in Prometheus' format.
    pub fn of(text: &str) -> Self {
        let (mut samples, mut types, mut helps) = (BTreeMap::new(), BTreeMap::new(), BTreeSet::new());
        for line in text.lines().filter(|line| !line.is_empty()) {
            if let Some(help) = line.strip_prefix("# HELP ") {
                let (name, said) = help.split_once(' ').expect("a help has words");
                assert!(!said.is_empty() && helps.insert(name), "{line}");
            } else if let Some(kind) = line.strip_prefix("# TYPE ") {
                let (name, kind) = kind.split_once(' ').expect("a type is named");
                assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
                assert!(types.insert(name.to_owned(), kind.to_owned()).is_none(), "{line} twice");
            } else {
                let (sample, value) = line.rsplit_once(' ').expect("a sample has a value");
                let value: f64 = value.parse().unwrap_or_else(|error| panic!("{line}: {error}"));
                let name = sample.split('{').next().unwrap_or_default();
                assert!(
                    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'),
                    "{line}"
                );
                assert!(sample.ends_with('}') == sample.contains('{'), "{line}");
                assert!(samples.insert(sample.to_owned(), value).is_none(), "{line} twice");
            }
        }
        for name in samples
            .keys()
            .map(|sample| sample.split('{').next().unwrap_or_default())
        {
            let family = ["_bucket", "_sum", "_count"]
                .iter()
                .find_map(|part| name.strip_suffix(part).filter(|family| types.contains_key(*family)))
                .unwrap_or(name);
            assert!(
                types.contains_key(family) && helps.contains(family),
                "{name} is not described"
            );
        }
        Self { samples, types }
    }

    pub fn names(&self) -> BTreeSet<&str> {
        let families = self.types.keys().map(String::as_str);
        families
            .filter(|family| self.samples.keys().any(|sample| sample.starts_with(family)))
            .collect()
    }

    pub fn value(&self, sample: &str) -> f64 {
        self.samples
            .get(sample)
            .copied()
            .unwrap_or_else(|| panic!("{sample} is not there"))
    }

    /// Over all labels.
    pub fn sum(&self, name: &str) -> f64 {
        let of_it = |sample: &str| sample.split('{').next() == Some(name);
        self.samples
            .iter()
            .filter(|(sample, _)| of_it(sample))
            .map(|(_, value)| value)
            .sum()
    }
}
