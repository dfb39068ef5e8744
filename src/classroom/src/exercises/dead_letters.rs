//! Exercise 8: dead letters and schema version 2.

use std::collections::BTreeMap;

use schemas::Topic;
use serde_json::Value as Json;

use super::event::Stream;
use super::picture::{self, Bar, Picture, Together};
use super::plant;
use super::table::{Column, Kind, Row, Value};
use super::{Exercise, Misconception, Mistakes, Recipe, Task, Words};
use crate::replay::damage::as_version_2;
use crate::replay::faults::Faults;
use crate::replay::message::Message;
use crate::simulate::random::Random;
use crate::simulate::scenario::{Buying, Scenario};

const SKIPS_VERSION_2: usize = 0;
const VERSION_2_WITHOUT_PRICE: usize = 1;
const SILENT: usize = 2;
const TAKES_VERSION_3: usize = 3;

pub(super) const EXERCISE: Exercise = Exercise {
    number: 8,
    name: "dead-letters",
    title: Words {
        ko: "죽은 편지와 스키마 2판",
        en: "Dead letters and schema version 2",
    },
    story: Words {
        ko: "생산자가 조용히 새 판을 내놓았고, 몇몇 메시지는 길에서 망가졌습니다. 아무것도 말없이 사라져서는 안 됩니다.",
        en: "A producer has quietly begun to send a new version, and some messages broke on the way. Nothing may vanish without a word.",
    },
    task: Words {
        ko: "shop.cart의 메시지를 읽으세요. 1판은 `unit_price`가 수, 2판은 `{\"amount\": 수, \"currency\": \"KRW\"}`입니다. cart_add마다 상품별로 수량의 합(count)과 수량×가격의 합(amount)을 kind=`product`, name=product_id로 내세요. 읽을 수 없는 메시지는 kind=`dead_letter`, amount=0으로 세되 name은 JSON 객체가 아니면 `not_json`, schema_version이 1도 2도 아니면 `unknown_version`입니다.",
        en: "Read the messages of shop.cart. In version 1 `unit_price` is a number, in version 2 it is `{\"amount\": NUMBER, \"currency\": \"KRW\"}`. For the cart_add events of each product give the sum of quantities (count) and of quantity times price (amount), with kind `product` and the product_id as name. Count messages that can't be read with kind `dead_letter` and amount 0: name `not_json` for what is no JSON object, `unknown_version` where schema_version is neither 1 nor 2.",
    },
    hints: &[
        Words {
            ko: "`null`은 올바른 JSON이지만 객체가 아닙니다. UTF-8이 아닌 바이트도 있습니다.",
            en: "`null` is valid JSON, but no object. Some bytes are no UTF-8.",
        },
        Words {
            ko: "모르는 판을 아는 판처럼 읽으면 언젠가 조용히 틀립니다.",
            en: "Who reads an unknown version as a known one will one day be silently wrong.",
        },
    ],
    afterwards: Words {
        ko: "죽은 편지는 원래 바이트, 이유, 위치와 함께 보관하고, 수를 지켜보며, 고친 뒤 다시 보냅니다.",
        en: "Dead letters are kept with their bytes, their reason and their place; their number is watched; and they are sent again once mended.",
    },
    topics: &[Topic::Cart],
    columns: &[
        Column::key("kind", Kind::Text),
        Column::key("name", Kind::Text),
        Column::value("count", Kind::Integer),
        Column::value("amount", Kind::Integer),
    ],
    misconceptions: &[
        Misconception {
            name: "skips_version_2",
            says: Words {
                ko: "2판 메시지를 버린 결과와 모든 행이 같습니다",
                en: "row for row what one gets when messages of version 2 are skipped",
            },
            rows: 5,
        },
        Misconception {
            name: "version_2_without_price",
            says: Words {
                ko: "2판의 가격을 0으로 읽은 결과와 모든 행이 같습니다",
                en: "row for row what one gets when the price of version 2 is read as 0",
            },
            rows: 5,
        },
        Misconception {
            name: "silent",
            says: Words {
                ko: "읽을 수 없는 메시지를 말없이 버린 결과와 같습니다",
                en: "row for row what one gets when messages that can't be read are dropped without being counted",
            },
            rows: 2,
        },
        Misconception {
            name: "takes_version_3",
            says: Words {
                ko: "모르는 판을 1판처럼 읽은 결과와 모든 행이 같습니다",
                en: "row for row what one gets when an unknown version is read as if it were known",
            },
            rows: 5,
        },
    ],
    picture: Picture {
        title: Words {
            ko: "읽을 수 없는 메시지",
            en: "Messages that can not be read",
        },
        x: Words {
            ko: "까닭",
            en: "reason",
        },
        y: Words {
            ko: "메시지 수",
            en: "messages",
        },
        series: picture::ONE,
        together: Together::Stacked,
        bars: letters,
    },
    recipe: || Recipe {
        days: 2,
        visits_per_day: 250,
        scenario: Scenario {
            buying: Buying {
                add: 0.14,
                ..Buying::default()
            },
            ..Scenario::default()
        },
        faults: Faults {
            corrupt: 0.06,
            ..Faults::default()
        },
    },
    plant: plant_traps,
    solve,
};

