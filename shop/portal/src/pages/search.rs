//! `/data/search`: what was found, and what was searched for it.

use std::time::Duration;

use futures_util::{Stream, stream};
use maud::{Markup, html};
use tokio::runtime::Handle;

use super::tail::filter_fields;
use super::{locked, message_list, page};
use crate::filter::Filter;
use crate::language::{Count, Language};
use crate::search::{self, LONGEST, Lines, Outcome, Patience, SHOWN};
use crate::{Page, Portal, Reader};

/// How long a search waits for its turn.
const TURN: Duration = Duration::from_secs(5);
/// Lines of a download that wait for the receiver.
const WAITING: usize = 256;

enum Answer {
    Found(Outcome),
    Away,
    Busy,
}

impl Portal {
    /// `/data/search`
    pub async fn search(&self, reader: &Reader, filter: &Filter, address: &str) -> Page {
        let language = reader.language;
        let answer = if reader.may_read && !filter.is_empty() {
            Some(self.searched(filter).await)
        } else {
            None
        };
        let content = html! {
            p.lead { (language.of(
                "Searches every message that the topics still have, and says how far it has looked.",
                "토픽에 남아 있는 모든 메시지를 찾아보고, 어디까지 보았는지 알려줘요.",
            )) }
            @if reader.may_read {
                form.data-form action="/data/search" method="get" {
                    (filter_fields(language, filter))
                    button.primary type="submit" { (language.of("Search", "찾기")) }
                }
                p.small { (language.of(
                    "Without a field the text may stand anywhere in key or value. A field's value must be the whole value: session_id, visitor_id, details.order_id, request_id, event_id, or any other path.",
                    "필드를 비우면 키와 값 어디에 있는 글이든 찾아요. 필드를 적으면 값 전체가 같아야 해요: session_id, visitor_id, details.order_id, request_id, event_id, 그 밖의 경로.",
                )) }
                @match answer {
                    None => {}
                    Some(Answer::Away) => p.alert { (language.of("Kafka does not answer: nothing was searched.", "Kafka가 응답하지 않아 찾지 못했어요.")) },
                    Some(Answer::Busy) => p.alert { (language.of("Other searches are running: try again in a moment.", "다른 검색이 진행 중이에요. 잠시 뒤 다시 해 주세요.")) },
                    Some(Answer::Found(outcome)) => (result(reader, &outcome, address)),
                }
            } @else { (locked(language, "/data/search")) }
        };
        page(reader, ("/data/search", language.of("Search", "찾기")), &content)
    }

    async fn searched(&self, filter: &Filter) -> Answer {
        let turn = tokio::time::timeout(TURN, self.0.searches.clone().acquire_owned()).await;
        let Ok(Ok(turn)) = turn else { return Answer::Busy };
        let (kafka, filter) = (self.0.kafka.clone(), filter.clone());
        let done = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            search::search(&kafka, &filter, None, LONGEST)
        });
        match done.await {
            Ok(Ok(outcome)) => Answer::Found(outcome),
            Ok(Err(error)) => {
                tracing::debug!(%error, "Kafka does not answer a search");
                Answer::Away
            }
            Err(error) => {
                tracing::error!(%error, "A search has broken, which is a mistake in the program");
                Answer::Away
            }
        }
    }

    /// `/data/search.jsonl`: every message that is found, a line each, by topic, partition and offset. Not masked: it is what stands on the
    /// topic, to be played back; none when too many downloads run.
    pub async fn search_lines(
        &self,
        filter: Filter,
        lines: Lines,
    ) -> Option<impl Stream<Item = Result<String, String>> + Send + use<>> {
        let turn = tokio::time::timeout(TURN, self.0.downloads.clone().acquire_owned()).await;
        let turn = turn.ok()?.ok()?;
        let (sender, receiver) = tokio::sync::mpsc::channel(WAITING);
        let kafka = self.0.kafka.clone();
        let runtime = Handle::current();
        let reading = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            search::lines(&kafka, &filter, lines, (&sender, &runtime), Patience::DOWNLOAD)
        });
        let state = (receiver, Some(reading));
        Some(stream::unfold(state, async |(mut receiver, mut reading)| {
            if let Some(line) = receiver.recv().await {
                return Some((Ok(line), (receiver, reading)));
            }
            // A result that was cut short must not look whole: the connection breaks.
            match reading.take()?.await {
                Ok(Ok(())) => None,
                Ok(Err(error)) => Some((Err(error.to_string()), (receiver, None))),
                Err(error) => Some((Err(error.to_string()), (receiver, None))),
            }
        }))
    }
}

fn result(reader: &Reader, outcome: &Outcome, address: &str) -> Markup {
    let language = reader.language;
    let (searched, all) = outcome.searched();
    let lines = address.replacen("/data/search", "/data/search.jsonl", 1);
    html! {
        section aria-labelledby="result" {
            h2 #result { (Count(outcome.found)) " " (language.of("found", "건 찾음")) }
            p role="status" {
                (language.of("Searched ", "메시지 ")) strong { (Count(searched)) } (language.of(" of ", " / ")) (Count(all))
                (language.of(" messages in ", "건을 찾아봤어요. 걸린 시간: ")) (outcome.took.as_millis()) " ms."
                @if searched < all { " " strong { (language.of("The time was up before the end.", "시간이 다 되어 끝까지 보지 못했어요.")) } }
            }
            details { summary { (language.of("Where it looked", "찾아본 곳")) } (coverage(language, outcome)) }
            @if outcome.found > 0 {
                p.data-actions {
                    a.button href=(lines) { (language.of("The whole result as JSON lines", "전체 결과를 JSON Lines로")) }
                    a.button href={ (lines) "&lines=values" } { (language.of("Values only, for de-shop replay", "값만, de-shop replay용")) }
                }
                @if outcome.found > SHOWN as u64 { p.small { (language.of("The newest are shown: ", "가장 새것만 보여요: ")) (SHOWN) } }
                (message_list(reader, &outcome.messages))
            }
        }
    }
}

fn coverage(language: Language, outcome: &Outcome) -> Markup {
    html! {
        table.data-table {
            thead { tr {
                th scope="col" { (language.of("Topic", "토픽")) } th scope="col" { (language.of("Partition", "파티션")) }
                th scope="col" { (language.of("Offsets", "오프셋")) } th scope="col" { (language.of("Reached", "도달")) }
            } }
            tbody { @for part in &outcome.covered { tr {
                th scope="row" { (part.topic.name()) } td.number { (part.partition) }
                td.number { (part.from) " – " (part.until) } td.number { (part.reached) }
            } } }
        }
    }
}
