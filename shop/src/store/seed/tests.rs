//! The rules of `shop/catalogue/README.md`, held.

use std::collections::{BTreeMap, BTreeSet};

use twemoji_assets::svg::SvgTwemojiAsset;

use super::*;

fn files() -> Vec<CategoryFile> {
    FILES.into_iter().map(|file| parse(file).expect("a category")).collect()
}

fn products() -> Vec<ProductEntry> {
    files().into_iter().flat_map(|category| category.products).collect()
}

/// Whether Twemoji has a drawing for code points such as `1fad6` or `1f3cb-fe0f`.
fn is_drawn(picture: &str) -> bool {
    let code_points = picture
        .split('-')
        .map(|hex| u32::from_str_radix(hex, 16).ok().and_then(char::from_u32));
    code_points
        .collect::<Option<String>>()
        .is_some_and(|emoji| SvgTwemojiAsset::from_emoji(&emoji).is_some())
}

#[test]
fn the_shop_has_twelve_categories_and_at_least_240_products() {
    let files = files();
    assert_eq!(
        files.iter().map(|category| category.id).collect::<Vec<_>>(),
        (1..=12).collect::<Vec<_>>()
    );
    assert!(products().len() >= 240, "{}", products().len());
    let hues: BTreeSet<_> = files.iter().map(|category| category.hue).collect();
    assert!(hues.len() == 12 && hues.iter().all(|hue| *hue < 360), "{hues:?}");
}

#[test]
fn a_product_is_numbered_by_its_category() {
    for category in files() {
        for (product, place) in category.products.iter().zip(1..) {
            assert_eq!(product.id, category.id * 100 + place, "{}", product.name.en);
        }
    }
}

#[test]
fn numbers_and_days_are_in_their_ranges() {
    for product in products() {
        assert!(
            product.price > 0 && product.price % 100 == 0,
            "{} costs {}",
            product.id,
            product.price
        );
        assert!(product.stock <= 400, "{} of {}", product.stock, product.id);
        assert!(
            Date::parse(&product.added, DAY).is_ok(),
            "{} of {}",
            product.added,
            product.id
        );
    }
}

#[test]
fn every_picture_is_drawn_and_serves_at_most_three_products() {
    let mut uses = BTreeMap::new();
    for product in products() {
        assert!(is_drawn(&product.picture), "{} of {}", product.picture, product.id);
        *uses.entry(product.picture).or_insert(0) += 1;
    }
    assert!(uses.values().all(|uses| *uses <= 3), "{uses:?}");
    for category in files() {
        assert!(is_drawn(&category.picture), "{} of {}", category.picture, category.slug);
    }
}

#[test]
fn words_are_unique_calm_and_in_their_language() {
    let products = products();
    let ko: BTreeSet<_> = products.iter().map(|product| &product.name.ko).collect();
    let en: BTreeSet<_> = products.iter().map(|product| &product.name.en).collect();
    let descriptions: BTreeSet<_> = products.iter().map(|product| &product.description.en).collect();
    assert_eq!(
        (ko.len(), en.len(), descriptions.len()),
        (products.len(), products.len(), products.len())
    );
    let is_hangul = |c: char| ('가'..='힣').contains(&c);
    for product in &products {
        assert!(product.description.ko.contains(is_hangul), "{}", product.id);
        assert!(
            !product.name.en.contains(is_hangul) && !product.description.en.contains(is_hangul),
            "{}",
            product.id
        );
        assert!(
            !product.description.ko.contains('!') && !product.description.en.contains('!'),
            "{}",
            product.id
        );
    }
}

#[test]
fn there_is_a_teapot_and_there_are_headphones() {
    let sold_in = |slug: &str, word: &str| {
        let files = files();
        let category = files
            .iter()
            .find(|category| category.slug == slug)
            .expect("the category");
        category.products.iter().any(|product| product.name.en.contains(word))
    };
    assert!(sold_in("kitchen", "Teapot") && sold_in("electronics", "Headphones"));
}

#[test]
fn synonyms_are_for_things_that_are_sold_and_no_group_is_alone() {
    let groups: Vec<Vec<String>> = serde_json::from_str(SYNONYMS).expect("groups of words");
    let names: Vec<String> = files()
        .iter()
        .flat_map(|file| std::iter::once(&file.name).chain(file.products.iter().map(|product| &product.name)))
        .map(|name| format!("{} {}", name.ko, name.en).to_lowercase())
        .collect();
    for group in groups {
        assert!(group.len() > 1, "{group:?}");
        let unique: BTreeSet<&String> = group.iter().collect();
        assert_eq!(unique.len(), group.len(), "{group:?}");
        let sold = |phrase: &String| names.iter().any(|name| name.contains(&phrase.to_lowercase()));
        assert!(group.iter().any(sold), "{group:?} is about nothing in the shop");
    }
}
