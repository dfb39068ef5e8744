//! What Kafka says of topics, groups and settings, asked in the background.
//!
//! Promises: a page takes the last answer and waits for nothing; with Kafka away the last answer stays, and it is known since when.
//! Every 2 s while somebody looks at the portal, every 15 s otherwise, so that "since when" is right to that.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::admin::{AdminClient, AdminOptions, ResourceSpecifier};
use rdkafka::consumer::Consumer;
use rdkafka::error::KafkaResult;
use rdkafka::groups::GroupInfo;
use rdkafka::{Offset, TopicPartitionList};
use schemas::{Clock, Timestamp, Topic};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::assignment;
use crate::kafka::{Client, Kafka, PATIENCE, Quiet, Range, edges};

const OFTEN: Duration = Duration::from_secs(2);
const SELDOM: Duration = Duration::from_secs(15);
/// After so long without a page nobody looks.
const LOOKED_AT: Duration = Duration::from_mins(1);
/// Rates are over so long.
const RATE_OVER: Duration = Duration::from_mins(1);
/// Settings of topics change seldom.
const SETTINGS_EVERY: Duration = Duration::from_secs(30);
/// Groups whose lag is asked; more are named without it.
const MOST_GROUPS: usize = 12;

/// What is known of Kafka.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// When Kafka last answered.
    pub taken: Option<Timestamp>,
    /// Since when it has not.
    pub away_since: Option<Timestamp>,
    pub topics: BTreeMap<Topic, TopicState>,
    pub groups: Vec<Group>,
}

/// A topic as Kafka has it.
#[derive(Debug, Clone, Default)]
pub struct TopicState {
    pub partitions: Vec<Range>,
    /// Messages a second over the last minute; none until it has been watched for a while.
    pub rate: Option<f64>,
    /// Settings of the topic: `retention.ms`, `cleanup.policy`, ...
    pub settings: BTreeMap<String, String>,
    pub replicas: usize,
}

impl TopicState {
    /// How many messages can be read.
    #[must_use]
    pub fn messages(&self) -> u64 {
        self.partitions.iter().map(|range| range.len()).sum()
    }

    /// How many were ever written.
    #[must_use]
    pub fn written(&self) -> u64 {
        self.partitions
            .iter()
            .map(|range| range.until.max(0).cast_unsigned())
            .sum()
    }
}

/// A consumer group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    pub name: String,
    pub state: String,
    pub members: Vec<Member>,
    /// The committed offset of each partition of the shop's topics.
    pub committed: BTreeMap<(Topic, i32), i64>,
}

/// A member of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    pub client: String,
    pub host: String,
    pub partitions: Vec<(String, i32)>,
}

impl Group {
    /// How many messages of this topic the group has not committed yet; none when it has committed none of it.
    #[must_use]
    pub fn lag(&self, topic: Topic, state: &TopicState) -> Option<u64> {
        let ranges = state.partitions.iter();
        let left = ranges.filter_map(|range| {
            let next = self.committed.get(&(topic, range.partition))?;
            Some((range.until - (*next).max(range.from)).max(0).cast_unsigned())
        });
        left.fold(None, |sum, left| Some(sum.unwrap_or(0) + left))
    }

    /// Messages of this topic up to the committed offsets.
    #[must_use]
    pub fn reached(&self, topic: Topic) -> u64 {
        let of_topic = self.committed.iter().filter(|((of, _), _)| *of == topic);
        of_topic.map(|(_, next)| (*next).max(0).cast_unsigned()).sum()
    }
}

/// Asks Kafka, and keeps the last answer.
#[derive(Debug)]
pub(crate) struct Survey {
    kafka: Kafka,
    clock: Clock,
    latest: Mutex<Arc<Snapshot>>,
    looked_at: Mutex<Option<Instant>>,
    wake: Notify,
}

/// What is kept between two questions.
#[derive(Default)]
struct Asking {
    client: Option<Client>,
    groups: HashMap<String, Client>,
    samples: BTreeMap<Topic, VecDeque<(Instant, u64)>>,
    settings: BTreeMap<Topic, BTreeMap<String, String>>,
    settings_at: Option<Instant>,
}

