//! The pages at `/classroom`: the exercises to read, their data to download, an answer to be marked. Practice only: what is handed in is
//! marked by the teacher's command line.

mod markup;
mod plot;
mod turns;
mod upload;
mod words;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::extract::{Form, Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Router, body::Body};
use bytes::Bytes;
use maud::Markup;
use schemas::Topic;
use serde::Deserialize;
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization;

use crate::exercises::{Exercise, Lesson, Student};
use crate::grade::mark::{Mode, mark};
use crate::grade::{PRACTICE_KEY, answer};
use crate::handout::TaskFile;
use crate::starters;
use markup::Outcome;
use turns::Turns;
use words::{EN, KO, PageWords};

const STYLE: &str = include_str!("../../../../static/css/classroom.css");

#[derive(Clone)]
struct Room {
    /// The address of the shop's style sheet.
    style: Arc<str>,
    turns: Turns,
    uploads: Arc<Semaphore>,
}

/// Files that are taken at the same time.
const UPLOADS: usize = 8;

/// The pages, to be merged into the shop's; `style` is the address of the shop's style sheet.
pub fn router(style: &str) -> Router {
    let room = Room {
        style: style.into(),
        turns: Turns::default(),
        uploads: Arc::new(Semaphore::new(UPLOADS)),
    };
    Router::new()
        .route("/classroom", get(list))
        .route("/classroom/style.css", get(style_sheet))
        .route("/classroom/{number}", get(exercise).post(graded))
        .route("/classroom/{number}/file", get(exercise).post(uploaded))
        .route("/classroom/{number}/stream.jsonl", get(stream))
        .route("/classroom/{number}/task.json", get(task))
        .route("/classroom/{number}/starter/{name}", get(starter))
        .with_state(room)
}

#[derive(Debug, Deserialize)]
struct Asked {
    lang: Option<String>,
    /// Whoever comes from a topic's page looks for its exercises.
    topic: Option<String>,
    student: Option<String>,
}

/// Who asks, and in which language.
struct Request {
    words: &'static PageWords,
    student: String,
    style: Arc<str>,
}

impl Request {
    fn new(asked: &Asked, headers: &HeaderMap, room: &Room) -> Self {
        // An id stands in addresses and commands: what isn't a letter, a digit, `-` or `_` is left out.
        let plain = |letter: &char| letter.is_alphanumeric() || "-_".contains(*letter);
        let student: String = asked
            .student
            .iter()
            .flat_map(|id| id.nfc())
            .filter(plain)
            .take(64)
            .collect();
        Self {
            words: if is_korean(asked, headers) { &KO } else { &EN },
            student: if student.is_empty() { "me".to_owned() } else { student },
            style: room.style.clone(),
        }
    }

    fn student(&self) -> Student {
        Student {
            key: PRACTICE_KEY.to_owned(),
            id: self.student.clone(),
        }
    }
}

/// As asked; otherwise as chosen in the shop; otherwise what the browser likes.
fn is_korean(asked: &Asked, headers: &HeaderMap) -> bool {
    let text = |name| {
        headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    };
    let cookie = text(header::COOKIE)
        .split("; ")
        .find_map(|cookie| cookie.strip_prefix("language="));
    if let Some(code) = asked.lang.as_deref().or(cookie) {
        return code == "ko";
    }
    let liked = text(header::ACCEPT_LANGUAGE);
    liked.find("ko").unwrap_or(usize::MAX) < liked.find("en").unwrap_or(usize::MAX)
}

async fn list(State(room): State<Room>, Query(asked): Query<Asked>, headers: HeaderMap) -> Markup {
    let topic = asked.topic.as_deref().and_then(Topic::from_name);
    markup::list(&Request::new(&asked, &headers, &room), topic)
}

async fn style_sheet() -> impl IntoResponse {
    (
        [
            (header::CONTENT_TYPE, "text/css; charset=utf-8"),
            (header::CACHE_CONTROL, "max-age=3600"),
        ],
        STYLE,
    )
}

