//! Cost of a search: `cargo bench -p shop --bench search`.
//!
//! Catalogues of generated names in both languages, of 300 and of 100,000 products, and one query of each kind. The aims are 5 ms and
//! 30 ms for the slowest.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use schemas::{CategoryId, ProductId};
use shop::domain::{Catalogue, Category, Filter, Language, Localized, PageNumber, Product, StockLevels, Won};
use time::macros::date;

const QUERIES: [(&str, &str); 8] = [
    ("whole words", "quiet wooden teapot"),
    ("first letter", "t"),
    ("half typed", "나무 헤드ㅍ"),
    ("initials", "ㅎㄷㅍ"),
    ("one slip", "headphnes"),
    ("two slips", "waterprof headfonse"),
    ("other keyboard", "gpemvhs"),
    ("nothing at all", "qqqqwwwwzzzz vvvvvvvvv"),
];

/// Parts of names: with them there are 20 x 20 x 24 names of three words, and a model number makes each its own.
const QUALITIES: [(&str, &str); 20] = [
    ("조용한", "Quiet"),
    ("가벼운", "Light"),
    ("튼튼한", "Sturdy"),
    ("작은", "Little"),
    ("넓은", "Wide"),
    ("따뜻한", "Warm"),
    ("시원한", "Cool"),
    ("부드러운", "Soft"),
    ("방수", "Waterproof"),
    ("접히는", "Folding"),
    ("무선", "Wireless"),
    ("둥근", "Round"),
    ("두툼한", "Thick"),
    ("얇은", "Thin"),
    ("오래가는", "Lasting"),
    ("손쉬운", "Easy"),
    ("매일", "Everyday"),
    ("주말", "Weekend"),
    ("여행용", "Travelling"),
    ("어린이", "Children's"),
];
const MATERIALS: [(&str, &str); 20] = [
    ("나무", "Wooden"),
    ("황동", "Brass"),
    ("도자기", "Porcelain"),
    ("유리", "Glass"),
    ("가죽", "Leather"),
    ("면", "Cotton"),
    ("마", "Linen"),
    ("비단", "Silk"),
    ("대나무", "Bamboo"),
    ("무쇠", "Cast-iron"),
    ("강철", "Steel"),
    ("돌", "Stone"),
    ("종이", "Paper"),
    ("고무", "Rubber"),
    ("코르크", "Cork"),
    ("은", "Silver"),
    ("구리", "Copper"),
    ("양모", "Woollen"),
    ("밀랍", "Beeswax"),
    ("흙", "Clay"),
];
const THINGS: [(&str, &str); 24] = [
    ("찻주전자", "Teapot"),
    ("헤드폰", "Headphones"),
    ("의자", "Chair"),
    ("우산", "Umbrella"),
    ("연필", "Pencil"),
    ("가방", "Bag"),
    ("시계", "Clock"),
    ("거울", "Mirror"),
    ("바구니", "Basket"),
    ("접시", "Plate"),
    ("숟가락", "Spoon"),
    ("자전거", "Bicycle"),
    ("카메라", "Camera"),
    ("피아노", "Piano"),
    ("텐트", "Tent"),
    ("모자", "Hat"),
    ("장갑", "Gloves"),
    ("구두", "Shoes"),
    ("화분", "Flowerpot"),
    ("액자", "Picture Frame"),
    ("칫솔", "Toothbrush"),
    ("베개", "Pillow"),
    ("양말", "Socks"),
    ("사다리", "Ladder"),
];

fn catalogue(count: i64) -> Catalogue {
    let words = |ko: String, en: String| Localized { ko, en };
    let place = |at: i64, step: i64, length: usize| usize::try_from(at / step).unwrap_or_default() % length;
    let product = |at: i64| {
        let (quality, material, thing) = (
            QUALITIES[place(at, 1, QUALITIES.len())],
            MATERIALS[place(at, 20, MATERIALS.len())],
            THINGS[place(at, 7, THINGS.len())],
        );
        Product {
            id: ProductId(at + 1),
            category: CategoryId(at % 12 + 1),
            name: words(
                format!("{} {} {} K{at}", quality.0, material.0, thing.0),
                format!("{} {} {}, No. {at}", quality.1, material.1, thing.1),
            ),
            description: words(
                format!("{} 만든 {}예요. {}번째로 골랐어요.", material.0, thing.0, at),
                format!("A {} made of {}, chosen as number {at}.", thing.1, material.1),
            ),
            price: Won(at % 1000 * 100 + 1000),
            picture: "1fad6".to_owned(),
            added: date!(2026 - 01 - 01),
        }
    };
    let category = |id: i64| Category {
        id: CategoryId(id),
        slug: format!("category-{id}"),
        name: words(format!("분류 {id}"), format!("Department {id}")),
        description: words(String::new(), String::new()),
        hue: 0,
        picture: "1f373".to_owned(),
    };
    Catalogue::new((1..=12).map(category).collect(), (0..count).map(product).collect())
}

fn search(criterion: &mut Criterion) {
    for count in [300, 100_000] {
        let catalogue = catalogue(count);
        let stock: StockLevels = (1..=count).map(|id| (ProductId(id), 1)).collect();
        let mut group = criterion.benchmark_group(format!("search/{count}"));
        group.sample_size(20);
        for (name, query) in QUERIES {
            let everything = (&Filter::default(), None, PageNumber::FIRST);
            let found = catalogue
                .search(query, everything, (&stock, Language::Ko))
                .listing
                .total;
            group.bench_function(format!("{name} ({found} found)"), |bencher| {
                bencher.iter(|| catalogue.search(black_box(query), everything, (&stock, Language::Ko)));
            });
        }
        group.finish();
    }
}

criterion_group!(benches, search);
criterion_main!(benches);
