//! The client's clock against the shop's.
//!
//! The shop's clock less the client's when the batch came in is the skew; times of the client are corrected by it, so that a
//! phone that is an hour off tells the right order and the right day. A corrected time is never later than now.

use std::time::Duration;

use schemas::Timestamp;
use schemas::events::ClientTimes;
use serde::{Deserialize, Deserializer, de};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::Refused;

/// A moment of the client's clock: RFC 3339, with any number of fractional digits and any offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ClientTime(Timestamp);

impl ClientTime {
    pub(super) const fn moment(self) -> Timestamp {
        self.0
    }
}

impl<'de> Deserialize<'de> for ClientTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        let moment = OffsetDateTime::parse(&text, &Rfc3339)
            .map_err(|_| de::Error::custom("is not a moment such as 2025-05-14T11:46:45.722Z (RFC 3339)"))?;
        Ok(Self(Timestamp::from(moment)))
    }
}

/// When and by which rules a batch came in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Received {
    pub at: Timestamp,
    pub retention: Duration,
}

impl Received {
    /// The shop's clock less the client's.
    fn skew_micros(&self, sent_at: ClientTime) -> i64 {
        self.at.unix_micros().saturating_sub(sent_at.0.unix_micros())
    }

    /// `time` by the shop's clock; refused when it is older than what is kept.
    pub(super) fn corrected(&self, field: &str, time: ClientTime, sent_at: ClientTime) -> Result<Timestamp, Refused> {
        let corrected = time.0.plus_micros(self.skew_micros(sent_at)).min(self.at);
        let kept = i64::try_from(self.retention.as_micros()).unwrap_or(i64::MAX);
        if self.at.unix_micros().saturating_sub(corrected.unix_micros()) > kept {
            let days = self.retention.as_secs() / 86_400;
            return Err(Refused::new(field, format!("is more than {days} days old")));
        }
        Ok(corrected)
    }

    /// What the client's clock said.
    pub(super) fn client(&self, at: ClientTime, sent_at: ClientTime) -> ClientTimes {
        ClientTimes {
            at: at.0,
            sent_at: sent_at.0,
            skew_ms: self.skew_micros(sent_at) / 1000,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> ClientTime {
        serde_json::from_value(text.into()).unwrap()
    }

    fn received(at: &str) -> Received {
        Received {
            at: Timestamp::parse(at).unwrap(),
            retention: Duration::from_hours(30 * 24),
        }
    }

    #[test]
    fn a_clock_that_is_an_hour_slow_is_corrected() {
        let received = received("2026-03-01T10:00:05.000000Z");
        let corrected = received.corrected("at", time("2026-03-01T09:00:00.000Z"), time("2026-03-01T09:00:05.000Z"));
        assert_eq!(corrected.unwrap().to_string(), "2026-03-01T10:00:00.000000Z");
    }

    #[test]
    fn nothing_happens_in_the_future() {
        let received = received("2026-03-01T10:00:05.000000Z");
        let corrected = received.corrected("at", time("2026-03-01T10:00:09+00:00"), time("2026-03-01T10:00:05Z"));
        assert_eq!(corrected.unwrap(), received.at);
    }

    #[test]
    fn what_would_be_deleted_at_once_is_refused() {
        let received = received("2026-03-31T10:00:00.000000Z");
        let sent = time("2026-03-31T10:00:00Z");
        assert!(received.corrected("at", time("2026-03-01T10:00:00Z"), sent).is_ok());
        let refused = received.corrected("at", time("2026-03-01T09:59:59Z"), sent);
        assert_eq!(refused, Err(Refused::new("at", "is more than 30 days old")));
    }
}
