//! `/data/topics/{topic}`: what it is for, its fields as declared and as seen, its newest messages.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use maud::{Markup, html};
use schemas::{EventType, Timestamp, Topic};

use super::{freshness, locked, message_list, millis, page, topic_address, unknown, unknown_topic};
use crate::declared::{self, Field, Origin};
use crate::kafka::{Kafka, Range, read, whole};
use crate::language::{Count, Language};
use crate::look::LAST;
use crate::message::{Message, clipped};
use crate::observed::{FieldSeen, Observed, TOLD_APART, TypeSeen};
use crate::personal::HIDDEN;
use crate::search::offsets_at;
use crate::survey::{Snapshot, TopicState};
use crate::topics;
use crate::{Page, Portal, Reader};

/// Messages of a jump.
const JUMPED: usize = 12;
/// How long a jump may take.
const JUMP: Duration = Duration::from_secs(2);

/// What the address asks for beside the topic.
#[derive(Debug, Clone, Default)]
pub struct TopicQuery {
    /// The event type whose fields are shown.
    pub event_type: Option<String>,
    pub jump: Option<Jump>,
}

/// From where messages are shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Jump {
    Offset {
        partition: i32,
        offset: i64,
    },
    Time(Timestamp),
    /// What was typed is neither.
    Unclear,
}

impl Jump {
    /// What a form says: a time, or a partition and an offset; nothing when all are empty.
    #[must_use]
    pub fn of(partition: &str, offset: &str, time: &str) -> Option<Self> {
        let (partition, offset, time) = (partition.trim(), offset.trim(), time.trim());
        if !time.is_empty() {
            return Some(parse_time(time).map_or(Self::Unclear, Self::Time));
        }
        if offset.is_empty() {
            return None;
        }
        let partition = if partition.is_empty() { "0" } else { partition };
        Some(match (partition.parse(), offset.parse()) {
            (Ok(partition), Ok(offset)) if partition >= 0 && offset >= 0 => Self::Offset { partition, offset },
            _ => Self::Unclear,
        })
    }
}

/// `2026-11-30 09:30`, with seconds or without, in UTC; as a browser's field has it, or as it stands in messages.
fn parse_time(text: &str) -> Option<Timestamp> {
    let text = text.trim_end_matches('Z').replacen(' ', "T", 1);
    let padded = match text.len() {
        10 => format!("{text}T00:00:00.000000Z"),
        16 => format!("{text}:00.000000Z"),
        19 => format!("{text}.000000Z"),
        _ => format!("{text}Z"),
    };
    Timestamp::parse(&padded).ok()
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
                ul.data-promises { @for promise in topics::guarantees(topic, language) { li { (promise) } } }
            }
            @if let Some(chosen) = chosen { (fields(reader, topic, (&types, chosen), observed.as_deref())) }
            (messages(reader, topic, query, (observed.as_deref(), jumped.as_ref())))
        };
        page(reader, ("", topic.name()), &content)
    }

    async fn jump(&self, topic: Topic, jump: &Jump) -> Jumped {
        let (kafka, jump) = (self.0.kafka.clone(), jump.clone());
        let read = tokio::task::spawn_blocking(move || from(&kafka, topic, &jump)).await;
        match read {
            Ok(Ok(Some(messages))) => Jumped::Found(messages),
            Ok(Ok(None)) => Jumped::Unclear,
            Ok(Err(error)) => {
                tracing::debug!(%error, "Kafka does not answer a jump");
                Jumped::Away
            }
            Err(error) => {
                tracing::error!(%error, "A jump has broken, which is a mistake in the program");
                Jumped::Away
            }
        }
    }
}

enum Jumped {
    Found(Vec<Arc<Message>>),
    Unclear,
    Away,
}

