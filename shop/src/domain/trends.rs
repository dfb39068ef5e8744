//! What people look at and buy, the recent more than the old, and what that says about what to show.
//!
//! Promises: a sign loses half of its weight in 3 days; a look counts 1, adding to the cart 5, an order 10. Whoever shows trends asks
//! for [`Trends::advice`], which is ready to be shown: no list in it is longer than [`MOST`]. Where nothing is known yet, similar things
//! (same category, nearest price) and a mix of all categories stand in, and say that they do.
//!
//! Not for: single persons. There is no visitor in here, only sums.

use std::collections::{BTreeMap, HashMap};

use schemas::{ProductId, Timestamp};

use crate::domain::books::{Books, Sign};
use crate::domain::{Catalogue, Product, Ranking};

/// The longest list.
pub const MOST: usize = 12;
/// Of one category among the popular, so that one hit doesn't fill the page.
const MOST_OF_A_CATEGORY: usize = 3;
const HALF_LIFE_MICROS: f64 = 3.0 * 24.0 * 3600.0 * 1e6;
const ADDED: f64 = 5.0;
const BOUGHT: f64 = 10.0;
/// Pairs of an order: a large one says little about each of its pairs.
const MOST_OF_AN_ORDER: usize = 12;
/// From how many orders on a pair is said to be bought together: one order is one person's.
const ORDERS_OF_A_PAIR: u32 = 2;

/// The sums. Weights grow with time instead of old ones shrinking, so nothing has to be gone over; fit for thousands of days.
#[derive(Debug, Clone)]
pub struct Trends {
    since: Timestamp,
    interest: HashMap<ProductId, f64>,
    bought: HashMap<ProductId, f64>,
    together: Pairs,
    /// In how many orders a pair stood.
    orders: HashMap<(ProductId, ProductId), u32>,
    next: Pairs,
    books: Books,
}

type Pairs = HashMap<ProductId, HashMap<ProductId, f64>>;

/// What to show.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Advice {
    /// The most interesting first; filled up with a mix of all categories.
    pub popular: Vec<ProductId>,
    /// How many of `popular` people showed interest in; the rest stands in.
    pub known: usize,
    /// One of each category, then another of each: for as long as too little is known.
    pub mix: Vec<ProductId>,
    /// Of all that people showed interest in.
    pub ranking: Ranking,
    /// How often, day by day.
    pub books: Books,
    of_product: HashMap<ProductId, Related>,
}

/// What goes with a product.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Related {
    /// What was looked at after it.
    pub next: Vec<ProductId>,
    /// What was ordered with it.
    pub together: Vec<ProductId>,
    /// Same category, nearest price.
    pub similar: Vec<ProductId>,
}

impl Trends {
    /// Nothing is known yet; `since` is about now.
    #[must_use]
    pub fn new(since: Timestamp) -> Self {
        Self {
            since,
            interest: HashMap::new(),
            bought: HashMap::new(),
            together: Pairs::new(),
            orders: HashMap::new(),
            next: Pairs::new(),
            books: Books::new(since),
        }
    }

    fn weight(&self, at: Timestamp) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "to the microsecond for 285 years")]
        let micros = at.unix_micros().saturating_sub(self.since.unix_micros()) as f64;
        (micros / HALF_LIFE_MICROS).exp2()
    }

    /// A product's page was shown so many times.
    pub fn viewed(&mut self, product: ProductId, times: u32, at: Timestamp) {
        *self.interest.entry(product).or_default() += f64::from(times) * self.weight(at);
        self.books.note(product, (Sign::Look, times), at);
    }

    /// Somebody went from one product to another.
    pub fn went(&mut self, from: ProductId, to: ProductId, at: Timestamp) {
        if from != to {
            let weight = self.weight(at);
            *self.next.entry(from).or_default().entry(to).or_default() += weight;
        }
    }

    pub fn added(&mut self, product: ProductId, at: Timestamp) {
        *self.interest.entry(product).or_default() += ADDED * self.weight(at);
        self.books.note(product, (Sign::Add, 1), at);
    }

    /// An order of these products.
    pub fn bought(&mut self, products: &[ProductId], at: Timestamp) {
        let weight = self.weight(at);
        for (place, product) in products.iter().enumerate() {
            *self.interest.entry(*product).or_default() += BOUGHT * weight;
            *self.bought.entry(*product).or_default() += weight;
            self.books.note(*product, (Sign::Order, 1), at);
            for other in products.iter().take(MOST_OF_AN_ORDER).skip(place + 1) {
                for (one, other) in [(product, other), (other, product)] {
                    *self.orders.entry((*one, *other)).or_default() += 1;
                    *self.together.entry(*one).or_default().entry(*other).or_default() += weight;
                }
            }
        }
    }

    /// What this says about the products of the catalogue.
    #[must_use]
    pub fn advice(&self, catalogue: &Catalogue) -> Advice {
        let interesting = self.interesting(catalogue);
        let ranking = interesting.iter().map(|product| product.id).collect();
        let (popular, known) = popular(interesting, catalogue);
        let similar = similar(catalogue);
        let related = |product: &Product| Related {
            next: best(self.next.get(&product.id), |_, weight| weight, catalogue),
            together: best(
                self.together.get(&product.id),
                |other, weight| self.bound(product.id, other, weight),
                catalogue,
            )
            .into_iter()
            .filter(|other| self.orders.get(&(product.id, *other)) >= Some(&ORDERS_OF_A_PAIR))
            .collect(),
            similar: similar.get(&product.id).cloned().unwrap_or_default(),
        };
        let of_product = catalogue
            .products()
            .iter()
            .map(|product| (product.id, related(product)));
        Advice {
            popular,
            known,
            mix: mix(catalogue).into_iter().take(MOST).collect(),
            ranking,
            books: self.books.clone(),
            of_product: of_product.collect(),
        }
    }

    /// How much two products belong together: the cosine of their orders, so that what everybody buys isn't everywhere.
    fn bound(&self, one: ProductId, other: ProductId, weight: f64) -> f64 {
        let of = |product| self.bought.get(&product).copied().unwrap_or(f64::INFINITY);
        weight / (of(one) * of(other)).sqrt()
    }

    /// The most interesting first.
    fn interesting<'a>(&self, catalogue: &'a Catalogue) -> Vec<&'a Product> {
        let interest = |product: &'a Product| Some((product, *self.interest.get(&product.id)?));
        let mut interesting: Vec<_> = catalogue.products().iter().filter_map(interest).collect();
        interesting.sort_by(|one, other| other.1.total_cmp(&one.1));
        interesting.into_iter().map(|(product, _)| product).collect()
    }
}

