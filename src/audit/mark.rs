//! What is known about one sequence of one instance, over all hops, in four bytes.

use uuid::Uuid;

/// A place that an event passes, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Hop {
    Journal,
    Topics,
    Files,
    Table,
}

impl Hop {
    pub(super) const ALL: [Self; 4] = [Self::Journal, Self::Topics, Self::Files, Self::Table];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Journal => "journal",
            Self::Topics => "topics",
            Self::Files => "files",
            Self::Table => "table",
        }
    }

    /// Its place in arrays of one thing a hop.
    pub(super) const fn at(self) -> usize {
        self as usize
    }
}

/// A day within the window that a ledger can tell apart; see `Calendar`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Day(u16);

impl Day {
    pub(super) const UNKNOWN: Self = Self(0);
    pub(super) const FIRST: Self = Self(1);
    pub(super) const LAST: Self = Self(511);

    pub(super) fn clamped(index: i32) -> Self {
        let index = index.clamp(i32::from(Self::FIRST.0), i32::from(Self::LAST.0));
        Self(u16::try_from(index).unwrap_or(Self::LAST.0))
    }

    pub(super) fn is_known(self) -> bool {
        self != Self::UNKNOWN
    }
}

/// 13 bits of an event's id: enough to notice that a sequence was given to two events (all but one in 8,191 times).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fingerprint(u16);

impl Fingerprint {
    const UNKNOWN: Self = Self(0);

    pub(super) fn of(event_id: Uuid) -> Self {
        let (high, low) = event_id.as_u64_pair();
        // Fibonacci hashing: the upper bits of the product depend on all bits of the id. The sink's marks are its upper 32.
        let mixed = (high ^ low.rotate_left(23)).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 51;
        Self(u16::try_from(mixed).unwrap_or(1).max(1))
    }

    /// Of the event that a mark of the sink's books is about.
    pub(super) fn of_mark(mark: u32) -> Self {
        Self(u16::try_from(mark >> 19).unwrap_or(1).max(1))
    }
}

/// Flags, day and fingerprint. An empty mark means that the sequence was seen nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Mark(u32);

/// What a mark says yes or no to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flag {
    Found(Hop),
    DeadLettered,
    /// The sink's position lies behind its message, so files and table must hold it.
    PassedBySink,
    /// Its type is one that the table keeps.
    HasRow,
    /// The sink's books said that it is kept before files and table were read.
    InBooks,
    /// They said so when files and table had been read.
    InBooksAfterwards,
    /// Its topic is compacted: what was said later of the same thing may have taken its place.
    Compacted,
}

impl Flag {
    const fn bit(self) -> u32 {
        match self {
            Self::Found(hop) => 1 << hop.at(),
            Self::DeadLettered => 1 << 4,
            Self::PassedBySink => 1 << 5,
            Self::HasRow => 1 << 6,
            Self::InBooks => 1 << 7,
            Self::InBooksAfterwards => 1 << 17,
            Self::Compacted => 1 << 18,
        }
    }
}

impl Mark {
    const DAY_SHIFT: u32 = 8;
    const DAY_MASK: u32 = 0x1FF;
    const FINGERPRINT_SHIFT: u32 = 19;

    pub(super) const fn is(self, flag: Flag) -> bool {
        self.0 & flag.bit() != 0
    }

    pub(super) const fn set(&mut self, flag: Flag) {
        self.0 |= flag.bit();
    }

    pub(super) const fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(super) fn day(self) -> Day {
        Day(u16::try_from(self.0 >> Self::DAY_SHIFT & Self::DAY_MASK).unwrap_or(0))
    }

    /// Whether this event may be the one that was seen first; the first sighting decides.
    pub(super) fn identify(&mut self, day: Day, fingerprint: Fingerprint) -> bool {
        let known = Fingerprint(u16::try_from(self.0 >> Self::FINGERPRINT_SHIFT).unwrap_or(0));
        let is_same = known == Fingerprint::UNKNOWN || known == fingerprint;
        if known == Fingerprint::UNKNOWN {
            self.0 |= u32::from(fingerprint.0) << Self::FINGERPRINT_SHIFT;
        }
        if is_same && !self.day().is_known() {
            self.0 |= u32::from(day.0) << Self::DAY_SHIFT;
        }
        is_same
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_day_and_fingerprint_do_not_touch_each_other() {
        let mut mark = Mark::default();
        assert!(mark.identify(Day::LAST, Fingerprint(0x1FFF)));
        let flags = [
            Flag::DeadLettered,
            Flag::PassedBySink,
            Flag::HasRow,
            Flag::InBooks,
            Flag::InBooksAfterwards,
            Flag::Compacted,
        ];
        for flag in Hop::ALL.into_iter().map(Flag::Found).chain(flags) {
            assert!(!mark.is(flag));
            mark.set(flag);
            assert!(mark.is(flag));
        }
        assert_eq!(mark.day(), Day::LAST);
        assert!(mark.identify(Day::FIRST, Fingerprint(0x1FFF)));
        assert!(!mark.identify(Day::FIRST, Fingerprint(1)));
    }
}
