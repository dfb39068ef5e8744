//! What visitors were shown of an experiment is what the topic, the file and the table say, once.

use std::process::Command;

use schemas::EventType;
use serde_json::Value;

use crate::world::World;
use crate::world::evidence::Found;
use crate::world::process::program;
use crate::world::visitor::Visitor;

const LABELS: [&str; 2] = ["장바구니에 담기</button>", "내 장바구니에 담을게요</button>"];
const SHOWN: [EventType; 2] = [EventType::View, EventType::Exposure];

/// Which of the two buttons the product's page has.
async fn looks_at_the_button(visitor: &mut Visitor, path: &str) -> usize {
    let page = visitor.get(path, &SHOWN).await.expect("the shop serves").text;
    let there = LABELS.map(|label| page.contains(&format!(">{label}")));
    assert_ne!(there[0], there[1], "one of the two buttons");
    usize::from(there[1])
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exposure_stands_once_everywhere_with_the_variant_that_the_page_showed() {
    let Some(mut world) = World::start("experiments") else {
        return;
    };
    let mut answered = Vec::new();
    // What each page showed, by its request.
    let mut shown: Vec<(String, &str, bool)> = Vec::new();
    let variants = ["control", "first_person"];
    let mut seen = [false; 2];
    // 2^-59 is the chance that sixty visitors all see the same.
    for _ in 0..60 {
        let mut visitor = world.visitor();
        let label = looks_at_the_button(&mut visitor, "/products/101").await;
        seen[label] = true;
        shown.push((visitor.answered[0].request_id.clone(), variants[label], false));
        answered.append(&mut visitor.answered);
        if seen == [true; 2] {
            break;
        }
    }
    assert_eq!(seen, [true; 2]);
    // Forced by links as an operator gets them, while the shop runs.
    let mut tester = world.visitor();
    for (label, variant) in variants.into_iter().enumerate() {
        let next = tester
            .is_sent_on_from(&link(&world, variant))
            .await
            .expect("the shop serves");
        assert_eq!(looks_at_the_button(&mut tester, &next).await, label);
        let page = tester.answered.last().expect("a page");
        shown.push((page.request_id.clone(), variant, true));
    }
    answered.append(&mut tester.answered);

    let everywhere = world.sees_once_everywhere(&answered).await;
    let of_type = |found: &&Found| found.event_type == EventType::Exposure.name();
    let exposures: Vec<Value> = everywhere
        .files
        .by_id
        .values()
        .flatten()
        .filter(of_type)
        .map(Found::json)
        .collect();
    assert_eq!(exposures.len(), shown.len());
    for (request, variant, forced) in shown {
        let exposure = exposures
            .iter()
            .find(|exposure| exposure["request_id"] == request.as_str());
        let details = &exposure.expect("an exposure of each page")["details"];
        assert_eq!(
            (&details["experiment"], &details["variant"]),
            (&"add_label".into(), &variant.into())
        );
        assert_eq!(details["forced"], if forced { Value::Bool(true) } else { Value::Null });
    }
}

/// What `shop variant-link` prints, without the address of the shop.
fn link(world: &World, variant: &str) -> String {
    let mut command = Command::new(program("shop"));
    command.args(["variant-link", "--experiment", "add_label", "--variant", variant]);
    command.arg("--database").arg(world.database.shop_url());
    command.arg("--journal").arg(world.folder().join("journal"));
    command.arg("--diagnostics").arg(world.folder().join("linking"));
    command.args(["--public-url", "https://shop.example"]);
    let said = command.output().expect("the shop runs");
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    let line = String::from_utf8(said.stdout).expect("a link is text");
    let path = line.trim_end().strip_prefix("https://shop.example");
    path.unwrap_or_else(|| panic!("no link: {line}")).to_owned()
}
