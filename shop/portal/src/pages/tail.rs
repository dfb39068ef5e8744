//! `/data/tail`: what comes in, as it comes. The page is a form; the script fills the list below it.

use futures_util::{Stream, StreamExt};
use maud::{Markup, html};
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
        Some(seen.filter_map(move |seen| std::future::ready(told(&reader, &filter, seen))))
    }
}

fn told(reader: &Reader, filter: &Filter, seen: Seen) -> Option<Told> {
    let (name, data) = match seen {
        Seen::State(Listening::No) => return None,
        Seen::State(Listening::Yes) => ("state", json!({ "listening": true })),
        Seen::State(Listening::AwaySince(since)) => {
            let since = String::from_utf8_lossy(&since.digits()).into_owned();
            ("state", json!({ "listening": false, "since": since }))
        }
        Seen::Missed(missed) => ("missed", json!({ "messages": missed })),
        Seen::Message(message) => {
            if !filter.matches(&message) {
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
    let at = message
        .at()
        .map(|at| String::from_utf8_lossy(&at.digits()).into_owned());
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
        "size": message.value.len(),
        "value": json.map(|value| masked(value, reader.session.as_deref())),
        // What is no JSON, or too much of it, has no fields that could be hidden: of that only the beginning, and only when it is no JSON.
        "text": if message.json().is_none() { Some(clipped(&text, 2000).to_owned()) } else { None },
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
