//! The drill: a student's own consumer runs while the broker misbehaves at seeded moments; then what it put out is judged.
//!
//! The broker belongs to whoever runs the drill. Here is what comes through it, when something happens to it, and the mark. What comes
//! is the exercise's stream with repetitions, and the truth is that of the stream without them: each event counts once.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use clap::Args;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use tokio_util::sync::CancellationToken;

use crate::error::ClassroomError;
use crate::exercises::Lesson;
use crate::grade::mark::{Mark, Mode, mark};
use crate::grade::{Whose, exercise, live};
use crate::replay::message::Message;
use crate::replay::schedule::Pace;
use crate::replay::{self, Report};
use crate::simulate::random::{Purpose, Random};
use crate::topics;

/// About so often something happens.
const BETWEEN: u64 = 6;
/// An output that has not changed for this long after the last message is the answer.
const SETTLED: Duration = Duration::from_secs(15);
const ANSWER: Duration = Duration::from_secs(10);
/// This share of the events comes once more.
const REPEATED: f64 = 0.05;

/// What `de-shop exercise drill` can be told.
#[derive(Debug, Clone, Args)]
pub struct Settings {
    /// The exercise's number; not 4, which is about the order of arrival.
    #[arg(value_parser = clap::value_parser!(u8).range(1..=10), value_name = "N")]
    pub exercise: u8,
    #[command(flatten)]
    pub whose: Whose,
    /// Where the drill's own broker listens; port 0 takes a free one.
    #[arg(
        long,
        env = "DE_SHOP_DRILL_LISTEN",
        default_value = "127.0.0.1:9095",
        value_name = "HOST:PORT"
    )]
    pub listen: SocketAddr,
    /// The consumer group of your program. The drill begins when it has a member.
    #[arg(long, default_value = "drill", value_name = "NAME")]
    pub group: String,
    /// The topic that your program puts its answer into: a JSON object for each row, of a key the last one counts.
    #[arg(long, default_value = "answer", value_name = "NAME")]
    pub topic: String,
    /// How long the stream takes.
    #[arg(long, default_value_t = 60, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(20..=3600))]
    pub seconds: u64,
    /// What happens when: the same seed, the same troubles.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// How much is told.
    #[arg(long, value_enum, default_value_t = Mode::Practice)]
    pub mode: Mode,
}

/// What happens to a consumer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// The broker goes and is there again at once: all connections are dropped.
    Cut,
    /// The broker is away for so long.
    Pause(Duration),
    /// Another member joins the group, stays for so long, keeps what it is given from everybody, and leaves without a commit.
    Rebalance(Duration),
}

impl Trouble {
    /// For people.
    #[must_use]
    pub fn words(self) -> String {
        match self {
            Self::Cut => "the broker drops all connections".to_owned(),
            Self::Pause(away) => format!("the broker is away for {} s", away.as_secs()),
            Self::Rebalance(stay) => format!("another member is in the group for {} s", stay.as_secs()),
        }
    }
}

/// When what happens, after the stream's beginning: each kind at least once, as the seed says.
#[must_use]
pub fn plan(seed: u64, seconds: u64) -> Vec<(Duration, Trouble)> {
    let mut random = Random::new(seed, Purpose::Drill, 0);
    let first = random.below(3);
    let slots = (seconds / BETWEEN).max(3);
    let slot_millis = seconds * 1000 / slots;
    let trouble = |slot: u64| {
        let after = Duration::from_millis(slot * slot_millis + random.below(slot_millis / 2));
        let long = Duration::from_secs(2 + random.below(3));
        let trouble = match (slot + first) % 3 {
            0 => Trouble::Rebalance(long),
            1 => Trouble::Cut,
            _ => Trouble::Pause(long),
        };
        (after, trouble)
    };
    (0..slots).map(trouble).collect()
}

#[derive(Debug)]
pub struct Drill {
    settings: Settings,
    lesson: Lesson,
}

impl Drill {
    pub fn new(settings: Settings) -> Result<Self, ClassroomError> {
        let exercise = exercise(settings.exercise)?;
        if exercise.name == "watermarks" {
            let reason =
                "exercise 4 is about the order of arrival, which Kafka keeps within a partition only".to_owned();
            return Err(ClassroomError::Setting { setting: "N", reason });
        }
        let lesson = exercise.lesson(&settings.whose.student())?;
        Ok(Self { settings, lesson })
    }

    /// The topics of the stream.
    #[must_use]
    pub fn topics(&self) -> Vec<String> {
        let topics = self.lesson.exercise.topics.iter();
        topics
            .map(|topic| format!("{}{}", self.prefix(), topic.name()))
            .collect()
    }

    fn prefix(&self) -> String {
        format!("exercise-{}.", self.settings.exercise)
    }

    /// Makes the topics, so that a program can subscribe to them and write its answer.
    pub fn prepare(&self, brokers: &str) -> Result<(), ClassroomError> {
        let answer = std::iter::once(self.settings.topic.clone());
        for topic in self.topics().into_iter().chain(answer) {
            topics::ensure(brokers, &topic).map_err(|source| failed(brokers, source))?;
        }
        Ok(())
    }

    /// Waits for the student's program; false when it was told to stop before.
    pub fn wait_for_a_member(&self, brokers: &str, stop: &CancellationToken) -> Result<bool, ClassroomError> {
        let asking: BaseConsumer = client(brokers).create().map_err(|source| failed(brokers, source))?;
        while !stop.is_cancelled() {
            let groups = asking.fetch_group_list(Some(&self.settings.group), ANSWER);
            let groups = groups.map_err(|source| failed(brokers, source))?;
            if groups.groups().iter().any(|group| !group.members().is_empty()) {
                return Ok(true);
            }
            std::thread::sleep(Duration::from_millis(300));
        }
        Ok(false)
    }