async fn exercise(
    State(room): State<Room>,
    Path(number): Path<String>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Response {
    let request = Request::new(&asked, &headers, &room);
    match lesson(&room, &number, &request).await {
        Ok(lesson) => markup::exercise(&request, &lesson, None).into_response(),
        Err(refused) => refused,
    }
}

#[derive(Debug, Deserialize)]
struct Sent {
    answer: String,
}

async fn graded(
    State(room): State<Room>,
    Path(number): Path<String>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
    Form(sent): Form<Sent>,
) -> Response {
    let request = Request::new(&asked, &headers, &room);
    marked(&room, &number, &request, Bytes::from(sent.answer)).await
}

async fn uploaded(
    State(room): State<Room>,
    Path(number): Path<String>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let request = Request::new(&asked, &headers, &room);
    // So many files are held in memory at the same time; the shop's own limit of time ends a slow one's turn.
    let Ok(_turn) = room.uploads.acquire().await else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    match upload::file_of(&headers, body).await {
        Ok(file) => marked(&room, &number, &request, file).await,
        Err(refused) => match lesson(&room, &number, &request).await {
            Ok(lesson) => {
                let outcome = Outcome::Unmarked(refused.to_string());
                let page = markup::exercise(&request, &lesson, Some(&outcome));
                (refused.status(), page).into_response()
            }
            Err(refused) => refused,
        },
    }
}

/// The exercise's page with the mark of this answer.
async fn marked(room: &Room, number: &str, request: &Request, sent: Bytes) -> Response {
    let lesson = match lesson(room, number, request).await {
        Ok(lesson) => lesson,
        Err(refused) => return refused,
    };
    let marked = room.turns.take(move || {
        let outcome = match answer::of_bytes(&sent, lesson.exercise.columns) {
            Ok(rows) => Outcome::Marked(Box::new(mark(&lesson, &rows, Mode::Practice))),
            Err(error) => Outcome::Unmarked(error.to_string()),
        };
        (lesson, outcome)
    });
    match marked.await {
        Ok((lesson, outcome)) => markup::exercise(request, &lesson, Some(&outcome)).into_response(),
        Err(error) => broken(&*error),
    }
}

async fn stream(
    State(room): State<Room>,
    Path(number): Path<String>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Response {
    let request = Request::new(&asked, &headers, &room);
    match lesson(&room, &number, &request).await {
        Ok(lesson) => {
            let values = lesson
                .stream
                .messages
                .iter()
                .flat_map(|message| [&message.value[..], b"\n"]);
            let bytes: Vec<u8> = values.flatten().copied().collect();
            ([(header::CONTENT_TYPE, "application/jsonl")], Body::from(bytes)).into_response()
        }
        Err(refused) => refused,
    }
}

async fn task(
    State(room): State<Room>,
    Path(number): Path<String>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Response {
    let request = Request::new(&asked, &headers, &room);
    match lesson(&room, &number, &request).await {
        Ok(lesson) => axum::Json(TaskFile::new(&lesson, &request.student())).into_response(),
        Err(refused) => refused,
    }
}

async fn starter(
    State(room): State<Room>,
    Path((number, name)): Path<(String, String)>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Response {
    let request = Request::new(&asked, &headers, &room);
    let lesson = match lesson(&room, &number, &request).await {
        Ok(lesson) => lesson,
        Err(refused) => return refused,
    };
    let found = starters::of(lesson.exercise.number)
        .into_iter()
        .find(|starter| starter.name == name);
    match found {
        Some(starter) => starter.text(&lesson, "/path/to/this/folder").into_response(),
        None => (StatusCode::NOT_FOUND, markup::missing(&request)).into_response(),
    }
}

/// The exercise as this student has it, or the answer that it doesn't exist.
async fn lesson(room: &Room, number: &str, request: &Request) -> Result<Arc<Lesson>, Response> {
    let found = number.parse().ok().and_then(Exercise::numbered);
    let exercise = found.ok_or_else(|| (StatusCode::NOT_FOUND, markup::missing(request)).into_response())?;
    let made = room.turns.lesson(exercise, request.student()).await;
    made.map_err(|error| broken(&*error))
}

fn broken(error: &(dyn std::error::Error + Send + Sync)) -> Response {
    (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response()
}
