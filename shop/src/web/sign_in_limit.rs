//! How often somebody may fail to sign in, within 10 minutes: 10 times with one account from one place, 100 times from one place, and
//! 100 times with one account from all strange places together.
//!
//! So whoever guesses is slowed down, from one address or from many. Nobody is locked out by it: a browser that was signed in to
//! the account before (a signed cookie) has 10 tries of its own, whatever others do (OWASP's device cookies).

use std::net::IpAddr;
use std::time::Duration;

use schemas::Timestamp;

use super::cookies::KnownAccount;
use super::pace::{Pace, Wait, place};

const WINDOW: Duration = Duration::from_mins(10);
const MOST_OF_A_PAIR: u32 = 10;
const MOST_OF_A_PLACE: u32 = 100;
const MOST_OF_AN_ACCOUNT: u32 = 100;

/// Counts failed tries.
#[derive(Debug)]
pub(super) struct SignInLimit {
    pairs: Pace,
    places: Pace,
    accounts: Pace,
}

/// Somebody at the door.
#[derive(Debug, Clone)]
pub(super) struct Try {
    place: Option<IpAddr>,
    account: String,
    /// With a browser that was let in before.
    known: bool,
    at: Timestamp,
}

impl Try {
    /// At the account of `email`, from `address`, with a browser that was let in to `known`.
    pub(super) fn of(email: &str, (address, known): (Option<IpAddr>, Option<KnownAccount>), at: Timestamp) -> Self {
        Self {
            place: place(address),
            account: email.trim().to_lowercase(),
            known: known == Some(KnownAccount::of(email)),
            at,
        }
    }

    /// A known browser is one place, wherever it is.
    fn pair(&self) -> (Option<IpAddr>, bool, &str) {
        (self.place.filter(|_| !self.known), self.known, &self.account)
    }
}

impl Default for SignInLimit {
    fn default() -> Self {
        Self {
            pairs: Pace::new(MOST_OF_A_PAIR, WINDOW),
            places: Pace::new(MOST_OF_A_PLACE, WINDOW),
            accounts: Pace::new(MOST_OF_AN_ACCOUNT, WINDOW),
        }
    }
}

impl SignInLimit {
    /// How long to wait before this try; none when it may be made.
    pub(super) fn wait(&self, attempt: &Try) -> Option<Wait> {
        let pair = self.pairs.wait(&attempt.pair(), attempt.at);
        if attempt.known {
            return pair;
        }
        pair.or_else(|| self.places.wait(&attempt.place, attempt.at))
            .or_else(|| self.accounts.wait(&attempt.account, attempt.at))
    }

    pub(super) fn failed(&self, attempt: &Try) {
        self.pairs.count(&attempt.pair(), attempt.at);
        if !attempt.known {
            self.places.count(&attempt.place, attempt.at);
            self.accounts.count(&attempt.account, attempt.at);
        }
    }

    pub(super) fn succeeded(&self, attempt: &Try) {
        self.pairs.forget(&attempt.pair());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt(place: &str, account: &str, known: bool) -> Try {
        Try {
            place: place.parse().ok(),
            account: account.to_owned(),
            known,
            at: Timestamp::from_unix_micros_saturating(0),
        }
    }

    fn fails(limit: &SignInLimit, times: u32, attempt: &Try) {
        for _ in 0..times {
            assert_eq!(limit.wait(attempt), None);
            limit.failed(attempt);
        }
    }

    #[test]
    fn the_eleventh_try_waits_until_ten_minutes_are_over() {
        let limit = SignInLimit::default();
        let wrong = attempt("192.0.2.1", "mina", false);
        fails(&limit, 10, &wrong);
        assert_eq!(limit.wait(&wrong), Some(Wait(600)));
        assert_eq!(limit.wait(&attempt("192.0.2.2", "mina", false)), None);
        let later = Try {
            at: wrong.at.plus_micros(600_000_000),
            ..wrong
        };
        assert_eq!(limit.wait(&later), None);
    }

    #[test]
    fn a_guesser_with_many_addresses_is_stopped_and_the_owner_still_gets_in() {
        let limit = SignInLimit::default();
        for place in 0..10 {
            fails(&limit, 10, &attempt(&format!("192.0.2.{place}"), "mina", false));
        }
        assert!(limit.wait(&attempt("198.51.100.1", "mina", false)).is_some());
        assert_eq!(limit.wait(&attempt("198.51.100.1", "mina", true)), None);
        fails(&limit, 10, &attempt("198.51.100.1", "mina", true));
        assert!(
            limit.wait(&attempt("198.51.100.9", "mina", true)).is_some(),
            "nor is a stolen browser a way around"
        );
    }

    #[test]
    fn one_password_tried_on_many_accounts_is_stopped() {
        let limit = SignInLimit::default();
        for number in 0..100 {
            fails(&limit, 1, &attempt("192.0.2.1", &number.to_string(), false));
        }
        assert!(limit.wait(&attempt("192.0.2.1", "mina", false)).is_some());
    }
}
