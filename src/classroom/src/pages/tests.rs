//! The pages, asked as a browser asks.

use axum::body::to_bytes;
use axum::http::Request as HttpRequest;
use tower::ServiceExt;

use super::*;
use crate::exercises::ALL;

async fn asked(request: HttpRequest<Body>) -> (StatusCode, String) {
    let response = router("/static/style.css").oneshot(request).await.unwrap();
    let status = response.status();
    let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, String::from_utf8_lossy(&bytes).into_owned())
}

async fn page(address: &str) -> (StatusCode, String) {
    asked(HttpRequest::get(address).body(Body::empty()).unwrap()).await
}

async fn sent(address: &str, answer: &str) -> String {
    let body = form(answer);
    let request = HttpRequest::post(address).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    asked(request.body(Body::from(body)).unwrap()).await.1
}

/// Every byte escaped: what a browser may send, too.
fn form(answer: &str) -> String {
    use std::fmt::Write as _;
    answer.bytes().fold("answer=".to_owned(), |mut body, byte| {
        let _ = write!(body, "%{byte:02X}");
        body
    })
}

#[tokio::test]
async fn the_list_names_all_exercises_in_both_languages() {
    let (korean, english) = (page("/classroom?lang=ko").await.1, page("/classroom?lang=en").await.1);
    for exercise in ALL {
        assert!(korean.contains(exercise.title.ko) && english.contains(exercise.title.en));
        for one in exercise.misconceptions {
            assert!(!one.says.ko.is_empty() && !one.says.en.is_empty());
        }
    }
}

#[tokio::test]
async fn an_answer_is_marked_on_the_page() {
    let student = Student {
        key: PRACTICE_KEY.into(),
        id: "kim".into(),
    };
    let lesson = ALL[2].lesson(&student).unwrap();
    let csv = |rows: Vec<crate::exercises::table::Row>| {
        let lines = rows
            .iter()
            .map(|row| row.iter().map(ToString::to_string).collect::<Vec<_>>().join(","));
        format!("product_id,adds,quantity\n{}", lines.collect::<Vec<_>>().join("\n"))
    };
    let right = sent("/classroom/3?student=kim&lang=en", &csv(lesson.truth())).await;
    assert!(right.contains("100 / 100") && right.contains("Exact"), "{right}");
    let repeated = lesson.with(crate::exercises::Mistakes::NONE.with(0));
    let wrong = sent("/classroom/3?student=kim&lang=en", &csv(repeated)).await;
    assert!(wrong.contains("WITH repetitions"), "{wrong}");
    for said in [&right, &wrong] {
        assert!(said.contains("<svg class=\"plot\"") && said.contains(ALL[2].picture.title.en));
    }
    assert!(
        !page("/classroom/3?student=kim&lang=en")
            .await
            .1
            .contains("class=\"plot\""),
        "only after the mark"
    );
    let unread = sent("/classroom/3?student=kim&lang=en", "a;b\n1;2\n").await;
    assert!(unread.contains("column `product_id` is missing"), "{unread}");
}

#[tokio::test]
async fn the_data_can_be_downloaded_and_is_that_of_the_command_line() {
    let (status, stream) = page("/classroom/3/stream.jsonl?student=kim").await;
    let student = Student {
        key: PRACTICE_KEY.into(),
        id: "kim".into(),
    };
    let lesson = ALL[2].lesson(&student).unwrap();
    let values: Vec<&[u8]> = lesson.stream.messages.iter().map(|message| &*message.value).collect();
    let expected = [values.join(&b'\n'), b"\n".to_vec()].concat();
    assert_eq!(status, StatusCode::OK);
    assert!(stream.as_bytes() == expected, "byte by byte");
    let (_, task) = page("/classroom/3/task.json?student=kim").await;
    assert_eq!(task, serde_json::to_string(&lesson.task).unwrap());
}

#[tokio::test]
async fn what_is_not_there_is_said_and_what_is_asked_is_escaped() {
    assert_eq!(page("/classroom/11").await.0, StatusCode::NOT_FOUND);
    assert_eq!(page("/classroom/x").await.0, StatusCode::NOT_FOUND);
    let (_, said) = page("/classroom?student=%3Cscript%3E").await;
    assert!(!said.contains("<script"));
}

#[tokio::test]
async fn each_exercise_offers_its_starters_and_no_other_file() {
    for number in [3, 7] {
        let (_, said) = page(&format!("/classroom/{number}?student=kim")).await;
        for starter in crate::starters::of(number) {
            let address = format!("/classroom/{number}/starter/{}", starter.name);
            assert!(said.contains(&address), "{address}");
            let (status, text) = page(&format!("{address}?student=kim")).await;
            assert!(status == StatusCode::OK && text.len() > 100, "{address}");
        }
    }
    assert_eq!(
        page("/classroom/3/starter/starter.flink.sql").await.0,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        page("/classroom/3/starter/..%2FCargo.toml").await.0,
        StatusCode::NOT_FOUND
    );
}
