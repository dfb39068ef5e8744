//! The pages' contents: functions from what is known to markup. The shop puts its frame around them.

mod consumer;
mod documents;
mod fields;
mod jump;
mod message;
mod overview;
mod search;
mod tail;
mod topic;

use maud::{Markup, html};
use schemas::{Timestamp, Topic};

pub use self::documents::schema_address;
pub use self::jump::Jump;
pub use self::tail::Told;
pub use self::topic::TopicQuery;
use crate::language::Language;
use crate::message::{Message, clipped};
use crate::nearest::nearest;
use crate::personal::masked;
use crate::survey::Snapshot;
use crate::{Page, Portal, Reader};

/// A message is shown up to so many bytes; the whole of it is a download away.
const SHOWN_BYTES: usize = 6 * 1024;
/// And among others only its beginning: a page costs at most 60 KB.
const LISTED_BYTES: usize = 1000;

/// The portal's rooms.
const ROOMS: [(&str, &str, &str); 5] = [
    ("/data", "Overview", "한눈에 보기"),
    ("/data/tail", "Live tail", "실시간 보기"),
    ("/data/search", "Search", "찾기"),
    ("/data/consumer", "Your consumer", "내 컨슈머"),
    ("/data/documents", "Documents", "문서"),
];

/// A page of the portal: its name, the way to the other rooms, what is in it.
fn page(reader: &Reader, (here, title): (&str, &str), content: &Markup) -> Page {
    let language = reader.language;
    let content = html! {
        div.data {
            nav.data-nav aria-label=(language.of("Data portal", "데이터 포털")) {
                @for (address, english, korean) in ROOMS {
                    a href=(address) aria-current=[(address == here).then_some("page")] { (language.of(english, korean)) }
                }
            }
            h1 { (title) }
            (content)
        }
    };
    Page {
        status: 200,
        title: title.to_owned(),
        content,
    }
}

/// Since when what is shown is not live, and why.
fn freshness(language: Language, snapshot: &Snapshot) -> Markup {
    html! {
        @match (snapshot.away_since, snapshot.taken) {
            (Some(since), Some(taken)) => p.data-away role="status" {
                (language.of("Kafka has not answered since ", "Kafka가 응답하지 않아요. 그때부터: ")) (time(since))
                (language.of(". The figures are those of ", ". 숫자는 이때 것이에요: ")) (time(taken)) "."
            }
            (Some(since), None) => p.data-away role="status" {
                (language.of("Kafka does not answer, since ", "Kafka가 응답하지 않아요. 그때부터: ")) (time(since))
                (language.of(". The live part is missing; what the types say is here.", ". 실시간 정보는 없고, 타입이 말하는 것만 있어요."))
            }
            (None, None) => p.data-away role="status" {
                (language.of("Kafka has not been asked yet: load this page again in a moment.", "아직 Kafka에 묻지 않았어요. 잠시 뒤 다시 열어 주세요."))
            }
            (None, Some(_)) => {}
        }
    }
}

/// What is shown in place of messages to who may not read them.
fn locked(language: Language, here: &str) -> Markup {
    html! {
        form.data-locked action="/data/token" method="post" {
            p {
                (language.of(
                    "Messages are shown only with the portal's token (the shop's setting --portal-token); the documentation is open to everybody.",
                    "메시지는 포털 토큰이 있어야 보여요(가게의 --portal-token 설정). 문서는 누구나 볼 수 있어요.",
                ))
            }
            input type="hidden" name="next" value=(here);
            div.data-form {
                label { (language.of("Token", "토큰")) input type="password" name="token" autocomplete="off" required; }
                button type="submit" { (language.of("Show messages", "메시지 보기")) }
            }
        }
    }
}

