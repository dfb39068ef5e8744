//! Exercise 9: an A/B test with a sample-ratio mismatch.

use std::collections::{BTreeMap, BTreeSet};

use schemas::Topic;

use super::event::{Event, Stream, in_time};
use super::picture::{self, Bar, Picture, Together};
use super::plant;
use super::table::{Column, Kind, Row, Value};
use super::{Exercise, Misconception, Mistakes, Recipe, Task, Words};
use crate::replay::faults::Faults;
use crate::replay::message::Message;
use crate::simulate::random::Random;
use crate::simulate::scenario::{Buying, Scenario};

const COUNTS_EXPOSURES: usize = 0;
const BEFORE_EXPOSURE: usize = 1;
const FORCED_COUNTED: usize = 2;
const NO_RATIO_CHECK: usize = 3;

pub(super) const EXERCISE: Exercise = Exercise {
    number: 9,
    name: "ab-test",
    title: Words {
        ko: "표본 비율이 어긋난 A/B 실험",
        en: "An A/B test with a sample-ratio mismatch",
    },
    story: Words {
        ko: "세 실험이 돌고 있습니다. 그중 하나는 노출 기록이 새고 있어서 결과를 믿을 수 없습니다.",
        en: "Three experiments run. One of them loses records of who was exposed, so that its result can't be trusted.",
    },
    task: Words {
        ko: "실험과 변형마다 노출된 방문자 수(visitors), 첫 노출과 같은 때이거나 그 뒤에 cart_add를 한 방문자 수(converted), 그리고 verdict를 내세요. `forced: true`인 노출과 visitor_id가 없는 것은 뺍니다. 변형은 절반씩이어야 합니다: (a−b)²/(a+b) > 10.83 이면 두 행 모두 `mismatch`, 아니면 `ok`입니다.",
        en: "For each experiment and variant give the visitors exposed, those of them with a cart_add at or after their first exposure (converted), and a verdict. Leave out exposures that are `forced: true` or have no visitor_id. Variants should have half each: where (a−b)²/(a+b) > 10.83, both rows say `mismatch`, otherwise `ok`.",
    },
    hints: &[
        Words {
            ko: "방문자는 같은 실험에 여러 번 노출됩니다.",
            en: "A visitor is exposed to the same experiment many times.",
        },
        Words {
            ko: "노출되기 전에 담은 것은 실험의 효과가 아닙니다.",
            en: "What was added before the first exposure is no effect of the experiment.",
        },
    ],
    afterwards: Words {
        ko: "표본 비율이 어긋나면 효과를 계산하지 않습니다. 먼저 어디서 새는지 찾습니다.",
        en: "With a sample-ratio mismatch no effect is computed: first the leak is found.",
    },
    topics: &[Topic::Exposure, Topic::Cart],
    columns: &[
        Column::key("experiment", Kind::Text),
        Column::key("variant", Kind::Text),
        Column::value("visitors", Kind::Integer),
        Column::value("converted", Kind::Integer),
        Column::value("verdict", Kind::Text),
    ],
    misconceptions: &[
        Misconception {
            name: "counts_exposures",
            says: Words {
                ko: "방문자가 아니라 노출 수를 센 결과와 모든 행이 같습니다",
                en: "row for row what one gets when exposures are counted instead of visitors",
            },
            rows: 5,
        },
        Misconception {
            name: "before_exposure",
            says: Words {
                ko: "첫 노출 전에 담은 것까지 센 결과와 모든 행이 같습니다",
                en: "row for row what one gets when what was added before the first exposure counts as well",
            },
            rows: 5,
        },
        Misconception {
            name: "forced_counted",
            says: Words {
                ko: "강제 노출까지 센 결과와 모든 행이 같습니다",
                en: "row for row what one gets when forced exposures are counted, too",
            },
            rows: 5,
        },
        Misconception {
            name: "no_ratio_check",
            says: Words {
                ko: "표본 비율을 확인하지 않은 결과와 모든 행이 같습니다",
                en: "row for row what one gets when nobody checks the sample ratio: every verdict is ok",
            },
            rows: 4,
        },
    ],
    picture: Picture {
        title: Words {
            ko: "변형마다 방문자와 전환",
            en: "Visitors and conversion of each variant",
        },
        x: Words {
            ko: "실험과 변형",
            en: "experiment and variant",
        },
        y: Words {
            ko: "방문자 수",
            en: "visitors",
        },
        series: &[
            Words {
                ko: "전환함",
                en: "converted",
            },
            Words {
                ko: "전환하지 않음",
                en: "not converted",
            },
        ],
        together: Together::Stacked,
        bars: variants,
    },
    recipe: || Recipe {
        days: 2,
        visits_per_day: 400,
        scenario: Scenario {
            buying: Buying {
                add: 0.1,
                ..Buying::default()
            },
            ..Scenario::default()
        },
        faults: Faults {
            late: 0.02,
            late_by: 600,
            ..Faults::default()
        },
    },
    plant: plant_traps,
    solve,
};

/// An experiment and one of its variants.
type Names = (String, String);
/// Of each visitor: the first exposure, and how many there were.
type Exposed<'a> = BTreeMap<&'a str, (i64, i64)>;

fn people(stream: &Stream) -> impl Iterator<Item = &Event> {
    stream.events.iter().filter(|event| event.visitor.is_some())
}

