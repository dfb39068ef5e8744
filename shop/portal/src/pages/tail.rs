//! `/data/tail`: what comes in, as it comes. The page is a form; the script fills the list below it.

use futures_util::{Stream, StreamExt};
use maud::{Markup, html};
use memchr::memmem::Finder;
use schemas::Topic;
use serde_json::{Value, json};

use super::{locked, page};
use crate::filter::Filter;
use crate::language::Language;
use crate::message::{Message, clipped};
use crate::personal::masked;
use crate::recipes;
use crate::tail::{Listening, Seen};
use crate::{Page, Portal, Reader};

/// A value is sent whole up to so many bytes.
const SENT_BYTES: usize = 16 * 1024;

/// A server-sent event: its name and its data, one line of JSON.
#[derive(Debug)]
pub struct Told {
    pub name: &'static str,
    pub data: String,
}

impl Portal {
    /// `/data/tail`
    #[must_use]
    pub fn tail(&self, reader: &Reader, filter: &Filter) -> Page {
        let language = reader.language;
        let bootstrap = &self.0.bootstrap;
        let content = html! {
            p.lead { (language.of(
                "Every message as it comes in, of all topics at once. Fields about other people are hidden.",
                "모든 토픽의 메시지를 들어오는 대로 보여줘요. 다른 사람에 관한 필드는 가려요.",
            )) }
            @if reader.may_read {
                form.data-form #tail-form action="/data/tail" method="get" {
                    (filter_fields(language, filter))
                    @if let Some(session) = &reader.session {
                        label.choice { input type="checkbox" data-own=(session); (language.of("only my session", "내 세션만")) }
                    }
                    button type="submit" { (language.of("Filter", "거르기")) }
                }
                noscript { p.alert { (language.of(
                    "The tail needs the page's script. Without it, the newest messages stand on the page of each topic.",
                    "실시간 보기에는 스크립트가 필요해요. 없으면 토픽마다 가장 새 메시지를 볼 수 있어요.",
                )) } }
                section.tail #tail data-stream="/data/tail/stream" data-kcat=(recipes::kcat(bootstrap)) data-python=(recipes::python(bootstrap))
                    data-listening=(language.of("Listening", "듣고 있어요")) data-away=(language.of("Kafka does not answer, since", "Kafka가 응답하지 않아요:"))
                    data-lost=(language.of("The shop does not answer; trying again", "가게가 응답하지 않아요. 다시 시도해요"))
                    data-closed=(language.of("The shop has closed the tail: load this page again", "가게가 연결을 닫았어요. 페이지를 다시 여세요"))
                    data-missed=(language.of("{n} messages were too fast to show", "너무 빨라 {n}건을 건너뛰었어요"))
                    data-paused=(language.of("Paused; {n} came meanwhile", "멈춤. 그사이 {n}건이 왔어요"))
                    data-resume=(language.of("Go on", "계속")) data-copied=(language.of("Copied", "복사했어요")) hidden {
                    div.tail-bar {
                        p.tail-state role="status" { (language.of("Connecting", "연결 중")) }
                        button type="button" data-act="pause" { (language.of("Pause", "멈춤")) }
                        button.quiet type="button" data-act="clear" { (language.of("Clear", "비우기")) }
                    }
                    ol.records.data-messages {}
                    template { (line(language)) }
                }
            } @else { (locked(language, "/data/tail")) }
        };
        page(
            reader,
            ("/data/tail", language.of("Live tail", "실시간 보기")),
            &content,
        )
    }

    /// `/data/tail/stream`: what matches from now on; none when too many watch.
    #[must_use]
    pub fn tail_stream(&self, reader: Reader, filter: Filter) -> Option<impl Stream<Item = Told> + Send + use<>> {
        let seen = self.0.tail.watch()?;
        let finder = filter.needle().map(|needle| Finder::new(needle).into_owned());
        Some(seen.filter_map(move |seen| std::future::ready(told(&reader, (&filter, finder.as_ref()), seen))))
    }
}