/// A friendly 404 that names what may have been meant.
fn unknown(reader: &Reader, here: &str, what: (&str, &str), typed: &str, known: &[(String, String)]) -> Page {
    let language = reader.language;
    let names = known.iter().map(|(name, _)| name.as_str());
    let meant = nearest(typed, names).and_then(|meant| known.iter().find(|(name, _)| name == meant));
    let title = language.of(what.0, what.1);
    let content = html! {
        p { code { (clipped(typed, 80)) } }
        @if let Some((name, address)) = meant {
            p { (language.of("Did you mean ", "혹시 이것을 찾으세요? ")) a href=(address) { (name) } "?" }
        }
        p { (language.of("There are these:", "이런 것들이 있어요:")) }
        ul.data-list { @for (name, address) in known { li { a href=(address) { (name) } } } }
    };
    Page {
        status: 404,
        ..page(reader, (here, title), &content)
    }
}

/// There is no such topic.
fn unknown_topic(reader: &Reader, typed: &str) -> Page {
    let known = Topic::ALL.map(|topic| (topic.name().to_owned(), topic_address(topic)));
    unknown(reader, "", ("No such topic", "그런 토픽은 없어요"), typed, &known)
}

fn topic_address(topic: Topic) -> String {
    format!("/data/topics/{}", topic.name())
}

fn topic_link(topic: Topic) -> Markup {
    html! { a href=(topic_address(topic)) { (topic.name()) } }
}

/// A sentence in which names stand between backticks.
fn prose(text: &str) -> Markup {
    html! {
        @for (index, part) in text.split('`').enumerate() {
            @if index % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

/// A moment in UTC, to the second.
fn time(at: Timestamp) -> Markup {
    let at = at.to_string();
    let shown = at.get(..19).unwrap_or(&at).replace('T', " ");
    html! { time datetime=(at) { (shown) " UTC" } }
}

fn millis(millis: Option<i64>) -> Markup {
    html! { @if let Some(millis) = millis { (time(Timestamp::from_unix_millis_saturating(millis))) } @else { "–" } }
}

/// The value for people: JSON with indents and personal fields hidden, or the bytes as text.
fn value_text(reader: &Reader, message: &Message) -> String {
    let json = message.json().map(|value| masked(value, reader.session.as_deref()));
    let pretty = json.and_then(|value| serde_json::to_string_pretty(&value).ok());
    let text = pretty.unwrap_or_else(|| String::from_utf8_lossy(&message.value).into_owned());
    let shown = clipped(&text, SHOWN_BYTES);
    if shown.len() < text.len() {
        format!("{shown}\n… ({} B)", message.value.len())
    } else {
        text
    }
}

/// Messages as lines that open: time, type, place, then headers and value.
fn message_list(reader: &Reader, messages: &[std::sync::Arc<Message>]) -> Markup {
    let language = reader.language;
    html! {
        ol.records.data-messages {
            @for message in messages {
                li {
                    details {
                        summary {
                            (millis(message.millis)) " "
                            b class=(message.place.topic.name().replace('.', "-")) { (clipped(message.event_type().unwrap_or("?"), 40)) } " "
                            code { (message.place) }
                        }
                        pre tabindex="0" { (clipped(&value_text(reader, message), LISTED_BYTES)) }
                        p { a href=(message.place.address()) { (language.of("The life of this event", "이 이벤트의 일생")) } }
                    }
                }
            }
        }
    }
}

impl Portal {
    /// The token that was shown is not the portal's.
    #[must_use]
    pub fn wrong_token(&self, reader: &Reader, next: &str) -> Page {
        let title = reader.language.of("That is not the token", "토큰이 맞지 않아요");
        Page {
            status: 403,
            ..page(reader, ("", title), &locked(reader.language, next))
        }
    }

    /// The page that leads nowhere: no such page below `/data`.
    #[must_use]
    pub fn no_such_page(&self, reader: &Reader, typed: &str) -> Page {
        let rooms = ROOMS.map(|(address, english, _)| (english.to_owned(), address.to_owned()));
        unknown(reader, "", ("No such page", "그런 페이지는 없어요"), typed, &rooms)
    }
}