fn from(kafka: &Kafka, topic: Topic, jump: &Jump) -> rdkafka::error::KafkaResult<Option<Vec<Arc<Message>>>> {
    let client = kafka.reader()?;
    let all = whole(&client, topic)?;
    let ranges: Vec<Range> = match jump {
        Jump::Unclear => return Ok(None),
        Jump::Offset { partition, offset } => {
            let of_partition = all.iter().filter(|range| range.partition == *partition);
            of_partition
                .map(|range| Range {
                    from: range.from.max(*offset),
                    ..*range
                })
                .collect()
        }
        Jump::Time(at) => {
            let starts = offsets_at(&client, topic, &all, at.unix_millis())?;
            let from = |range: &Range| starts.get(&range.partition).copied().unwrap_or(range.until);
            all.iter()
                .map(|range| Range {
                    from: from(range),
                    ..*range
                })
                .collect()
        }
    };
    if ranges.is_empty() {
        return Ok(None);
    }
    let few = i64::try_from(JUMPED).unwrap_or(i64::MAX);
    let ranges: Vec<Range> = ranges
        .iter()
        .map(|range| Range {
            until: range.until.min(range.from + few),
            ..*range
        })
        .collect();
    let mut found = Vec::new();
    read(&client, topic, &ranges, Instant::now() + JUMP, |message| {
        found.extend(Message::of(message).map(Arc::new));
        ControlFlow::Continue(())
    })?;
    found.sort_by_key(|message| (message.millis, message.place));
    found.truncate(JUMPED);
    Ok(Some(found))
}

fn type_address(topic: Topic, event_type: EventType) -> String {
    format!("{}?type={}#fields", topic_address(topic), event_type.name())
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
                div { dt { (language.of("Ends in", "도착하는 곳")) } dd { code { (file.name()) "-DATE.log" } @if topic.has_rows() { ", " code { "user_activity_log" } } } }
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

fn fields(
    reader: &Reader,
    topic: Topic,
    (types, chosen): (&[EventType], EventType),
    observed: Option<&Observed>,
) -> Markup {
    let language = reader.language;
    let declared = declared::fields(chosen);
    let seen = observed.and_then(|observed| observed.types.get(chosen.name()));
    html! {
        section #fields aria-labelledby="fields-title" {
            h2 #fields-title { (language.of("Fields: declared and observed", "필드: 선언과 관찰")) }
            @if types.len() > 1 {
                nav.chips.wrap aria-label=(language.of("Event types", "이벤트 종류")) {
                    @for event_type in types {
                        a.chip href=(type_address(topic, *event_type)) aria-current=[(*event_type == chosen).then_some("true")] { (event_type.name()) }
                    }
                }
            }
            p.small {
                @match (observed, seen) {
                    (Some(observed), Some(seen)) => {
                        (Count(seen.messages)) " " code { (chosen.name()) } " "
                        (language.of("of the last ", "건, 이 토픽의 마지막 메시지 ")) (Count(observed.messages.min(LAST)))
                        (language.of(" messages of this topic. ", "건 가운데. "))
                    }
                    (Some(observed), None) => {
                        (language.of("None of the last ", "마지막 메시지 ")) (Count(observed.messages))
                        (language.of(" messages is of this type. ", "건 가운데 이 종류는 없어요. "))
                    }
                    (None, _) => { (language.of("No messages could be read yet. ", "아직 메시지를 읽지 못했어요. ")) }
                }
                a href={ "/data/schemas/" (chosen.name()) ".json" } { "JSON Schema" }
            }
            div.data-scroll tabindex="0" role="region" aria-labelledby="fields-title" { (field_table(language, &declared, seen)) }
            (never_came(language, &declared, seen))
        }
    }
}

fn field_table(language: Language, declared: &[Field], seen: Option<&TypeSeen>) -> Markup {
    let heads = [
        ("Field", "필드"),
        ("Type", "타입"),
        ("Meaning", "뜻"),
        ("From", "출처"),
        ("Column", "컬럼"),
        ("Filled", "채움"),
        ("Distinct", "서로 다른 값"),
        ("Observed", "관찰된 값"),
        ("Last seen", "마지막"),
    ];
    html! {
        table.data-table.data-fields {
            thead { tr { @for (english, korean) in heads { th scope="col" { (language.of(english, korean)) } } } }
            tbody {
                @for field in declared {
                    @let found = seen.and_then(|seen| seen.fields.get(&field.path));
                    tr {
                        th scope="row" {
                            code { (field.path) }
                            @if field.personal { " " span.data-personal { (language.of("personal", "개인정보")) } }
                        }
                        td { (field.kind) @if let Some(unit) = field.unit { " (" (unit) ")" } @if !field.required { " " span.small { (language.of("optional", "선택")) } } }
                        td lang="en" { (field.meaning) (limits(field)) }
                        td { (origin(language, field.origin)) }
                        td { @if let Some(column) = &field.column { code { (column) } } @else { "–" } }
                        @if let (Some(seen), Some(found)) = (seen, found) { (observed_cells(field, seen, found)) }
                        @else { td.number { @if seen.is_some() { "0 %" } @else { "–" } } td.number { "–" } td { "–" } td { "–" } }
                    }
                }
            }
        }
    }
}