fn exposed(stream: &Stream, mistakes: Mistakes) -> BTreeMap<Names, Exposed<'_>> {
    let counted = |event: &&Event| event.details["forced"] != true || mistakes.has(FORCED_COUNTED);
    let mut exposed: BTreeMap<Names, Exposed<'_>> = BTreeMap::new();
    for event in in_time(people(stream).filter(|event| event.kind == "exposure").filter(counted)) {
        let name = |field: &str| event.details[field].as_str().unwrap_or_default().to_owned();
        let visitors = exposed.entry((name("experiment"), name("variant"))).or_default();
        let visitor = event.visitor.as_deref().unwrap_or_default();
        visitors.entry(visitor).or_insert((event.at, 0)).1 += 1;
    }
    exposed
}

fn variants(rows: &[Row]) -> Vec<Bar> {
    let bar = |row: &Row| {
        let (visitors, converted) = (picture::number(row, 2), picture::number(row, 3));
        Bar {
            label: format!("{} {}", row[0], row[1]),
            values: vec![converted, visitors - converted],
        }
    };
    rows.iter().map(bar).collect()
}

fn solve(stream: &Stream, _: &Task, mistakes: Mistakes) -> Vec<Row> {
    let exposed = exposed(stream, mistakes);
    let mut added: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
    for event in people(stream).filter(|event| event.kind == "cart_add") {
        added
            .entry(event.visitor.as_deref().unwrap_or_default())
            .or_default()
            .push(event.at);
    }
    let converted = |visitor: &str, first: i64| {
        let times = added.get(visitor);
        times.is_some_and(|times| times.iter().any(|at| *at >= first || mistakes.has(BEFORE_EXPOSURE)))
    };
    let counts: Vec<(Names, i64, i64)> = exposed
        .into_iter()
        .map(|(names, visitors)| {
            let converted = visitors
                .iter()
                .filter(|(visitor, (first, _))| converted(visitor, *first))
                .count();
            let visitors = visitors
                .values()
                .map(|(_, times)| if mistakes.has(COUNTS_EXPOSURES) { *times } else { 1 })
                .sum();
            (names, visitors, i64::try_from(converted).unwrap_or(0))
        })
        .collect();
    let row = |((experiment, variant), visitors, converted): &(Names, i64, i64)| {
        let both = counts
            .iter()
            .filter(|(names, ..)| names.0 == *experiment)
            .map(|(_, visitors, _)| *visitors);
        let mismatch = is_mismatch(&both.collect::<Vec<_>>()) && !mistakes.has(NO_RATIO_CHECK);
        let verdict = if mismatch { "mismatch" } else { "ok" };
        vec![
            Value::Text(experiment.clone()),
            Value::Text(variant.clone()),
            Value::Integer(*visitors),
            Value::Integer(*converted),
            Value::Text(verdict.to_owned()),
        ]
    };
    counts.iter().map(row).collect()
}

/// The chi-squared statistic of an even split, with one degree of freedom, above its 99.9 % point; in whole numbers.
fn is_mismatch(visitors: &[i64]) -> bool {
    let &[a, b] = visitors else { return true };
    100 * (a - b) * (a - b) > 1083 * (a + b)
}

/// Exposures that were lost for one variant, some that were forced, and conversions before the first exposure.
fn plant_traps(messages: &mut Vec<Message>, _: &Task, random: &mut Random) {
    let experiments = ["listing_order", "add_label", "home_aa"];
    let leaking = format!("\"experiment\":\"{}\"", experiments[random.index(3)]);
    let holds =
        |message: &Message, text: &str| std::str::from_utf8(&message.value).is_ok_and(|value| value.contains(text));
    let control = "\"variant\":\"control\"";
    let lost: BTreeSet<String> = messages
        .iter()
        .filter(|message| holds(message, &leaking) && holds(message, control))
        .filter_map(|message| plant::field(message, "visitor_id").map(str::to_owned))
        .filter(|_| random.chance(0.45))
        .collect();
    messages.retain(|message| {
        let visitor = plant::field(message, "visitor_id");
        !(holds(message, &leaking) && holds(message, control) && visitor.is_some_and(|visitor| lost.contains(visitor)))
    });
    let others = [
        ("control", "popular_first"),
        ("control", "first_person"),
        ("control", "also_control"),
    ];
    for place in plant::some(messages, 60, |message| plant::is(message, "exposure")) {
        let mut forced = plant::copied(&messages[place], messages[place].at + 1_000_000, random);
        let (from, to) = others
            .iter()
            .copied()
            .find(|(_, other)| holds(&forced, other))
            .map_or_else(
                || {
                    others
                        .iter()
                        .copied()
                        .zip(experiments)
                        .find(|(_, name)| holds(&forced, name))
                        .map_or(others[0], |(pair, _)| pair)
                },
                |(control, other)| (other, control),
            );
        let (old, new) = (
            format!("\"variant\":\"{from}\""),
            format!("\"variant\":\"{to}\",\"forced\":true"),
        );
        plant::replace(&mut forced, &old, &new);
        messages.push(forced);
    }
    for place in plant::some(messages, 120, |message| plant::is(message, "cart_add")) {
        let visitor = plant::field(&messages[place], "visitor_id").map(str::to_owned);
        let theirs = messages
            .iter()
            .filter(|one| plant::field(one, "visitor_id").map(str::to_owned) == visitor);
        if let Some(first) = theirs.map(|one| one.at).min() {
            plant::move_to(&mut messages[place], first - 2_000_000);
        }
    }
}
