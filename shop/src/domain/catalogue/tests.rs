use time::macros::date;

use super::*;
use crate::domain::Language;

fn words(ko: &str, en: &str) -> Localized {
    Localized {
        ko: ko.to_owned(),
        en: en.to_owned(),
    }
}

fn product(id: i64, name: Localized, price: i64) -> Product {
    Product {
        id: ProductId(id),
        category: CategoryId(id / 100),
        name,
        description: words("도자기로 만들었어요.", "Made of porcelain."),
        price: Won(price),
        picture: "1fad6".to_owned(),
        added: date!(2026 - 01 - 01).saturating_add(time::Duration::days(id)),
    }
}

fn shop() -> Catalogue {
    let kitchen = Category {
        id: CategoryId(1),
        slug: "kitchen".to_owned(),
        name: words("주방", "Kitchen"),
        description: words("", ""),
        hue: 40,
        picture: "1f373".to_owned(),
    };
    let mut products = vec![
        product(101, words("백자 찻주전자", "White Teapot"), 39_000),
        product(102, words("찻잔", "Cup for a teapot's tea"), 9_000),
        product(103, words("Äpfelschale", "Apple bowl"), 9_000),
    ];
    products.extend((201..=230).map(|id| product(id, words("물건", &format!("Thing {id}")), 1000)));
    Catalogue::new(vec![kitchen], products)
}

fn ids(listing: &Listing<'_>) -> Vec<i64> {
    listing.products.iter().map(|product| product.id.0).collect()
}

fn search(text: &str) -> Vec<i64> {
    ids(&shop().search(text, PageNumber::FIRST))
}

#[test]
fn a_listing_is_cut_into_pages_and_a_page_too_far_is_the_last() {
    let query = |page| ListingQuery {
        category: Some(CategoryId(2)),
        sort: Sort::Newest,
        page: PageNumber::new(page),
    };
    let shop = shop();
    let first = shop.listing(&query(0), Language::En);
    assert_eq!(
        (first.products.len(), first.total, first.page, first.pages.get()),
        (24, 30, PageNumber::FIRST, 2)
    );
    assert_eq!(first.products[0].id, ProductId(230), "the newest is first");
    let last = shop.listing(&query(99), Language::En);
    assert_eq!((last.products.len(), last.page.get()), (6, 2));
}

#[test]
fn equals_keep_the_order_of_their_ids() {
    let query = |sort| ListingQuery {
        category: Some(CategoryId(1)),
        sort,
        page: PageNumber::FIRST,
    };
    let shop = shop();
    assert_eq!(
        ids(&shop.listing(&query(Sort::PriceAsc), Language::En)),
        [102, 103, 101]
    );
    assert_eq!(
        ids(&shop.listing(&query(Sort::PriceDesc), Language::En)),
        [101, 102, 103]
    );
    assert_eq!(ids(&shop.listing(&query(Sort::Name), Language::En)), [103, 102, 101]);
}

#[test]
fn every_word_must_occur_and_the_name_counts_most() {
    assert_eq!(search("teapot"), [101, 102]);
    assert_eq!(search("WHITE  teapot"), [101]);
    assert_eq!(search("teapot porcelain"), [101, 102]);
    assert_eq!(search("cup"), [102]);
    assert_eq!(search("kitchen bowl"), [103], "the category's name counts too");
    assert!(search("teapot car").is_empty());
    assert!(search("   ").is_empty());
}

#[test]
fn forms_that_look_alike_are_alike() {
    let decomposed: String = unicode_normalization::UnicodeNormalization::nfd("찻주전자").collect();
    assert_eq!(search(&decomposed), [101]);
    assert_eq!(search("äpfel"), [103]);
    assert_eq!(search("ＴＥＡＰＯＴ"), [101, 102]);
}
