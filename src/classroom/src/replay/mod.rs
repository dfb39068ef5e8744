//! `de-shop replay`: plays what was recorded, on time, with the faults of real streams.
//!
//! Promises:
//! - message k goes out at `start + (latest time so far - first time) / speed`: absolute, so no drift adds up;
//! - the same source and settings give the same messages in the same order; a resume point leaves no gap and no double;
//! - a line that is no message is counted, shown and kept aside, and never ends a replay.

mod combined;
pub(crate) mod damage;
mod download;
mod fault;
pub mod faults;
pub mod lateness;
mod manifest;
mod mapping;
mod merge;
pub mod message;
pub mod outage;
mod player;
mod progress;
mod resume;
pub mod rewrite;
mod rounds;
pub mod schedule;
mod settings;
mod source;
mod stream;
mod target;
mod tick;
mod topics;

#[cfg(test)]
mod tests;

use std::io::Write;
use std::path::Path;

use schemas::Clock;
use tokio_util::sync::CancellationToken;

use crate::error::ClassroomError;
use crate::kafka::Producer;
use lateness::Lateness;
use merge::{Merge, Source};
use message::Message;
use player::Player;
use resume::ResumePoint;
use schedule::Pace;
pub use settings::{Settings, Times};
use stream::Replay;
use target::Target;

/// What a replay did.
#[derive(Debug, Default)]
pub struct Report {
    pub sent: u64,
    pub unreadable: u64,
    pub lateness: Lateness,
    pub interrupted: bool,
}

impl Report {
    /// For people: one line, and how late the messages were, if they had a schedule.
    #[must_use]
    pub fn words(&self) -> String {
        let quantiles = self.lateness.quantile_ms(0.5).zip(self.lateness.quantile_ms(0.99));
        let behind = quantiles.map_or_else(String::new, |(half, most)| {
            format!("; behind schedule: {half:.1} ms in the middle, {most:.1} ms for 99 of 100")
        });
        let ended = if self.interrupted {
            "interrupted after"
        } else {
            "replayed"
        };
        let said = format!(
            "{ended} {} messages{behind}; {} lines unreadable",
            self.sent, self.unreadable
        );
        let histogram = self.lateness.histogram();
        if histogram.is_empty() {
            return said;
        }
        format!("{said}\n{:>12} {:>12}\n{}", "late by", "messages", histogram.trim_end())
    }
}

/// Plays; until `stop`, if that comes first.
pub fn run(settings: &Settings, stop: &CancellationToken, clock: &Clock) -> Result<Report, ClassroomError> {
    let fingerprint = fingerprint(settings)?;
    let point = read_resume(settings, &fingerprint)?;
    let mut target = open_target(settings)?;
    let mut replay = Replay::open(settings, fingerprint, point.as_ref().map(|point| point.change), stop)?;
    let already = point.map_or(0, |point| point.sent);
    for _ in 0..already {
        replay.next(clock)?;
    }
    let mut report = play(&mut replay, settings, &mut target, stop, clock)?;
    if let Some(seconds) = settings.end_tick.filter(|_| !report.interrupted) {
        tick::send(&mut replay, &mut target, seconds)?;
    }
    target.flush()?;
    finish(settings, &mut replay, already, &mut report)?;
    Ok(report)
}

fn play(
    replay: &mut Replay<'_>,
    settings: &Settings,
    target: &mut Target,
    stop: &CancellationToken,
    clock: &Clock,
) -> Result<Report, ClassroomError> {
    let mut player = Player::of(settings, target, stop);
    while let Some(message) = replay.next(clock)? {
        if !player.put(&message, || replay.share())? {
            break;
        }
    }
    let mut report = player.end();
    // Topics end early when they are told to stop.
    report.interrupted |= settings.from_kafka.is_some() && stop.is_cancelled();
    report.unreadable = replay.unreadable().1;
    Ok(report)
}

/// Times and values of a topic's messages, from its beginning to its end as it is now: each partition in its order, and all of them by time.
pub(crate) fn messages_of(brokers: &str, topic: &str) -> Result<Vec<(i64, Vec<u8>)>, ClassroomError> {
    // A part of a topic would be taken for the whole: this is read to its end.
    let partitions = topics::open_all(brokers, &[topic.to_owned()], None, &CancellationToken::new())?;
    let sources = partitions
        .into_iter()
        .map(|partition| Source::Partition(Box::new(partition)));
    messages(sources.collect())
}

