//! Exercise 10: change data capture.

use std::collections::{BTreeMap, BTreeSet};

use schemas::Topic;

use super::event::{Event, Stream, in_time};
use super::picture::{self, Bar, Picture, Together};
use super::plant::{self, MINUTE};
use super::table::{Column, Kind, Row, Value};
use super::{Exercise, Misconception, Mistakes, Recipe, Task, Words};
use crate::replay::faults::Faults;
use crate::replay::message::Message;
use crate::simulate::random::Random;
use crate::simulate::scenario::{Buying, PriceChange, Scenario};

const LATEST_PRICE: usize = 0;
const UPDATES_ADDED: usize = 1;
const REMOVES_IGNORED: usize = 2;
const ORDERS_IGNORED: usize = 3;
const BY_ARRIVAL: usize = 4;
const WHOLE_STREAM: usize = 5;
const CANCELLED_PUT_BACK: usize = 6;

pub(super) const EXERCISE: Exercise = Exercise {
    number: 10,
    name: "carts",
    title: Words {
        ko: "변경을 모아 장바구니 되살리기",
        en: "Change data capture: rebuild the carts",
    },
    story: Words {
        ko: "장바구니 표가 사라졌습니다. 남은 것은 사실의 스트림과 상품의 역사뿐입니다.",
        en: "The table of carts is gone. What is left is the stream of facts and the history of the products.",
    },
    task: Words {
        ko: "{as_of} 현재(그 시각 포함) 각 visitor_id의 장바구니를 되살리세요: 상품, 수량, 그리고 그때 유효한 가격(shop.product). cart_add는 cart_quantity, cart_update는 quantity가 새 수량이고, cart_remove는 줄을 없애고, order_placed는 주문된 상품의 줄을 없애며(order_cancelled는 아무것도 되돌려 놓지 않습니다), cart_merge는 items로 장바구니 전체를 바꿉니다. 이벤트 시각 순서로 적용하고, 같은 event_id는 한 번만 적용합니다.",
        en: "Rebuild each visitor_id's cart as it stood at {as_of} (that moment included): product, quantity, and the price that was valid then (shop.product). After cart_add the quantity is cart_quantity, after cart_update it is quantity; cart_remove ends a line; order_placed ends the lines of what was ordered, and order_cancelled puts nothing back; cart_merge sets the whole cart to its items. Apply facts in the order of their own time, each event_id once.",
    },
    hints: &[
        Words {
            ko: "가격은 마지막 판이 아니라 그 시각에 유효했던 판입니다.",
            en: "The price is the one valid at that moment, not the last one.",
        },
        Words {
            ko: "다시 채우기(backfill)는 같은 프로그램을 같은 사실에 한 번 더 돌리는 것입니다. 결과가 같아야 합니다.",
            en: "A backfill is the same program on the same facts once more; the result must be the same.",
        },
    ],
    afterwards: Words {
        ko: "사실로부터 상태를 되살릴 수 있다면 어떤 표도 잃을 수 없습니다. 순서와 반복이 그 조건입니다.",
        en: "Who can rebuild state from facts can lose any table; order and repetitions are the conditions.",
    },
    topics: &[Topic::Cart, Topic::Order, Topic::Product],
    columns: &[
        Column::key("visitor_id", Kind::Text),
        Column::key("product_id", Kind::Integer),
        Column::value("quantity", Kind::Integer),
        Column::value("price", Kind::Integer),
    ],
    misconceptions: &[
        Misconception {
            name: "latest_price",
            says: Words {
                ko: "그때가 아니라 마지막 가격을 쓴 결과와 모든 행이 같습니다",
                en: "row for row what one gets with the latest price instead of the one valid at that moment",
            },
            rows: 5,
        },
        Misconception {
            name: "updates_added",
            says: Words {
                ko: "cart_update의 수량을 더한 결과와 모든 행이 같습니다",
                en: "row for row what one gets when the quantity of cart_update is added to the line",
            },
            rows: 5,
        },
        Misconception {
            name: "removes_ignored",
            says: Words {
                ko: "cart_remove를 무시한 결과와 모든 행이 같습니다",
                en: "row for row what one gets when cart_remove is ignored",
            },
            rows: 5,
        },
        Misconception {
            name: "orders_ignored",
            says: Words {
                ko: "주문된 것을 장바구니에 남긴 결과와 모든 행이 같습니다",
                en: "row for row what one gets when ordered products stay in the cart",
            },
            rows: 5,
        },
        Misconception {
            name: "by_arrival",
            says: Words {
                ko: "도착한 순서대로 적용한 결과와 모든 행이 같습니다",
                en: "row for row what one gets when facts are applied in the order of their arrival",
            },
            rows: 5,
        },
        Misconception {
            name: "whole_stream",
            says: Words {
                ko: "그 시각 뒤의 사실까지 적용한 결과와 모든 행이 같습니다",
                en: "row for row what one gets when facts from after that moment are applied, too",
            },
            rows: 5,
        },
        Misconception {
            name: "cancelled_put_back",
            says: Words {
                ko: "취소된 주문의 상품을 장바구니에 되돌려 놓은 결과와 모든 행이 같습니다",
                en: "row for row what one gets when a cancelled order's products are put back into the cart",
            },
            rows: 1,
        },
    ],
    picture: Picture {
        title: Words {
            ko: "장바구니에 상품이 몇 가지인가",
            en: "How many products a cart holds",
        },
        x: Words {
            ko: "장바구니의 상품 수",
            en: "products in a cart",
        },
        y: Words {
            ko: "장바구니 수",
            en: "carts",
        },
        series: picture::ONE,
        together: Together::Stacked,
        bars: products_in_carts,
    },
    recipe,
    plant: plant_traps,
    solve,
};

