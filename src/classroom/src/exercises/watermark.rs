//! Exercise 4: late events and watermarks.

use std::collections::BTreeMap;

use schemas::Topic;

use super::event::Stream;
use super::picture::{self, Picture, Together};
use super::plant::MINUTE;
use super::table::{Column, Kind, Row, Value};
use super::{Exercise, Misconception, Mistakes, Recipe, Task, Words};
use crate::replay::faults::Faults;
use crate::simulate::scenario::Scenario;

const ACCEPTS_ALL: usize = 0;
const EVENT_AGAINST_WATERMARK: usize = 1;
const NO_LATENESS: usize = 2;
const BY_ARRIVAL: usize = 3;
const FROM_FIRST: usize = 4;

pub(super) const EXERCISE: Exercise = Exercise {
    number: 4,
    name: "watermarks",
    title: Words {
        ko: "늦은 이벤트와 워터마크",
        en: "Late events and watermarks",
    },
    story: Words {
        ko: "대시보드는 끝없이 기다릴 수 없습니다. 워터마크가 지나간 구간은 닫히고, 그 뒤에 온 것은 늦은 것으로 셉니다.",
        en: "A dashboard can't wait for ever. A window that the watermark has passed is closed; what comes for it afterwards is counted as late.",
    },
    task: Words {
        ko: "view 이벤트를 {window_minutes}분 구간(UTC 정시에 맞춤, 시작 포함)으로 나누세요. 워터마크는 지금까지 온 가장 늦은 이벤트 시각 − {lateness_minutes}분입니다. 이벤트가 올 때 자기 구간의 끝이 워터마크보다 크지 않으면 늦은 것입니다. 구간마다 받아들인 수(events)와 늦은 수(late)를 내세요. 하나라도 있는 구간만 행이 됩니다.",
        en: "Put view events into windows of {window_minutes} minutes (aligned to the full hour in UTC, start included). The watermark is the latest event time seen so far minus {lateness_minutes} minutes. An event is late if, when it comes, its window's end is not after the watermark. For each window give how many were accepted (events) and how many were late. A window with neither has no row.",
    },
    hints: &[
        Words {
            ko: "늦었는지는 이벤트 시각이 아니라 구간의 끝이 정합니다.",
            en: "Late is decided by the window's end, not by the event's own time.",
        },
        Words {
            ko: "먼저 워터마크를 이 이벤트까지 올린 다음에 견줍니다. 그래도 결과는 같습니다. 왜일까요?",
            en: "Whether the watermark is raised before or after looking at the event makes no difference. Why?",
        },
    ],
    afterwards: Words {
        ko: "워터마크는 완전함과 빠름 사이의 약속입니다. 늦은 수를 세지 않으면 그 약속이 맞는지 알 수 없습니다.",
        en: "A watermark trades completeness for speed. Who doesn't count what was late can't know whether the trade was good.",
    },
    topics: &[Topic::View],
    columns: &[
        Column::key("window_start", Kind::Moment),
        Column::value("events", Kind::Integer),
        Column::value("late", Kind::Integer),
    ],
    misconceptions: &[
        Misconception {
            name: "accepts_all",
            says: Words {
                ko: "아무것도 늦은 것으로 보지 않은 결과와 모든 행이 같습니다",
                en: "row for row what one gets when nothing is ever late",
            },
            rows: 5,
        },
        Misconception {
            name: "event_against_watermark",
            says: Words {
                ko: "구간의 끝이 아니라 이벤트 시각을 워터마크와 견준 결과와 모든 행이 같습니다",
                en: "row for row what one gets when the event's own time, and not its window's end, is compared with the watermark",
            },
            rows: 5,
        },
        Misconception {
            name: "no_lateness",
            says: Words {
                ko: "허용 지연 없이 워터마크를 잡은 결과와 모든 행이 같습니다",
                en: "row for row what one gets when the watermark is the latest event time itself, without the allowed minutes",
            },
            rows: 5,
        },
        Misconception {
            name: "by_arrival",
            says: Words {
                ko: "도착한 때의 구간에 넣은 결과와 모든 행이 같습니다",
                en: "row for row what one gets when an event is put into the window in which it arrived",
            },
            rows: 5,
        },
        Misconception {
            name: "from_first",
            says: Words {
                ko: "정시가 아니라 첫 이벤트부터 구간을 시작한 결과와 모든 행이 같습니다",
                en: "row for row what one gets when windows start at the first event instead of the full hour",
            },
            rows: 5,
        },
    ],
    picture: Picture {
        title: Words {
            ko: "구간마다 받아들인 것과 늦은 것",
            en: "Accepted and late in each window",
        },
        x: Words {
            ko: "구간의 시작 (UTC)",
            en: "start of the window (UTC)",
        },
        y: Words {
            ko: "view 이벤트 수",
            en: "view events",
        },
        series: &[
            Words {
                ko: "받아들임",
                en: "accepted",
            },
            Words {
                ko: "늦음", en: "late"
            },
        ],
        together: Together::Stacked,
        bars: |rows| picture::sums(rows, &[1, 2]),
    },
    recipe: || Recipe {
        days: 1,
        visits_per_day: 400,
        scenario: Scenario::default(),
        faults: Faults {
            late: 0.15,
            late_by: 2700,
            shuffle: 0.2,
            shuffle_by: 30,
            ..Faults::default()
        },
    },
    plant: |_, _, _| {},
    solve,
};

fn solve(stream: &Stream, task: &Task, mistakes: Mistakes) -> Vec<Row> {
    let width = task.window_minutes * MINUTE;
    let lateness = if mistakes.has(NO_LATENESS) {
        0
    } else {
        task.lateness_minutes * MINUTE
    };
    let views: Vec<_> = stream.of_kind("view").collect();
    let origin = views
        .first()
        .filter(|_| mistakes.has(FROM_FIRST))
        .map_or(0, |first| first.at);
    let mut windows: BTreeMap<i64, (i64, i64)> = BTreeMap::new();
    let mut latest = i64::MIN;
    for view in views {
        latest = latest.max(view.at);
        let at = if mistakes.has(BY_ARRIVAL) { latest } else { view.at };
        let start = at - (at - origin).rem_euclid(width);
        let watermark = latest - lateness;
        let late = if mistakes.has(EVENT_AGAINST_WATERMARK) {
            at < watermark
        } else {
            start + width <= watermark
        };
        let window = windows.entry(start).or_default();
        if late && !mistakes.has(ACCEPTS_ALL) {
            window.1 += 1;
        } else {
            window.0 += 1;
        }
    }
    windows
        .into_iter()
        .map(|(start, (events, late))| vec![Value::Moment(start), Value::Integer(events), Value::Integer(late)])
        .collect()
}
