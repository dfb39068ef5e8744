//! Exercise 5: joining clicks to orders within a window.

use schemas::Topic;

use super::event::{Event, Stream, in_time};
use super::picture::{self, Bar, Picture, Together};
use super::plant::{self, MINUTE};
use super::table::{Column, Kind, Row, Value};
use super::{Exercise, Misconception, Mistakes, Recipe, Task, Words};
use crate::replay::faults::Faults;
use crate::replay::message::Message;
use crate::simulate::random::Random;
use crate::simulate::scenario::{Buying, Scenario};

const FIRST_CLICK: usize = 0;
const ANY_TIME: usize = 1;
const AFTER_TOO: usize = 2;
const INNER_JOIN: usize = 3;
const ANY_PRODUCT: usize = 4;

pub(super) const EXERCISE: Exercise = Exercise {
    number: 5,
    name: "join",
    title: Words {
        ko: "클릭과 주문 잇기",
        en: "Join clicks to orders",
    },
    story: Words {
        ko: "어느 클릭이 주문으로 이어졌을까요? 두 스트림을 시간의 창 안에서 잇습니다.",
        en: "Which click led to an order? Two streams meet within a window of time.",
    },
    task: Words {
        ko: "주문(order_placed)의 상품마다, 같은 visitor_id가 같은 product_id를 클릭한 것 중 주문 시각 {window_minutes}분 전부터 주문 시각까지(양 끝 포함) 가장 늦은 클릭의 event_id를 찾으세요. 없으면 비웁니다. 같은 시각이면 event_id가 큰 것을 고릅니다.",
        en: "For each product of each order_placed, find the last click of the same visitor_id on the same product_id, from {window_minutes} minutes before the order up to the order (both included): its event_id, or nothing. Of clicks at the same moment take the greater event_id.",
    },
    hints: &[
        Words {
            ko: "클릭이 없는 주문도 행입니다.",
            en: "An order without a click is a row, too.",
        },
        Words {
            ko: "클릭은 주문보다 늦게 도착할 수 있습니다.",
            en: "A click may arrive after the order that it led to.",
        },
    ],
    afterwards: Words {
        ko: "구간 조인은 상태를 언제 버릴지와, 짝이 없는 쪽을 언제 내보낼지를 정해야 합니다.",
        en: "An interval join has to decide when state may be dropped, and when the side without a partner is put out.",
    },
    topics: &[Topic::Click, Topic::Order],
    columns: &[
        Column::key("order_id", Kind::Integer),
        Column::key("product_id", Kind::Integer),
        Column::value("click_event_id", Kind::MaybeText),
    ],
    misconceptions: &[
        Misconception {
            name: "first_click",
            says: Words {
                ko: "창 안의 첫 클릭을 고른 결과와 모든 행이 같습니다",
                en: "row for row what one gets with the first click within the window instead of the last",
            },
            rows: 5,
        },
        Misconception {
            name: "any_time",
            says: Words {
                ko: "창을 보지 않고 주문 전 모든 클릭에서 고른 결과와 모든 행이 같습니다",
                en: "row for row what one gets when clicks from long before the order count as well",
            },
            rows: 5,
        },
        Misconception {
            name: "after_too",
            says: Words {
                ko: "주문 뒤의 클릭까지 본 결과와 모든 행이 같습니다",
                en: "row for row what one gets when the window also reaches behind the order",
            },
            rows: 5,
        },
        Misconception {
            name: "inner_join",
            says: Words {
                ko: "클릭이 없는 주문 상품의 행이 빠진 결과와 같습니다",
                en: "row for row what one gets with an inner join: order lines without a click are missing",
            },
            rows: 5,
        },
        Misconception {
            name: "any_product",
            says: Words {
                ko: "상품을 보지 않고 그 방문자의 마지막 클릭을 고른 결과와 모든 행이 같습니다",
                en: "row for row what one gets when the visitor's last click on any product is taken",
            },
            rows: 5,
        },
    ],
    picture: Picture {
        title: Words {
            ko: "주문한 상품마다 클릭이 있었나",
            en: "Whether a click came before what was ordered",
        },
        x: Words {
            ko: "주문한 상품의 클릭",
            en: "click before the product was ordered",
        },
        y: Words {
            ko: "주문한 상품 줄",
            en: "lines of orders",
        },
        series: picture::ONE,
        together: Together::Stacked,
        bars: with_and_without_click,
    },
    recipe: || Recipe {
        days: 2,
        visits_per_day: 350,
        scenario: Scenario {
            buying: Buying {
                add: 0.14,
                buy: 0.6,
                ..Buying::default()
            },
            ..Scenario::default()
        },
        faults: Faults {
            late: 0.05,
            late_by: 300,
            ..Faults::default()
        },
    },
    plant: plant_traps,
    solve,
};

