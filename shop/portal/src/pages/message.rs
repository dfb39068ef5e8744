//! `/data/messages/{topic}/{partition}/{offset}`: the life of one event, from the request to the row.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use form_urlencoded::byte_serialize;
use maud::{Markup, html};
use schemas::{Header, Topic};
use serde_json::Value;

use super::{locked, message_list, millis, page, topic_link, unknown_topic, value_text};
use crate::filter::Filter;
use crate::kafka::{Kafka, Range, edges, read};
use crate::language::Language;
use crate::message::{Message, Place, clipped};
use crate::recipes;
use crate::search::{self, Window};
use crate::{Page, Portal, Reader};

/// How long the message itself may take, and how long what belongs to it.
const PATIENCE: Duration = Duration::from_secs(2);
/// What belongs to the same request happens within so much of it, in milliseconds.
const AROUND: i64 = 2 * 60 * 1000;

/// What is at a place.
enum Found {
    Message(Arc<Message>),
    /// Not there: the partition holds these offsets.
    Outside(Range),
    Away,
}

impl Portal {
    /// `/data/messages/{topic}/{partition}/{offset}`
    pub async fn message(&self, reader: &Reader, (topic, partition, offset): (&str, &str, &str)) -> Page {
        let language = reader.language;
        let Some(topic) = Topic::from_name(topic) else {
            return unknown_topic(reader, topic);
        };
        let place = match (partition.parse(), offset.parse()) {
            (Ok(partition), Ok(offset)) if partition >= 0 && offset >= 0 => Place {
                topic,
                partition,
                offset,
            },
            _ => return missing(reader, topic, None),
        };
        if !reader.may_read {
            return page(reader, ("", &place.to_string()), &locked(language, &place.address()));
        }
        let kafka = self.0.kafka.clone();
        let found = tokio::task::spawn_blocking(move || at(&kafka, place))
            .await
            .unwrap_or(Found::Away);
        match found {
            Found::Message(message) => {
                let related = self.related(&message).await;
                let content = self.life(reader, &message, related.as_deref());
                page(reader, ("", &place.to_string()), &content)
            }
            Found::Outside(range) => missing(reader, topic, Some(range)),
            Found::Away => {
                let said = language.of(
                    "Kafka did not answer in time: load the page again in a moment.",
                    "Kafka가 제때 응답하지 않았어요. 잠시 뒤 다시 열어 주세요.",
                );
                let found = page(reader, ("", &place.to_string()), &html! { p.alert { (said) } });
                Page { status: 503, ..found }
            }
        }
    }

