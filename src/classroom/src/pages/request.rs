//! Who asks, in which language, and how that stands in addresses and commands.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use serde::Deserialize;
use unicode_normalization::UnicodeNormalization;

use super::Room;
use super::words::{EN, KO, PageWords};
use crate::exercises::Student;
use crate::grade::{DEFAULT_STUDENT, PRACTICE_KEY};

/// A longer id is refused and not cut: cut, it would be somebody else's, with other data than the command line's.
pub(super) const LONGEST_ID: usize = 64;
/// What a page shows where it doesn't know a Kafka.
const ANY_KAFKA: &str = "HOST:PORT";

#[derive(Debug, Deserialize)]
struct Asked {
    lang: Option<String>,
    student: Option<String>,
}

/// Who asks, and in which language.
pub(super) struct Request {
    pub(super) words: &'static PageWords,
    pub(super) student: String,
    pub(super) style: Arc<str>,
    kafka: Option<Arc<str>>,
}

/// Why nobody is known to ask.
pub(super) enum Refused {
    Query(QueryRejection),
    /// As if nobody had been named, so that it can be said in a language.
    LongId(Box<Request>),
}

impl FromRequestParts<Room> for Request {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, room: &Room) -> Result<Self, Refused> {
        let asked = Query::<Asked>::from_request_parts(parts, room).await;
        let Query(asked) = asked.map_err(Refused::Query)?;
        // As the command line takes an id: with all its letters, composed.
        let student: String = asked.student.iter().flat_map(|id| id.nfc()).collect();
        let is_too_long = student.chars().count() > LONGEST_ID;
        let request = Self {
            words: if is_korean(asked.lang.as_deref(), &parts.headers) {
                &KO
            } else {
                &EN
            },
            student: if student.is_empty() || is_too_long {
                DEFAULT_STUDENT.to_owned()
            } else {
                student
            },
            style: room.style.clone(),
            kafka: room.kafka.clone(),
        };
        if is_too_long {
            return Err(Refused::LongId(Box::new(request)));
        }
        Ok(request)
    }
}

impl Request {
    /// Whose data it is.
    pub(super) fn student(&self) -> Student {
        Student {
            key: PRACTICE_KEY.to_owned(),
            id: self.student.clone(),
        }
    }

    /// What follows a page's address, so that the next page is for the same student.
    pub(super) fn query(&self) -> String {
        self.query_in(self.words.code)
    }

    /// The same for the other language's page.
    pub(super) fn query_in(&self, language: &str) -> String {
        let student: String = form_urlencoded::byte_serialize(self.student.as_bytes()).collect();
        format!("?lang={language}&student={student}")
    }

    /// How the commands are told whose data it is; in quotes where a shell would take the id apart.
    pub(super) fn student_option(&self) -> String {
        let plain = |letter: char| letter.is_alphanumeric() || "-_.@".contains(letter);
        if self.student.chars().all(plain) && !self.student.starts_with('-') {
            format!("--student {}", self.student)
        } else {
            format!("--student='{}'", self.student.replace('\'', r"'\''"))
        }
    }

    /// The shop's own Kafka.
    pub(super) fn kafka(&self) -> &str {
        self.kafka.as_deref().unwrap_or(ANY_KAFKA)
    }
}

/// As asked; otherwise as chosen in the shop; otherwise what the browser likes.
fn is_korean(asked: Option<&str>, headers: &HeaderMap) -> bool {
    let text = |name| {
        headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    };
    let cookie = text(header::COOKIE)
        .split("; ")
        .find_map(|cookie| cookie.strip_prefix("language="));
    if let Some(code) = asked.or(cookie) {
        return code == "ko";
    }
    let liked = text(header::ACCEPT_LANGUAGE);
    liked.find("ko").unwrap_or(usize::MAX) < liked.find("en").unwrap_or(usize::MAX)
}
