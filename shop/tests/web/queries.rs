//! What people type, and what they mean by it: each row is a query and the product that must come first.

use schemas::ProductId;
use shop::domain::{Filter, Language, PageNumber};

mod more;

use crate::world::World;
use more::MORE_QUERIES;

const QUERIES: [(&str, i64); 244] = [
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
    // What shoppers asked for elsewhere: right words are not mended, running text doesn't end in what was meant, a thing is nearer than
    // the colour of another.
    ("라면", 210),
    ("gift", 206),
    ("red bag", 819),
    ("동화책", 407),
    ("텀블러", 114),
    ("생일선물", 206),
    ("선물", 206),
    ("블루투스 이어폰", 501),
    ("에어팟", 501),
    ("bluetooth headphones", 501),
    ("present", 206),
    ("그림책", 407),
    ("커피", 201),
    ("원두", 201),
    ("녹차", 202),
    ("버블티", 203),
    ("꿀", 204),
    ("올리브", 205),
    ("쿠키", 207),
    ("사탕", 208),
    ("쌀", 211),
    ("땅콩", 213),
    ("치즈", 214),
    ("귤", 215),
    ("사과", 216),
    ("고구마", 217),
    ("복숭아", 219),
    ("팝콘", 221),
    ("칼", 103),
    ("뚝배기", 104),
    ("젓가락", 109),
    ("도시락", 111),
    ("와인잔", 113),
    ("맥주잔", 115),
    ("타이머", 122),
    ("wine glass", 113),
    ("lunch box", 111),
    ("연필", 301),
    ("볼펜", 302),
    ("만년필", 303),
    ("크레파스", 305),
    ("다이어리", 307),
    ("가계부", 308),
    ("가위", 316),
    ("달력", 321),
    ("편지지", 322),
    ("calendar", 321),
    ("envelopes", 322),
    ("소설", 405),
    ("시집", 406),
    ("잡지", 410),
    ("털실", 412),
    ("뜨개질", 412),
    ("바늘", 413),
    ("액자", 417),
    ("세계지도", 418),
    ("world map", 418),
    ("현미경", 420),
    ("돋보기", 421),
    ("필름카메라", 504),
    ("티비", 507),
    ("라디오", 508),
    ("컴퓨터", 510),
    ("키보드", 511),
    ("마우스", 512),
    ("프린터", 514),
    ("배터리", 515),
    ("충전기", 516),
    ("손목시계", 520),
    ("마이크", 523),
    ("printer", 514),
    ("phone charger", 516),
    ("전구", 601),
    ("양초", 602),
    ("소파", 603),
    ("침대", 604),
    ("의자", 605),
    ("거울", 606),
    ("알람시계", 608),
    ("망치", 616),
    ("소화기", 621),
    ("light bulb", 601),
    ("ladder", 619),
    ("선인장", 702),
    ("꽃다발", 711),
    ("레몬나무", 718),
    ("bouquet", 711),
    ("티셔츠", 801),
    ("청바지", 802),
    ("원피스", 803),
    ("넥타이", 805),
    ("패딩", 806),
    ("목도리", 807),
    ("장갑", 808),
    ("양말", 809),
    ("선글라스", 813),
    ("운동화", 815),
    ("샌들", 817),
    ("부츠", 818),
    ("핸드백", 819),
    ("지갑", 820),
    ("socks", 809),
    ("scarf", 807),
    ("텐트", 901),
    ("등산화", 902),
    ("낚싯대", 904),
    ("축구공", 905),
    ("농구공", 906),
    ("배드민턴", 910),
    ("탁구채", 911),
    ("자전거", 917),
    ("킥보드", 918),
    ("썰매", 919),
    ("tent", 901),
    ("곰인형 선물", 1001),
    ("퍼즐", 1002),
    ("체스", 1006),
    ("풍선", 1013),
    ("로봇", 1019),
    ("공룡", 1020),
    ("기타", 1101),
    ("피아노", 1103),
    ("바이올린", 1105),
    ("우쿨렐레", 0),
    ("비누", 1201),
    ("샴푸", 1202),
    ("로션", 1203),
    ("칫솔", 1206),
    ("면도기", 1207),
    ("립스틱", 1212),
    ("강아지 간식", 1217),
    ("toothbrush", 1206),
];

fn first(world: &World, query: &str) -> Option<ProductId> {
    all(world, query).first().copied()
}

/// What the first page of results shows.
fn all(world: &World, query: &str) -> Vec<ProductId> {
    let catalogue = world.store.catalogue();
    let everything = (&Filter::default(), None, PageNumber::FIRST);
    let searched = catalogue.search(query, everything, (&world.store.stock(), Language::Ko));
    searched.listing.products.iter().map(|product| product.id).collect()
}

#[tokio::test]
async fn what_people_type_finds_what_they_mean() {
    let world = World::start().await;
    let catalogue = world.store.catalogue();
    let mut wrong = Vec::new();
    for (query, meant) in QUERIES.into_iter().chain(MORE_QUERIES) {
        let found = first(&world, query);
        if found.map_or(0, |id| id.0) != meant {
            let name = |id: ProductId| catalogue.product(id).map(|product| product.name.en.clone());
            wrong.push(format!("{query}: {:?} rather than {meant}", found.and_then(name)));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        QUERIES.len() + MORE_QUERIES.len(),
        wrong.join("\n")
    );
}

/// Running shoes, `운동화`, end like a tale, `동화`; dog food is not whatever one can eat.
#[tokio::test]
async fn what_only_sounds_alike_is_not_found() {
    let world = World::start().await;
    for (query, other) in [("동화책", 815), ("책", 815), ("tea pot", 217), ("dog food", 222)] {
        let found = all(&world, query);
        assert!(
            !found.is_empty() && !found.contains(&ProductId(other)),
            "{query}: {found:?}"
        );
    }
}

#[tokio::test]
async fn every_product_is_found_by_its_names() {
    let world = World::start().await;
    let catalogue = world.store.catalogue();
    for product in catalogue.products() {
        for name in [&product.name.ko, &product.name.en] {
            let decomposed: String = unicode_normalization::UnicodeNormalization::nfd(name.as_str()).collect();
            assert_eq!(first(&world, &decomposed), Some(product.id), "{name}");
        }
    }
}
