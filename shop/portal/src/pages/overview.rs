//! `/data`: the way of one event with live counts, and every topic.

use std::collections::BTreeMap;
use std::time::Duration;

use maud::{Markup, html};
use schemas::{Timestamp, Topic};

use super::{freshness, page, time, topic_link};
use crate::language::{Count, Language, bytes};
use crate::observed::Observed;
use crate::survey::{Group, Snapshot, TopicState};
use crate::topics;
use crate::{Page, Portal, Reader, Way};

/// How old a topic's look may be here.
const LOOK_OLD: Duration = Duration::from_mins(2);

/// A station on the way of an event.
struct Station {
    key: &'static str,
    name: (&'static str, &'static str),
    unit: (&'static str, &'static str),
    note: (&'static str, &'static str),
}

const STATIONS: [Station; 6] = [
    Station {
        key: "journal",
        name: ("Journal", "저널"),
        unit: ("events written", "이벤트"),
        note: (
            "on the shop's disk before the page is answered",
            "페이지가 응답하기 전에 가게의 디스크에",
        ),
    },
    Station {
        key: "waiting",
        name: ("Relay", "릴레이"),
        unit: ("wait for Kafka", "Kafka를 기다림"),
        note: (
            "in order, until acknowledged by all replicas",
            "순서대로, 모든 복제본이 확인할 때까지",
        ),
    },
    Station {
        key: "topics",
        name: ("Topics", "토픽"),
        unit: ("messages written", "메시지"),
        note: ("plain JSON, keyed by session", "세션을 키로 한 JSON"),
    },
    Station {
        key: "lag",
        name: ("Sink", "싱크"),
        unit: ("not yet committed", "아직 커밋 전"),
        note: ("lines and rows in one transaction", "줄과 행을 한 트랜잭션으로"),
    },
    Station {
        key: "lines",
        name: ("Daily files", "날짜별 파일"),
        unit: ("lines at most", "줄까지"),
        note: (
            "app-DATE.log, user_activity-DATE.log",
            "app-DATE.log, user_activity-DATE.log",
        ),
    },
    Station {
        key: "rows",
        name: ("Table", "테이블"),
        unit: ("rows at most", "행까지"),
        note: ("user_activity_log", "user_activity_log"),
    },
];

impl Portal {
    /// `/data`
    #[must_use]
    pub fn overview(&self, reader: &Reader) -> Page {
        let language = reader.language;
        let snapshot = self.0.survey.snapshot();
        let counts = self.counts(&snapshot);
        let content = html! {
            (freshness(language, &snapshot))
            section aria-labelledby="way" data-live="/data/live" {
                h2 #way { (language.of("The way of one event", "이벤트 하나가 가는 길")) }
                ol.way {
                    li.way-start {
                        b { (language.of("A page or a click", "페이지나 클릭")) }
                        span.small { (language.of("a handler, or the browser's script", "핸들러 또는 브라우저 스크립트")) }
                    }
                    @for station in &STATIONS { (shown(language, station, &counts)) }
                }
            }
            section aria-labelledby="topics" {
                h2 #topics { (language.of("Topics", "토픽")) }
                div.data-scroll tabindex="0" role="region" aria-label=(language.of("Table, scrolls sideways", "표, 옆으로 움직여요")) { (self.topic_table(language, &snapshot, &counts)) }
                p.small {
                    (language.of(
                        "Rates are over the last minute; sizes are estimated from the last 10,000 messages of each topic. At: ",
                        "속도는 지난 1분, 크기는 토픽별 마지막 메시지 10,000개로 어림했어요. 기준 시각: ",
                    ))
                    @if let Some(taken) = snapshot.taken { (time(taken)) } @else { "–" }
                }
            }
            (first_steps(language, &self.0.bootstrap))
        };
        page(
            reader,
            ("/data", language.of("Data, as it flows", "흐르는 데이터")),
            &content,
        )
    }

    /// `/data/live`: the counts of the overview, by the names in its markup.
    #[must_use]
    pub fn live(&self) -> BTreeMap<String, String> {
        self.counts(&self.0.survey.snapshot())
    }

    fn counts(&self, snapshot: &Snapshot) -> BTreeMap<String, String> {
        let sink = snapshot.groups.iter().find(|group| group.name == self.0.sink_group);
        let Way { journal, acknowledged } = (self.0.way)();
        let known = snapshot.taken.is_some();
        let sum = |of: &dyn Fn(Topic, &TopicState) -> u64| {
            known.then(|| snapshot.topics.iter().map(|(topic, state)| of(*topic, state)).sum())
        };
        let reached = |is_kept: fn(Topic) -> bool| {
            sink.and_then(|sink| sum(&|topic, _| if is_kept(topic) { sink.reached(topic) } else { 0 }))
        };
        let stations: [(&str, Option<u64>); 6] = [
            ("journal", Some(journal)),
            ("waiting", Some(journal.saturating_sub(acknowledged))),
            ("topics", sum(&|_, state| state.written())),
            (
                "lag",
                sink.and_then(|sink| sum(&|topic, state| sink.lag(topic, state).unwrap_or(0))),
            ),
            ("lines", reached(|topic| topic.log_file().is_some())),
            ("rows", reached(Topic::has_rows)),
        ];
        let text = |count: Option<u64>| count.map_or_else(|| "–".to_owned(), |count| Count(count).to_string());
        let stations = stations.map(|(key, count)| (key.to_owned(), text(count)));
        let topics = snapshot.topics.iter().flat_map(|(topic, state)| {
            let seen = self.0.looks.kept(*topic, LOOK_OLD);
            let seen = seen.as_deref();
            let rate = state.rate.map_or_else(|| "–".to_owned(), |rate| format!("{rate:.1}/s"));
            let told = [
                ("messages", Count(state.messages()).to_string()),
                ("rate", rate),
                ("size", size(state, seen)),
                ("oldest", moment(seen.and_then(|seen| seen.oldest))),
                ("newest", moment(seen.and_then(|seen| seen.newest))),
            ];
            told.map(|(what, text)| (format!("{}.{what}", topic.name()), text))
        });
        stations.into_iter().chain(topics).collect()
    }