    /// What the same request led to, on all topics; of a dead letter, what was decided about it.
    /// None when it could not be looked up: too many searches run, or Kafka does not answer.
    async fn related(&self, message: &Message) -> Option<Vec<Arc<Message>>> {
        let Some((filter, window)) = belonging(message) else {
            return Some(Vec::new());
        };
        let turn = tokio::time::timeout(PATIENCE, self.0.searches.clone().acquire_owned()).await;
        let turn = turn.ok()?.ok()?;
        let kafka = self.0.kafka.clone();
        let place = message.place;
        let search = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            search::search(&kafka, &filter, window, PATIENCE)
        });
        match search.await {
            Ok(Ok(outcome)) => {
                let others = outcome.messages.into_iter().filter(|other| other.place != place);
                let mut others: Vec<_> = others.collect();
                others.reverse();
                Some(others)
            }
            Ok(Err(error)) => {
                tracing::debug!(%error, "Kafka does not tell what belongs to a message");
                None
            }
            Err(error) => {
                tracing::error!(%error, "A search has broken, which is a mistake in the program");
                None
            }
        }
    }

    fn life(&self, reader: &Reader, message: &Message, related: Option<&[Arc<Message>]>) -> Markup {
        let language = reader.language;
        let place = message.place;
        let text = |path: &str| {
            message
                .field(path)
                .map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
        };
        html! {
            p.lead { b { (clipped(message.event_type().unwrap_or("?"), 60)) } " · " (millis(message.millis)) " · " (message.value.len()) " B" }
            ol.life {
                li {
                    h2 { (language.of("The request", "요청")) }
                    @if let Some(request) = text("request_id").filter(|_| place.topic != Topic::DeadLetter) {
                        p { code { (clipped(&request, 60)) } @if let Some(endpoint) = text("endpoint") { " · " code { (clipped(&endpoint, 60)) } } }
                        (found(reader, related, ("Nothing else of this request is on the topics now.", "이 요청의 다른 메시지는 지금 토픽에 없어요.")))
                    } @else { p.small { (language.of("It belongs to no request.", "속한 요청이 없어요.")) } }
                }
                li {
                    h2 { (language.of("The journal", "저널")) }
                    @if let (Some(instance), Some(sequence)) = (text("source.instance"), text("source.sequence")) {
                        p { (language.of("Entry ", "번호 ")) code { (clipped(&sequence, 24)) } (language.of(" of the journal of ", ", 저널: ")) code { (clipped(&instance, 64)) } }
                    } @else { p.small { (language.of("It names no source: it did not come through a shop's journal.", "출처가 없어요. 가게의 저널을 거치지 않았어요.")) } }
                }
                li {
                    h2 { (language.of("The topic", "토픽")) }
                    p { (topic_link(place.topic)) ", " (language.of("partition ", "파티션 ")) (place.partition) ", " (language.of("offset ", "오프셋 ")) (place.offset) }
                    (headers(reader, message))
                    @if let Some(key) = &message.key { p { (language.of("Key: ", "키: ")) code { (clipped(&String::from_utf8_lossy(key), 120)) } } }
                    pre tabindex="0" { (value_text(reader, message)) }
                    (neighbours(place))
                }
                @if place.topic == Topic::DeadLetter { (dead_letter(reader, message, related)) } @else { (file_and_row(language, message)) }
                li {
                    h2 { (language.of("What it belongs to", "함께 속한 것")) }
                    ul.data-list { (belongs(language, message)) }
                }
                li {
                    h2 { (language.of("Read it yourself", "직접 읽기")) }
                    pre tabindex="0" { (recipes::at(&recipes::kcat(&self.0.bootstrap), place)) }
                    pre tabindex="0" { (recipes::at(&recipes::python(&self.0.bootstrap), place)) }
                }
            }
        }
    }
}

/// What finds the messages that belong to this one, and when they happened.
fn belonging(message: &Message) -> Option<(Filter, Option<Window>)> {
    let place = message.place;
    if place.topic == Topic::DeadLetter {
        let id = format!("{}/{}", place.partition, place.offset);
        let filter = Filter {
            header: Some((Header::DeadLetterId, id)),
            ..Filter::default()
        };
        // Decisions come after the letter, perhaps by another machine's clock, and with no end.
        let window = message.millis.map(|at| Window {
            from: at.saturating_sub(AROUND),
            until: i64::MAX,
        });
        return Some((filter, window));
    }
    let request = message.field("request_id")?.as_str()?;
    let at = message.millis?;
    // The time is the producer's: it may be anything.
    let window = Window {
        from: at.saturating_sub(AROUND),
        until: at.saturating_add(AROUND),
    };
    Some((Filter::of("", "", "request_id", request), Some(window)))
}

fn at(kafka: &Kafka, place: Place) -> Found {
    let look = || -> rdkafka::error::KafkaResult<Found> {
        let client = kafka.reader()?;
        let range = edges(&client, place.topic, place.partition)?;
        if !(range.from..range.until).contains(&place.offset) {
            return Ok(Found::Outside(range));
        }
        let mut found = Found::Outside(range);
        let one = Range {
            from: place.offset,
            until: place.offset + 1,
            ..range
        };
        let left = read(&client, place.topic, &[one], Instant::now() + PATIENCE, |message| {
            if let Some(message) = Message::of(message).filter(|message| message.place == place) {
                found = Found::Message(Arc::new(message));
            }
            ControlFlow::Break(())
        })?;
        let timed_out = matches!(found, Found::Outside(_)) && left.iter().any(|range| range.len() > 0);
        Ok(if timed_out { Found::Away } else { found })
    };
    look().unwrap_or_else(|error| {
        tracing::debug!(%error, %place, "Kafka does not give a message");
        Found::Away
    })
}

