//! What breaks, when and for how long, drawn from a seed before anything happens.

use std::fmt;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};

use crate::world::Program;

/// A way to break something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// SIGKILL, and soon started again.
    Kill(Program),
    /// SIGTERM, and started again once the others have taken over.
    Leaves(Program),
    /// SIGKILL, and back after a longer while.
    Away(Program),
    /// SIGSTOP, then SIGCONT, sooner than anybody gives it up.
    Freeze(Program),
    /// Dies at a fail point.
    DiesAt(Program, &'static str),
    /// A sink frozen until another has taken over.
    Zombie,
    /// The same, frozen between the files' fdatasync and COMMIT, within its transaction.
    ZombieInCommit,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kill(part) => write!(f, "kill -9 {}", part.name()),
            Self::Leaves(part) => write!(f, "{} leaves, comes back", part.name()),
            Self::Away(part) => write!(f, "{} away", part.name()),
            Self::Freeze(part) => write!(f, "{} stands still", part.name()),
            Self::DiesAt(part, point) => write!(f, "{} dies {}", part.name(), point.replace('_', " ")),
            Self::Zombie => write!(f, "zombie sink"),
            Self::ZombieInCommit => write!(f, "zombie sink in commit"),
        }
    }
}

/// One fault of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    pub kind: Kind,
    /// How long people shop before it.
    pub after: Duration,
    /// How long it lasts.
    pub lasts: Duration,
    /// For a fail point: at which time that it is reached.
    pub nth: u32,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "after {} ms: {}", self.after.as_millis(), self.kind)?;
        match self.kind {
            Kind::DiesAt(..) => write!(f, " for the {}. time, {} ms", self.nth, self.lasts.as_millis()),
            Kind::Zombie | Kind::ZombieInCommit => Ok(()),
            _ => write!(f, ", {} ms", self.lasts.as_millis()),
        }
    }
}

pub struct Plan {
    pub faults: Vec<Fault>,
}

impl Plan {
    /// Each kind comes about as often as every other. The seed is `DE_SHOP_FAULT_SEED`, or a new one, which is said.
    pub fn of(test: &str, kinds: &[Kind], faults: usize) -> Self {
        let seed = match std::env::var("DE_SHOP_FAULT_SEED") {
            Ok(seed) => seed.parse().expect("DE_SHOP_FAULT_SEED is a number"),
            Err(_) => rand::random(),
        };
        let plan = Self::draw(seed, kinds, faults);
        eprintln!("{test}: DE_SHOP_FAULT_SEED={seed} repeats this plan:");
        for fault in &plan.faults {
            eprintln!("  {fault}");
        }
        plan
    }

    fn draw(seed: u64, kinds: &[Kind], faults: usize) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let mut drawn: Vec<Kind> = Vec::new();
        while drawn.len() < faults {
            let mut round = kinds.to_vec();
            round.shuffle(&mut rng);
            drawn.extend(round);
        }
        drawn.truncate(faults);
        let mut millis = |from: u64, to: u64| Duration::from_millis(rng.random_range(from..to));
        let mut draw = |kind: Kind| {
            let lasts = match kind {
                Kind::Away(_) => millis(5_000, 12_000),
                Kind::Leaves(_) => millis(500, 3_000),
                Kind::Freeze(_) => millis(500, 4_000),
                _ => millis(0, 1_500),
            };
            Fault {
                kind,
                after: millis(0, 1_500),
                lasts,
                nth: 0,
            }
        };
        let mut faults: Vec<_> = drawn.into_iter().map(&mut draw).collect();
        for fault in &mut faults {
            fault.nth = rng.random_range(1..=5);
        }
        Self { faults }
    }
}

#[test]
fn the_same_seed_draws_the_same_plan_and_another_seed_another() {
    let kinds = [
        Kind::Kill(Program::Shop),
        Kind::Away(Program::Broker),
        Kind::Freeze(Program::Sink),
    ];
    let draw = |seed| Plan::draw(seed, &kinds, 20).faults;
    assert_eq!(draw(7), draw(7));
    assert_ne!(draw(7), draw(8));
    for kind in kinds {
        assert!(draw(7).iter().filter(|fault| fault.kind == kind).count() >= 6, "{kind}");
    }
}
