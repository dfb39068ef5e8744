//! What is drawn by lot: all bytes at once. `rand::random` draws each byte of an array by itself and throws three of four away.

use schemas::{EventId, Timestamp};

/// Bytes that nobody can guess.
pub(crate) fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::fill(&mut bytes);
    bytes
}

/// An id for an event at `at` that no other event has.
pub(crate) fn event_id(at: Timestamp) -> EventId {
    EventId::at(at, bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_draws_are_the_same() {
        assert_ne!(bytes::<16>(), bytes::<16>());
        let at = Timestamp::from_unix_micros_saturating(0);
        assert_ne!(event_id(at), event_id(at));
    }
}
