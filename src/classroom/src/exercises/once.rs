//! Exercise 3: exactly once under repetitions.

use std::collections::{BTreeMap, BTreeSet};

use schemas::Topic;

use super::event::{Event, Stream};
use super::picture::{self, Picture, Together};
use super::plant::{self, MINUTE};
use super::table::{Column, Kind, Row, Value};
use super::{Exercise, Misconception, Mistakes, Recipe, Task, Words};
use crate::replay::faults::Faults;
use crate::replay::message::Message;
use crate::simulate::random::Random;
use crate::simulate::scenario::{Buying, Scenario};

const COUNTS_REPETITIONS: usize = 0;
const BY_CONTENT: usize = 1;
const UPDATES_COUNTED: usize = 2;
const BY_QUANTITY: usize = 3;
const BY_MINUTE: usize = 4;
const BY_SECOND: usize = 5;
const ONLY_NEIGHBOURS: usize = 6;

const SECOND: i64 = MINUTE / 60;

pub(super) const EXERCISE: Exercise = Exercise {
    number: 3,
    name: "exactly-once",
    title: Words {
        ko: "반복 속에서 정확히 한 번",
        en: "Exactly once under repetitions",
    },
    story: Words {
        ko: "중계기가 다시 보낸 메시지가 스트림에 섞여 있습니다. 그런데 사람도 같은 일을 두 번 합니다.",
        en: "A relay has sent some messages again. And people, too, do the same thing twice.",
    },
    task: Words {
        ko: "상품별로 cart_add의 횟수와 담은 수량(quantity의 합)을 세세요. 같은 event_id의 메시지는 몇 번 와도 한 번만 셉니다.",
        en: "For each product, count the cart_add events and sum up their quantity. Messages of the same event_id count once, however often they come.",
    },
    hints: &[
        Words {
            ko: "반복된 메시지는 바이트까지 같습니다. 두 번 담은 것은 event_id가 다릅니다.",
            en: "A message that was sent again is the same byte by byte. Somebody who adds twice makes two event ids.",
        },
        Words {
            ko: "반복은 바로 뒤에 오지 않을 수도 있습니다.",
            en: "A repetition need not come right behind.",
        },
    ],
    afterwards: Words {
        ko: "멱등 처리의 열쇠는 내용이 아니라 식별자입니다. 얼마 동안 기억할지도 정해야 합니다.",
        en: "Idempotence needs an identity, not a likeness; and a decision how long identities are remembered.",
    },
    topics: &[Topic::Cart],
    columns: &[
        Column::key("product_id", Kind::Integer),
        Column::value("adds", Kind::Integer),
        Column::value("quantity", Kind::Integer),
    ],
    misconceptions: &[
        Misconception {
            name: "counts_repetitions",
            says: Words {
                ko: "반복된 메시지까지 센 결과와 모든 행이 같습니다",
                en: "row for row the counts of the stream WITH repetitions",
            },
            rows: 5,
        },
        Misconception {
            name: "by_content",
            says: Words {
                ko: "같은 세션과 상품의 cart_add를 하나로 본 결과와 모든 행이 같습니다",
                en: "row for row what one gets when two adds of the same session and product are taken for one",
            },
            rows: 5,
        },
        Misconception {
            name: "updates_counted",
            says: Words {
                ko: "cart_update까지 담은 것으로 센 결과와 모든 행이 같습니다",
                en: "row for row what one gets when cart_update counts as an add, too",
            },
            rows: 5,
        },
        Misconception {
            name: "by_content_and_quantity",
            says: Words {
                ko: "같은 세션, 상품, 수량의 cart_add를 하나로 본 결과와 모든 행이 같습니다",
                en: "row for row what one gets when two adds of the same session, product and quantity are taken for one",
            },
            rows: 5,
        },
        Misconception {
            name: "by_content_and_minute",
            says: Words {
                ko: "같은 분의 같은 세션, 상품, 수량의 cart_add를 하나로 본 결과와 모든 행이 같습니다",
                en: "row for row what one gets when two adds of the same session, product, quantity and minute are taken for one",
            },
            rows: 5,
        },
        Misconception {
            name: "by_content_and_second",
            says: Words {
                ko: "같은 초의 같은 세션, 상품, 수량의 cart_add를 하나로 본 결과와 모든 행이 같습니다",
                en: "row for row what one gets when two adds of the same session, product, quantity and second are taken for one",
            },
            rows: 2,
        },
        Misconception {
            name: "only_neighbours",
            says: Words {
                ko: "바로 앞의 메시지와 같은 것만 뺀 결과와 모든 행이 같습니다",
                en: "row for row what one gets when a message is left out only where it is the same as the one before it",
            },
            rows: 2,
        },
    ],
    picture: Picture {
        title: Words {
            ko: "상품마다 몇 번 담겼나",
            en: "How often products are put into carts",
        },
        x: Words {
            ko: "상품의 cart_add 횟수",
            en: "cart_add events of a product",
        },
        y: Words {
            ko: "상품 수",
            en: "products",
        },
        series: picture::ONE,
        together: Together::Stacked,
        bars: |rows| picture::doubling(rows.iter().map(|row| picture::number(row, 1))),
    },
    recipe: || Recipe {
        days: 2,
        visits_per_day: 250,
        scenario: Scenario {
            buying: Buying {
                add: 0.12,
                ..Buying::default()
            },
            ..Scenario::default()
        },
        faults: Faults {
            repeat: 0.1,
            shuffle: 0.05,
            ..Faults::default()
        },
    },
    plant: plant_traps,
    solve,
};