fn told(reader: &Reader, (filter, finder): (&Filter, Option<&Finder<'_>>), seen: Seen) -> Option<Told> {
    let (name, data) = match seen {
        Seen::State(Listening::No) => return None,
        Seen::State(Listening::Yes) => ("state", json!({ "listening": true })),
        Seen::State(Listening::AwaySince(since)) => {
            ("state", json!({ "listening": false, "since": since.to_string() }))
        }
        Seen::Missed(missed) => ("missed", json!({ "messages": missed })),
        Seen::Message(message) => {
            let may_match = filter.may_match(finder, message.key.as_deref(), &message.value);
            if !may_match || !filter.matches(&message) {
                return None;
            }
            ("message", shown(reader, &message))
        }
    };
    Some(Told {
        name,
        data: data.to_string(),
    })
}

/// A message as the script gets it.
fn shown(reader: &Reader, message: &Message) -> Value {
    let headers = message.headers.iter();
    let headers =
        headers.map(|(name, value)| json!([clipped(name, 100), clipped(&String::from_utf8_lossy(value), 500)]));
    let at = message.at().map(|at| at.to_string());
    let json = message.json().filter(|_| message.value.len() <= SENT_BYTES);
    let text = String::from_utf8_lossy(
        message
            .value
            .get(..SENT_BYTES.min(message.value.len()))
            .unwrap_or_default(),
    );
    json!({
        "topic": message.place.topic.name(),
        "partition": message.place.partition,
        "offset": message.place.offset,
        "address": message.place.address(),
        "at": at,
        "type": clipped(message.event_type().unwrap_or("?"), 60),
        "key": message.key.as_deref().map(|key| clipped(&String::from_utf8_lossy(key), 200).to_owned()),
        "headers": headers.collect::<Vec<_>>(),
        "size": message.size,
        "value": json.map(|value| masked(value, reader.session.as_deref())),
        // What is no JSON, or too much of it, has no fields that could be hidden: of that only the beginning, and only when it is no JSON.
        "text": if message.may_have_fields() { None } else { Some(clipped(&text, 2000).to_owned()) },
    })
}

/// The fields of a filter's form, for tail and search.
pub(super) fn filter_fields(language: Language, filter: &Filter) -> Markup {
    let value = |text: &Option<String>| text.clone().unwrap_or_default();
    html! {
        label { (language.of("Topic", "토픽"))
            select name="topic" {
                option value="" { (language.of("all", "전부")) }
                @for topic in Topic::ALL { option value=(topic.name()) selected[filter.topic == Some(topic)] { (topic.name()) } }
            }
        }
        label { (language.of("Event type", "이벤트 종류")) input type="text" name="type" value=(value(&filter.event_type)) size="12" maxlength="60"; }
        label { (language.of("Field", "필드")) input type="text" name="field" value=(value(&filter.field)) list="paths" size="16" maxlength="120" placeholder=(language.of("anywhere", "어디든")); }
        label { (language.of("Value or text", "값 또는 글")) input type="text" name="value" value=(value(&filter.value)) size="20" maxlength="200"; }
        datalist #paths {
            @for path in ["session_id", "visitor_id", "details.order_id", "request_id", "event_id", "page_view_id", "user_id", "entity_id", "details.product_id", "path"] {
                option value=(path) {}
            }
        }
    }
}

fn line(language: Language) -> Markup {
    html! {
        li {
            details {
                summary { time {} " " b {} " " code {} }
                pre.tail-headers tabindex="0" {}
                pre.tail-value tabindex="0" {}
                p.tail-copy {
                    button type="button" data-copy="json" { (language.of("Copy JSON", "JSON 복사")) }
                    button type="button" data-copy="kcat" { (language.of("Copy kcat line", "kcat 복사")) }
                    button type="button" data-copy="python" { (language.of("Copy Python", "Python 복사")) }
                    a { (language.of("The life of this event", "이 이벤트의 일생")) }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Place;

    fn message(value: &str) -> Message {
        let place = Place {
            topic: Topic::View,
            partition: 0,
            offset: 0,
        };
        Message::new(place, value.as_bytes().to_vec())
    }

    fn stranger() -> Reader {
        Reader {
            language: Language::En,
            session: None,
            may_read: true,
            has_classroom: false,
        }
    }

    #[test]
    fn the_beginning_of_a_large_message_hides_what_the_whole_would_hide() {
        let mut large = message(&format!(r#"{{"ip_address":"203.0.113.7","x":"{}"}}"#, "x".repeat(500)));
        let size = large.value.len();
        large.cut(100);
        assert_eq!(large.value.len(), 100);
        let told = shown(&stranger(), &large);
        assert_eq!((&told["size"], &told["text"]), (&json!(size), &Value::Null));
        assert!(!told.to_string().contains("203.0.113.7"), "{told}");

        let mut text = message(&"no json ".repeat(50));
        text.cut(100);
        let told = shown(&stranger(), &text);
        assert!(told["text"].as_str().unwrap().starts_with("no json"), "{told}");
    }

    #[test]
    fn a_viewer_is_told_what_the_filter_asks_for() {
        let filter = Filter::of("", "", "path", "/a");
        let finder = filter.needle().map(Finder::new);
        let told = |value| {
            let seen = Seen::Message(std::sync::Arc::new(message(value)));
            told(&stranger(), (&filter, finder.as_ref()), seen).is_some()
        };
        assert!(told(r#"{"path":"/a"}"#));
        assert!(!told(r#"{"path":"/b"}"#) && !told(r#"{"referrer":"/a"}"#));
    }
}