    /// Plays the stream, with repetitions, evenly over the time.
    pub fn play(&self, brokers: &str, stop: &CancellationToken) -> Result<Report, ClassroomError> {
        let messages = repeated(&self.lesson.stream.messages, self.settings.seed);
        let count = u32::try_from(messages.len()).unwrap_or(u32::MAX);
        let seconds = u32::try_from(self.settings.seconds).unwrap_or(u32::MAX);
        let pace = Pace::Rate((f64::from(count) / f64::from(seconds)).max(1.0));
        replay::into_topics(&messages, brokers, &self.prefix(), pace, stop)
    }

    /// Is a member of the student's group for a while: it takes partitions, does nothing with them, and leaves.
    pub fn be_another_member(&self, brokers: &str, stay: Duration) -> Result<(), ClassroomError> {
        let consumer: BaseConsumer = client(brokers)
            .set("group.id", &self.settings.group)
            .create()
            .map_err(|source| failed(brokers, source))?;
        let topics = self.topics();
        let names: Vec<&str> = topics.iter().map(String::as_str).collect();
        consumer.subscribe(&names).map_err(|source| failed(brokers, source))?;
        let since = Instant::now();
        while since.elapsed() < stay {
            // What it reads and what goes wrong is nothing to it: it is there to be in the way.
            drop(consumer.poll(Duration::from_millis(100)));
        }
        consumer.unsubscribe();
        Ok(())
    }

    /// The mark of what stands in the answer's topic, once it is right or doesn't change any more.
    pub fn judge(&self, brokers: &str, stop: &CancellationToken) -> Result<Mark, ClassroomError> {
        let (mut before, mut since) = (live::Standing::default(), Instant::now());
        loop {
            let (_, standing) = live::read(brokers, &self.settings.topic, self.lesson.exercise.columns)?;
            let marked = mark(&self.lesson, &standing.rows, self.settings.mode);
            if standing != before {
                (before, since) = (standing, Instant::now());
            }
            if marked.exact || since.elapsed() > SETTLED || stop.is_cancelled() {
                return Ok(marked);
            }
            std::thread::sleep(Duration::from_secs(1));
        }
    }

    /// For people.
    #[must_use]
    pub fn words(&self, mark: &Mark) -> String {
        mark.words(self.lesson.exercise.columns)
    }
}

fn client(brokers: &str) -> ClientConfig {
    let mut config = ClientConfig::new();
    config
        .set("bootstrap.servers", brokers)
        .set("client.id", "de-shop-drill")
        .set("group.id", "de-shop-drill")
        .set("enable.auto.commit", "false");
    config
}

fn failed(brokers: &str, source: KafkaError) -> ClassroomError {
    ClassroomError::Kafka {
        brokers: brokers.to_owned(),
        source,
    }
}

/// The messages with some of them once more, up to a hundred places later. What has no id can't be told from a second one, and comes once.
fn repeated(messages: &[Message], seed: u64) -> Vec<Message> {
    let mut random = Random::new(seed, Purpose::Drill, 1);
    let mut all = Vec::with_capacity(messages.len());
    let mut again: VecDeque<(usize, &Message)> = VecDeque::new();
    for (place, message) in messages.iter().enumerate() {
        all.push(message.clone());
        while let Some((_, message)) = again.pop_front_if(|(due, _)| *due <= place) {
            all.push(message.clone());
        }
        let later = place + 1 + random.index(100);
        if random.chance(REPEATED) && Message::of_the_shop(&message.value).is_ok() {
            let at = again.partition_point(|(due, _)| *due <= later);
            again.insert(at, (later, message));
        }
    }
    all.extend(again.into_iter().map(|(_, message)| message.clone()));
    all
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::exercises::{ALL, Student};

    #[test]
    fn each_trouble_is_there_in_any_drill_and_the_same_seed_makes_the_same_drill() {
        for seed in 0..100 {
            let troubles = plan(seed, 20);
            let is_there = |wanted: fn(&Trouble) -> bool| troubles.iter().any(|(_, trouble)| wanted(trouble));
            assert!(is_there(|trouble| matches!(trouble, Trouble::Cut)));
            assert!(is_there(|trouble| matches!(trouble, Trouble::Pause(_))));
            assert!(is_there(|trouble| matches!(trouble, Trouble::Rebalance(_))));
            assert!(troubles.is_sorted_by_key(|(after, _)| *after));
            assert!(troubles.iter().all(|(after, _)| after.as_secs() < 20));
            assert_eq!(troubles, plan(seed, 20));
        }
        assert_ne!(plan(1, 60), plan(2, 60));
    }

    #[test]
    fn some_events_come_twice_and_none_is_lost_or_out_of_order() {
        let student = Student {
            key: "key".into(),
            id: "kim".into(),
        };
        let messages = ALL[7].lesson(&student).unwrap().stream.messages;
        let all = repeated(&messages, 3);
        let more = all.len() - messages.len();
        assert!(
            more > messages.len() / 40 && more < messages.len() / 10,
            "{more} of {}",
            messages.len()
        );
        let mut counts: BTreeMap<&[u8], usize> = BTreeMap::new();
        for message in &all {
            *counts.entry(&message.value).or_default() += 1;
        }
        let unreadable = |value: &[u8]| Message::of_the_shop(value).is_err();
        let before = |value: &[u8]| messages.iter().filter(|message| message.value == value).count();
        assert!(
            counts
                .iter()
                .all(|(value, count)| !unreadable(value) || *count == before(value))
        );
        let mut left = messages.iter().peekable();
        for message in &all {
            left.next_if(|first| *first == message);
        }
        assert_eq!(left.count(), 0);
    }
}
