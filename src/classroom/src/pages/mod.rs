//! The pages at `/classroom`: the exercises to read, their data to download, an answer to be marked. Practice only: what is handed in is
//! marked by the teacher's command line.

mod markup;
mod plot;
mod request;
mod turns;
mod upload;
mod words;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Router, body::Body};
use bytes::Bytes;
use maud::Markup;
use schemas::Topic;
use serde::Deserialize;
use tokio::sync::Semaphore;

use crate::exercises::{Exercise, Lesson};
use crate::grade::mark::{Mode, mark};
use crate::grade::{answer, refusals};
use crate::handout::TaskFile;
use crate::starters;
use markup::Outcome;
use request::{Refused, Request};
use turns::Turns;

const STYLE: &str = include_str!("../../../../static/css/classroom.css");

#[derive(Clone)]
struct Room {
    /// The address of the shop's style sheet.
    style: Arc<str>,
    /// Where the shop's Kafka is.
    kafka: Option<Arc<str>>,
    turns: Turns,
    uploads: Arc<Semaphore>,
}

/// Answers that are taken at the same time.
const UPLOADS: usize = 8;

/// The pages, to be merged into the shop's; `style` is the address of the shop's style sheet, `kafka` that of its Kafka, which the
/// commands on the pages name.
pub fn router(style: &str, kafka: Option<&str>) -> Router {
    let room = Room {
        style: style.into(),
        kafka: kafka.map(Into::into),
        turns: Turns::default(),
        uploads: Arc::new(Semaphore::new(UPLOADS)),
    };
    Router::new()
        .route("/classroom", get(list))
        .route("/classroom/style.css", get(style_sheet))
        .route("/classroom/{number}", get(exercise))
        .route("/classroom/{number}/file", get(exercise).post(handed_in))
        .route("/classroom/{number}/stream.jsonl", get(stream))
        .route("/classroom/{number}/task.json", get(task))
        .route("/classroom/{number}/starter/{name}", get(starter))
        .with_state(room)
}

#[derive(Debug, Deserialize)]
struct About {
    /// Whoever comes from a topic's page looks for its exercises.
    topic: Option<String>,
}

async fn list(Query(about): Query<About>, request: Request) -> Markup {
    let topic = about.topic.as_deref().and_then(Topic::from_name);
    markup::list(&request, topic)
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

async fn exercise(State(room): State<Room>, Path(number): Path<String>, request: Request) -> Response {
    match lesson(&room, &number, &request).await {
        Ok(lesson) => markup::exercise(&request, &lesson, None).into_response(),
        Err(refused) => refused,
    }
}

async fn handed_in(
    State(room): State<Room>,
    Path(number): Path<String>,
    request: Request,
    headers: HeaderMap,
    body: Body,
) -> Response {
    // So many answers are held in memory at the same time; the shop's own limit of time ends a slow one's turn.
    let Ok(_turn) = room.uploads.acquire().await else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    match upload::answer_of(&headers, body).await {
        Ok(answer) => marked(&room, &number, &request, answer).await,
        Err(refused) => match lesson(&room, &number, &request).await {
            Ok(lesson) => {
                let outcome = Outcome::Unmarked(refused.in_language(request.words.code));
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
    let language = request.words.code;
    let marked = room.turns.take(move || {
        let outcome = match answer::of_bytes(&sent, lesson.exercise.columns) {
            Ok(rows) => Outcome::Marked(Box::new(mark(&lesson, &rows, Mode::Practice))),
            Err(error) => Outcome::Unmarked(refusals::of_answer(&error, lesson.exercise.columns, language)),
        };
        (lesson, outcome)
    });
    match marked.await {
        Ok((lesson, outcome)) => markup::exercise(request, &lesson, Some(&outcome)).into_response(),
        Err(error) => broken(&*error),
    }
}

async fn stream(State(room): State<Room>, Path(number): Path<String>, request: Request) -> Response {
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

async fn task(State(room): State<Room>, Path(number): Path<String>, request: Request) -> Response {
    match lesson(&room, &number, &request).await {
        Ok(lesson) => axum::Json(TaskFile::new(&lesson, &request.student())).into_response(),
        Err(refused) => refused,
    }
}

async fn starter(State(room): State<Room>, Path((number, name)): Path<(String, String)>, request: Request) -> Response {
    let lesson = match lesson(&room, &number, &request).await {
        Ok(lesson) => lesson,
        Err(refused) => return refused,
    };
    let found = starters::of(lesson.exercise.number)
        .into_iter()
        .find(|starter| starter.name == name);
    match found {
        Some(starter) => starter.text(&lesson, "/path/to/this/folder").into_response(),
        None => (StatusCode::NOT_FOUND, markup::message(&request, request.words.missing)).into_response(),
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        match self {
            Self::Query(refused) => refused.into_response(),
            Self::LongId(request) => {
                let said = markup::message(&request, request.words.long_id);
                (StatusCode::BAD_REQUEST, said).into_response()
            }
        }
    }
}

/// The exercise as this student has it, or the answer that it doesn't exist.
async fn lesson(room: &Room, number: &str, request: &Request) -> Result<Arc<Lesson>, Response> {
    let found = number.parse().ok().and_then(Exercise::numbered);
    let exercise = found
        .ok_or_else(|| (StatusCode::NOT_FOUND, markup::message(request, request.words.missing)).into_response())?;
    let made = room.turns.lesson(exercise, request.student()).await;
    made.map_err(|error| broken(&*error))
}

fn broken(error: &(dyn std::error::Error + Send + Sync)) -> Response {
    (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response()
}
