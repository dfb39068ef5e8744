//! A simple search: every word must occur, in whichever language. A real engine can take its place behind [`find`].

use unicode_normalization::UnicodeNormalization;

use crate::domain::{Category, Product};

/// A product's words in the one form in which they are compared.
#[derive(Debug, Clone)]
pub(super) struct Folded {
    name: String,
    /// Names, descriptions and the category's names.
    all: String,
}

impl Folded {
    pub(super) fn of(product: &Product, category: Option<&Category>) -> Self {
        let name = fold(&format!("{}\n{}", product.name.ko, product.name.en));
        let category = category
            .map(|category| fold(&format!("{}\n{}", category.name.ko, category.name.en)))
            .unwrap_or_default();
        let description = fold(&format!("{}\n{}", product.description.ko, product.description.en));
        let all = format!("{name}\n{description}\n{category}");
        Self { name, all }
    }
}

/// The places of the products in which every word of `text` occurs: all words in the name first, otherwise in the given order.
///
/// A text without words finds nothing.
pub(super) fn find(text: &str, products: &[Folded]) -> Vec<usize> {
    let text = fold(text);
    let words: Vec<&str> = text.split_whitespace().collect();
    let holds_all = |place: &str| !words.is_empty() && words.iter().all(|word| place.contains(word));
    let in_name = |at: &usize| holds_all(&products[*at].name);
    let mut found: Vec<usize> = (0..products.len()).filter(|&at| holds_all(&products[at].all)).collect();
    found.sort_by_key(|at| !in_name(at));
    found
}

/// One form for what looks alike: lower case, compatibility forms composed (Hangul typed on a Mac, full-width letters).
fn fold(text: &str) -> String {
    text.nfkc().flat_map(char::to_lowercase).collect()
}
