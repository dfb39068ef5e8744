//! What people type, and what they mean by it: each row is a query and the product that must come first.

use schemas::ProductId;
use shop::domain::{Filter, Language, PageNumber};

use crate::world::World;

const QUERIES: [(&str, i64); 112] = [
    // Slips in English: left out, doubled, swapped, next key.
    ("headphnes", 501),
    ("haedphones", 501),
    ("headfones", 501),
    ("wireles headphones", 501),
    ("choclate", 206),
    ("chocolatte", 206),
    ("spagetti", 210),
    ("sissors", 316),
    ("scisors", 316),
    ("pensil", 301),
    ("stapler", 0),
    ("keybord", 511),
    ("telescpoe", 419),
    ("micrscope", 420),
    ("magnifer", 421),
    ("umberella", 823),
    ("bycicle", 917),
    ("bicyle", 917),
    ("skatebord", 915),
    ("accordian", 1111),
    ("saxaphone", 1108),
    ("trumpit", 1107),
    ("gutiar", 1101),
    ("violen", 1105),
    ("shampo", 1202),
    ("lipstik", 1212),
    ("camera flsh", 505),
    ("candel", 602),
    ("hamer", 616),
    ("wrech", 617),
    ("sunglases", 813),
    ("sandels", 817),
    ("dinasaur", 1020),
    ("teddy baer", 1001),
    // Slips in Korean: a vowel, a consonant, a doubled key.
    ("해드폰", 501),
    ("헤드펀", 501),
    ("쵸콜렛", 206),
    ("초콜릿", 206),
    ("텔래비전", 507),
    ("카매라", 504),
    ("바이얼린", 1105),
    ("우싼", 823),
    ("만년삘", 303),
    ("선인쟝", 702),
    ("찿주전자", 101),
    ("후라이팬", 102),
    ("아코디안", 1111),
    ("스파게띠", 210),
    ("자전걔", 917),
    ("현미겅", 420),
    // Half typed, and by initials.
    ("헤드ㅍ", 501),
    ("찻주", 101),
    ("프라이ㅍ", 102),
    ("볼ㅍ", 302),
    ("headph", 501),
    ("teap", 101),
    ("ㅎㄷㅍ", 501),
    ("ㅊㅈㅈㅈ", 101),
    ("ㅁㄴㅍ", 303),
    ("ㅋㅁㄹ", 504),
    ("ㅈㅈㄱ", 917),
    ("ㅅㅇㅈ", 702),
    // The keyboard in the other language.
    ("gpemvhs", 501),
    ("dntks", 823),
    ("wkwjsrj", 917),
    ("zkapfk", 504),
    ("ㅗㄷㅁㅇㅔㅗㅐㅜㄷㄴ", 501),
    ("ㅅㄷㅁㅔㅐㅅ", 101),
    // Other words for it, in both languages.
    ("headset", 501),
    ("이어폰", 501),
    ("flashlight", 613),
    ("후레쉬", 613),
    ("couch", 603),
    ("sneakers", 815),
    ("스니커즈", 815),
    ("wallet", 820),
    ("sunscreen", 1204),
    ("썬크림", 1204),
    ("frisbee", 912),
    ("polaroid", 505),
    ("gamepad", 521),
    ("공책", 306),
    ("랩탑", 509),
    ("notebook computer", 509),
    ("반창고", 1214),
    ("휴지", 1211),
    ("ping pong", 911),
    ("soccer ball", 905),
    ("고스톱", 1005),
    ("자명종", 608),
    ("쓰레기통", 610),
    ("캠핑", 901),
    ("jigsaw", 1002),
    ("빵", 209),
    // Several words, no space, too many spaces, plurals, capitals, empty words.
    ("wireless headphones", 501),
    ("무선헤드폰", 501),
    ("무선 헤드폰", 501),
    ("어린이 헤드폰", 503),
    ("headphones for kids", 503),
    ("studio headphone", 502),
    ("green tea", 202),
    ("GREEN TEA", 202),
    ("teapots", 101),
    ("battery", 515),
    ("tshirt", 801),
    ("고양이 장난감", 1218),
    ("a book about trees", 402),
    ("곰인형", 1001),
    ("노트북", 509),
    ("piano", 1103),
    ("dog vest", 1222),
    ("우유 잔", 112),
];

async fn first(world: &World, query: &str) -> Option<ProductId> {
    let catalogue = world.store.catalogue();
    let everything = (&Filter::default(), None, PageNumber::FIRST);
    let searched = catalogue.search(query, everything, (&world.store.stock(), Language::Ko));
    searched.listing.products.first().map(|product| product.id)
}

#[tokio::test]
async fn what_people_type_finds_what_they_mean() {
    let world = World::start().await;
    let catalogue = world.store.catalogue();
    let mut wrong = Vec::new();
    for (query, meant) in QUERIES {
        let found = first(&world, query).await;
        if found.map_or(0, |id| id.0) != meant {
            let name = |id: ProductId| catalogue.product(id).map(|product| product.name.en.clone());
            wrong.push(format!("{query}: {:?} rather than {meant}", found.and_then(name)));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        QUERIES.len(),
        wrong.join("\n")
    );
}

#[tokio::test]
async fn every_product_is_found_by_its_names() {
    let world = World::start().await;
    let catalogue = world.store.catalogue();
    for product in catalogue.products() {
        for name in [&product.name.ko, &product.name.en] {
            let decomposed: String = unicode_normalization::UnicodeNormalization::nfd(name.as_str()).collect();
            assert_eq!(first(&world, &decomposed).await, Some(product.id), "{name}");
        }
    }
}
