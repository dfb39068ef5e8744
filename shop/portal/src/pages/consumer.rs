//! `/data/consumer`: a recipe to copy, and whether the group that it starts has arrived.

use std::collections::BTreeMap;

use maud::{Markup, html};
use schemas::Topic;
use serde_json::{Value, json};

use super::{freshness, page};
use crate::language::{Count, Language};
use crate::recipes::{RECIPES, shortest};
use crate::survey::{Group, Snapshot};
use crate::{Page, Portal, Reader};

/// Groups that are shown.
const MOST: usize = 30;

impl Portal {
    /// `/data/consumer`
    #[must_use]
    pub fn consumer(&self, reader: &Reader) -> Page {
        let language = reader.language;
        let snapshot = self.0.survey.snapshot();
        let content = html! {
            p.lead { (language.of(
                "Copy a recipe, run it, and watch it arrive: who joined, which partitions it got, how far behind it is, its first commit.",
                "예제를 복사해 실행하고 도착을 지켜보세요. 누가 들어왔고, 어떤 파티션을 받았고, 얼마나 뒤처졌고, 첫 커밋이 언제인지 보여요.",
            )) }
            (freshness(language, &snapshot))
            section aria-labelledby="recipe" {
                h2 #recipe { (language.of("1. Copy and run", "1. 복사해서 실행")) }
                @for (name, text) in shortest(&self.0.bootstrap) {
                    h3 { (name) }
                    pre tabindex="0" { (text) }
                }
                p { (language.of("The address of the brokers is ", "브로커 주소는 ")) code { (self.0.bootstrap) } }
                @if !RECIPES.is_empty() {
                    p { (language.of("More, each run by a test on every change:", "더 많은 예제. 바뀔 때마다 테스트가 실행해요:")) }
                    ul.data-list {
                        @for recipe in RECIPES {
                            li {
                                a href={ "/data/recipes/" (recipe.name) } { code { (recipe.name) } }
                                @if let Some(title) = recipe.title() { " " span lang="en" { (title) } }
                            }
                        }
                    }
                }
            }
            section aria-labelledby="arrived" {
                h2 #arrived { (language.of("2. Has it arrived?", "2. 도착했나요?")) }
                p.consumer-news role="status" data-groups="/data/consumer/groups"
                    data-waiting=(language.of("Waiting for a new group to join.", "새 그룹을 기다리고 있어요."))
                    data-joined=(language.of("{group} has joined with {members} member(s).", "{group} 그룹이 들어왔어요. 멤버 {members}."))
                    data-committed=(language.of("{group} has committed its first offset: {topic} / {partition} up to {offset}.", "{group} 그룹의 첫 커밋: {topic} / {partition}, {offset}까지."))
                    data-left=(language.of("{group} has no members any more.", "{group} 그룹에 멤버가 없어요.")) {
                    noscript { (language.of("Load this page again to see new groups.", "새 그룹을 보려면 이 페이지를 다시 여세요.")) }
                }
                div.data-scroll tabindex="0" role="region" aria-label=(language.of("Table, scrolls sideways", "표, 옆으로 움직여요")) { (groups(language, &snapshot, &self.0.sink_group)) }
            }
        };
        page(
            reader,
            (
                "/data/consumer",
                language.of("Your consumer is here", "내 컨슈머가 여기 있어요"),
            ),
            &content,
        )
    }

    /// `/data/consumer/groups`: every group with its members, lag and offsets.
    #[must_use]
    pub fn groups(&self) -> Value {
        let snapshot = self.0.survey.snapshot();
        let groups: Vec<Value> = snapshot
            .groups
            .iter()
            .take(MOST)
            .map(|group| group_json(group, &snapshot))
            .collect();
        json!({ "away": snapshot.away_since.is_some(), "groups": groups })
    }

    /// `/data/recipes/{file}`
    #[must_use]
    pub fn recipe(&self, name: &str) -> Option<&'static str> {
        RECIPES
            .iter()
            .find(|recipe| recipe.name == name)
            .map(|recipe| recipe.text)
    }
}

fn group_json(group: &Group, snapshot: &Snapshot) -> Value {
    let members = group.members.iter();
    let members =
        members.map(|member| json!({ "client": member.client, "partitions": partitions(&member.partitions) }));
    let committed = group.committed.iter();
    let committed = committed
        .map(|((topic, partition), offset)| json!({ "topic": topic.name(), "partition": partition, "offset": offset }));
    json!({
        "name": group.name,
        "state": group.state,
        "members": members.collect::<Vec<_>>(),
        "lag": lag(group, snapshot),
        "committed": committed.collect::<Vec<_>>(),
    })
}

/// Over all topics of which it has committed something.
fn lag(group: &Group, snapshot: &Snapshot) -> Option<u64> {
    let lags = Topic::ALL
        .into_iter()
        .filter_map(|topic| group.lag(topic, snapshot.topics.get(&topic)?));
    lags.fold(None, |sum, lag| Some(sum.unwrap_or(0) + lag))
}

/// `shop.view 0,1,2; shop.cart 1`
fn partitions(of: &[(String, i32)]) -> String {
    let mut topics: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut sorted = of.to_vec();
    sorted.sort();
    for (topic, partition) in &sorted {
        topics.entry(topic).or_default().push(partition.to_string());
    }
    let said = topics
        .iter()
        .map(|(topic, partitions)| format!("{topic} {}", partitions.join(",")));
    said.collect::<Vec<_>>().join("; ")
}

fn groups(language: Language, snapshot: &Snapshot, sink: &str) -> Markup {
    html! {
        table.data-table {
            thead { tr {
                th scope="col" { (language.of("Group", "그룹")) } th scope="col" { (language.of("State", "상태")) }
                th scope="col" { (language.of("Members and partitions", "멤버와 파티션")) } th scope="col" { (language.of("Lag", "지연")) }
            } }
            tbody #groups {
                @for group in snapshot.groups.iter().take(MOST) {
                    tr {
                        th scope="row" { code { (group.name) } @if group.name == sink { " " span.small { (language.of("the shop's own sink", "가게의 싱크")) } } }
                        td { (group.state) }
                        td { @for member in &group.members { div { code { (member.client) } " " span.small { (partitions(&member.partitions)) } } } }
                        td.number { @match lag(group, snapshot) { Some(lag) => (Count(lag)), None => "–" } }
                    }
                }
            }
        }
        @if snapshot.groups.is_empty() { p { (language.of("There are no groups yet.", "아직 그룹이 없어요.")) } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partitions_are_said_topic_by_topic() {
        let of = |topic: &str, partition| (topic.to_owned(), partition);
        let said = partitions(&[of("shop.view", 2), of("shop.cart", 1), of("shop.view", 0)]);
        assert_eq!(said, "shop.cart 1; shop.view 0,2");
    }
}
