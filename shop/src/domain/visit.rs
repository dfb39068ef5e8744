//! Who is there: a visitor (a browser, for as long as its cookie lives) and the session that events are keyed by.
//!
//! The session id is public, it stands in every topic, so it opens nothing; the visitor id opens a cart, so it is in no event.
//! A new session begins after a silence (30 minutes by default). Nothing here is written to a database: a visit lives in its cookie,
//! which is signed outside (this is only its text).

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use schemas::{SessionId, Timestamp};

/// A browser: secret, whoever knows it (and can sign it) has its cart.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct VisitorId(pub [u8; 16]);

impl VisitorId {
    /// 32 hex digits, for the cookie and the database.
    #[must_use]
    pub fn hex(self) -> String {
        hex::encode(self.0)
    }

    /// Reads the 32 digits.
    #[must_use]
    pub fn from_hex(digits: &str) -> Option<Self> {
        let plain = digits.len() == 32 && digits.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
        let number = plain.then(|| u128::from_str_radix(digits, 16).ok())??;
        Some(Self(number.to_be_bytes()))
    }
}

/// Kept out of logs.
impl fmt::Debug for VisitorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VisitorId(..)")
    }
}

/// What the visitor's cookie says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Visit {
    pub visitor: VisitorId,
    pub session: SessionId,
    pub last_seen: Timestamp,
    /// Whether anything may be in the visitor's cart; without it no page asks the database.
    pub has_cart: bool,
    /// The same for the visitor's wish list.
    pub has_wishes: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a visit")]
pub struct VisitError;

impl Visit {
    /// The same browser as somebody else: nothing that is recorded from now on leads to what was recorded before. `random` as below.
    #[must_use]
    pub fn anew(self, random: [[u8; 16]; 2]) -> Self {
        Self::continue_or_begin(None, self.last_seen, Duration::ZERO, random)
    }

    /// The visit of a request at `now`: the one before, a new session of the same visitor after `silence`, or a new visitor.
    ///
    /// `random` makes what is new: a visitor and a session. A clock that went back ends no session.
    #[must_use]
    pub fn continue_or_begin(previous: Option<Self>, now: Timestamp, silence: Duration, random: [[u8; 16]; 2]) -> Self {
        let [visitor, session] = random;
        let session = SessionId(session);
        let Some(previous) = previous else {
            return Self {
                visitor: VisitorId(visitor),
                session,
                last_seen: now,
                has_cart: false,
                has_wishes: false,
            };
        };
        let silence = i64::try_from(silence.as_micros()).unwrap_or(i64::MAX);
        let ended = now.unix_micros().saturating_sub(previous.last_seen.unix_micros()) >= silence;
        Self {
            session: if ended { session } else { previous.session },
            last_seen: now.max(previous.last_seen),
            ..previous
        }
    }
}

/// The cookie's text: visitor, session, when last seen (microseconds, hex), and 1 for a cart plus 2 for a wish list, divided by dots.
impl fmt::Display for Visit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kept = u8::from(self.has_cart) | u8::from(self.has_wishes) << 1;
        write!(
            f,
            "{}.{}.{:x}.{kept}",
            self.visitor.hex(),
            self.session,
            self.last_seen.unix_micros()
        )
    }
}

impl FromStr for Visit {
    type Err = VisitError;

    fn from_str(text: &str) -> Result<Self, VisitError> {
        let mut parts = text.split('.');
        let mut part = || parts.next().ok_or(VisitError);
        let mut visit = Self {
            visitor: VisitorId::from_hex(part()?).ok_or(VisitError)?,
            session: part()?.parse().map_err(|_| VisitError)?,
            last_seen: i64::from_str_radix(part()?, 16)
                .map(Timestamp::from_unix_micros_saturating)
                .map_err(|_| VisitError)?,
            has_cart: false,
            has_wishes: false,
        };
        (visit.has_cart, visit.has_wishes) = match part()? {
            "0" => (false, false),
            "1" => (true, false),
            "2" => (false, true),
            "3" => (true, true),
            _ => return Err(VisitError),
        };
        if parts.next().is_none() {
            Ok(visit)
        } else {
            Err(VisitError)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SILENCE: Duration = Duration::from_mins(30);
    const MINUTE: i64 = 60_000_000;

    fn noon() -> Timestamp {
        Timestamp::parse("2026-03-14T12:00:00.000001Z").expect("a moment")
    }

    fn first() -> Visit {
        Visit::continue_or_begin(None, noon(), SILENCE, [[7; 16]; 2])
    }

    #[test]
    fn a_visit_goes_on_until_the_silence_is_full() {
        let later = noon().plus_micros(30 * MINUTE - 1);
        let next = Visit::continue_or_begin(Some(first()), later, SILENCE, [[8; 16]; 2]);
        assert_eq!(
            next,
            Visit {
                last_seen: later,
                ..first()
            }
        );
    }

    #[test]
    fn after_the_silence_the_same_visitor_has_a_new_session() {
        let next = Visit::continue_or_begin(Some(first()), noon().plus_micros(30 * MINUTE), SILENCE, [[8; 16]; 2]);
        assert_eq!((next.visitor, next.session), (first().visitor, SessionId([8; 16])));
    }

    #[test]
    fn a_clock_that_goes_back_ends_no_session() {
        let next = Visit::continue_or_begin(Some(first()), noon().plus_micros(-MINUTE), SILENCE, [[8; 16]; 2]);
        assert_eq!(next, first());
    }

    #[test]
    fn a_cookie_reads_back_as_the_same_visit() {
        for (has_cart, has_wishes) in [(false, false), (true, false), (false, true), (true, true)] {
            let visit = Visit {
                has_cart,
                has_wishes,
                ..first()
            };
            assert_eq!(visit.to_string().parse(), Ok(visit));
        }
    }

    #[test]
    fn another_text_is_no_visit() {
        let good = first().to_string();
        for bad in [
            String::new(),
            "a.b.c.d".to_owned(),
            format!("{good}.1"),
            good.replace(".0", ".4"),
            format!("+{}", &good[1..]),
        ] {
            assert_eq!(bad.parse::<Visit>(), Err(VisitError), "{bad}");
        }
    }
}
