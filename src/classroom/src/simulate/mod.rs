//! `de-shop simulate`: a shop's life, with known truth.
//!
//! Promises:
//! - the events are those of the shop: its own types and encoder, the same daily files, sequences without a gap;
//! - the same settings give the same bytes on every machine ([`random`]);
//! - memory holds the visits of the hour, however long the simulated time.
//!
//! Not here: faults (see `replay`), tasks and marks (see `exercises`, `grade`).

mod browser;
mod buying;
mod calendar;
pub mod catalogue;
mod dimension;
mod page;
mod query;
pub mod random;
pub mod scenario;
mod script;
pub mod stream;
mod visit;
pub mod visitor;
pub mod world;
pub(crate) mod write;

#[cfg(test)]
mod tests;

use std::path::PathBuf;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use schemas::InstanceId;
use time::Date;
use time::macros::format_description;

use crate::error::ClassroomError;
use crate::kafka::{Outgoing, Producer};
use catalogue::Catalogue;
use scenario::Scenario;
use stream::{Emitted, Simulation};
use world::World;
use write::{Counts, DailyFiles, Truth, write_truth};

/// What `de-shop simulate` can be told.
#[derive(Debug, Clone, Args)]
pub struct Settings {
    /// The same seed gives the same bytes.
    #[arg(long, env = "DE_SHOP_SEED", default_value_t = 7)]
    pub seed: u64,

    /// The first day, in UTC.
    #[arg(long, env = "DE_SHOP_FROM", default_value = "2026-11-01", value_parser = day, value_name = "DATE")]
    pub from: Date,

    /// How many days.
    #[arg(long, env = "DE_SHOP_DAYS", default_value_t = 7, value_parser = clap::value_parser!(u32).range(1..=3660))]
    pub days: u32,

    /// How many visits a weekday has; weekends have fewer.
    #[arg(long, env = "DE_SHOP_VISITS_PER_DAY", default_value_t = 5000, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub visits_per_day: u32,

    /// A scenario: a TOML file that changes how people behave and what happens.
    #[arg(long, env = "DE_SHOP_SCENARIO", value_name = "FILE")]
    pub scenario: Option<PathBuf>,

    /// The folder for the daily files, and `truth/` beside them.
    #[arg(long, env = "DE_SHOP_OUT", value_name = "DIR", required_unless_present = "kafka")]
    pub out: Option<PathBuf>,

    /// Straight to the topics of this Kafka.
    #[arg(
        long,
        env = "DE_SHOP_SIMULATE_KAFKA",
        value_name = "HOST:PORT,..",
        conflicts_with = "out"
    )]
    pub kafka: Option<String>,
}

/// A day such as `2026-11-01`, without a time.
pub fn day(text: &str) -> Result<Date, String> {
    Date::parse(text, format_description!("[year]-[month]-[day]"))
        .map_err(|_| "it is not a day such as 2026-11-01".to_owned())
}

impl Settings {
    /// The simulation these settings ask for.
    pub fn simulation(&self) -> Result<Simulation, ClassroomError> {
        let scenario = match &self.scenario {
            None => Scenario::default(),
            Some(path) => {
                let text =
                    std::fs::read_to_string(path).map_err(|error| ClassroomError::file("--scenario", path, error))?;
                Scenario::parse(&text).map_err(|source| ClassroomError::Scenario {
                    path: path.clone(),
                    source,
                })?
            }
        };
        let catalogue = Catalogue::of_the_shop()?;
        let world = World::new(self.seed, scenario, catalogue, self.from);
        let instance = instance(self.seed);
        Ok(Simulation::new(world, self.days, self.visits_per_day, instance)?)
    }
}

/// Simulated shops have names of their own, so that no sink takes them for a real one.
pub(crate) fn instance(seed: u64) -> InstanceId {
    let name = format!("simulated-{seed}");
    // Small letters, digits and a hyphen, at most 30 of them: a name by construction.
    name.parse().unwrap_or_else(|_| unreachable!("{name}"))
}

enum Target {
    Files(DailyFiles),
    Kafka(Producer),
}

impl Target {
    fn open(settings: &Settings) -> Result<Self, ClassroomError> {
        match (&settings.out, &settings.kafka) {
            (Some(folder), _) => DailyFiles::create(folder)
                .map(Self::Files)
                .map_err(|error| ClassroomError::file("--out", folder, error)),
            (None, Some(brokers)) => Producer::connect(brokers).map(Self::Kafka),
            (None, None) => Err(ClassroomError::NoTarget),
        }
    }

    fn put(&mut self, emitted: &Emitted, buffer: &mut Vec<u8>) -> Result<(), ClassroomError> {
        match self {
            Self::Files(files) => files.put(emitted).map_err(ClassroomError::Write),
            Self::Kafka(producer) => {
                buffer.clear();
                emitted.seal_into(buffer);
                producer.send(&Outgoing::of(&emitted.event, &emitted.source.instance, buffer))
            }
        }
    }
}

/// Simulates; gives the number of events.
pub fn run(settings: &Settings) -> Result<u64, ClassroomError> {
    let mut simulation = settings.simulation()?;
    let mut target = Target::open(settings)?;
    let (mut counts, mut buffer) = (Counts::default(), Vec::new());
    let bar = progress(settings.days);
    let begins = simulation.world().begins;
    for emitted in simulation.by_ref() {
        let emitted = emitted?;
        target.put(&emitted, &mut buffer)?;
        counts.count(emitted.event.event_type);
        if emitted.source.sequence.0.is_multiple_of(4096) {
            bar.set_position(u64::try_from((emitted.arrival - begins) / 1_000_000).unwrap_or(0));
        }
    }
    bar.finish_and_clear();
    match (target, &settings.out) {
        (Target::Files(files), Some(folder)) => {
            let truth = Truth {
                seed: settings.seed,
                from: settings.from.to_string(),
                days: settings.days,
                visits_per_day: settings.visits_per_day,
                events: counts.total(),
                by_type: counts.by_name(),
                files: files.finish().map_err(ClassroomError::Write)?,
                scenario: &simulation.world().scenario,
            };
            write_truth(folder, &truth).map_err(ClassroomError::Write)?;
        }
        (Target::Kafka(producer), _) => producer.flush()?,
        (Target::Files(_), None) => {}
    }
    Ok(counts.total())
}

/// Simulated time, in seconds; silent where nobody looks at a terminal.
fn progress(days: u32) -> ProgressBar {
    let style = ProgressStyle::with_template("simulating {bar:40} {percent}% {elapsed} (left: {eta})");
    let bar = ProgressBar::new(u64::from(days) * 86_400);
    match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