fn limits(field: &Field) -> Markup {
    html! {
        @if !field.allowed.is_empty() { " " span.small { @for value in &field.allowed { code { (value) } " " } } }
        @else if let Some(limits) = &field.limits { " " span.small { code { (clipped(limits, 40)) } } }
    }
}

fn observed_cells(field: &Field, seen: &TypeSeen, found: &FieldSeen) -> Markup {
    let percent = found.filled * 100 / seen.messages.max(1);
    let distinct = found.distinct();
    html! {
        td.number { (percent) " %" }
        td.number { (distinct) @if distinct >= TOLD_APART { "+" } }
        td { (observed_values(field, found)) }
        td { (millis(found.last_seen)) }
    }
}

fn observed_values(field: &Field, found: &FieldSeen) -> Markup {
    html! {
        @if field.personal { (HIDDEN) }
        @else if let Some((least, most)) = found.range { code { (least) } @if least < most { " – " code { (most) } } }
        @else if let Some(named) = found.named().filter(|named| named.len() <= 6) {
            @for (value, count) in named { code { (clipped(value, 32)) } " " span.small { "×" (count) } " " }
        }
        @else if let Some((least, most)) = &found.texts { code { (clipped(least, 24)) } " – " code { (clipped(most, 24)) } }
        @else if let Some(example) = &found.example { code { (clipped(example, 40)) } }
    }
}

fn origin(language: Language, origin: Origin) -> &'static str {
    match origin {
        Origin::Browser => language.of("browser", "브라우저"),
        Origin::Request => language.of("request", "요청"),
        Origin::Cookie => language.of("cookie", "쿠키"),
        Origin::Shop => language.of("shop", "가게"),
        Origin::Journal => language.of("journal", "저널"),
    }
}

/// What the schema allows but never came, and what came though it is not declared.
fn never_came(language: Language, declared: &[Field], seen: Option<&TypeSeen>) -> Markup {
    let Some(seen) = seen else { return html! {} };
    let missing = declared.iter().filter(|field| !seen.fields.contains_key(&field.path));
    let values = declared.iter().filter_map(|field| {
        let found = seen.fields.get(&field.path)?;
        let never: Vec<&str> = field
            .allowed
            .iter()
            .map(String::as_str)
            .filter(|value| !found.values.contains_key(*value))
            .collect();
        (!never.is_empty()).then_some((field.path.as_str(), never))
    });
    let is_declared = |path: &str| {
        declared.iter().any(|field| {
            let rest = path.strip_prefix(field.path.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        })
    };
    let extra: Vec<&String> = seen.fields.keys().filter(|path| !is_declared(path)).collect();
    let missing: Vec<&str> = missing.map(|field| field.path.as_str()).collect();
    let values: Vec<_> = values.collect();
    html! {
        dl.data-facts.data-differences {
            div { dt { (language.of("Declared, never came", "선언됐지만 오지 않은 필드")) } dd { @if missing.is_empty() { "–" } @for path in missing { code { (path) } " " } } }
            div {
                dt { (language.of("Allowed values that never came", "허용되지만 오지 않은 값")) }
                dd { @if values.is_empty() { "–" } @for (path, never) in values { code { (path) } ": " (never.join(", ")) "; " } }
            }
            div { dt { (language.of("Came, not declared", "선언 없이 온 필드")) } dd { @if extra.is_empty() { "–" } @for path in extra.iter().take(30) { code { (clipped(path, 60)) } " " } } }
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jump_is_a_time_or_an_offset() {
        assert_eq!(Jump::of("", "", ""), None);
        assert_eq!(
            Jump::of("2", "40", ""),
            Some(Jump::Offset {
                partition: 2,
                offset: 40
            })
        );
        let at = Timestamp::parse("2026-11-30T09:30:00.000000Z").unwrap();
        for text in [
            "2026-11-30 09:30",
            "2026-11-30T09:30",
            "2026-11-30T09:30:00Z",
            "2026-11-30T09:30:00.000000Z",
        ] {
            assert_eq!(Jump::of("", "", text), Some(Jump::Time(at)), "{text}");
        }
        for (offset, time) in [("-1", ""), ("x", ""), ("", "yesterday"), ("", "'; drop table")] {
            assert_eq!(Jump::of("", offset, time), Some(Jump::Unclear));
        }
    }
}
