//! What is asked: range, filters and positions, all of them in the address.

use std::collections::BTreeMap;

use schemas::Zone;
use time::macros::format_description;
use time::{Date, Duration};

use crate::events::{device_name, language_name};

const DATE: &[time::format_description::BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]");
/// How many days a page shows when the address names none.
const DEFAULT_DAYS: u16 = 7;
/// The longest range: more than any retention.
const MOST_DAYS: i64 = 3700;

/// Why an address can't be answered; each says what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QuestionError {
    #[error("{name}={value}: a date is written as 2026-11-30")]
    Date { name: &'static str, value: String },
    #[error("the range ends ({to}) before it begins ({from})")]
    Reversed { from: Date, to: Date },
    #[error("a range has at most {MOST_DAYS} days")]
    TooLong,
    #[error("{name}={value}: one of {allowed} is possible")]
    Choice {
        name: &'static str,
        value: String,
        allowed: &'static str,
    },
    #[error("as_of={0}: positions are written as view.0.123,search.2.45")]
    Position(String),
}

/// Whole days of a time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    pub first: Date,
    pub last: Date,
    /// Microseconds since 1970: from this one, up to but not including that.
    pub from: i64,
    pub to: i64,
}

impl Range {
    #[must_use]
    pub fn of_days(first: Date, last: Date, zone: Zone) -> Self {
        Self {
            first,
            last,
            from: midnight(first, zone),
            to: midnight(last.next_day().unwrap_or(last), zone),
        }
    }

    #[must_use]
    pub fn days(&self) -> i64 {
        (self.last - self.first).whole_days() + 1
    }

    #[must_use]
    pub const fn holds(&self, at: i64) -> bool {
        self.from <= at && at < self.to
    }

    /// The range as long as this one that ends where it begins.
    #[must_use]
    pub fn before(&self, zone: Zone) -> Self {
        self.shifted(self.days(), zone)
    }

    /// The same days of the week, whole weeks before.
    #[must_use]
    pub fn same_weekdays_before(&self, zone: Zone) -> Self {
        self.shifted((self.days() + 6) / 7 * 7, zone)
    }

    fn shifted(&self, days: i64, zone: Zone) -> Self {
        let back = |date: Date| date.checked_sub(Duration::days(days)).unwrap_or(Date::MIN);
        Self::of_days(back(self.first), back(self.last), zone)
    }
}

/// The first microsecond of a day; a day on which the clocks change has 23 or 25 hours.
#[must_use]
pub fn midnight(date: Date, zone: Zone) -> i64 {
    zone.begin_of(date).unix_micros()
}

/// The day of a moment.
#[must_use]
pub fn day(at: i64, zone: Zone) -> Date {
    zone.day(schemas::Timestamp::from_unix_micros_saturating(at))
}

/// Who is looked at: all, or those who come for the first time, or those who come again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    All,
    New,
    Returning,
}

/// An address, read.
#[derive(Debug, Clone)]
pub struct Question {
    range: Asked,
    pub bots: bool,
    pub language: Option<&'static str>,
    pub device: Option<&'static str>,
    pub campaign: Option<String>,
    pub variant: Option<(String, String)>,
    pub who: Who,
    /// Topic without `shop.`, partition, next offset.
    pub as_of: Option<Vec<(String, i64, i64)>>,
    /// Everything as it stood in the address: what a page has of its own, too.
    pub given: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    LastDays(u16),
    Days(Date, Date),
}

