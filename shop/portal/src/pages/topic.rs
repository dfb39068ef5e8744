//! `/data/topics/{topic}`: what it is for, its fields as declared and as seen, its newest messages.

use std::sync::Arc;

use maud::{Markup, html};
use schemas::{EventType, Topic};

use super::fields::{fields, type_address, unread};
use super::jump::{JUMPED, Jump, Jumped};
use super::{freshness, locked, message_list, page, prose, topic_address, unknown, unknown_topic};
use crate::language::{Count, Language};
use crate::message::Message;
use crate::observed::Observed;
use crate::survey::{Snapshot, TopicState};
use crate::topics;
use crate::{Page, Portal, Reader};

/// What the address asks for beside the topic.
#[derive(Debug, Clone, Default)]
pub struct TopicQuery {
    /// The event type whose fields are shown.
    pub event_type: Option<String>,
    pub jump: Option<Jump>,
}
impl Portal {
    /// `/data/topics/{topic}`
    pub async fn topic(&self, reader: &Reader, name: &str, query: &TopicQuery) -> Page {
        let Some(topic) = Topic::from_name(name) else {
            return unknown_topic(reader, name);
        };
        let types: Vec<EventType> = EventType::ALL
            .into_iter()
            .filter(|kind| kind.topic() == topic)
            .collect();
        let wanted = query.event_type.as_deref();
        let chosen = match wanted {
            None => types.first().copied(),
            Some(wanted) => {
                let found = types.iter().copied().find(|kind| kind.name() == wanted);
                if found.is_none() {
                    let known: Vec<_> = types
                        .iter()
                        .map(|kind| (kind.name().to_owned(), type_address(topic, *kind)))
                        .collect();
                    return unknown(
                        reader,
                        "",
                        ("No such event on this topic", "이 토픽에 그런 이벤트는 없어요"),
                        wanted,
                        &known,
                    );
                }
                found
            }
        };
        let snapshot = self.0.survey.snapshot();
        let is_away = snapshot.away_since.is_some();
        let observed = self.0.looks.of(topic, is_away).await;
        let jumped = match (&query.jump, reader.may_read) {
            (Some(jump), true) => Some(self.jump(topic, jump).await),
            _ => None,
        };
        let language = reader.language;
        let content = html! {
            p.lead { (topics::purpose(topic, language)) }
            (freshness(language, &snapshot))
            (facts(language, topic, snapshot.topics.get(&topic), &snapshot))
            section aria-labelledby="promises" {
                h2 #promises { (language.of("What you can rely on", "믿어도 되는 것")) }
                ul.data-promises { @for promise in topics::guarantees(topic, language) { li { (prose(promise)) } } }
                @if reader.has_classroom {
                    p { a href={ "/classroom?topic=" (topic.name()) } { (language.of("Exercises on this topic", "이 토픽의 연습")) } }
                }
            }
            @if let Some(chosen) = chosen { (fields(reader, topic, (&types, chosen), observed.as_deref())) }
            (messages(reader, topic, query, (observed.as_deref(), jumped.as_ref())))
        };
        page(reader, ("", topic.name()), &content)
    }
}