#[derive(Default)]
struct Sums {
    products: BTreeMap<i64, (i64, i64)>,
    not_json: i64,
    unknown_version: i64,
}

fn letters(rows: &[Row]) -> Vec<Bar> {
    let letters = rows
        .iter()
        .filter(|row| row[0] == Value::Text("dead_letter".to_owned()));
    let bar = |row: &Row| Bar {
        label: row[1].to_string(),
        values: vec![picture::number(row, 2)],
    };
    letters.map(bar).collect()
}

fn solve(stream: &Stream, _: &Task, mistakes: Mistakes) -> Vec<Row> {
    let mut sums = Sums::default();
    for message in &stream.messages {
        sums.take(&message.value, mistakes);
    }
    let row = |kind: &str, name: String, count, amount| {
        vec![
            Value::Text(kind.to_owned()),
            Value::Text(name),
            Value::Integer(count),
            Value::Integer(amount),
        ]
    };
    let products = sums.products.into_iter();
    let mut rows: Vec<Row> = products
        .map(|(product, (count, amount))| row("product", product.to_string(), count, amount))
        .collect();
    if !mistakes.has(SILENT) {
        let letters = [("not_json", sums.not_json), ("unknown_version", sums.unknown_version)];
        let told = letters.into_iter().filter(|(_, count)| *count > 0);
        rows.extend(told.map(|(name, count)| row("dead_letter", name.to_owned(), count, 0)));
    }
    rows
}

impl Sums {
    fn take(&mut self, value: &[u8], mistakes: Mistakes) {
        let Ok(Json::Object(object)) = serde_json::from_slice::<Json>(value) else {
            self.not_json += 1;
            return;
        };
        let version = object.get("schema_version").and_then(Json::as_i64);
        match version {
            Some(1 | 2) => {}
            _ if mistakes.has(TAKES_VERSION_3) => {}
            _ => {
                self.unknown_version += 1;
                return;
            }
        }
        if object.get("event_type").and_then(Json::as_str) != Some("cart_add") {
            return;
        }
        let details = object.get("details").cloned().unwrap_or_default();
        let price = &details["unit_price"];
        let price = match (price.as_i64(), price["amount"].as_i64()) {
            (Some(price), _) => price,
            (None, _) if mistakes.has(SKIPS_VERSION_2) => return,
            (None, _) if mistakes.has(VERSION_2_WITHOUT_PRICE) => 0,
            (None, amount) => amount.unwrap_or(0),
        };
        let quantity = details["quantity"].as_i64().unwrap_or(0);
        let Some(product) = details["product_id"].as_i64() else {
            return;
        };
        let sums = self.products.entry(product).or_default();
        *sums = (sums.0 + quantity, sums.1 + quantity * price);
    }
}

/// A new version among the old one, and one that nobody knows yet.
#[expect(clippy::ptr_arg, reason = "others of this type add and take out messages")]
fn plant_traps(messages: &mut Vec<Message>, _: &Task, random: &mut Random) {
    for message in messages.iter_mut() {
        if random.chance(0.3) {
            as_version_2(&mut message.value);
        } else if random.chance(0.08) {
            plant::replace(message, "\"schema_version\":1", "\"schema_version\":3");
        }
    }
}