fn missing(reader: &Reader, topic: Topic, range: Option<Range>) -> Page {
    let language = reader.language;
    let content = html! {
        p { (topic_link(topic)) }
        @if let Some(range) = range.filter(|range| range.len() > 0) {
            p {
                (language.of("The partition holds offsets ", "이 파티션에 있는 오프셋: ")) (range.from) " – " (range.until - 1) ". "
                @let newest = Place { topic, partition: range.partition, offset: range.until - 1 };
                a href=(newest.address()) { (language.of("The newest message", "가장 새 메시지")) }
            }
        } @else { p { (language.of("Partitions and offsets are numbers from 0.", "파티션과 오프셋은 0부터 세는 수예요.")) } }
    };
    let title = language.of("No such message", "그런 메시지는 없어요");
    Page {
        status: 404,
        ..page(reader, ("", title), &content)
    }
}

/// What was found, or what it means that there is nothing; it is not said where nobody could look.
fn found(reader: &Reader, related: Option<&[Arc<Message>]>, none: (&str, &str)) -> Markup {
    let language = reader.language;
    html! {
        @match related {
            None => p.small { (language.of("It could not be looked up just now: load the page again in a moment.", "지금은 찾아보지 못했어요. 잠시 뒤 다시 열어 주세요.")) },
            Some([]) => p.small { (language.of(none.0, none.1)) },
            Some(found) => (message_list(reader, found)),
        }
    }
}

fn headers(reader: &Reader, message: &Message) -> Markup {
    html! {
        @if !message.headers.is_empty() {
            table.data-table.data-headers {
                caption.unseen { (reader.language.of("Headers", "헤더")) }
                tbody { @for (name, value) in message.headers.iter().take(40) {
                    tr { th scope="row" { code { (clipped(name, 80)) } } td { (clipped(&String::from_utf8_lossy(value), 300)) } }
                } }
            }
        }
    }
}

fn neighbours(place: Place) -> Markup {
    let before = Place {
        offset: place.offset - 1,
        ..place
    };
    let after = Place {
        offset: place.offset + 1,
        ..place
    };
    html! {
        p {
            @if before.offset >= 0 { a href=(before.address()) rel="prev" { "← " (before.offset) } " " }
            a href=(after.address()) rel="next" { (after.offset) " →" }
        }
    }
}

/// Neither is the shop's: what finds them is shown instead, exactly.
fn file_and_row(language: Language, message: &Message) -> Markup {
    let day = message
        .field("timestamp")
        .and_then(Value::as_str)
        .and_then(|at| at.get(..10))
        .filter(|day| is_plain(day));
    let id = message
        .field("event_id")
        .and_then(Value::as_str)
        .filter(|id| is_plain(id));
    let file = message.place.topic.log_file();
    html! {
        li {
            h2 { (language.of("The line and the row", "파일의 줄과 테이블의 행")) }
            @if let (Some(day), Some(id), Some(file)) = (day, id, file) {
                p.small { (language.of("In the sink's folder of log files (its --utc-offset decides the day):", "싱크의 로그 폴더에서(날짜는 --utc-offset이 정해요):")) }
                pre tabindex="0" { "grep -n '\"event_id\":\"" (id) "\"' data/logs/" (file.name()) "-" (day) ".log" }
                @if message.place.topic.has_rows() {
                    p.small { (language.of("In the sink's database:", "싱크의 데이터베이스에서:")) }
                    pre tabindex="0" { "select * from user_activity_log where event_id = '" (id) "';" }
                } @else { p.small { (language.of("Messages of this topic are lines only, no rows.", "이 토픽의 메시지는 줄만 있고 행은 없어요.")) } }
            } @else { p.small { (language.of("Without an event id and a timestamp it was refused: look for it on shop.dead-letter.", "이벤트 번호나 시각이 없어 거절됐어요. shop.dead-letter에서 찾아보세요.")) } }
        }
    }
}

/// What may stand in a command line as it is.
fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

