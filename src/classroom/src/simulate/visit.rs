//! One visit: what somebody looks at. The decisions are here and in `buying`, what they become is `browser`'s.

use schemas::events::{Logout, Search};
use schemas::record::Fields;

use super::browser::{Browser, Clicked, Planned};
use super::catalogue::Place;
use super::page::Page;
use super::world::{Line, Memory};

pub(super) const SECOND: i64 = 1_000_000;

/// A visit while it goes on.
pub(super) struct Visit<'a, 'w> {
    pub(super) browser: Browser<'w>,
    pub(super) memory: &'a mut Memory,
    pub(super) cart: Vec<Line>,
    pub(super) added: bool,
    last: Option<Place>,
    /// What a search has just found.
    found: Option<Place>,
    from_list: bool,
    /// The list that the product was chosen from and its place there, and the search that made the list.
    pub(super) chosen: Option<(&'static str, u32)>,
    pub(super) chosen_by: Option<schemas::EventId>,
}

/// What a visit left behind.
pub(super) struct Done {
    pub(super) planned: Vec<Planned>,
    pub(super) ended: i64,
}

pub(super) type Encoded<T> = Result<T, serde_json::Error>;

impl<'a, 'w> Visit<'a, 'w> {
    pub(super) fn new(mut browser: Browser<'w>, memory: &'a mut Memory) -> Self {
        let number = browser.visitor.number;
        browser.user = memory
            .account(number)
            .filter(|account| account.signed_in)
            .map(|account| account.id);
        Self {
            cart: memory.cart(number),
            browser,
            memory,
            added: false,
            last: None,
            found: None,
            from_list: false,
            chosen: None,
            chosen_by: None,
        }
    }

    /// A person's visit, to its end.
    pub(super) fn of_a_person(mut self) -> Encoded<Done> {
        let shape = self.browser.world.scenario.visit.clone();
        let random = &mut self.browser.random;
        let pages = 1 + random.negative_binomial(shape.length_shape, shape.length_success);
        for number in 0..pages {
            let page = self.next_page(number == 0);
            if !self.look_at(&page)? && self.browser.random.chance(0.5) {
                break;
            }
        }
        self.decide()?;
        self.finish()
    }

    /// A crawler's visit: page after page, nothing else.
    pub(super) fn of_a_bot(mut self) -> Encoded<Done> {
        let (least, most) = self.browser.world.scenario.bots.pages;
        for _ in 0..self.browser.random.between(least, most) {
            let category = self.browser.random.index(self.browser.world.catalogue.categories.len());
            let page = if self.browser.random.chance(0.2) {
                Page::Listing { category, number: 1 }
            } else {
                let products = self.browser.world.catalogue.categories[category].products.len();
                let product = self.browser.random.index(products);
                Page::Product(Place { category, product })
            };
            self.browser.referrer = None;
            self.browser.go(page)?;
            self.browser.now += self.browser.random.between(SECOND, 9 * SECOND);
        }
        self.finish()
    }

    fn finish(mut self) -> Encoded<Done> {
        self.browser.leave(None)?;
        if self.browser.user.is_some() && self.browser.random.chance(0.1) {
            self.browser.now += 2 * SECOND;
            self.post("auth.logout", "/logout", Fields::new(), vec![Logout {}.into()])?;
            self.browser.user = None;
            self.memory.set_signed_in(self.browser.visitor.number, false);
        }
        let number = self.browser.visitor.number;
        self.memory.keep_cart(number, self.cart, self.browser.now);
        Ok(Done {
            ended: self.browser.now,
            planned: self.browser.planned,
        })
    }

    /// Looks at a page for a while; false when the shop failed to show it.
    pub(super) fn look_at(&mut self, page: &Page) -> Encoded<bool> {
        let shape = &self.browser.world.scenario.visit;
        let (mu, sigma, repeated) = (shape.gap_mu, shape.gap_sigma, shape.repeated);
        if !self.show(page)? {
            self.browser.now += 3 * SECOND;
            return Ok(false);
        }
        if self.browser.random.chance(repeated) {
            self.browser.now += self.browser.random.between(SECOND / 5, SECOND * 9 / 10);
            self.show(page)?;
        }
        let stays = super::browser::micros_of(self.browser.random.log_normal(mu, sigma) * 1000.0).max(SECOND / 2);
        let leaves = self.browser.now + stays;
        if let Page::Product(place) = page {
            self.last = Some(*place);
            self.maybe_add(*place, stays)?;
        }
        self.from_list = page.list().is_some();
        self.browser.now = leaves.max(self.browser.now + SECOND / 10);
        Ok(true)
    }