    fn topic_table(&self, language: Language, snapshot: &Snapshot, counts: &BTreeMap<String, String>) -> Markup {
        let heads = [
            ("Topic", "토픽"),
            ("Messages", "메시지"),
            ("Rate", "속도"),
            ("Size", "크기"),
            ("Oldest (UTC)", "가장 오래된 것(UTC)"),
            ("Newest (UTC)", "가장 새것(UTC)"),
            ("Written by", "쓰는 곳"),
            ("Read by (lag)", "읽는 곳(지연)"),
        ];
        html! {
            table.data-table {
                thead { tr { @for (english, korean) in heads { th scope="col" { (language.of(english, korean)) } } } }
                tbody {
                    @for topic in Topic::ALL {
                        @let state = snapshot.topics.get(&topic);
                        @let seen = state.and_then(|_| self.0.looks.kept(topic, LOOK_OLD));
                        tr {
                            th scope="row" { (topic_link(topic)) span.small { (topics::purpose(topic, language)) } }
                            @if let Some(state) = state {
                                td.number { (live(counts, topic, "messages")) }
                                td.number { (live(counts, topic, "rate")) }
                                td.number { (live(counts, topic, "size")) }
                                td { (live(counts, topic, "oldest")) }
                                td { (live(counts, topic, "newest")) }
                                td { (writers(seen.as_deref())) }
                                td { (readers(&snapshot.groups, topic, state)) }
                            } @else {
                                td colspan="7" { (language.of("not there yet", "아직 없어요")) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn shown(language: Language, station: &Station, counts: &BTreeMap<String, String>) -> Markup {
    let of = |(english, korean): (&'static str, &'static str)| language.of(english, korean);
    html! {
        li {
            b { (of(station.name)) }
            span { strong data-count=(station.key) { (counts.get(station.key).map_or("–", String::as_str)) } " " (of(station.unit)) }
            span.small { (of(station.note)) }
        }
    }
}

fn live(counts: &BTreeMap<String, String>, topic: Topic, what: &str) -> Markup {
    let key = format!("{}.{what}", topic.name());
    html! { span data-count=(key) { (counts.get(&key).map_or("–", String::as_str)) } }
}

/// `2026-11-30 09:30:05`, in UTC.
fn moment(millis: Option<i64>) -> String {
    let text = millis.map(|millis| Timestamp::from_unix_millis_saturating(millis).to_string());
    let text = text.map(|text| text.replace('T', " "));
    text.and_then(|text| text.get(..19).map(str::to_owned))
        .unwrap_or_else(|| "–".to_owned())
}

/// How large the topic's values are together, as those that were looked at are on average.
fn size(state: &TopicState, seen: Option<&Observed>) -> String {
    match seen {
        Some(seen) if seen.messages > 0 => {
            let about = u128::from(seen.bytes) * u128::from(state.messages()) / u128::from(seen.messages);
            format!("≈ {}", bytes(u64::try_from(about).unwrap_or(u64::MAX)))
        }
        _ if state.messages() == 0 => "0 B".to_owned(),
        _ => "–".to_owned(),
    }
}

fn writers(seen: Option<&Observed>) -> Markup {
    let writers: Vec<&String> = seen.into_iter().flat_map(|seen| seen.writers.keys()).collect();
    html! {
        @if writers.is_empty() { "–" }
        @for (index, writer) in writers.iter().take(3).enumerate() { @if index > 0 { ", " } code { (writer) } }
        @if writers.len() > 3 { " +" (writers.len() - 3) }
    }
}

fn readers(groups: &[Group], topic: Topic, state: &TopicState) -> Markup {
    let readers: Vec<(&str, u64)> = groups
        .iter()
        .filter_map(|group| Some((group.name.as_str(), group.lag(topic, state)?)))
        .collect();
    html! {
        @if readers.is_empty() { "–" }
        @for (index, (name, lag)) in readers.iter().take(4).enumerate() { @if index > 0 { ", " } code { (name) } " (" (Count(*lag)) ")" }
        @if readers.len() > 4 { " +" (readers.len() - 4) }
    }
}

fn first_steps(language: Language, bootstrap: &str) -> Markup {
    html! {
        section aria-labelledby="first" {
            h2 #first { (language.of("Read along in a minute", "1분 만에 따라 읽기")) }
            p { (language.of("Any Kafka client attaches here: ", "어떤 Kafka 클라이언트든 여기에 붙어요: ")) code { (bootstrap) } }
            pre tabindex="0" { "kcat -b " (bootstrap) " -C -t shop.view -o end" }
            p {
                a href="/data/consumer" { (language.of("Recipes in more languages, and whether your consumer has arrived", "다른 언어의 예제와, 내 컨슈머가 도착했는지 보기")) }
            }
        }
    }
}
