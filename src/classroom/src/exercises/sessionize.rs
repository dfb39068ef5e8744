//! Exercise 2: sessionize.

use std::collections::BTreeMap;

use schemas::Topic;

use super::event::{Event, Stream};
use super::picture::{self, Picture, Together};
use super::plant::{self, MINUTE};
use super::table::{Column, Kind, Row, Value};
use super::{Exercise, Misconception, Mistakes, Recipe, Task, Words};
use crate::replay::faults::Faults;
use crate::replay::message::Message;
use crate::simulate::random::Random;
use crate::simulate::scenario::Scenario;

const DAY: i64 = 24 * 60 * MINUTE;

const MIDNIGHT: usize = 0;
const INCLUSIVE: usize = 1;
const FROM_START: usize = 2;
const UNSORTED: usize = 3;

pub(super) const EXERCISE: Exercise = Exercise {
    number: 2,
    name: "sessionize",
    title: Words {
        ko: "세션 나누기",
        en: "Sessionize",
    },
    story: Words {
        ko: "마케팅 팀은 쇼핑몰의 세션(30분)보다 짧은 방문 단위를 원합니다. 방문은 침묵으로 끝납니다.",
        en: "Marketing wants visits that are shorter than the shop's own sessions (30 minutes). A visit ends by silence.",
    },
    task: Words {
        ko: "visitor_id마다 이벤트를 시각 순으로 놓고, 앞 이벤트와의 간격이 {gap_minutes}분보다 크면 새 방문이 시작됩니다(정확히 {gap_minutes}분은 같은 방문). 방문마다 시작, 끝, 이벤트 수를 내세요. visitor_id가 없는 이벤트(로봇)는 뺍니다.",
        en: "Put each visitor_id's events in the order of their own time. Where the gap to the event before is greater than {gap_minutes} minutes, a new visit begins (exactly {gap_minutes} minutes is still the same one). Give each visit's start, end and number of events. Events without visitor_id (crawlers) are left out.",
    },
    hints: &[
        Words {
            ko: "이벤트는 순서대로 오지 않습니다.",
            en: "Events don't come in order.",
        },
        Words {
            ko: "자정에도 사람들은 계속 둘러봅니다.",
            en: "People go on browsing at midnight.",
        },
        Words {
            ko: "간격은 바로 앞 이벤트부터 잽니다. 방문의 시작부터가 아닙니다.",
            en: "The gap is measured from the event before, not from the visit's start.",
        },
    ],
    afterwards: Words {
        ko: "세션은 정의입니다. 경계(>, ≥), 날짜 경계, 늦은 이벤트가 두 세션을 하나로 잇는 경우를 문서에 적어 둡니다.",
        en: "A session is a definition: write down the boundary (> or ≥), what happens at midnight, and that a late event may join two sessions into one.",
    },
    topics: &[Topic::View, Topic::Cart, Topic::Order, Topic::Click],
    columns: &[
        Column::key("visitor_id", Kind::Text),
        Column::key("visit_start", Kind::Moment),
        Column::value("visit_end", Kind::Moment),
        Column::value("events", Kind::Integer),
    ],
    misconceptions: &[
        Misconception {
            name: "midnight",
            says: Words {
                ko: "자정에서 방문을 끊은 결과와 모든 행이 같습니다",
                en: "row for row what one gets when visits are split at midnight",
            },
            rows: 5,
        },
        Misconception {
            name: "inclusive",
            says: Words {
                ko: "간격이 정확히 기준과 같을 때도 새 방문을 시작한 결과와 모든 행이 같습니다",
                en: "row for row what one gets when a gap of exactly the limit already begins a new visit",
            },
            rows: 5,
        },
        Misconception {
            name: "from_start",
            says: Words {
                ko: "바로 앞 이벤트가 아니라 방문의 시작부터 잰 결과와 모든 행이 같습니다",
                en: "row for row what one gets when the time is measured from the visit's first event instead of from the event before",
            },
            rows: 5,
        },
        Misconception {
            name: "unsorted",
            says: Words {
                ko: "이벤트를 도착한 순서대로 처리한 결과와 모든 행이 같습니다",
                en: "row for row what one gets when events are taken in the order of their arrival",
            },
            rows: 5,
        },
    ],
    picture: Picture {
        title: Words {
            ko: "방문마다 이벤트가 몇 개인가",
            en: "How many events a visit has",
        },
        x: Words {
            ko: "방문의 이벤트 수",
            en: "events of a visit",
        },
        y: Words {
            ko: "방문 수",
            en: "visits",
        },
        series: picture::ONE,
        together: Together::Stacked,
        bars: |rows| picture::doubling(rows.iter().map(|row| picture::number(row, 3))),
    },
    recipe: || Recipe {
        days: 2,
        visits_per_day: 150,
        scenario: Scenario::default(),
        faults: Faults {
            late: 0.02,
            late_by: 900,
            shuffle: 0.1,
            shuffle_by: 60,
            ..Faults::default()
        },
    },
    plant: plant_traps,
    solve,
};