    fn show(&mut self, page: &Page) -> Encoded<bool> {
        if !self.browser.go(page.clone())? {
            return Ok(false);
        }
        if let Page::Search { query } = page {
            self.tell_search(query)?;
        }
        Ok(true)
    }

    fn next_page(&mut self, first: bool) -> Page {
        let effect = self.browser.world.scenario.experiments.listing_order;
        let popular_first = self.browser.visitor.variant("listing_order") == 1;
        let random = &mut self.browser.random;
        let product = match (first, self.from_list) {
            (true, _) => 0.4,
            (false, true) => 0.7 * if popular_first { effect } else { 1.0 },
            (false, false) => 0.6,
        };
        if random.chance(product) {
            let place = self.found.take().unwrap_or_else(|| self.next_product());
            self.click_tile(place);
            return Page::Product(place);
        }
        let drawn = self.browser.random.unit();
        if drawn < 0.45 {
            let category = self.last.map_or(self.browser.visitor.interest, |place| place.category);
            let number = 1 + u32::from(self.browser.random.chance(0.15));
            Page::Listing { category, number }
        } else if drawn < 0.75 && !first {
            Page::Search { query: self.query() }
        } else {
            Page::Home
        }
    }

    /// The product that is looked at next: mostly the same, or one like it.
    fn next_product(&mut self) -> Place {
        let world = self.browser.world;
        let shape = &world.scenario.visit;
        let random = &mut self.browser.random;
        let Some(last) = self.last else {
            let category = if random.chance(0.5) {
                self.browser.visitor.interest
            } else {
                world.catalogue.any_category(random)
            };
            return world.catalogue.any_product_of(category, random);
        };
        let drawn = random.unit();
        if drawn < shape.same_product {
            return last;
        }
        let same = drawn < shape.same_product + shape.same_category;
        loop {
            let category = if same {
                last.category
            } else {
                world.catalogue.any_category(random)
            };
            let place = world.catalogue.any_product_of(category, random);
            if if same { place != last } else { category != last.category } {
                return place;
            }
        }
    }

    fn click_tile(&mut self, place: Place) {
        let at = self.browser.now - SECOND / 20;
        let product = self.browser.world.catalogue.product(place).id;
        let Some(open) = &mut self.browser.open else { return };
        let position = u32::try_from(place.product + 1)
            .ok()
            .filter(|_| open.page.list().is_some());
        self.chosen = position.and(open.page.list()).zip(position);
        self.chosen_by = open.search;
        open.clicks.push(Clicked {
            at: at.max(open.entered),
            element: "a.tile",
            name: format!("tile:{product}").into(),
            product: Some(product),
            position,
            cart_action: None,
        });
    }

    /// A word of a product's name, now and then with a letter missing.
    fn query(&mut self) -> String {
        let place = self.next_product();
        let world = self.browser.world;
        let name = world
            .catalogue
            .product(place)
            .name
            .in_language(self.browser.visitor.language);
        let words: Vec<&str> = name
            .split_whitespace()
            .filter(|word| word.chars().count() > 1)
            .collect();
        let random = &mut self.browser.random;
        let chosen = words.get(random.index(words.len())).copied().unwrap_or(name);
        let mut letters: Vec<char> = chosen.chars().filter(|letter| letter.is_alphanumeric()).collect();
        if letters.len() > 2 && random.chance(world.scenario.visit.slips) {
            letters.remove(random.index(letters.len()));
            self.found = None;
        } else {
            self.found = Some(place);
        }
        letters.into_iter().collect::<String>().to_lowercase()
    }

    fn tell_search(&mut self, query: &str) -> Encoded<()> {
        let language = self.browser.visitor.language;
        let found = self.browser.world.catalogue.named_with(query, language);
        let search = Search {
            query: query.to_owned().into(),
            filters: Fields::new(),
            result_count: u32::try_from(found).unwrap_or(0),
            page_number: 1,
            language: language.into(),
        };
        let told = self.browser.observe_in_last_request(search.into())?;
        if let Some(open) = &mut self.browser.open {
            open.search = told;
        }
        Ok(())
    }
}
