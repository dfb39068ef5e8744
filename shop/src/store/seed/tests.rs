//! The rules of `shop/catalogue/README.md`, held.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::domain::drawing::{beside, find, look};

fn files() -> Vec<CategoryFile> {
    FILES.into_iter().map(|file| parse(file).expect("a category")).collect()
}

fn products() -> Vec<ProductEntry> {
    files().into_iter().flat_map(|category| category.products).collect()
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
        assert!(
            find(&product.picture).is_some(),
            "{} of {}",
            product.picture,
            product.id
        );
        *uses.entry(product.picture).or_insert(0) += 1;
    }
    assert!(uses.values().all(|uses| *uses <= 3), "{uses:?}");
    for category in files() {
        assert!(
            find(&category.picture).is_some(),
            "{} of {}",
            category.picture,
            category.slug
        );
    }
}

#[test]
fn every_product_can_be_shown_from_near_and_beside_something_known() {
    for product in products() {
        let look = look(&product.picture).unwrap_or_else(|| panic!("{} is empty", product.picture));
        assert!(look.near.width >= 6.0, "{} of {}", product.picture, product.id);
        let beside = beside(ProductId(product.id)).unwrap_or_else(|| panic!("{} has no size", product.id));
        let times = beside.cm / beside.known.cm();
        assert!(
            (0.05..20.0).contains(&times),
            "{} beside {:?}",
            product.id,
            beside.known
        );
    }
}

#[test]
fn a_length_in_a_name_is_the_size_in_the_picture() {
    for product in products() {
        let words: Vec<&str> = product.name.en.split([' ', ',']).collect();
        let told = words
            .windows(2)
            .find(|two| two[1] == "cm")
            .and_then(|two| two[0].parse::<f32>().ok());
        // The pan's 26 cm are its bottom's; its handle is in the picture, too.
        if let Some(told) = told.filter(|_| product.id != 102) {
            assert_eq!(
                beside(ProductId(product.id)).map(|beside| beside.cm),
                Some(told),
                "{}",
                product.name.en
            );
        }
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
