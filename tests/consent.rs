//! What somebody allows to be recorded is what stands on the topics, in the files and in the table.

use std::collections::BTreeMap;

use schemas::EventType;
use serde_json::Value;

use crate::world::World;
use crate::world::browser::Browser;
use crate::world::evidence::Everywhere;
use crate::world::require::{self, Part};
use crate::world::visitor::Visitor;

/// What is there of the requests of `visitor`, besides the requests themselves: how many of each type.
fn activities(everywhere: &Everywhere, visitor: &Visitor) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for message in messages(everywhere, visitor) {
        let event_type = message["event_type"].as_str().unwrap_or_default();
        if event_type != EventType::Request.name() {
            *counts.entry(event_type.to_owned()).or_default() += 1;
        }
    }
    counts
}

fn messages(everywhere: &Everywhere, visitor: &Visitor) -> Vec<Value> {
    let own = |request: &str| visitor.answered.iter().any(|answered| answered.request_id == request);
    let found = everywhere.topics.by_id.values().flatten();
    found
        .filter(|found| own(&found.request_id))
        .map(crate::world::evidence::Found::json)
        .collect()
}

fn counts<const N: usize>(of: [(EventType, usize); N]) -> BTreeMap<String, usize> {
    of.map(|(event_type, count)| (event_type.name().to_owned(), count))
        .into()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visitor_with_privacy_control_leaves_exactly_requests_and_facts() {
    let Some(mut world) = World::start("privacy control") else {
        return;
    };
    let mut visitor = Visitor::with_privacy_control(&world.shop_address());
    for path in ["/", "/products/101", "/search?q=teapot", "/privacy"] {
        visitor.get(path, &[]).await.expect("the shop serves");
    }
    visitor.adds(101, 2).await.expect("the shop serves");
    visitor.clicks_unheard().await.expect("the shop serves");
    let everywhere = world.sees_once_everywhere(&visitor.answered).await;
    assert_eq!(activities(&everywhere, &visitor), counts([(EventType::CartAdd, 1)]));
    for message in messages(&everywhere, &visitor) {
        let address = message.pointer("/http/ip").or_else(|| message.get("ip_address"));
        assert_eq!(address, Some(&"127.0.0.0".into()), "{message}");
        assert!(message.get("user_agent").is_none_or(Value::is_null), "{message}");
    }
    let sessions: std::collections::BTreeSet<String> = messages(&everywhere, &visitor)
        .iter()
        .map(|message| message["session_id"].to_string())
        .collect();
    assert_eq!(sessions.len(), 1);
    let of_session = everywhere.topics.by_id.values().flatten();
    let of_session = of_session.filter(|found| sessions.contains(&found.json()["session_id"].to_string()));
    let unknown: Vec<_> = of_session
        .filter(|found| !["request", "cart_add"].contains(&found.event_type.as_str()))
        .collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_mind_in_the_middle_of_a_visit_takes_effect_at_once() {
    let Some(mut world) = World::start("a change of mind") else {
        return;
    };
    let mut visitor = world.visitor();
    let choice = |consent: &str| [("consent", consent.to_owned())];
    visitor.looks_at(101).await.expect("the shop serves");
    visitor
        .post("/privacy", &choice("necessary"), &[])
        .await
        .expect("the shop serves");
    visitor.get("/products/102", &[]).await.expect("the shop serves");
    visitor.clicks_unheard().await.expect("the shop serves");
    visitor
        .post("/privacy", &choice("everything"), &[])
        .await
        .expect("the shop serves");
    visitor.looks_at(103).await.expect("the shop serves");
    visitor.clicks().await.expect("the shop serves");
    let everywhere = world.sees_once_everywhere(&visitor.answered).await;
    let expected = counts([(EventType::View, 2), (EventType::Exposure, 2), (EventType::Click, 1)]);
    assert_eq!(activities(&everywhere, &visitor), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_whose_visitor_allows_only_what_is_necessary_tells_nothing_by_itself() {
    if !require::has("the choice in a browser", &[Part::Browser]) {
        return;
    }
    let Some(mut world) = World::start("the choice in a browser") else {
        return;
    };
    let browser = Browser::open(world.folder()).await;
    let address = world.shop_address();
    browser
        .page
        .goto(format!("{address}/privacy"))
        .await
        .expect("the shop opens");
    browser.clicks("input[value=necessary]").await;
    browser.clicks("form[action='/privacy'] [type=submit]").await;
    browser.is_on("/privacy").await;
    browser.sees("[role=status]").await;
    browser.clicks("main h1").await;
    browser.clicks("footer a[href='/products/']").await;
    browser.is_on("/products/").await;
    browser.clicks("main a.tile-link").await;
    browser.sees("form.add").await;
    browser.page.goto("about:blank").await.expect("the visitor leaves");
    browser.close().await;
    // A witness, after whom nothing of the browser can still be under way.
    let mut witness = world.visitor();
    witness.looks_at(101).await.expect("the shop serves");
    world.sees_once_everywhere(&witness.answered).await;
    let everywhere = world.settles().await;
    let choice = everywhere
        .topics
        .by_id
        .values()
        .flatten()
        .map(crate::world::evidence::Found::json);
    let mut of_browser: Vec<Value> = choice
        .filter(|message| {
            !witness
                .answered
                .iter()
                .any(|answered| message["request_id"] == answered.request_id.as_str())
        })
        .filter(|message| message["session_id"].is_string())
        .collect();
    of_browser.sort_by_key(|message| message["source"]["sequence"].as_u64());
    let chosen = of_browser
        .iter()
        .position(|message| message.pointer("/http/endpoint") == Some(&"privacy.choose".into()))
        .expect("the choice is a request");
    let after: Vec<&Value> = of_browser[chosen..]
        .iter()
        .filter(|message| message["event_type"] != EventType::Request.name())
        .collect();
    // The click on the button was made before; its message may still have been on the way.
    let later: Vec<_> = after
        .iter()
        .filter(|message| message.pointer("/details/page") != Some(&"/privacy".into()))
        .collect();
    assert!(later.is_empty(), "{later:?}");
    assert!(
        of_browser
            .iter()
            .any(|message| message.pointer("/http/endpoint") == Some(&"products.detail".into()))
    );
}
