//! The stream that a replay plays: its sources as one, moved in time, renewed, with faults.

use std::collections::BTreeSet;
use std::num::NonZeroU32;

use schemas::Clock;
use tokio_util::sync::CancellationToken;

use super::faults::Faulty;
use super::manifest::Manifest;
use super::mapping::Mapping;
use super::merge::{Merge, Source, Unreadable};
use super::message::Message;
use super::rewrite::{Change, renumber};
use super::rounds::{Rounds, pattern};
use super::settings::{Settings, Times};
use super::{source, topics};
use crate::error::ClassroomError;

/// So many lines of the manifest are written at a time.
const MANIFEST_LINES: usize = 1024;

/// Everything of a replay but its target.
pub(super) struct Replay<'a> {
    settings: &'a Settings,
    stop: CancellationToken,
    merge: Merge,
    faulty: Faulty,
    /// What the first round does to its messages; "now" is when the first one is read.
    pub(super) change: Option<Change>,
    rounds: Rounds,
    numbered: u64,
    ended: bool,
    pub(super) manifest: Manifest,
    /// The topics of all messages so far, and their latest time.
    pub(super) topics: BTreeSet<String>,
    pub(super) latest: Option<i64>,
    /// All that the stream follows from, as it was at the beginning.
    pub(super) fingerprint: String,
}

impl<'a> Replay<'a> {
    pub(super) fn open(
        settings: &'a Settings,
        fingerprint: String,
        change: Option<Change>,
        stop: &CancellationToken,
    ) -> Result<Self, ClassroomError> {
        settings.check()?;
        Ok(Self {
            settings,
            stop: stop.clone(),
            merge: Merge::new(sources(settings, stop)?)?,
            faulty: Faulty::new(settings.faults.clone()),
            change,
            rounds: Rounds::default(),
            numbered: 0,
            ended: false,
            manifest: Manifest::open(settings.manifest.as_deref())?,
            topics: BTreeSet::new(),
            latest: None,
            fingerprint,
        })
    }

    /// The next message as it goes out.
    pub(super) fn next(&mut self, clock: &Clock) -> Result<Option<Message>, ClassroomError> {
        loop {
            if let Some(message) = self.faulty.give() {
                self.latest = self.latest.max(Some(message.at));
                if let Some(topic) = message.topic.as_ref().filter(|topic| !self.topics.contains(*topic)) {
                    self.topics.insert(topic.clone());
                }
                return Ok(Some(message));
            }
            if self.ended {
                self.manifest.write(self.faulty.manifest.drain(..))?;
                return Ok(None);
            }
            match self.merge.read()? {
                Some(message) if !self.wanted(&message) => {}
                Some(message) => {
                    let message = self.changed(message, clock);
                    self.faulty.take(message);
                }
                None if self.another_round() => self.merge.again(sources(self.settings, &self.stop)?)?,
                None => {
                    self.ended = true;
                    self.faulty.end();
                }
            }
            if self.faulty.manifest.len() >= MANIFEST_LINES {
                self.manifest.write(self.faulty.manifest.drain(..))?;
            }
        }
    }

    pub(super) fn unreadable(&self) -> (&[Unreadable], u64) {
        (&self.merge.unreadable, self.merge.unreadable_count)
    }

    /// How much of all rounds' sources is read, from 0 to 1; none where nobody knows how much there is.
    pub(super) fn share(&self) -> Option<f64> {
        let rounds = self.settings.rounds().map_or(1, NonZeroU32::get);
        Some(self.merge.share(rounds)?).filter(|_| !self.settings.is_endless())
    }

    fn another_round(&mut self) -> bool {
        !self.stop.is_cancelled() && self.rounds.another(self.settings.rounds(), self.settings.is_endless())
    }

    fn wanted(&self, message: &Message) -> bool {
        let after = self.settings.from.is_none_or(|from| message.at >= from.unix_micros());
        after && self.settings.to.is_none_or(|to| message.at < to.unix_micros())
    }

    fn changed(&mut self, mut message: Message, clock: &Clock) -> Message {
        let settings = self.settings;
        self.rounds.saw(message.at);
        let first = *self.change.get_or_insert_with(|| change(settings, message.at, clock));
        let change = self.rounds.change(first, settings);
        change.apply(&mut message.value);
        if !change.is_none() || settings.as_instance.is_some() {
            // The headers told of the value as it was.
            message.record = None;
        }
        message.at = message.at.saturating_add(change.micros);
        if let Some(instance) = &settings.as_instance {
            self.numbered += 1;
            renumber(&mut message.value, instance.as_str(), self.numbered);
            if let Some(key) = &mut message.key {
                change.apply_to_key(key);
            }
        }
        message
    }
}

fn change(settings: &Settings, first: i64, clock: &Clock) -> Change {
    let begins = match (settings.begin_at, settings.times) {
        (Some(begins), _) => begins.unix_micros(),
        (None, Times::Now) => clock.now().unix_micros(),
        (None, Times::Keep) => first,
    };
    Change {
        micros: begins - first,
        renew: settings.as_instance.as_ref().map(|name| pattern(name.as_str())),
    }
}

pub(super) fn sources(settings: &Settings, stop: &CancellationToken) -> Result<Vec<Source>, ClassroomError> {
    let mapping = settings.mapping.as_deref().map(Mapping::find).transpose()?;
    let lines = source::open_all(&settings.sources, mapping.as_ref())?;
    let mut sources: Vec<Source> = lines.into_iter().map(|lines| Source::Lines(Box::new(lines))).collect();
    if let Some(brokers) = &settings.from_kafka {
        let partitions = topics::open_all(brokers, &settings.topic, settings.from, stop)?;
        sources.extend(
            partitions
                .into_iter()
                .map(|partition| Source::Partition(Box::new(partition))),
        );
    }
    Ok(sources)
}
