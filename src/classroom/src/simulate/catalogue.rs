//! What is sold, read from the shop's own catalogue, and how much of it people look at.

use std::sync::OnceLock;

use schemas::{CategoryId, ProductId};
use serde::Deserialize;

use super::random::{Random, Weighted};

const FILES: [&str; 12] = [
    include_str!("../../../../shop/catalogue/01-kitchen.json"),
    include_str!("../../../../shop/catalogue/02-pantry.json"),
    include_str!("../../../../shop/catalogue/03-stationery.json"),
    include_str!("../../../../shop/catalogue/04-books-hobby.json"),
    include_str!("../../../../shop/catalogue/05-electronics.json"),
    include_str!("../../../../shop/catalogue/06-home-light.json"),
    include_str!("../../../../shop/catalogue/07-garden.json"),
    include_str!("../../../../shop/catalogue/08-clothing.json"),
    include_str!("../../../../shop/catalogue/09-outdoor-sports.json"),
    include_str!("../../../../shop/catalogue/10-toys-games.json"),
    include_str!("../../../../shop/catalogue/11-music.json"),
    include_str!("../../../../shop/catalogue/12-care-pets.json"),
];

/// How fast popularity falls from one product of a category to the next, and from category to category (Zipf's exponents).
const PRODUCT_EXPONENT: f64 = 0.8;
const CATEGORY_EXPONENT: f64 = 1.1;

/// A name in both of the shop's languages.
#[derive(Debug, Clone, Deserialize)]
pub struct Name {
    pub ko: String,
    pub en: String,
}

impl Name {
    #[must_use]
    pub fn in_language(&self, language: &str) -> &str {
        if language == "ko" { &self.ko } else { &self.en }
    }
}

#[derive(Debug, Deserialize)]
struct CategoryFile {
    id: i64,
    name: Name,
    products: Vec<ProductEntry>,
}

#[derive(Debug, Deserialize)]
struct ProductEntry {
    id: i64,
    name: Name,
    price: i64,
}

#[derive(Debug, Clone)]
pub struct Product {
    pub id: ProductId,
    pub category: CategoryId,
    pub name: Name,
    /// KRW, before any change of price.
    pub price: i64,
}

#[derive(Debug, Clone)]
pub struct Category {
    pub id: CategoryId,
    pub name: Name,
    pub products: Vec<Product>,
    popularity: Weighted,
}

/// All categories, the most popular first, and in each its products likewise.
#[derive(Debug, Clone)]
pub struct Catalogue {
    pub categories: Vec<Category>,
    popularity: Weighted,
}

/// Where a product stands in the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub category: usize,
    pub product: usize,
}

impl Catalogue {
    /// The shop's catalogue, as it comes with the program; read once.
    pub fn of_the_shop() -> Result<&'static Self, serde_json::Error> {
        static READ: OnceLock<Catalogue> = OnceLock::new();
        if let Some(catalogue) = READ.get() {
            return Ok(catalogue);
        }
        let catalogue = Self::read()?;
        Ok(READ.get_or_init(|| catalogue))
    }

    fn read() -> Result<Self, serde_json::Error> {
        let read = |file: &&str| serde_json::from_str::<CategoryFile>(file).map(Category::from);
        let categories = FILES.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        let popularity = Weighted::zipf(categories.len(), CATEGORY_EXPONENT);
        Ok(Self { categories, popularity })
    }

    #[must_use]
    pub fn category(&self, place: Place) -> &Category {
        &self.categories[place.category]
    }

    #[must_use]
    pub fn product(&self, place: Place) -> &Product {
        &self.categories[place.category].products[place.product]
    }

    pub fn products(&self) -> impl Iterator<Item = &Product> {
        self.categories.iter().flat_map(|category| &category.products)
    }

    #[must_use]
    pub fn find(&self, id: ProductId) -> Option<&Product> {
        self.products().find(|product| product.id == id)
    }

    pub fn any_category(&self, random: &mut Random) -> usize {
        self.popularity.draw(random)
    }

    pub fn any_product_of(&self, category: usize, random: &mut Random) -> Place {
        let product = self.categories[category].popularity.draw(random);
        Place { category, product }
    }

    /// How many products' names hold `word`, small and capital letters alike.
    #[must_use]
    pub fn named_with(&self, word: &str, language: &str) -> usize {
        let word = word.to_lowercase();
        let names = self.products().map(|product| product.name.in_language(language));
        names.filter(|name| name.to_lowercase().contains(&word)).count()
    }
}

impl From<CategoryFile> for Category {
    fn from(file: CategoryFile) -> Self {
        let category = CategoryId(file.id);
        let products = file.products.into_iter().map(|entry| Product {
            id: ProductId(entry.id),
            category,
            name: entry.name,
            price: entry.price,
        });
        let products: Vec<_> = products.collect();
        Self {
            id: category,
            name: file.name,
            popularity: Weighted::zipf(products.len(), PRODUCT_EXPONENT),
            products,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_is_the_shops_and_each_product_is_found_by_its_id() {
        let catalogue = Catalogue::of_the_shop().unwrap();
        assert_eq!(catalogue.categories.len(), 12);
        assert!(
            std::ptr::eq(catalogue, Catalogue::of_the_shop().unwrap()),
            "it is read once"
        );
        let teapot = catalogue.find(ProductId(101)).unwrap();
        assert_eq!(
            (teapot.name.en.as_str(), teapot.price),
            ("Blue Porcelain Teapot", 38_900)
        );
        assert!(catalogue.products().all(|product| product.price > 0));
    }

    #[test]
    fn a_search_for_a_products_name_finds_it() {
        let catalogue = Catalogue::of_the_shop().unwrap();
        assert!(catalogue.named_with("teapot", "en") >= 1);
        assert!(catalogue.named_with("찻주전자", "ko") >= 1);
        assert_eq!(catalogue.named_with("teapott", "en"), 0);
    }
}