fn solve(stream: &Stream, task: &Task, mistakes: Mistakes) -> Vec<Row> {
    let mut visitors: BTreeMap<&str, Vec<&Event>> = BTreeMap::new();
    for event in &stream.events {
        if let Some(visitor) = &event.visitor {
            visitors.entry(visitor).or_default().push(event);
        }
    }
    let gap = task.gap_minutes * MINUTE;
    let mut rows = Vec::new();
    for (visitor, mut events) in visitors {
        if !mistakes.has(UNSORTED) {
            events.sort_by_key(|event| event.at);
        }
        let mut visits: Vec<(i64, i64, i64)> = Vec::new();
        for event in events {
            match visits.last_mut() {
                Some(visit) if !begins_anew(visit, event.at, gap, mistakes) => {
                    *visit = (visit.0, event.at, visit.2 + 1);
                }
                _ => {
                    visits.push((event.at, event.at, 1));
                }
            }
        }
        rows.extend(visits.into_iter().map(|(start, end, events)| {
            vec![
                Value::Text(visitor.to_owned()),
                Value::Moment(start),
                Value::Moment(end),
                Value::Integer(events),
            ]
        }));
    }
    rows
}

fn begins_anew(&(start, end, _): &(i64, i64, i64), at: i64, gap: i64, mistakes: Mistakes) -> bool {
    let silence = at - if mistakes.has(FROM_START) { start } else { end };
    let over_midnight = end.div_euclid(DAY) != at.div_euclid(DAY);
    silence > gap || (mistakes.has(INCLUSIVE) && silence == gap) || (mistakes.has(MIDNIGHT) && over_midnight)
}

/// Gaps of exactly the limit, and visits over midnight.
#[expect(clippy::ptr_arg, reason = "others of this type add and take out messages")]
fn plant_traps(messages: &mut Vec<Message>, task: &Task, random: &mut Random) {
    let mut by_visitor: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (place, message) in messages.iter().enumerate() {
        if let Some(visitor) = plant::field(message, "visitor_id") {
            by_visitor.entry(visitor.to_owned()).or_default().push(place);
        }
    }
    let gap = task.gap_minutes * MINUTE;
    let short = |places: &&Vec<usize>| {
        let times: Vec<i64> = places.iter().map(|place| messages[*place].at).collect();
        let span = times
            .iter()
            .max()
            .zip(times.iter().min())
            .map_or(0, |(last, first)| last - first);
        times.len() >= 4 && span < gap
    };
    let visits: Vec<Vec<usize>> = by_visitor.values().filter(short).take(20).cloned().collect();
    for (number, mut places) in visits.into_iter().enumerate() {
        places.sort_by_key(|place| messages[*place].at);
        let (last, before) = (places[places.len() - 1], places[places.len() - 2]);
        if number % 2 == 0 {
            let at = messages[before].at + gap;
            plant::move_to(&mut messages[last], at);
        } else {
            let middle = messages[last].at.midpoint(messages[before].at);
            let midnight = (middle / DAY + 1) * DAY;
            let by = midnight.min(task.as_of_micros / DAY * DAY) - middle + random.between(-500, 500);
            for place in places {
                let at = messages[place].at + by;
                plant::move_to(&mut messages[place], at);
            }
        }
    }
}
