//! Exercise 6: a funnel with skipped steps.

use std::collections::{BTreeMap, BTreeSet};

use schemas::Topic;

use super::event::{Event, Stream, in_time};
use super::picture::{self, Picture, Together};
use super::plant;
use super::table::{Column, Kind, Row, Value};
use super::{Exercise, Misconception, Mistakes, Recipe, Task, Words};
use crate::replay::faults::Faults;
use crate::replay::message::Message;
use crate::simulate::random::Random;
use crate::simulate::scenario::{Buying, Scenario};

const ANY_ORDER: usize = 0;
const INDEPENDENT: usize = 1;
const EVENTS: usize = 2;

const STEPS: [&str; 3] = ["view", "cart_add", "order_placed"];

pub(super) const EXERCISE: Exercise = Exercise {
    number: 6,
    name: "funnel",
    title: Words {
        ko: "건너뛴 단계가 있는 퍼널",
        en: "A funnel with skipped steps",
    },
    story: Words {
        ko: "본 사람 가운데 얼마나 담고, 담은 사람 가운데 얼마나 샀을까요? 단계를 건너뛰거나 거꾸로 밟은 세션도 있습니다.",
        en: "How many of those who looked put something into the cart, and how many of those bought? Some sessions skip a step or take them the other way round.",
    },
    task: Words {
        ko: "카테고리마다: 그 카테고리의 상품을 본(view) 세션 수(viewed), 그 가운데 본 뒤에 그 카테고리의 상품을 담은(cart_add) 세션 수(added), 그 가운데 담은 뒤에 그 카테고리의 상품을 주문한(order_placed) 세션 수(ordered). 앞 단계의 가장 이른 순간보다 뒤(같은 시각은 뒤가 아님)여야 합니다. 로봇(visitor_id 없음)은 뺍니다. 상품의 카테고리는 shop.product가 알려 줍니다.",
        en: "For each category: the sessions that viewed a product of it (viewed); of those, the sessions that put a product of it into the cart afterwards (added); of those, the sessions that ordered a product of it after that (ordered). Afterwards means later than the earliest moment of the step before; the same moment isn't. Crawlers (no visitor_id) are left out. shop.product tells the category of each product.",
    },
    hints: &[
        Words {
            ko: "장바구니는 세션보다 오래 삽니다. 담지 않고 주문하는 세션이 있습니다.",
            en: "A cart outlives a session: there are sessions that order without adding.",
        },
        Words {
            ko: "세션을 세고, 이벤트를 세지 않습니다.",
            en: "Count sessions, not events.",
        },
    ],
    afterwards: Words {
        ko: "퍼널은 순서, 범위(세션인가 방문자인가), 건너뛰기를 어떻게 다루는지에 따라 다른 숫자가 됩니다.",
        en: "A funnel's numbers depend on order, on scope (session or visitor) and on what happens to those who skip: write all three beside them.",
    },
    topics: &[Topic::View, Topic::Cart, Topic::Order, Topic::Product],
    columns: &[
        Column::key("category_id", Kind::Integer),
        Column::value("viewed", Kind::Integer),
        Column::value("added", Kind::Integer),
        Column::value("ordered", Kind::Integer),
    ],
    misconceptions: &[
        Misconception {
            name: "any_order",
            says: Words {
                ko: "단계의 시간 순서를 보지 않은 결과와 모든 행이 같습니다",
                en: "row for row what one gets when the steps may come in any order",
            },
            rows: 5,
        },
        Misconception {
            name: "independent",
            says: Words {
                ko: "앞 단계와 상관없이 각 단계를 따로 센 결과와 모든 행이 같습니다",
                en: "row for row what one gets when each step is counted by itself, whether the step before was taken or not",
            },
            rows: 5,
        },
        Misconception {
            name: "events",
            says: Words {
                ko: "세션이 아니라 이벤트를 센 결과와 모든 행이 같습니다",
                en: "row for row what one gets when events are counted instead of sessions",
            },
            rows: 5,
        },
    ],
    picture: Picture {
        title: Words {
            ko: "카테고리별 퍼널",
            en: "The funnel of each category",
        },
        x: Words {
            ko: "category_id",
            en: "category_id",
        },
        y: Words {
            ko: "세션 수",
            en: "sessions",
        },
        series: &[
            Words {
                ko: "봄", en: "viewed"
            },
            Words {
                ko: "담음",
                en: "added",
            },
            Words {
                ko: "주문함",
                en: "ordered",
            },
        ],
        together: Together::Beside,
        bars: |rows| picture::sums(rows, &[1, 2, 3]),
    },
    recipe: || Recipe {
        days: 2,
        visits_per_day: 400,
        scenario: Scenario {
            buying: Buying {
                add: 0.14,
                buy: 0.6,
                ..Buying::default()
            },
            ..Scenario::default()
        },
        faults: Faults {
            late: 0.03,
            late_by: 600,
            ..Faults::default()
        },
    },
    plant: plant_traps,
    solve,
};