/// Why it was refused, and what became of it: `related` are the decisions about it.
fn dead_letter(reader: &Reader, message: &Message, related: Option<&[Arc<Message>]>) -> Markup {
    let language = reader.language;
    let said = |header: Header| message.header(header.name()).map(|text| clipped(&text, 300).to_owned());
    html! {
        li {
            h2 { (language.of("Refused", "거절됨")) }
            @if let Some(outcome) = said(Header::DeadLetterOutcome) {
                p {
                    (language.of("A decision about the letter ", "이 편지에 대한 결정: "))
                    code { (said(Header::DeadLetterId).unwrap_or_default()) } ": " b { (outcome) }
                    @if let Some(because) = said(Header::DeadLetterBecause) { " (" (because) ")" }
                }
            } @else {
                p {
                    (language.of("Reason: ", "이유: ")) b { (said(Header::DeadLetterReason).unwrap_or_else(|| "–".to_owned())) }
                    @if let Some(field) = said(Header::DeadLetterField) { ", " (language.of("field ", "필드 ")) code { (field) } }
                }
                @if let Some(origin) = origin(message) { p { (language.of("It stood at ", "원래 위치: ")) a href=(origin.address()) { (origin) } } }
                h3 { (language.of("What became of it", "그 뒤 어떻게 됐는지")) }
                (found(reader, related, ("Nothing yet: it waits for a decision.", "아직 결정되지 않았어요.")))
                pre tabindex="0" { "sink dead-letters list" }
            }
        }
    }
}

/// Where the refused message stood.
fn origin(message: &Message) -> Option<Place> {
    let said = |header: Header| message.header(header.name());
    Some(Place {
        topic: Topic::from_name(&said(Header::DeadLetterTopic)?)?,
        partition: said(Header::DeadLetterPartition)?.parse().ok()?,
        offset: said(Header::DeadLetterOffset)?.parse().ok()?,
    })
}

fn belongs(language: Language, message: &Message) -> Markup {
    const LINKS: [(&str, &str, &str); 5] = [
        ("session_id", "the session", "세션"),
        ("page_view_id", "the page view", "페이지 보기"),
        ("details.order_id", "the order", "주문"),
        ("details.search_id", "the search", "검색"),
        ("request_id", "the request", "요청"),
    ];
    let links = LINKS.iter().filter_map(|(path, english, korean)| {
        let value = message.field(path)?;
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        (!value.is_null()).then(|| (*path, language.of(english, korean), clipped(&text, 80).to_owned()))
    });
    html! {
        @for (path, name, text) in links {
            li { a href={ "/data/search?field=" (path) "&value=" (byte_serialize(text.as_bytes()).collect::<String>()) } { (name) } " " code { (text) } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(topic: Topic, millis: i64) -> Message {
        let place = Place {
            topic,
            partition: 0,
            offset: 7,
        };
        let mut message = Message::new(place, br#"{"request_id":"a b&c"}"#.to_vec());
        message.millis = Some(millis);
        message
    }

    #[test]
    fn whatever_time_a_producer_writes_there_is_a_window_around_it() {
        for (millis, from, until) in [
            (10 * AROUND, 9 * AROUND, 11 * AROUND),
            (i64::MAX, i64::MAX - AROUND, i64::MAX),
            (i64::MIN, i64::MIN, i64::MIN + AROUND),
        ] {
            let (_, window) = belonging(&message(Topic::View, millis)).unwrap();
            let window = window.unwrap();
            assert_eq!((window.from, window.until), (from, until));
        }
    }

    #[test]
    fn decisions_about_a_dead_letter_are_looked_for_from_its_time_on() {
        let (_, window) = belonging(&message(Topic::DeadLetter, 10 * AROUND)).unwrap();
        let window = window.unwrap();
        assert_eq!((window.from, window.until), (9 * AROUND, i64::MAX));
    }

    #[test]
    fn what_it_belongs_to_is_searched_for_as_it_is_written() {
        let links = belongs(Language::En, &message(Topic::View, 0)).into_string();
        assert!(links.contains("field=request_id&amp;value=a+b%26c\""), "{links}");
    }
}
