//! `/data/documents`: what machines read.

use std::time::Duration;

use maud::{Markup, html};
use schemas::EventType;

use super::{page, unknown};
use crate::documents::{Live, differences};
use crate::recipes::RECIPES;
use crate::{Page, Portal, Reader};

/// How old a topic's look may be here.
const LOOK_OLD: Duration = Duration::from_secs(10);
/// Differences that are shown.
const MOST: usize = 40;

/// Where the schema of these messages is.
#[must_use]
pub fn schema_address(event_type: EventType) -> String {
    format!("/data/schemas/{}.json", event_type.name())
}

impl Portal {
    /// `/data/documents`
    #[must_use]
    pub fn documents(&self, reader: &Reader) -> Page {
        let language = reader.language;
        let content = html! {
            p.lead { (language.of(
                "Made by the running program from its own types and settings, so they say what it does.",
                "실행 중인 프로그램이 자기 타입과 설정으로 만들어서, 하는 일 그대로를 말해요.",
            )) }
            ul.data-list {
                li { a href="/data/asyncapi.yaml" { "AsyncAPI" } " – " (language.of("topics, keys, headers, messages", "토픽, 키, 헤더, 메시지")) }
                li { a href="/data/contract.yaml" { "Open Data Contract Standard" } " – " (language.of("the table user_activity_log", "user_activity_log 테이블")) }
                li { a href="/llms.txt" { "llms.txt" } " – " (language.of("what this is, for a reading machine", "읽는 기계를 위한 소개")) }
            }
            (compared(reader, self.drift(reader).as_deref()))
            h2 { "JSON Schema" }
            ul.data-list.data-columns {
                @for event_type in EventType::ALL { li { a href=(schema_address(event_type)) { (event_type.name()) } " " span.small { (event_type.topic().name()) } } }
            }
            @if !RECIPES.is_empty() {
                h2 { (language.of("Recipes", "예제")) }
                ul.data-list { @for recipe in RECIPES { li { a href={ "/data/recipes/" (recipe.name) } { (recipe.name) } } } }
            }
        };
        page(reader, ("/data/documents", language.of("Documents", "문서")), &content)
    }

    /// Where the AsyncAPI document and what is live differ; none while nothing is known of Kafka. A difference may name what stands in
    /// messages: who may not read those is told of topics and settings alone.
    fn drift(&self, reader: &Reader) -> Option<Vec<String>> {
        let snapshot = self.0.survey.snapshot();
        snapshot.taken?;
        let observed = snapshot.topics.keys().filter(|_| reader.may_read).filter_map(|topic| {
            let seen = self.0.looks.kept(*topic, LOOK_OLD)?;
            Some((*topic, seen))
        });
        let live = Live {
            observed: observed.collect(),
            topics: snapshot.topics.clone(),
        };
        Some(differences(&self.described().document, &live))
    }

    /// There is no such schema.
    #[must_use]
    pub fn no_such_schema(&self, reader: &Reader, typed: &str) -> Page {
        let known = EventType::ALL.map(|event_type| (event_type.name().to_owned(), schema_address(event_type)));
        let typed = typed.strip_suffix(".json").unwrap_or(typed);
        unknown(reader, "", ("No such schema", "그런 스키마는 없어요"), typed, &known)
    }
}

fn compared(reader: &Reader, differences: Option<&[String]>) -> Markup {
    let language = reader.language;
    html! {
        h2 { (language.of("Compared with what is live", "실제와 비교")) }
        @match differences {
            None => p { (language.of("Kafka has not answered yet: nothing could be compared.", "Kafka가 아직 응답하지 않아 비교하지 못했어요.")) },
            Some([]) if !reader.may_read => p.data-agrees { (language.of(
                "No differences in topics and settings. Headers and fields of messages are compared only with the portal's token.",
                "토픽과 설정에 차이가 없어요. 메시지의 헤더와 필드는 포털 토큰이 있어야 비교해요.",
            )) },
            Some([]) => p.data-agrees { (language.of(
                "No differences: topics, settings, headers and fields of the last messages are as the AsyncAPI document says.",
                "차이가 없어요. 토픽, 설정, 헤더, 마지막 메시지의 필드가 AsyncAPI 문서와 같아요.",
            )) },
            Some(differences) => ul.data-list.data-differs lang="en" { @for difference in differences.iter().take(MOST) { li { (difference) } } },
        }
    }
}
