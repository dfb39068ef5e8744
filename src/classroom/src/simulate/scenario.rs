//! A scenario: everything that can be told about the simulated shop, with defaults calibrated to real ones.
//!
//! A TOML file changes any of it; what it leaves out stays as it is here. `scenarios/walk-through.toml` explains each entry.

use serde::{Deserialize, Serialize};
use time::{Date, UtcOffset};

/// A scenario as its file has it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Scenario {
    /// Hours from UTC where the visitors live: when they sleep, and what is a weekend.
    pub visitors_utc_offset_hours: i8,
    pub rhythm: Rhythm,
    pub visit: VisitShape,
    pub buying: Buying,
    pub bots: Bots,
    pub experiments: Experiments,
    pub campaigns: Vec<Campaign>,
    pub stock_outs: Vec<StockOut>,
    pub price_changes: Vec<PriceChange>,
    pub incidents: Vec<Incident>,
}

/// When people come.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rhythm {
    /// Weights of the 24 hours at the visitors' place, from midnight.
    pub hours: [f64; 24],
    /// A Saturday or Sunday has this share of a weekday's visits.
    pub weekend: f64,
}

/// How a visit goes.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct VisitShape {
    /// Pages are 1 + a negative binomial number with this shape and this chance of success.
    pub length_shape: f64,
    pub length_success: f64,
    /// Seconds between two pages are log-normal.
    pub gap_mu: f64,
    pub gap_sigma: f64,
    /// The next product looked at is the same one, or another of its category; otherwise one of another category.
    pub same_product: f64,
    pub same_category: f64,
    /// Visits by somebody who was here before.
    pub returning: f64,
    /// Pages that are loaded twice within a second.
    pub repeated: f64,
    /// Searches with a slip of the finger.
    pub slips: f64,
}

/// From a look to an order.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Buying {
    /// A product that is looked at goes into the cart.
    pub add: f64,
    /// A visit with a filled cart ends in an order.
    pub buy: f64,
    /// An order is cancelled within minutes.
    pub cancel: f64,
    /// A buyer signs in, or opens an account.
    pub sign_in: f64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Bots {
    /// Of all visits.
    pub visits: f64,
    /// Pages of one visit, at least and at most.
    pub pages: (i64, i64),
}

/// The true effects of the shop's experiments; the A/A test has none.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Experiments {
    /// `add_label`: `first_person` multiplies the chance that a product goes into the cart.
    pub add_label: f64,
    /// `listing_order`: `popular_first` multiplies the chance that a product is opened from a listing.
    pub listing_order: f64,
}

/// People who come by an advertisement.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Campaign {
    pub name: String,
    pub source: String,
    pub medium: String,
    /// The first day it runs, from 0, and for how many days.
    pub day: u32,
    pub days: u32,
    /// Of all new visitors while it runs.
    pub share: f64,
}

/// A product can't be bought for a while.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StockOut {
    pub product: i64,
    /// From the beginning of the first day.
    pub from_hour: u32,
    pub hours: u32,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriceChange {
    pub product: i64,
    pub from_hour: u32,
    /// KRW.
    pub price: i64,
}

/// A page is slow for a while.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Incident {
    /// Such as `products.detail`.
    pub endpoint: String,
    pub from_hour: u32,
    pub hours: u32,
    /// How many times as slow.
    pub slower: f64,
    /// Requests that fail meanwhile.
    pub failing: f64,
}

/// Why a scenario can't be used.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    #[error("it is not such a file")]
    Toml(#[from] toml::de::Error),
    #[error("{name} is {value}; it must be from {least} to {most}")]
    Range {
        name: &'static str,
        value: f64,
        least: f64,
        most: f64,
    },
    #[error("hours from UTC must be from -23 to 23")]
    Offset,
}

impl Scenario {
    pub fn parse(text: &str) -> Result<Self, ScenarioError> {
        let scenario: Self = toml::from_str(text)?;
        scenario.check()?;
        Ok(scenario)
    }

    /// Every share is a share, and nothing is drawn for ever.
    fn check(&self) -> Result<(), ScenarioError> {
        let (visit, buying) = (&self.visit, &self.buying);
        let shares = [
            ("rhythm.weekend", self.rhythm.weekend),
            ("visit.same_product", visit.same_product),
            (
                "visit.same_product + visit.same_category",
                visit.same_product + visit.same_category,
            ),
            ("visit.returning", visit.returning),
            ("visit.repeated", visit.repeated),
            ("visit.slips", visit.slips),
            ("buying.add", buying.add),
            ("buying.buy", buying.buy),
            ("buying.cancel", buying.cancel),
            ("buying.sign_in", buying.sign_in),
            ("bots.visits", self.bots.visits),
        ];
        for (name, value) in shares {
            within(name, value, 0.0, 1.0)?;
        }
        for hour in self.rhythm.hours {
            within("rhythm.hours", hour, 0.0, 1e6)?;
        }
        within("the sum of rhythm.hours", self.rhythm.hours.iter().sum(), 1e-6, 1e8)?;
        within("visit.length_shape", visit.length_shape, 0.01, 100.0)?;
        within("visit.length_success", visit.length_success, 0.01, 1.0)?;
        within("visit.gap_mu", visit.gap_mu, 0.0, 8.0)?;
        within("visit.gap_sigma", visit.gap_sigma, 0.0, 3.0)?;
        self.offset().map(|_| ())
    }