impl Question {
    /// Reads the parameters of an address; unknown ones belong to the page.
    pub fn read(given: BTreeMap<String, String>) -> Result<Self, QuestionError> {
        // A form sends what was left empty, too.
        let given: BTreeMap<String, String> = given
            .into_iter()
            .filter(|(_, value)| !value.trim().is_empty())
            .collect();
        let text = |name: &str| given.get(name).map(|value| value.trim());
        Ok(Self {
            range: range(&given)?,
            bots: choice("bots", text("bots"), &["out", "in"], "in, out")?.is_some_and(|bots| bots == "in"),
            language: choice(
                "language",
                text("language"),
                &["ko", "en", "unknown"],
                "ko, en, unknown",
            )?,
            device: choice(
                "device",
                text("device"),
                &["phone", "tablet", "desktop", "unknown"],
                "phone, tablet, desktop, unknown",
            )?,
            campaign: text("campaign").map(str::to_owned),
            variant: text("variant")
                .and_then(|both| both.split_once(':'))
                .map(|(left, right)| (left.to_owned(), right.to_owned())),
            who: match choice(
                "visitors",
                text("visitors"),
                &["all", "new", "returning"],
                "all, new, returning",
            )? {
                Some("new") => Who::New,
                Some("returning") => Who::Returning,
                _ => Who::All,
            },
            as_of: text("as_of").map(positions).transpose()?,
            given,
        })
    }

    /// The days that are meant; `newest` is the day of the newest event.
    #[must_use]
    pub fn range(&self, newest: Date, zone: Zone) -> Range {
        match self.range {
            Asked::Days(first, last) => Range::of_days(first, last, zone),
            Asked::LastDays(days) => {
                let first = newest
                    .checked_sub(Duration::days(i64::from(days) - 1))
                    .unwrap_or(newest);
                Range::of_days(first, newest, zone)
            }
        }
    }

    /// A parameter that belongs to a page.
    #[must_use]
    pub fn own(&self, name: &str) -> Option<&str> {
        self.given.get(name).map(|value| value.trim())
    }

    #[must_use]
    pub fn admits(&self, language: u8, device: u8) -> bool {
        self.language.is_none_or(|wanted| wanted == language_name(language))
            && self.device.is_none_or(|wanted| wanted == device_name(device))
    }

    /// An address with the same filters; `changes` are set, or left out where they are empty.
    #[must_use]
    pub fn address(&self, page: &str, changes: &[(&str, &str)]) -> String {
        const SHARED: [&str; 10] = [
            "days", "from", "to", "bots", "language", "device", "campaign", "variant", "visitors", "as_of",
        ];
        let shared = self.given.iter().filter(|(name, _)| SHARED.contains(&name.as_str()));
        address(
            page,
            shared.map(|(name, value)| (name.as_str(), value.as_str())),
            changes,
        )
    }

    /// An address of the same page: what it has of its own stays, too.
    #[must_use]
    pub fn here(&self, page: &str, changes: &[(&str, &str)]) -> String {
        address(
            page,
            self.given.iter().map(|(name, value)| (name.as_str(), value.as_str())),
            changes,
        )
    }
}

fn address<'a>(page: &str, given: impl Iterator<Item = (&'a str, &'a str)>, changes: &[(&str, &str)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(given.filter(|(name, _)| !changes.iter().any(|(changed, _)| changed == name)));
    query.extend_pairs(changes.iter().filter(|(_, value)| !value.is_empty()));
    let query = query.finish();
    if query.is_empty() {
        page.to_owned()
    } else {
        format!("{page}?{query}")
    }
}

fn range(given: &BTreeMap<String, String>) -> Result<Asked, QuestionError> {
    let date = |name: &'static str| -> Result<Option<Date>, QuestionError> {
        let Some(value) = given.get(name) else { return Ok(None) };
        let parsed = Date::parse(value.trim(), &DATE)
            .ok()
            .filter(|date| (1970..=9999).contains(&date.year()));
        parsed.map(Some).ok_or_else(|| QuestionError::Date {
            name,
            value: value.clone(),
        })
    };
    match (date("from")?, date("to")?) {
        (None, None) => {
            let days = given
                .get("days")
                .map_or(Some(DEFAULT_DAYS), |days| days.trim().parse().ok());
            let days = days.filter(|days| (1..=MOST_DAYS).contains(&i64::from(*days)));
            days.map(Asked::LastDays).ok_or_else(|| QuestionError::Choice {
                name: "days",
                value: given.get("days").cloned().unwrap_or_default(),
                allowed: "1 to 3700",
            })
        }
        (from, to) => {
            let (Some(first), Some(last)) = (from.or(to), to.or(from)) else {
                return Ok(Asked::LastDays(DEFAULT_DAYS));
            };
            if last < first {
                return Err(QuestionError::Reversed { from: first, to: last });
            }
            if (last - first).whole_days() >= MOST_DAYS {
                return Err(QuestionError::TooLong);
            }
            Ok(Asked::Days(first, last))
        }
    }
}

