//! What the classroom's tools tell while they run, and how they take answers, on real processes.

use std::process::{Command, Stdio};

use reqwest::StatusCode;
use tempfile::TempDir;

use super::{de_shop, opens_a_broker, opens_a_shop, simulate};
use crate::world::process::program;

#[test]
fn a_replay_tells_how_it_goes_and_in_the_end_how_late_its_messages_were() {
    let folder = TempDir::with_prefix("de-shop-told-").expect("a temporary folder");
    let out = folder
        .path()
        .join("simulated")
        .to_str()
        .expect("a plain path")
        .to_owned();
    simulate("7", "2026-11-02", "60", &out);
    let lines = std::fs::read_dir(&out).expect("the day's files").count();
    assert!(lines > 0);
    // Twelve seconds: where standard error is no terminal, a line comes every ten.
    let played = Command::new(program("de-shop"))
        .args(["replay", &out, "--rate", "100/s", "--to", "2026-11-02T09:00:00.000000Z"])
        .stdout(Stdio::null())
        .output()
        .expect("the program runs");
    let said = String::from_utf8_lossy(&played.stderr);
    assert!(played.status.success(), "{said}");
    let progress = said
        .lines()
        .find(|line| line.contains(" messages, event time 2026-11-0"));
    let progress = progress.unwrap_or_else(|| panic!("no line of progress: {said}"));
    for part in ["/s", " ms behind schedule", ", about ", " left"] {
        assert!(progress.contains(part), "{part}: {progress}");
    }
    assert!(
        said.contains(" ms for 99 of 100") && said.contains("late by") && said.contains('#'),
        "{said}"
    );
}

#[tokio::test]
async fn the_shop_takes_an_answers_file_that_is_larger_than_its_other_forms_and_refuses_one_that_is_too_large() {
    let folder = TempDir::with_prefix("de-shop-told-").expect("a temporary folder");
    let mut shop = opens_a_shop(&folder);
    let address = shop.ready()["shop"].clone();
    let send = async |rows: usize| {
        let file = format!("product_id,adds,quantity\n{}", "1,1,1\n".repeat(rows));
        let body = format!(
            "--seam\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\n{file}\r\n--seam--\r\n"
        );
        let request = reqwest::Client::new().post(format!("{address}/classroom/3/file?lang=en"));
        let request = request
            .header("content-type", "multipart/form-data; boundary=seam")
            .body(body);
        let answer = request.send().await.expect("the shop answers");
        (answer.status(), answer.text().await.expect("a page"))
    };
    let (status, page) = send(100_000).await;
    assert!(
        status == StatusCode::OK && page.contains("rows differ"),
        "{status}: {page}"
    );
    let (status, page) = send(900_000).await;
    assert!(
        status == StatusCode::PAYLOAD_TOO_LARGE && page.contains("larger than 4 MiB"),
        "{status}: {page}"
    );
    let topic = reqwest::get(format!("{address}/data/topics/shop.cart"))
        .await
        .expect("the shop answers");
    let topic = topic.text().await.expect("a page");
    assert!(topic.contains("href=\"/classroom?topic=shop.cart\""), "{topic}");
    assert!(shop.stop().success());
}

#[test]
fn an_output_topic_is_marked_as_a_curve_over_time() {
    let folder = TempDir::with_prefix("de-shop-told-").expect("a temporary folder");
    let path = |name: &str| folder.path().join(name).to_str().expect("a plain path").to_owned();
    let mut broker = opens_a_broker(&folder);
    let kafka = broker.ready()["kafka"].clone();
    // Rows of a pipeline, a second after each other, as a download of the portal would tell of them.
    let row = |second: i64, row: &str| {
        serde_json::json!({"topic": "out", "partition": 0, "offset": second, "timestamp": 1_793_538_000_000 + second * 1000, "headers": [], "value": row})
            .to_string()
    };
    let rows = [
        row(0, r#"{"product_id":1,"adds":1,"quantity":1}"#),
        row(1, r#"{"product_id":1,"adds":2,"quantity":2}"#),
        row(2, r#"{"product_id":1,"adds":null,"quantity":null}"#),
        row(4, r#"{"product_id":2,"adds":1,"quantity":1}"#),
    ];
    std::fs::write(path("out.jsonl"), rows.join("\n")).expect("a file");
    let played = de_shop(&["replay", &path("out.jsonl"), "--kafka", &kafka, "--speed", "max"]);
    assert!(played.status.success(), "{}", String::from_utf8_lossy(&played.stderr));
    let marked = de_shop(&["grade", "3", "--kafka", &kafka, "--topic", "out"]);
    let said = String::from_utf8_lossy(&marked.stdout);
    assert_eq!(marked.status.code(), Some(1), "{said}");
    let last = said.lines().last().expect("the curve's last point");
    let cells: Vec<&str> = last.split_whitespace().collect();
    assert_eq!(
        [cells[0], cells[6], cells[7]],
        ["4.0", "1", "1"],
        "one replaced, one taken back: {said}"
    );
    let handed_in = de_shop(&[
        "grade", "3", "--kafka", &kafka, "--topic", "out", "--mode", "hand-in", "--json",
    ]);
    assert!(
        !String::from_utf8_lossy(&handed_in.stdout).contains("curve"),
        "it would tell how many rows are right"
    );
    assert!(broker.stop().success());
}