impl Survey {
    pub(crate) fn new(kafka: Kafka, clock: Clock) -> Self {
        Self {
            kafka,
            clock,
            latest: Mutex::default(),
            looked_at: Mutex::default(),
            wake: Notify::new(),
        }
    }

    /// The last answer; somebody looks.
    pub(crate) fn snapshot(&self) -> Arc<Snapshot> {
        let before = lock(&self.looked_at).replace(Instant::now());
        if before.is_none_or(|before| before.elapsed() > OFTEN) {
            self.wake.notify_one();
        }
        Arc::clone(&lock(&self.latest))
    }

    /// Asks until `stop`.
    pub(crate) async fn run(self: Arc<Self>, stop: CancellationToken) {
        let mut asking = Asking::default();
        while !stop.is_cancelled() {
            let began = Instant::now();
            asking = self.ask_once(asking).await;
            let is_watched = lock(&self.looked_at).is_some_and(|at| at.elapsed() < LOOKED_AT);
            let pause = if is_watched { OFTEN } else { SELDOM };
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(pause.saturating_sub(began.elapsed()).max(Duration::from_millis(200))) => {}
                () = self.wake.notified() => {}
            }
        }
    }

    async fn ask_once(self: &Arc<Self>, mut asking: Asking) -> Asking {
        let latest = Arc::clone(&lock(&self.latest));
        // A topic that is new has settings that nobody has asked for.
        let is_new = |topic: &Topic| !asking.settings.contains_key(topic);
        let due = latest.topics.keys().any(is_new) || asking.settings_at.is_none_or(|at| at.elapsed() > SETTINGS_EVERY);
        let is_away = latest.away_since.is_some();
        if due && !is_away {
            asking.settings_at = Some(Instant::now());
            match settings(&self.kafka).await {
                Ok(settings) => asking.settings = settings,
                Err(error) => tracing::debug!(%error, "Kafka does not tell the settings of topics"),
            }
        }
        let survey = Arc::clone(self);
        let asked = tokio::task::spawn_blocking(move || {
            let answer = ask(&survey.kafka, &mut asking);
            (asking, answer)
        });
        let (asking, answer) = match asked.await {
            Ok(done) => done,
            Err(error) => {
                tracing::error!(%error, "The portal's question to Kafka has broken, which is a mistake in the program");
                return Asking::default();
            }
        };
        let now = self.clock.now();
        let mut latest = lock(&self.latest);
        let snapshot = match answer {
            Ok((topics, groups)) => Snapshot {
                taken: Some(now),
                away_since: None,
                topics,
                groups,
            },
            Err(error) => {
                tracing::debug!(%error, "Kafka does not answer the portal");
                Snapshot {
                    away_since: latest.away_since.or(Some(now)),
                    ..Snapshot::clone(&latest)
                }
            }
        };
        *latest = Arc::new(snapshot);
        asking
    }
}

type Answer = (BTreeMap<Topic, TopicState>, Vec<Group>);

fn ask(kafka: &Kafka, asking: &mut Asking) -> KafkaResult<Answer> {
    if asking.client.is_none() {
        asking.client = Some(kafka.asker("de-shop-portal")?);
    }
    let Some(client) = &asking.client else {
        return Ok(Answer::default());
    };
    drain(client);
    let metadata = client.fetch_metadata(None, PATIENCE)?;
    let mut topics = BTreeMap::new();
    for found in metadata.topics() {
        let Some(topic) = Topic::from_name(found.name()) else {
            continue;
        };
        let partitions = found
            .partitions()
            .iter()
            .map(|partition| edges(client, topic, partition.id()));
        let mut state = TopicState {
            partitions: partitions.collect::<KafkaResult<_>>()?,
            settings: asking.settings.get(&topic).cloned().unwrap_or_default(),
            replicas: found
                .partitions()
                .first()
                .map_or(0, |partition| partition.replicas().len()),
            rate: None,
        };
        state.rate = rate(asking.samples.entry(topic).or_default(), state.written());
        topics.insert(topic, state);
    }
    let listed = client.fetch_group_list(None, PATIENCE)?;
    let mut groups = Vec::new();
    for group in listed.groups() {
        groups.push(described(kafka, &mut asking.groups, group, &topics));
    }
    asking
        .groups
        .retain(|name, _| listed.groups().iter().any(|group| group.name() == name));
    groups.sort_by(|one, other| (one.members.is_empty(), &one.name).cmp(&(other.members.is_empty(), &other.name)));
    Ok((topics, groups))
}