fn solve(stream: &Stream, _: &Task, mistakes: Mistakes) -> Vec<Row> {
    let mut seen = BTreeSet::new();
    let mut counts: BTreeMap<i64, (i64, i64)> = BTreeMap::new();
    let mut before: Option<&str> = None;
    for event in &stream.events {
        let is_as_before = before.replace(&event.id) == Some(&event.id);
        let counted = event.kind == "cart_add" || (mistakes.has(UPDATES_COUNTED) && event.kind == "cart_update");
        let Some(product) = event.product.filter(|_| counted) else {
            continue;
        };
        let is_repeated = if mistakes.has(ONLY_NEIGHBOURS) {
            is_as_before
        } else {
            !seen.insert(identity(event, product, mistakes))
        };
        if is_repeated && !mistakes.has(COUNTS_REPETITIONS) {
            continue;
        }
        let count = counts.entry(product).or_default();
        *count = (count.0 + 1, count.1 + event.number("quantity"));
    }
    counts
        .into_iter()
        .map(|(product, (adds, quantity))| [product, adds, quantity].map(Value::Integer).into())
        .collect()
}

/// What two messages must have in common to be taken for one.
fn identity(event: &Event, product: i64, mistakes: Mistakes) -> String {
    let quantity = event.number("quantity");
    let in_same = |span: i64| format!("{} {product} {quantity} {}", event.session, event.at.div_euclid(span));
    if mistakes.has(BY_CONTENT) {
        format!("{} {product}", event.session)
    } else if mistakes.has(BY_QUANTITY) {
        format!("{} {product} {quantity}", event.session)
    } else if mistakes.has(BY_MINUTE) {
        in_same(MINUTE)
    } else if mistakes.has(BY_SECOND) {
        in_same(SECOND)
    } else {
        event.id.clone()
    }
}

/// People who press the button twice.
fn plant_traps(messages: &mut Vec<Message>, _: &Task, random: &mut Random) {
    let twice = plant::some(messages, 15, |message| plant::is(message, "cart_add"));
    for place in twice {
        let at = messages[place].at + random.between(200_000, 900_000);
        let copy = plant::copied(&messages[place], at, random);
        messages.push(copy);
    }
}
