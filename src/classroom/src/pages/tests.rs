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
    assert_eq!(task, serde_json::to_string(&TaskFile::new(&lesson, &student)).unwrap());
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

/// A form as a browser sends it; the file stands between two lines that are in no answer.
fn multipart(field: &str, file: &[u8]) -> HttpRequest<Body> {
    let head = format!("--seam\r\ncontent-disposition: form-data; name=\"{field}\"; filename=\"answer\"\r\n\r\n");
    let body = [head.as_bytes(), file, b"\r\n--seam--\r\n"].concat();
    let request = HttpRequest::post("/classroom/3/file?student=kim&lang=en");
    let request = request.header(header::CONTENT_TYPE, "multipart/form-data; boundary=seam");
    request.body(Body::from(body)).unwrap()
}

fn sqlite(rows: &[crate::exercises::table::Row]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("answer.db");
    let options = sqlx::sqlite::SqliteConnectOptions::new();
    let options = options.filename(&path).create_if_missing(true);
    let values = rows.iter().map(|row| {
        let cells: Vec<String> = row.iter().map(ToString::to_string).collect();
        format!("({})", cells.join(","))
    });
    let values: Vec<String> = values.collect();
    let made = format!(
        "CREATE TABLE answer (product_id INTEGER, adds INTEGER, quantity INTEGER); INSERT INTO answer VALUES {}",
        values.join(",")
    );
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.unwrap().block_on(async {
        let mut connection = sqlx::ConnectOptions::connect(&options).await.unwrap();
        let made = sqlx::raw_sql(sqlx::AssertSqlSafe(made));
        made.execute(&mut connection).await.unwrap();
        sqlx::Connection::close(connection).await.unwrap();
    });
    std::fs::read(&path).unwrap()
}

#[test]
fn an_answer_is_taken_as_a_file_of_each_kind() {
    let student = Student {
        key: PRACTICE_KEY.into(),
        id: "kim".into(),
    };
    let truth = ALL[2].lesson(&student).unwrap().truth();
    let cells = |row: &crate::exercises::table::Row| [0, 1, 2].map(|place| row[place].to_string());
    let csv_row = |[product, adds, quantity]: [String; 3]| format!("{product},{adds},{quantity}\n");
    let json_row = |[product, adds, quantity]: [String; 3]| {
        format!("{{\"product_id\":{product},\"adds\":{adds},\"quantity\":{quantity}}}\n")
    };
    let rows: String = truth.iter().map(cells).map(csv_row).collect();
    let csv = format!("product_id,adds,quantity\n{rows}");
    let lines: String = truth.iter().map(cells).map(json_row).collect();
    let database = sqlite(&truth);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    for file in [csv.as_bytes(), lines.as_bytes(), &database] {
        let (status, said) = runtime.block_on(asked(multipart(upload::FIELD, file)));
        assert!(status == StatusCode::OK && said.contains("100 / 100"), "{said}");
    }
}

#[tokio::test]
async fn a_bad_upload_is_said_on_the_page_and_never_has_points() {
    let large = vec![b'1'; upload::LARGEST + 1];
    let mut cut = b"SQLite format 3\0".to_vec();
    cut.extend_from_slice(&[0xff; 4000]);
    let cases: [(&str, &[u8], StatusCode, &str); 6] = [
        (
            upload::FIELD,
            &large,
            StatusCode::PAYLOAD_TOO_LARGE,
            "larger than 4 MiB",
        ),
        (upload::FIELD, b"", StatusCode::BAD_REQUEST, "no file was chosen"),
        ("another", b"a", StatusCode::BAD_REQUEST, "no file was chosen"),
        (upload::FIELD, &cut, StatusCode::OK, "the database:"),
        (upload::FIELD, b"PK\x03\x04\xff\xff", StatusCode::OK, "not UTF-8"),
        (
            upload::FIELD,
            b"a;b\n1;2\n",
            StatusCode::OK,
            "column `product_id` is missing",
        ),
    ];
    for (field, file, expected, words) in cases {
        let (status, said) = asked(multipart(field, file)).await;
        assert!(status == expected && said.contains(words), "{status} {words}: {said}");
        assert!(
            said.contains("It can't be marked.") && !said.contains("/ 100"),
            "{said}"
        );
    }
    let no_form = HttpRequest::post("/classroom/3/file?lang=en")
        .body(Body::from("x"))
        .unwrap();
    let (status, said) = asked(no_form).await;
    assert!(
        status == StatusCode::BAD_REQUEST && said.contains("the form can't be read"),
        "{said}"
    );
    assert_eq!(
        page("/classroom/3/file?lang=en").await.0,
        StatusCode::OK,
        "loaded again it is the exercise"
    );
}

#[tokio::test]
async fn whoever_comes_from_a_topics_page_finds_its_exercises_first() {
    let (_, said) = page("/classroom?lang=en&topic=shop.exposure").await;
    let (first, all) = (
        said.find("Exercises on the topic").unwrap(),
        said.find("<h2>All exercises").unwrap(),
    );
    let about = &said[first..all];
    assert!(
        about.contains("/classroom/9?") && !about.contains("/classroom/7?"),
        "{about}"
    );
    assert!(
        about.contains("href=\"/data/topics/shop.exposure\""),
        "and back: {about}"
    );
    assert!(
        page("/classroom?lang=en&topic=shop.search")
            .await
            .1
            .contains("Exercises on the topic")
    );
    assert!(
        !page("/classroom?lang=en&topic=no.topic")
            .await
            .1
            .contains("Exercises on the topic")
    );
}