/// Errors that nobody takes would pile up in the client.
fn drain(client: &Client) {
    for _ in 0..100 {
        if client.poll(Duration::ZERO).is_none() {
            return;
        }
    }
}

fn rate(samples: &mut VecDeque<(Instant, u64)>, written: u64) -> Option<f64> {
    let now = Instant::now();
    // A topic that was made anew begins at 0.
    if samples.back().is_some_and(|(_, before)| *before > written) {
        samples.clear();
    }
    samples.push_back((now, written));
    while samples.len() > 2 && samples.front().is_some_and(|(at, _)| now - *at > RATE_OVER) {
        samples.pop_front();
    }
    let (since, before) = samples.front().copied()?;
    let seconds = (now - since).as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "a rate is shown with one decimal")]
    (seconds > 0.5).then(|| (written - before) as f64 / seconds)
}

fn described(
    kafka: &Kafka,
    clients: &mut HashMap<String, Client>,
    group: &GroupInfo,
    topics: &BTreeMap<Topic, TopicState>,
) -> Group {
    let members = group.members().iter().map(|member| Member {
        client: member.client_id().to_owned(),
        host: member.client_host().trim_start_matches('/').to_owned(),
        partitions: member.assignment().map(assignment::partitions).unwrap_or_default(),
    });
    if !clients.contains_key(group.name()) && clients.len() < MOST_GROUPS {
        match kafka.asker(group.name()) {
            Ok(client) => drop(clients.insert(group.name().to_owned(), client)),
            Err(error) => tracing::debug!(%error, "The portal has no client for a group"),
        }
    }
    let asked = clients.get(group.name()).map(|client| committed(client, topics));
    let committed = match asked {
        Some(Ok(committed)) => committed,
        Some(Err(error)) => {
            tracing::debug!(%error, group = group.name(), "Kafka does not tell what a group has committed");
            BTreeMap::new()
        }
        None => BTreeMap::new(),
    };
    Group {
        name: group.name().to_owned(),
        state: group.state().to_owned(),
        members: members.collect(),
        committed,
    }
}

fn committed(client: &Client, topics: &BTreeMap<Topic, TopicState>) -> KafkaResult<BTreeMap<(Topic, i32), i64>> {
    drain(client);
    let mut list = TopicPartitionList::new();
    for (topic, state) in topics {
        for range in &state.partitions {
            list.add_partition(topic.name(), range.partition);
        }
    }
    let answer = client.committed_offsets(list, PATIENCE)?;
    let elements = answer.elements();
    let known = elements.iter().filter_map(|element| {
        let topic = Topic::from_name(element.topic())?;
        match element.offset() {
            Offset::Offset(next) => Some(((topic, element.partition()), next)),
            _ => None,
        }
    });
    Ok(known.collect())
}

async fn settings(kafka: &Kafka) -> KafkaResult<BTreeMap<Topic, BTreeMap<String, String>>> {
    let admin: AdminClient<Quiet> =
        rdkafka::config::FromClientConfigAndContext::from_config_and_context(&kafka.config, Quiet)?;
    let names = Topic::ALL.map(|topic| ResourceSpecifier::Topic(topic.name()));
    let options = AdminOptions::new().request_timeout(Some(PATIENCE));
    let answers = admin.describe_configs(&names, &options).await?;
    let mut settings = BTreeMap::new();
    for (topic, answer) in Topic::ALL.into_iter().zip(answers) {
        // A topic that is not there yet has no settings.
        let Ok(resource) = answer else { continue };
        let entries = resource.entries.into_iter();
        let entries = entries.filter_map(|entry| Some((entry.name, entry.value?)));
        settings.insert(topic, entries.collect());
    }
    Ok(settings)
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