fn with_and_without_click(rows: &[Row]) -> Vec<Bar> {
    let without = rows.iter().filter(|row| row.last() == Some(&Value::Empty)).count();
    let bar = |label: &str, count: usize| Bar {
        label: label.to_owned(),
        values: vec![i64::try_from(count).unwrap_or(i64::MAX)],
    };
    vec![bar("✓", rows.len() - without), bar("✗", without)]
}

fn solve(stream: &Stream, task: &Task, mistakes: Mistakes) -> Vec<Row> {
    let clicks = in_time(stream.of_kind("click").filter(|click| click.product.is_some()));
    let mut rows = Vec::new();
    for order in stream.of_kind("order_placed") {
        for (product, _) in order.lines() {
            let click = choose(&clicks, order, product, task, mistakes);
            if click.is_none() && mistakes.has(INNER_JOIN) {
                continue;
            }
            let id = click.map_or(Value::Empty, |click| Value::Text(click.id.clone()));
            rows.push(vec![
                Value::Integer(order.number("order_id")),
                Value::Integer(product),
                id,
            ]);
        }
    }
    rows
}

fn choose<'a>(clicks: &[&'a Event], order: &Event, product: i64, task: &Task, mistakes: Mistakes) -> Option<&'a Event> {
    let window = task.window_minutes * MINUTE;
    let from = if mistakes.has(ANY_TIME) {
        i64::MIN
    } else {
        order.at - window
    };
    let to = if mistakes.has(AFTER_TOO) {
        order.at + window
    } else {
        order.at
    };
    let mut fitting = clicks.iter().copied().filter(|click| {
        let same = click.product == Some(product) || mistakes.has(ANY_PRODUCT);
        same && click.visitor == order.visitor && (from..=to).contains(&click.at)
    });
    if mistakes.has(FIRST_CLICK) {
        fitting.next()
    } else {
        fitting.next_back()
    }
}

/// Clicks right after an order, and clicks long before it as the only ones.
fn plant_traps(messages: &mut Vec<Message>, task: &Task, random: &mut Random) {
    let orders = plant::some(messages, 40, |message| plant::is(message, "order_placed"));
    let mut copies = Vec::new();
    for (number, place) in orders.into_iter().enumerate() {
        let order = messages[place].clone();
        let (visitor, product) = (plant::field(&order, "visitor_id"), plant::number(&order, "product_id"));
        let fits = |message: &Message| {
            let same =
                plant::field(message, "visitor_id") == visitor && plant::number(message, "product_id") == product;
            same && plant::is(message, "click") && message.at <= order.at
        };
        let clicks: Vec<usize> = (0..messages.len()).filter(|place| fits(&messages[*place])).collect();
        let Some(first) = clicks.first() else { continue };
        match number % 3 {
            0 => copies.push(plant::copied(
                &messages[*first],
                order.at + random.between(MINUTE / 4, MINUTE),
                random,
            )),
            1 => {
                for (step, click) in clicks.iter().enumerate() {
                    let by = i64::try_from(step).unwrap_or(0) * 1000;
                    let at = order.at - (task.window_minutes + 2) * MINUTE + by;
                    plant::move_to(&mut messages[*click], at);
                }
            }
            _ => copies.push(plant::copied(
                &messages[*first],
                order.at - random.between(MINUTE / 4, MINUTE * 2),
                random,
            )),
        }
    }
    messages.append(&mut copies);
}