fn solve(stream: &Stream, _: &Task, mistakes: Mistakes) -> Vec<Row> {
    let category_of: BTreeMap<i64, i64> = stream
        .of_kind("product")
        .filter_map(|event| Some((event.product?, event.number("category_id"))))
        .collect();
    let categories: BTreeSet<i64> = category_of.values().copied().collect();
    let of_people = stream.events.iter().filter(|event| event.visitor.is_some());
    let mut sessions: BTreeMap<(&str, i64), [Vec<i64>; 3]> = BTreeMap::new();
    for event in in_time(of_people) {
        let Some(step) = STEPS.iter().position(|step| *step == event.kind) else {
            continue;
        };
        let touched: BTreeSet<i64> = products(event)
            .iter()
            .filter_map(|product| category_of.get(product))
            .copied()
            .collect();
        for category in touched {
            sessions.entry((&event.session, category)).or_default()[step].push(event.at);
        }
    }
    let mut counts: BTreeMap<i64, [i64; 3]> = categories.into_iter().map(|category| (category, [0; 3])).collect();
    for ((_, category), times) in &sessions {
        let taken = taken(times, mistakes);
        for (count, taken) in counts.entry(*category).or_default().iter_mut().zip(taken) {
            *count += taken;
        }
    }
    counts
        .into_iter()
        .map(|(category, [viewed, added, ordered])| [category, viewed, added, ordered].map(Value::Integer).into())
        .collect()
}

fn products(event: &Event) -> Vec<i64> {
    if event.kind == "order_placed" {
        return event.lines().into_iter().map(|(product, _)| product).collect();
    }
    event.product.into_iter().collect()
}

/// What one session adds to each step's count.
fn taken(times: &[Vec<i64>; 3], mistakes: Mistakes) -> [i64; 3] {
    let mut taken = [0; 3];
    let mut after = i64::MIN;
    for (step, times) in times.iter().enumerate() {
        let earliest = times
            .iter()
            .copied()
            .find(|at| *at > after || mistakes.has(ANY_ORDER) || mistakes.has(INDEPENDENT));
        let Some(earliest) = earliest else {
            if mistakes.has(INDEPENDENT) {
                continue;
            }
            break;
        };
        let fitting = times.iter().filter(|at| **at >= earliest).count();
        taken[step] = if mistakes.has(EVENTS) {
            i64::try_from(fitting).unwrap_or(0)
        } else {
            1
        };
        after = earliest;
    }
    taken
}

/// Sessions that order without having added, and sessions that add before they look.
fn plant_traps(messages: &mut Vec<Message>, _: &Task, random: &mut Random) {
    let adds = plant::some(messages, 60, |message| plant::is(message, "cart_add"));
    let mut gone = BTreeSet::new();
    for (number, place) in adds.into_iter().enumerate() {
        if number % 2 == 0 {
            gone.insert(place);
            continue;
        }
        let session = plant::field(&messages[place], "session_id").map(str::to_owned);
        let first = messages
            .iter()
            .filter(|one| plant::field(one, "session_id").map(str::to_owned) == session);
        if let Some(first) = first.map(|one| one.at).min() {
            let at = first - random.between(1_000_000, 9_000_000);
            plant::move_to(&mut messages[place], at);
        }
    }
    let mut place = 0;
    messages.retain(|_| {
        place += 1;
        !gone.contains(&(place - 1))
    });
}
