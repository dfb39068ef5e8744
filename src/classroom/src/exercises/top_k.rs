//! Exercise 7: top-k over sliding windows.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use schemas::Topic;

use super::event::{Event, Stream};
use super::picture::{self, Bar, Picture, Together};
use super::plant::{self, MINUTE};
use super::table::{Column, Kind, Row, Value};
use super::{Exercise, Misconception, Mistakes, Recipe, Task, Words};
use crate::replay::faults::Faults;
use crate::replay::message::Message;
use crate::simulate::random::Random;
use crate::simulate::scenario::Scenario;

const WIDTH: i64 = 60 * MINUTE;

const BOTS_COUNTED: usize = 0;
const TUMBLING: usize = 1;
const TIES_BY_LARGER: usize = 2;
const CLOSED_END: usize = 3;

pub(super) const EXERCISE: Exercise = Exercise {
    number: 7,
    name: "top-k",
    title: Words {
        ko: "미끄러지는 창의 상위 k개",
        en: "Top k over sliding windows",
    },
    story: Words {
        ko: "첫 화면은 지난 한 시간 동안 가장 많이 본 상품을 보여 주려 합니다.",
        en: "The home page wants to show what was looked at most in the last hour.",
    },
    task: Words {
        ko: "끝이 {slide_minutes}분의 배수(UTC)인 60분 창 [끝 − 60분, 끝)마다 가장 많이 본 상품 {k}개를 순위와 함께 내세요. 상품의 view만 세고, visitor_id가 없는 로봇은 뺍니다. 수가 같으면 product_id가 작은 쪽이 앞섭니다. view가 하나도 없는 창은 행이 없습니다.",
        en: "For each window of 60 minutes [end − 60 min, end), whose end is a multiple of {slide_minutes} minutes (UTC), give the {k} products viewed most, with their rank. Count views of products only; leave out crawlers (no visitor_id). Of equal counts the smaller product_id goes first. A window without a view has no rows.",
    },
    hints: &[
        Words {
            ko: "한 번의 view는 여러 창에 속합니다.",
            en: "One view belongs to several windows.",
        },
        Words {
            ko: "창의 시작은 포함되고 끝은 포함되지 않습니다.",
            en: "A window includes its start, not its end.",
        },
    ],
    afterwards: Words {
        ko: "동점 규칙이 없는 순위는 실행할 때마다 달라집니다. 로봇은 인기를 만들어 냅니다.",
        en: "A ranking without a rule for ties differs from run to run, and crawlers make products popular.",
    },
    topics: &[Topic::View],
    columns: &[
        Column::key("window_end", Kind::Moment),
        Column::key("rank", Kind::Integer),
        Column::value("product_id", Kind::Integer),
        Column::value("views", Kind::Integer),
    ],
    misconceptions: &[
        Misconception {
            name: "bots_counted",
            says: Words {
                ko: "로봇의 view까지 센 결과와 모든 행이 같습니다",
                en: "row for row what one gets when crawlers are counted, too",
            },
            rows: 5,
        },
        Misconception {
            name: "tumbling",
            says: Words {
                ko: "겹치지 않는 60분 창만 쓴 결과와 모든 행이 같습니다",
                en: "row for row what one gets with windows that don't overlap: only those that end at the full hour",
            },
            rows: 5,
        },
        Misconception {
            name: "ties_by_larger",
            says: Words {
                ko: "동점일 때 product_id가 큰 쪽을 앞세운 결과와 모든 행이 같습니다",
                en: "row for row what one gets when the larger product_id wins a tie",
            },
            rows: 5,
        },
        Misconception {
            name: "closed_end",
            says: Words {
                ko: "창의 끝을 포함하고 시작을 뺀 결과와 모든 행이 같습니다",
                en: "row for row what one gets when a window includes its end and not its start",
            },
            rows: 5,
        },
    ],
    picture: Picture {
        title: Words {
            ko: "창마다 1위 상품을 본 횟수",
            en: "Views of the first in each window",
        },
        x: Words {
            ko: "창의 끝 (UTC)",
            en: "end of the window (UTC)",
        },
        y: Words {
            ko: "1위 상품의 view 수",
            en: "views of the product in first place",
        },
        series: picture::ONE,
        together: Together::Stacked,
        bars: first_places,
    },
    recipe: || Recipe {
        days: 1,
        visits_per_day: 300,
        scenario: Scenario::default(),
        faults: Faults {
            late: 0.03,
            late_by: 600,
            ..Faults::default()
        },
    },
    plant: plant_traps,
    solve,
};

fn first_places(rows: &[Row]) -> Vec<Bar> {
    let is_first = |row: &&Row| picture::number(row, 1) == 1;
    let first: Vec<Row> = rows.iter().filter(is_first).cloned().collect();
    picture::sums(&first, &[3])
}

fn solve(stream: &Stream, task: &Task, mistakes: Mistakes) -> Vec<Row> {
    let slide = if mistakes.has(TUMBLING) {
        WIDTH
    } else {
        task.slide_minutes * MINUTE
    };
    let mut windows: BTreeMap<i64, BTreeMap<i64, i64>> = BTreeMap::new();
    let counted = |event: &&Event| event.visitor.is_some() || mistakes.has(BOTS_COUNTED);
    for view in stream.of_kind("view").filter(counted) {
        let Some(product) = view.product else { continue };
        // With the end included, a view on the boundary belongs to the window that ends there.
        let at = if mistakes.has(CLOSED_END) { view.at - 1 } else { view.at };
        let mut end = at - at.rem_euclid(slide) + slide;
        while end <= at - at.rem_euclid(slide) + WIDTH {
            *windows.entry(end).or_default().entry(product).or_default() += 1;
            end += slide;
        }
    }
    let mut rows = Vec::new();
    for (end, products) in windows {
        let mut ranked: Vec<(i64, i64)> = products.into_iter().collect();
        if mistakes.has(TIES_BY_LARGER) {
            ranked.sort_by_key(|(product, views)| Reverse((*views, *product)));
        } else {
            ranked.sort_by_key(|(product, views)| (Reverse(*views), *product));
        }
        for (rank, (product, views)) in (1..=task.k).zip(ranked) {
            rows.push(vec![
                Value::Moment(end),
                Value::Integer(rank),
                Value::Integer(product),
                Value::Integer(views),
            ]);
        }
    }
    rows
}

/// Views on the very boundary of a window.
#[expect(clippy::ptr_arg, reason = "others of this type add and take out messages")]
fn plant_traps(messages: &mut Vec<Message>, task: &Task, _: &mut Random) {
    let slide = task.slide_minutes * MINUTE;
    let on_boundary = plant::some(messages, 60, |message| {
        plant::is(message, "view") && plant::number(message, "product_id").is_some()
    });
    for place in on_boundary {
        let at = messages[place].at;
        plant::move_to(&mut messages[place], at - at.rem_euclid(slide));
    }
}
