use super::*;

/// Name in Korean, name in English, description.
const SHOP: [(&str, &str, &str); 9] = [
    ("백자 찻주전자", "White Teapot", "Made of porcelain."),
    ("찻잔", "Cup for a teapot's tea", "A cup."),
    (
        "무선 오버이어 헤드폰",
        "Wireless Over-ear Headphones",
        "Thirty hours of music.",
    ),
    ("면 티셔츠", "Cotton T-shirt", "Soft."),
    ("건전지 AA 4개", "Rechargeable Batteries, 4", "For torches."),
    ("두툼한 노트", "Thick Notebook", "Paper from Iceland."),
    ("14인치 노트북", "14-inch Laptop", "A computer with a soft keyboard."),
    ("사과", "Apples", "Crisp."),
    ("모래 시계", "Sand Clock", "Three minutes."),
];

fn index() -> Index {
    let synonyms = Synonyms::new(vec![
        ["laptop", "랩탑", "notebook computer"].map(str::to_owned).to_vec(),
        ["주전자", "티팟"].map(str::to_owned).to_vec(),
    ]);
    let texts = SHOP.iter().map(|(ko, en, description)| Texts {
        names: [ko, en],
        categories: ["물건", "Things"],
        descriptions: ["", description],
    });
    Index::of(texts, &synonyms)
}

fn found(text: &str) -> Vec<usize> {
    index().find(text).products
}

#[test]
fn every_word_must_fit_and_what_the_thing_is_counts_most() {
    assert_eq!(found("teapot"), [0, 1]);
    assert_eq!(found("WHITE  teapot"), [0]);
    assert_eq!(found("teapot porcelain"), [0]);
    assert_eq!(found("soft"), [3, 6]);
    assert_eq!(found("things apple"), [7], "the category's name counts too");
    assert!(found("   ").is_empty() && found("·").is_empty() && found("zzzzzz").is_empty());
}

#[test]
fn where_no_product_fits_every_word_those_that_most_words_fit_are_shown() {
    let found = index().find("white cotton teapot");
    assert_eq!((found.products, found.every_word), (vec![0], false));
    assert!(index().find("white teapot").every_word);
    assert!(
        index().find("a teapot for the cup").every_word,
        "empty words don't count"
    );
}

#[test]
fn a_word_is_found_by_its_beginning_its_end_and_its_initials() {
    assert_eq!(found("headph"), [2]);
    assert_eq!(found("헤드ㅍ"), [2]);
    assert_eq!(found("헫"), [2], "on the way from 헤 to 헤드");
    assert_eq!(found("주전자"), [0]);
    assert_eq!(found("ㅎㄷㅍ"), [2]);
    assert_eq!(found("노트"), [5, 6]);
    assert_eq!(found("phones"), [2]);
    assert!(found("eap").is_empty(), "a short piece is there by chance");
}

#[test]
fn slips_are_mended_and_said() {
    for (typed, meant, product) in [
        ("headphnes", "headphones", 2),
        ("haedphones", "headphones", 2),
        ("해드폰", "헤드폰", 2),
        ("gpemvhs", "헤드폰", 2),
        ("ㅅㄷㅁㅔㅐㅅ", "teapot", 0),
    ] {
        let found = index().find(typed);
        assert_eq!(
            (found.products.first(), found.mended.as_deref()),
            (Some(&product), Some(meant)),
            "{typed}"
        );
    }
    assert_eq!(index().find("white teaopt").mended.as_deref(), Some("white teapot"));
    assert_eq!(index().find("teapot").mended, None);
    assert!(found("앱").is_empty(), "a short word has too many neighbours");
}

#[test]
fn what_stands_in_descriptions_only_may_have_been_meant_for_a_name() {
    let found = index().find("torches");
    assert_eq!((found.products.as_slice(), found.rather), (&[4][..], None));
    let synonyms = Synonyms::default();
    let texts = [("Brush", "With a comb."), ("Comic", "")].map(|(name, description)| Texts {
        names: ["", name],
        categories: ["", ""],
        descriptions: ["", description],
    });
    let index = Index::of(texts.into_iter(), &synonyms);
    assert_eq!(index.find("brish").mended.as_deref(), Some("brush"));
    assert_eq!(
        index.find("with comb").rather,
        None,
        "comb is too short to be a slip of comic"
    );
}

#[test]
fn plurals_spaces_and_synonyms_do_not_matter() {
    assert_eq!(found("battery"), [4]);
    assert_eq!(found("teapots"), [0, 1]);
    assert_eq!(found("tshirt"), [3]);
    assert_eq!(found("t shirt"), [3]);
    assert_eq!(found("무선헤드폰"), [2]);
    assert_eq!(found("모래시계"), [8]);
    assert_eq!(found("랩탑"), [6]);
    assert_eq!(found("notebook computer"), [6]);
    assert_eq!(found("티팟"), [0], "a compound ends in what it is");
}

#[test]
fn what_was_searched_for_is_marked_in_whole_characters() {
    let marked = |query: &str, text: &str| {
        let marks = index().find(query).marks;
        marks
            .spans(text)
            .into_iter()
            .map(|span| text[span].to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(marked("헤드ㅍ", "무선 오버이어 헤드폰"), ["헤드폰"]);
    assert_eq!(marked("ㅎㄷ", "무선 오버이어 헤드폰"), ["헤드"]);
    assert_eq!(marked("headphnes", "Wireless Over-ear Headphones"), ["Headphones"]);
    assert_eq!(marked("white tea", "White Teapot"), ["White", "Tea"]);
    assert_eq!(marked("주전자", "백자 찻주전자"), ["주전자"]);
    assert_eq!(marked("pin", "Piñata"), Vec::<String>::new());
    let decomposed: String = unicode_normalization::UnicodeNormalization::nfd("찻주전자").collect();
    assert_eq!(marked(&decomposed, "백자 찻주전자"), ["찻주전자"]);
    assert_eq!(marked("주전자", &decomposed).len(), 1);
}

#[test]
fn anything_at_all_can_be_searched_for() {
    let long = "가나다라마바사아자차카타파하".repeat(20);
    for odd in [
        long.as_str(),
        "\u{301}",
        "'",
        "ㅏ",
        "ㅎ",
        "\u{1112}",
        "🫖",
        "ﬁ",
        "İ",
        "ß",
        "%_",
        "\u{0}",
        "x\u{301}\u{301}y",
    ] {
        let found = index().find(odd);
        assert!(found.products.len() <= SHOP.len());
        let spans = found.marks.spans("İßﬁ 백자 찻주전자 x\u{301}y");
        assert!(spans.is_sorted_by_key(|span| span.start), "{odd}");
    }
}