fn facts(language: Language, topic: Topic, state: Option<&TopicState>, snapshot: &Snapshot) -> Markup {
    let setting = |name: &str| state.and_then(|state| state.settings.get(name)).map(String::as_str);
    let group = |group: &&crate::survey::Group| state.is_some_and(|state| group.lag(topic, state).is_some());
    html! {
        dl.data-facts {
            div { dt { (language.of("Key", "키")) } dd { (topics::key(topic, language)) } }
            @if let Some(state) = state {
                div { dt { (language.of("Partitions", "파티션")) } dd { (state.partitions.len()) " · murmur2_random" } }
                div { dt { (language.of("Kept for", "보관")) } dd { (kept(language, setting("cleanup.policy"), setting("retention.ms"))) } }
                div { dt { (language.of("Replicas", "복제본")) } dd { (state.replicas) } }
                div { dt { (language.of("Messages", "메시지")) } dd { (Count(state.messages())) } }
                div {
                    dt { (language.of("Offsets", "오프셋")) }
                    dd { @for range in &state.partitions { span.data-offsets { (range.partition) ": " (range.from) "–" (range.until) } " " } }
                }
                div {
                    dt { (language.of("Read by", "읽는 곳")) }
                    dd {
                        @for group in snapshot.groups.iter().filter(group).take(6) {
                            code { (group.name) } " (" (language.of("lag ", "지연 ")) (Count(group.lag(topic, state).unwrap_or(0))) ") "
                        }
                    }
                }
            }
            @if let Some(file) = topic.log_file() {
                div { dt { (language.of("Ends in", "도착하는 곳")) } dd { code { (file.name()) "-DATE.log" } @if topic.has_rows() { ", " code { "user_activity_log" } } @if topic == Topic::Product { ", " code { "product" } } } }
            }
        }
    }
}

fn kept(language: Language, policy: Option<&str>, retention: Option<&str>) -> String {
    const DAY: i64 = 24 * 60 * 60 * 1000;
    if policy.is_some_and(|policy| policy.contains("compact")) {
        return language
            .of("the newest of each key, for good", "키마다 가장 새것을 계속")
            .to_owned();
    }
    match retention.map(str::parse::<i64>) {
        Some(Ok(-1)) => language.of("for good", "계속").to_owned(),
        Some(Ok(millis)) if millis % DAY == 0 => format!("{} {}", millis / DAY, language.of("days", "일")),
        Some(Ok(millis)) => format!("{millis} ms"),
        Some(Err(_)) | None => "–".to_owned(),
    }
}

fn messages(
    reader: &Reader,
    topic: Topic,
    query: &TopicQuery,
    (observed, jumped): (Option<&Observed>, Option<&Jumped>),
) -> Markup {
    let language = reader.language;
    let recent: Vec<Arc<Message>> = observed
        .into_iter()
        .flat_map(|seen| seen.recent.iter().take(JUMPED).cloned())
        .collect();
    html! {
        section #messages aria-labelledby="messages-title" {
            h2 #messages-title {
                @if query.jump.is_some() { (language.of("Messages from there on", "그때부터의 메시지")) }
                @else { (language.of("Newest messages", "가장 새 메시지")) }
            }
            @if reader.may_read {
                (jump_form(language, topic))
                @match jumped {
                    Some(Jumped::Found(messages)) if !messages.is_empty() => (message_list(reader, messages)),
                    Some(Jumped::Found(_)) => p { (language.of("There are none from there on.", "그 뒤로는 없어요.")) },
                    Some(Jumped::Unclear) => p.alert { (language.of("That is no time, or no such partition and offset: 2026-11-30 09:30, or a partition and an offset.", "시각이 아니거나 없는 파티션·오프셋이에요. 2026-11-30 09:30 처럼, 또는 파티션과 오프셋을 적어 주세요.")) },
                    Some(Jumped::Away) => p.alert { (language.of("Kafka did not answer in time.", "Kafka가 제때 응답하지 않았어요.")) },
                    None if observed.is_none() => p.alert { (unread(language)) },
                    None if recent.is_empty() => p { (language.of("There are none yet.", "아직 없어요.")) },
                    None => (message_list(reader, &recent)),
                }
            } @else { (locked(language, &topic_address(topic))) }
        }
    }
}

fn jump_form(language: Language, topic: Topic) -> Markup {
    html! {
        form.data-form action={ (topic_address(topic)) "#messages" } method="get" {
            label { (language.of("Partition", "파티션")) input type="text" inputmode="numeric" name="partition" size="4"; }
            label { (language.of("Offset", "오프셋")) input type="text" inputmode="numeric" name="offset" size="10"; }
            label { (language.of("or time (UTC)", "또는 시각(UTC)")) input type="text" name="time" placeholder="2026-11-30 09:30" size="18"; }
            button type="submit" { (language.of("Jump", "이동")) }
        }
    }
}
