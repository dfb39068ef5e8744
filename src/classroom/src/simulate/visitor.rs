//! Who somebody is: all of it follows from the seed and the visitor's number, so nobody has to be remembered.

use uuid::Uuid;

use super::catalogue::Catalogue;
use super::random::{Purpose, Random};

/// A person's browser, or a crawler. Numbers of people hold the day of their first visit in the upper half.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VisitorNumber(pub u64);

impl VisitorNumber {
    /// The visitor who was the `index`th to come for the first time on `day`; days below [`DAYS_BEFORE`] were before the simulation.
    #[must_use]
    pub const fn first_seen(day: u32, index: u32) -> Self {
        Self((day as u64) << 32 | index as u64)
    }
}

/// People who come back may have been here up to this many days before the first simulated one.
pub const DAYS_BEFORE: u32 = 14;

const BROWSERS: [&str; 6] = [
    "Mozilla/5.0 (Linux; Android 15; SM-S931N) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
];
const CRAWLERS: [&str; 3] = [
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "Mozilla/5.0 (compatible; Yeti/1.1; +https://naver.me/spd)",
];
const LANGUAGES: [&str; 2] = ["ko", "en"];

/// The shop's experiments, in the order of `shop/experiments.json`; each has two equal variants.
pub const EXPERIMENTS: [(&str, [&str; 2]); 3] = [
    ("listing_order", ["control", "popular_first"]),
    ("add_label", ["control", "first_person"]),
    ("home_aa", ["control", "also_control"]),
];

#[derive(Debug, Clone)]
pub struct Visitor {
    pub number: VisitorNumber,
    pub id: [u8; 16],
    pub bot: bool,
    pub language: &'static str,
    pub user_agent: &'static str,
    pub ip_address: String,
    /// The category that is looked at most.
    pub interest: usize,
    /// The variant of each of [`EXPERIMENTS`].
    pub variants: [usize; 3],
    /// The shop's clock less the visitor's, in milliseconds.
    pub skew_ms: i64,
    pub tab: String,
    /// Width and height of the window, in CSS pixels.
    pub viewport: (u32, u32),
}

impl Visitor {
    #[must_use]
    pub fn new(seed: u64, number: VisitorNumber, bot: bool, catalogue: &Catalogue) -> Self {
        let mut random = Random::new(seed, Purpose::Visitor, number.0);
        let id = Uuid::from_bytes(random.bytes()).into_bytes();
        let language = LANGUAGES[usize::from(random.chance(0.15))];
        let user_agent = if bot {
            CRAWLERS[random.index(CRAWLERS.len())]
        } else {
            BROWSERS[random.index(BROWSERS.len())]
        };
        // 198.18.0.0/15 belongs to nobody: RFC 2544 keeps it for tests.
        let [third, fourth] = random.bytes();
        let ip_address = format!("198.{}.{third}.{fourth}", 18 + random.below(2));
        let interest = catalogue.any_category(&mut random);
        let variants = std::array::from_fn(|_| random.index(2));
        let skew_ms = if random.chance(0.05) {
            random.between(-3_600_000, 3_600_000)
        } else {
            random.between(-2_000, 2_000)
        };
        let tab = (0..8).map(|_| char::from(b"0123456789abcdefghijklmnopqrstuv"[random.index(32)]));
        Self {
            number,
            id,
            bot,
            language,
            user_agent,
            ip_address,
            interest,
            variants,
            skew_ms,
            tab: tab.collect(),
            viewport: if user_agent.contains("Mobile") {
                (390, 760)
            } else {
                (1440, 820)
            },
        }
    }

    /// The variant of the named experiment.
    #[must_use]
    pub fn variant(&self, experiment: &str) -> usize {
        let at = EXPERIMENTS.iter().position(|(name, _)| *name == experiment);
        at.map_or(0, |at| self.variants[at])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize)]
    struct Declared {
        name: String,
        variants: Vec<Variant>,
    }

    #[derive(serde::Deserialize)]
    struct Variant {
        name: String,
    }

    #[test]
    fn the_experiments_are_those_that_the_shop_declares() {
        let declared: Vec<Declared> = serde_json::from_str(include_str!("../../../../shop/experiments.json")).unwrap();
        let declared: Vec<_> = declared
            .iter()
            .map(|one| {
                (
                    one.name.as_str(),
                    one.variants.iter().map(|variant| variant.name.as_str()).collect(),
                )
            })
            .collect();
        let ours: Vec<(&str, Vec<&str>)> = EXPERIMENTS.iter().map(|(name, both)| (*name, both.to_vec())).collect();
        assert_eq!(declared, ours);
    }

    #[test]
    fn somebody_is_the_same_person_each_time() {
        let catalogue = Catalogue::of_the_shop().unwrap();
        let who = |number| format!("{:?}", Visitor::new(7, VisitorNumber(number), false, catalogue));
        assert_eq!(who(5), who(5));
        assert_ne!(who(5), who(6));
    }
}