fn choice(
    name: &'static str,
    value: Option<&str>,
    all: &[&'static str],
    allowed: &'static str,
) -> Result<Option<&'static str>, QuestionError> {
    let Some(value) = value else { return Ok(None) };
    let found = all.iter().find(|one| **one == value).copied();
    found.map(Some).ok_or_else(|| QuestionError::Choice {
        name,
        value: value.to_owned(),
        allowed,
    })
}

fn positions(text: &str) -> Result<Vec<(String, i64, i64)>, QuestionError> {
    let one = |part: &str| {
        let mut parts = part.rsplitn(3, '.');
        let (next, partition, topic) = (parts.next()?, parts.next()?, parts.next()?);
        Some((topic.to_owned(), partition.parse().ok()?, next.parse().ok()?))
    };
    let read = text
        .split(',')
        .map(|part| one(part).ok_or_else(|| QuestionError::Position(text.to_owned())));
    read.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    fn question(pairs: &[(&str, &str)]) -> Result<Question, QuestionError> {
        Question::read(
            pairs
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
        )
    }

    #[test]
    fn a_range_is_whole_days_of_the_time_zone() {
        let asked = question(&[("from", "2026-11-01"), ("to", "2026-11-02")]).expect("a question");
        let range = asked.range(date!(2026 - 11 - 30), "Asia/Seoul".parse().expect("a zone"));
        assert_eq!(range.to - range.from, 48 * 3_600_000_000);
        assert_eq!(
            range.from,
            midnight(date!(2026 - 11 - 01), Zone::UTC) - 9 * 3_600_000_000
        );
        let week = question(&[])
            .expect("a question")
            .range(date!(2026 - 11 - 30), Zone::UTC);
        assert_eq!((week.first, week.last), (date!(2026 - 11 - 24), date!(2026 - 11 - 30)));
        assert_eq!(week.before(Zone::UTC).last, date!(2026 - 11 - 23));
    }

    #[test]
    fn the_day_on_which_clocks_go_back_has_25_hours() {
        let zone: Zone = "America/New_York".parse().expect("a zone");
        let day = Range::of_days(date!(2026 - 11 - 01), date!(2026 - 11 - 01), zone);
        assert_eq!(day.to - day.from, 25 * 3_600_000_000);
        assert_eq!(day.before(zone).to, day.from);
        let week = Range::of_days(date!(2026 - 10 - 31), date!(2026 - 11 - 06), zone);
        assert_eq!((week.to - week.from) / 3_600_000_000, 7 * 24 + 1);
        assert_eq!(super::day(day.to - 1, zone), date!(2026 - 11 - 01));
    }

    #[test]
    fn what_is_no_range_is_refused_and_says_why() {
        let reversed = [("from", "2026-11-02"), ("to", "2026-11-01")];
        assert!(
            question(&reversed)
                .expect_err("refused")
                .to_string()
                .contains("before it begins")
        );
        for pairs in [
            [("from", "yesterday"), ("to", "")],
            [("days", "0"), ("to", "")],
            [("as_of", "view"), ("to", "")],
            [("device", "toaster"), ("to", "")],
        ] {
            assert!(question(&pairs).is_err(), "{pairs:?}");
        }
        assert!(
            question(&[("from", "9999-12-31")]).is_ok(),
            "the far future is empty, not wrong"
        );
    }

    #[test]
    fn every_filter_is_in_the_address() {
        let asked = question(&[("days", "30"), ("bots", "in"), ("campaign", "a&b"), ("q", "tea")]).expect("a question");
        assert_eq!(
            asked.address("/insights", &[]),
            "/insights?bots=in&campaign=a%26b&days=30"
        );
        assert_eq!(
            asked.address("/x", &[("days", ""), ("bots", "out")]),
            "/x?campaign=a%26b&bots=out"
        );
        assert!(asked.here("/x", &[]).contains("q=tea"));
    }
}