/// Prices of the most popular products change before and after the moment that is asked for.
fn recipe() -> Recipe {
    let products = (1..=12).flat_map(|category| (1..=8).map(move |number| category * 100 + number));
    let price_changes = products.flat_map(|product| {
        [20_u32, 42].map(|from_hour| PriceChange {
            product,
            from_hour,
            price: 10_000 + product * 10 + i64::from(from_hour) * 100,
        })
    });
    Recipe {
        days: 2,
        visits_per_day: 350,
        scenario: Scenario {
            price_changes: price_changes.collect(),
            buying: Buying {
                add: 0.14,
                buy: 0.4,
                ..Buying::default()
            },
            ..Scenario::default()
        },
        faults: Faults {
            repeat: 0.05,
            late: 0.25,
            late_by: 900,
            ..Faults::default()
        },
    }
}

fn products_in_carts(rows: &[Row]) -> Vec<Bar> {
    let mut carts: BTreeMap<&Value, i64> = BTreeMap::new();
    for row in rows {
        *carts.entry(&row[0]).or_default() += 1;
    }
    picture::doubling(carts.into_values())
}

fn solve(stream: &Stream, task: &Task, mistakes: Mistakes) -> Vec<Row> {
    let until = if mistakes.has(WHOLE_STREAM) {
        i64::MAX
    } else {
        task.as_of_micros
    };
    let prices = prices(
        stream,
        if mistakes.has(LATEST_PRICE) {
            i64::MAX
        } else {
            task.as_of_micros
        },
    );
    let facts = stream
        .events
        .iter()
        .filter(|event| event.visitor.is_some() && event.at <= until);
    let facts: Vec<&Event> = if mistakes.has(BY_ARRIVAL) {
        facts.collect()
    } else {
        in_time(facts)
    };
    let mut applied = BTreeSet::new();
    let mut carts: BTreeMap<(&str, i64), i64> = BTreeMap::new();
    for fact in facts {
        if applied.insert(&fact.id) {
            apply(&mut carts, fact, mistakes);
        }
    }
    carts
        .into_iter()
        .map(|((visitor, product), quantity)| {
            let price = prices.get(&product).map_or(0, |(_, price)| *price);
            vec![
                Value::Text(visitor.to_owned()),
                Value::Integer(product),
                Value::Integer(quantity),
                Value::Integer(price),
            ]
        })
        .collect()
}

/// The last price of each product that was valid at the moment, and from when on.
fn prices(stream: &Stream, at: i64) -> BTreeMap<i64, (i64, i64)> {
    let mut prices = BTreeMap::new();
    for version in stream.of_kind("product").filter(|version| version.at <= at) {
        let Some(product) = version.product else { continue };
        let price = prices.entry(product).or_insert((i64::MIN, 0));
        *price = (*price).max((version.at, version.number("price")));
    }
    prices
}

fn apply<'a>(carts: &mut BTreeMap<(&'a str, i64), i64>, fact: &'a Event, mistakes: Mistakes) {
    let visitor = fact.visitor.as_deref().unwrap_or_default();
    match (fact.kind.as_str(), fact.product) {
        ("cart_add", Some(product)) => {
            carts.insert((visitor, product), fact.number("cart_quantity"));
        }
        ("cart_update", Some(product)) if mistakes.has(UPDATES_ADDED) => {
            *carts.entry((visitor, product)).or_default() += fact.number("quantity");
        }
        ("cart_update", Some(product)) => {
            carts.insert((visitor, product), fact.number("quantity"));
        }
        ("cart_remove", Some(product)) if !mistakes.has(REMOVES_IGNORED) => {
            carts.remove(&(visitor, product));
        }
        ("order_placed", _) if !mistakes.has(ORDERS_IGNORED) => {
            for (product, _) in fact.lines() {
                carts.remove(&(visitor, product));
            }
        }
        ("order_cancelled", _) if mistakes.has(CANCELLED_PUT_BACK) => {
            for (product, quantity) in fact.lines() {
                *carts.entry((visitor, product)).or_default() += quantity;
            }
        }
        ("cart_merge", _) => {
            carts.retain(|(owner, _), _| *owner != visitor);
            carts.extend(
                fact.lines()
                    .into_iter()
                    .map(|(product, quantity)| ((visitor, product), quantity)),
            );
        }
        _ => {}
    }
}

/// More changes of mind than people have by themselves, and all of them close to each other.
fn plant_traps(messages: &mut Vec<Message>, task: &Task, random: &mut Random) {
    let adds = plant::some(messages, 60, |message| {
        plant::is(message, "cart_add") && message.at < task.as_of_micros - 30 * MINUTE
    });
    for (number, place) in adds.into_iter().enumerate() {
        let at = messages[place].at + random.between(2_000_000, 20_000_000);
        let mut change = plant::copied(&messages[place], at, random);
        let Some(quantity) = plant::number(&change, "cart_quantity") else {
            continue;
        };
        let (kind, old) = if number % 2 == 0 {
            ("cart_update", "previous_quantity")
        } else {
            ("cart_remove", "cart_quantity")
        };
        plant::replace(&mut change, "\"cart_add\"", &format!("\"{kind}\""));
        plant::replace(&mut change, "cart.add", &kind.replace('_', "."));
        plant::replace(&mut change, "/cart/add", &format!("/{}", kind.replace('_', "/")));
        plant::replace(
            &mut change,
            &format!("\"cart_quantity\":{quantity}"),
            &format!("\"{old}\":{quantity}"),
        );
        messages.push(change);
    }
}