impl Advice {
    /// What goes with a product; nothing for one that isn't sold.
    #[must_use]
    pub fn related(&self, product: ProductId) -> Option<&Related> {
        self.of_product.get(&product)
    }

    /// What somebody may want to see who looked at these, the last first: what others went on to or bought along, never what was
    /// looked at already.
    #[must_use]
    pub fn for_who_looked_at(&self, looked: &[ProductId]) -> Vec<ProductId> {
        let mut shown = Vec::new();
        // One of each in turn, so that the last look doesn't fill the shelf alone.
        for place in 0..MOST {
            for related in looked.iter().filter_map(|product| self.related(*product)) {
                let candidates = related.next.iter().chain(&related.together).chain(&related.similar);
                let candidate = candidates.copied().nth(place);
                shown.extend(candidate.filter(|id| !looked.contains(id) && !shown.contains(id)));
            }
            if shown.len() >= MOST {
                break;
            }
        }
        shown.truncate(MOST);
        shown
    }
}

/// The most interesting that are not too many of one category, filled up; and how many those are.
fn popular(mut interesting: Vec<&Product>, catalogue: &Catalogue) -> (Vec<ProductId>, usize) {
    let mut of_category = HashMap::<_, usize>::new();
    interesting.retain(|product| {
        let count = of_category.entry(product.category).or_default();
        *count += 1;
        *count <= MOST_OF_A_CATEGORY
    });
    let mut popular: Vec<ProductId> = interesting.iter().map(|product| product.id).take(MOST).collect();
    let known = popular.len();
    let rest: Vec<ProductId> = mix(catalogue).into_iter().filter(|id| !popular.contains(id)).collect();
    popular.extend(rest.into_iter().take(MOST - known));
    (popular, known)
}

/// The heaviest first, of what is still sold.
fn best(
    weights: Option<&HashMap<ProductId, f64>>,
    weigh: impl Fn(ProductId, f64) -> f64,
    catalogue: &Catalogue,
) -> Vec<ProductId> {
    let weights = weights.into_iter().flatten();
    let mut weighed: Vec<(ProductId, f64)> = weights.map(|(id, weight)| (*id, weigh(*id, *weight))).collect();
    weighed.retain(|(id, _)| catalogue.product(*id).is_some());
    weighed.sort_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0)));
    weighed.into_iter().map(|(id, _)| id).take(MOST).collect()
}

/// For each product the others of its category, the nearest in price first.
fn similar(catalogue: &Catalogue) -> HashMap<ProductId, Vec<ProductId>> {
    let mut categories = BTreeMap::<_, Vec<&Product>>::new();
    for product in catalogue.products() {
        categories.entry(product.category).or_default().push(product);
    }
    let mut similar = HashMap::new();
    for mut products in categories.into_values() {
        products.sort_by_key(|product| product.price);
        for (place, product) in products.iter().enumerate() {
            let around = &products[place.saturating_sub(MOST)..products.len().min(place + MOST + 1)];
            let mut others: Vec<&&Product> = around.iter().filter(|other| other.id != product.id).collect();
            others.sort_by_key(|other| other.price.0.abs_diff(product.price.0));
            similar.insert(
                product.id,
                others.into_iter().map(|other| other.id).take(MOST).collect(),
            );
        }
    }
    similar
}

/// One product of each category, then another of each: the newest first.
fn mix(catalogue: &Catalogue) -> Vec<ProductId> {
    let mut categories = BTreeMap::<_, Vec<&Product>>::new();
    for product in catalogue.products() {
        categories.entry(product.category).or_default().push(product);
    }
    for products in categories.values_mut() {
        products.sort_by_key(|product| std::cmp::Reverse(product.added));
    }
    let places = 0..MOST;
    let of_place = |place: usize| {
        categories
            .values()
            .filter_map(move |products| Some(products.get(place)?.id))
    };
    places.flat_map(of_place).take(2 * MOST).collect()
}

#[cfg(test)]
mod tests;
