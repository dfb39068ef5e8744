//! Exercise 1: tail and count.

use std::collections::BTreeMap;

use schemas::Topic;

use super::event::Stream;
use super::picture::{self, Picture, Together};
use super::plant::MINUTE;
use super::table::{Column, Kind, Row, Value};
use super::{Exercise, Misconception, Mistakes, Recipe, Task, Words};
use crate::replay::faults::Faults;
use crate::simulate::scenario::Scenario;

const HOUR: i64 = 60 * MINUTE;

const LOCAL_TIME: usize = 0;
const KEEPS_LEFT_OUT: usize = 1;
const LAST_HOUR_OPEN: usize = 2;
const BY_ARRIVAL: usize = 3;

pub(super) const EXERCISE: Exercise = Exercise {
    number: 1,
    name: "count",
    title: Words {
        ko: "지켜보며 세기",
        en: "Tail and count",
    },
    story: Words {
        ko: "쇼핑몰이 이틀 동안 이벤트를 보냈습니다. 무엇이 얼마나 왔는지 모르면 아무것도 시작할 수 없습니다.",
        en: "The shop has sent events for two days. Nothing can begin before it is known what came, and how much of it.",
    },
    task: Words {
        ko: "이벤트 시각(UTC)의 매 정시 구간마다, event_type별로 이벤트 수를 세세요. `{left_out}`은 세지 않습니다. 이벤트가 없는 조합은 행이 없습니다.",
        en: "For each full hour of the events' own time (UTC), count the events of each event_type. Leave out `{left_out}`. A combination without events has no row.",
    },
    hints: &[
        Words {
            ko: "`timestamp`는 UTC입니다. 여러분의 도구가 현지 시각으로 바꾸지 않나요?",
            en: "`timestamp` is in UTC. Does your tool turn it into local time?",
        },
        Words {
            ko: "늦게 온 이벤트는 자기 시각의 구간에 속합니다.",
            en: "An event that comes late belongs to the hour in which it happened.",
        },
        Words {
            ko: "스트림이 끝나면 마지막 구간도 내보내야 합니다.",
            en: "When the stream ends, the last hour must be put out, too.",
        },
    ],
    afterwards: Words {
        ko: "실무에서는 시간대, 아직 닫히지 않은 구간, 이벤트 시각과 도착 시각의 차이를 가장 먼저 확인합니다.",
        en: "A professional checks three things first: the time zone, the interval that is still open, and event time against arrival time.",
    },
    topics: &[
        Topic::View,
        Topic::Search,
        Topic::Cart,
        Topic::Order,
        Topic::Dwell,
        Topic::Click,
        Topic::Exposure,
    ],
    columns: &[
        Column::key("hour", Kind::Moment),
        Column::key("event_type", Kind::Text),
        Column::value("events", Kind::Integer),
    ],
    misconceptions: &[
        Misconception {
            name: "local_time",
            says: Words {
                ko: "한국 시각(UTC+9)으로 나눈 결과와 모든 행이 같습니다",
                en: "row for row what one gets when hours are those of Korea (UTC+9) and not of UTC",
            },
            rows: 5,
        },
        Misconception {
            name: "keeps_left_out",
            says: Words {
                ko: "빼야 할 event_type까지 센 결과와 모든 행이 같습니다",
                en: "row for row what one gets when the event type that was to be left out is counted as well",
            },
            rows: 5,
        },
        Misconception {
            name: "last_hour_open",
            says: Words {
                ko: "마지막 한 시간이 빠진 결과와 모든 행이 같습니다",
                en: "row for row what one gets when the last hour is never put out, because no later event closes it",
            },
            rows: 2,
        },
        Misconception {
            name: "by_arrival",
            says: Words {
                ko: "이벤트 시각이 아니라 도착한 때로 나눈 결과와 모든 행이 같습니다",
                en: "row for row what one gets when an event is counted in the hour in which it arrived",
            },
            rows: 5,
        },
    ],
    picture: Picture {
        title: Words {
            ko: "시간별 이벤트 수",
            en: "Events in each hour",
        },
        x: Words {
            ko: "시각 (UTC)",
            en: "hour (UTC)",
        },
        y: Words {
            ko: "이벤트 수",
            en: "events",
        },
        series: picture::ONE,
        together: Together::Stacked,
        bars: |rows| picture::sums(rows, &[2]),
    },
    recipe: || Recipe {
        days: 2,
        visits_per_day: 150,
        scenario: Scenario::default(),
        faults: Faults {
            late: 0.03,
            late_by: 1800,
            ..Faults::default()
        },
    },
    plant: |_, _, _| {},
    solve,
};

fn solve(stream: &Stream, task: &Task, mistakes: Mistakes) -> Vec<Row> {
    let mut counts: BTreeMap<(i64, &str), i64> = BTreeMap::new();
    for event in &stream.events {
        if event.kind == task.left_out && !mistakes.has(KEEPS_LEFT_OUT) {
            continue;
        }
        let at = if mistakes.has(BY_ARRIVAL) {
            event.clock
        } else {
            event.at
        };
        let shifted = if mistakes.has(LOCAL_TIME) { at + 9 * HOUR } else { at };
        *counts
            .entry((shifted - shifted.rem_euclid(HOUR), &event.kind))
            .or_default() += 1;
    }
    let last = counts.last_key_value().map(|((hour, _), _)| *hour);
    let kept = counts
        .into_iter()
        .filter(|((hour, _), _)| !mistakes.has(LAST_HOUR_OPEN) || Some(*hour) != last);
    kept.map(|((hour, kind), events)| {
        vec![
            Value::Moment(hour),
            Value::Text(kind.to_owned()),
            Value::Integer(events),
        ]
    })
    .collect()
}
