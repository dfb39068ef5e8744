//! When visits begin: by the hour of the day and the day of the week at the visitors' place.

use time::Weekday;

use super::random::{Purpose, Random};
use super::visitor::{DAYS_BEFORE, VisitorNumber};
use super::world::World;

const HOUR: i64 = 3600 * 1_000_000;
const DAY: i64 = 24 * HOUR;

/// Who comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Guest {
    /// For the first time.
    New,
    /// Somebody who was here on an earlier day.
    Again(VisitorNumber),
    Bot(VisitorNumber),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Start {
    pub(super) at: i64,
    pub(super) guest: Guest,
}

/// The visits that begin on the day (in UTC), in the order of time.
pub(super) fn starts(world: &World, day: u32, visits_per_day: u32) -> Vec<Start> {
    let mut random = Random::new(world.seed, Purpose::Day, u64::from(day));
    let mut starts = Vec::new();
    for hour in 0..24 {
        let begins = world.begins + i64::from(day) * DAY + hour * HOUR;
        let visits = expected(world, begins, visits_per_day) + random.unit();
        for _ in 0..whole(visits) {
            let at = begins + random.between(0, HOUR - 1);
            let guest = guest(world, day, visits_per_day, &mut random, starts.len());
            starts.push(Start { at, guest });
        }
    }
    starts.sort_by_key(|start| start.at);
    starts
}

/// How many visits the hour has on average.
fn expected(world: &World, begins: i64, visits_per_day: u32) -> f64 {
    let rhythm = &world.scenario.rhythm;
    let local = begins + i64::from(world.scenario.visitors_utc_offset_hours) * HOUR;
    let hour = usize::try_from(local.rem_euclid(DAY) / HOUR).unwrap_or(0);
    let weekend = schemas::Timestamp::from_unix_micros_saturating(local)
        .day(time::UtcOffset::UTC)
        .weekday();
    let share = rhythm.hours[hour] / rhythm.hours.iter().sum::<f64>();
    let factor = if matches!(weekend, Weekday::Saturday | Weekday::Sunday) {
        rhythm.weekend
    } else {
        1.0
    };
    f64::from(visits_per_day) * share * factor
}

fn guest(world: &World, day: u32, visits_per_day: u32, random: &mut Random, index: usize) -> Guest {
    let scenario = &world.scenario;
    if random.chance(scenario.bots.visits) {
        let number = u64::from(day) << 32 | index as u64;
        return Guest::Bot(VisitorNumber(1 << 63 | number));
    }
    if !random.chance(scenario.visit.returning) {
        return Guest::New;
    }
    let today = DAYS_BEFORE + day;
    let earlier = today - 1 - u32::try_from(random.below(u64::from(DAYS_BEFORE))).unwrap_or(0);
    // A weekend day has fewer people; an index below this exists on every day.
    let least = f64::from(visits_per_day) * 0.6 * scenario.rhythm.weekend * (1.0 - scenario.visit.returning);
    let index = random.below(u64::from(whole(least).max(1)));
    Guest::Again(VisitorNumber::first_seen(earlier, u32::try_from(index).unwrap_or(0)))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a saturating cast of a count"
)]
fn whole(count: f64) -> u32 {
    count as u32
}