    pub fn offset(&self) -> Result<UtcOffset, ScenarioError> {
        UtcOffset::from_hms(self.visitors_utc_offset_hours, 0, 0).map_err(|_| ScenarioError::Offset)
    }
}

fn within(name: &'static str, value: f64, least: f64, most: f64) -> Result<(), ScenarioError> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    Err(ScenarioError::Range {
        name,
        value,
        least,
        most,
    })
}

impl Default for Scenario {
    fn default() -> Self {
        Self {
            visitors_utc_offset_hours: 9,
            rhythm: Rhythm::default(),
            visit: VisitShape::default(),
            buying: Buying::default(),
            bots: Bots::default(),
            experiments: Experiments::default(),
            campaigns: vec![Campaign {
                name: "autumn".into(),
                source: "newsletter".into(),
                medium: "email".into(),
                day: 1,
                days: 3,
                share: 0.15,
            }],
            stock_outs: vec![StockOut {
                product: 101,
                from_hour: 60,
                hours: 24,
            }],
            price_changes: vec![PriceChange {
                product: 102,
                from_hour: 36,
                price: 49_900,
            }],
            incidents: vec![Incident {
                endpoint: "products.detail".into(),
                from_hour: 28,
                hours: 2,
                slower: 40.0,
                failing: 0.02,
            }],
        }
    }
}

impl Default for Rhythm {
    /// Busiest at ten in the evening, 2.66 times the quietest hour.
    fn default() -> Self {
        let hours = [
            72, 60, 54, 51, 50, 52, 58, 68, 82, 96, 106, 110, 112, 110, 107, 105, 104, 104, 106, 112, 122, 130, 133,
            104,
        ];
        Self {
            hours: hours.map(f64::from),
            weekend: 0.65,
        }
    }
}

impl Default for VisitShape {
    fn default() -> Self {
        Self {
            length_shape: 0.55,
            length_success: 0.12,
            gap_mu: 3.6,
            gap_sigma: 1.05,
            same_product: 0.32,
            same_category: 0.56,
            returning: 0.27,
            repeated: 0.004,
            slips: 0.12,
        }
    }
}

impl Default for Buying {
    fn default() -> Self {
        Self {
            add: 0.035,
            buy: 0.38,
            cancel: 0.04,
            sign_in: 0.4,
        }
    }
}

impl Default for Bots {
    fn default() -> Self {
        Self {
            visits: 0.014,
            pages: (40, 204),
        }
    }
}

impl Default for Experiments {
    fn default() -> Self {
        Self {
            add_label: 1.25,
            listing_order: 1.1,
        }
    }
}

impl Campaign {
    #[must_use]
    pub fn runs_on(&self, day: u32) -> bool {
        (self.day..self.day.saturating_add(self.days)).contains(&day)
    }
}

/// What the first day is needed for: hours of a scenario become moments.
#[must_use]
pub fn day_start(day: Date) -> i64 {
    i64::from(day.to_julian_day() - 2_440_588) * 24 * 3600 * 1_000_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_walk_through_reads_and_says_what_the_defaults_say() {
        let told = Scenario::parse(include_str!("../../scenarios/walk-through.toml")).unwrap();
        assert_eq!(format!("{told:?}"), format!("{:?}", Scenario::default()));
    }

    #[test]
    fn a_share_above_one_and_an_unknown_entry_are_refused_by_name() {
        let refused = Scenario::parse("[buying]\nbuy = 1.5").unwrap_err().to_string();
        assert!(refused.contains("buying.buy"), "{refused}");
        let refused = Scenario::parse("[buying]\nbye = 1").unwrap_err();
        assert!(format!("{refused:?}").contains("bye"), "{refused:?}");
    }

    #[test]
    fn the_busiest_hour_is_2_66_times_the_quietest() {
        let hours = Rhythm::default().hours;
        let (most, least) = (
            hours.iter().copied().fold(0.0, f64::max),
            hours.iter().copied().fold(1e9, f64::min),
        );
        assert!((most / least - 2.66).abs() < 0.01);
    }
}