fn messages(sources: Vec<Source>) -> Result<Vec<(i64, Vec<u8>)>, ClassroomError> {
    let (mut merge, mut messages) = (Merge::new(sources)?, Vec::new());
    while let Some(message) = merge.read()? {
        messages.push((message.at, message.value));
    }
    Ok(messages)
}

/// Plays messages that are in memory already into topics.
pub(crate) fn into_topics(
    messages: &[Message],
    brokers: &str,
    prefix: &str,
    pace: Pace,
    stop: &CancellationToken,
) -> Result<Report, ClassroomError> {
    let mut target = Target::Kafka {
        producer: Producer::connect(brokers)?,
        prefix: prefix.to_owned(),
    };
    let mut player = Player::begin(&mut target, stop, pace, None);
    for (place, message) in messages.iter().enumerate() {
        #[expect(clippy::cast_precision_loss, reason = "counts of messages")]
        let share = || Some(place as f64 / messages.len() as f64);
        if !player.put(message, share)? {
            break;
        }
    }
    let report = player.end();
    target.flush()?;
    Ok(report)
}

fn open_target(settings: &Settings) -> Result<Target, ClassroomError> {
    match (&settings.kafka, &settings.out) {
        (Some(brokers), _) => Ok(Target::Kafka {
            producer: Producer::connect(brokers)?,
            prefix: settings.topic_prefix.clone(),
        }),
        (None, Some(folder)) => Target::files(folder),
        (None, None) => Ok(Target::Stdout(std::io::BufWriter::new(std::io::stdout()))),
    }
}

/// All that the stream follows from, but for when and where it goes: the settings, and how long the files are.
fn fingerprint(settings: &Settings) -> Result<String, ClassroomError> {
    let Settings {
        sources,
        mapping,
        from,
        to,
        times,
        begin_at,
        as_instance,
        times_over,
        faults,
        ..
    } = settings;
    let files = source::lengths(sources)?;
    Ok(format!(
        "{files:?} {mapping:?} {from:?} {to:?} {times:?} {begin_at:?} {as_instance:?} {times_over:?} {faults:?}"
    ))
}

fn read_resume(settings: &Settings, fingerprint: &str) -> Result<Option<ResumePoint>, ClassroomError> {
    let Some(path) = &settings.resume else { return Ok(None) };
    let point = ResumePoint::read(path).map_err(|error| ClassroomError::file("--resume", path, error))?;
    match point {
        Some(point) if point.settings != fingerprint => Err(ClassroomError::Setting {
            setting: "--resume",
            reason: format!(
                "{} is of another replay; its files and their lengths, and its settings, were: {}",
                path.display(),
                point.settings
            ),
        }),
        point => Ok(point),
    }
}

/// Writes what is kept beside: the manifest, unreadable lines, the resume point.
fn finish(
    settings: &Settings,
    replay: &mut Replay<'_>,
    already: u64,
    report: &mut Report,
) -> Result<(), ClassroomError> {
    replay.manifest.flush()?;
    if let Some(path) = &settings.unreadable {
        let lines = replay.unreadable().0.iter().map(|line| {
            serde_json::json!({
                "place": line.place, "reason": line.reason, "line": String::from_utf8_lossy(&line.bytes),
            })
        });
        write_lines(path, "--unreadable", &lines.collect::<Vec<_>>())?;
    }
    let Some(path) = &settings.resume else { return Ok(()) };
    let failed = |error| ClassroomError::file("--resume", path, error);
    if !report.interrupted {
        return match std::fs::remove_file(path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(failed(error)),
            _ => Ok(()),
        };
    }
    let point = ResumePoint {
        settings: replay.fingerprint.clone(),
        change: replay.change.unwrap_or_default(),
        sent: already + report.sent,
    };
    point.write(path).map_err(failed)
}

fn write_lines<T: serde::Serialize>(path: &Path, setting: &'static str, lines: &[T]) -> Result<(), ClassroomError> {
    let mut out = Vec::new();
    for line in lines {
        serde_json::to_writer(&mut out, line)?;
        out.push(b'\n');
    }
    let written = std::fs::File::create(path).and_then(|mut file| file.write_all(&out));
    written.map_err(|error| ClassroomError::file(setting, path, error))
}
