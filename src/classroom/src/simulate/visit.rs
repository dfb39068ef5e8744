//! One visit: what somebody looks at, puts into the cart and buys. The decisions are here, what they become is `browser`'s.

use schemas::events::{
    CartAction, CartAdd, CartLine, CartMerge, CartRemove, CartUpdate, Login, LoginFailed, LoginFailure, Logout,
    OrderCancelled, OrderLine, OrderPlaced, PaymentMethod, Search, SignInMethod, Signup,
};
use schemas::record::Fields;
use schemas::{Details, OrderId};

use super::browser::{Browser, Clicked, Planned, Post};
use super::catalogue::Place;
use super::page::Page;
use super::world::{Line, Memory};

const SECOND: i64 = 1_000_000;
/// What delivery costs, and from which price of the goods on it is free: the shop's own rule.
const DELIVERY_FEE: i64 = 3_000;
const FREE_DELIVERY_FROM: i64 = 50_000;
/// Somebody who only brings a cart of an earlier visit buys more seldom.
const BUY_WHAT_WAS_BROUGHT: f64 = 0.4;

/// A visit while it goes on.
pub(super) struct Visit<'a, 'w> {
    browser: Browser<'w>,
    memory: &'a mut Memory,
    cart: Vec<Line>,
    added: bool,
    last: Option<Place>,
    /// What a search has just found.
    found: Option<Place>,
    from_list: bool,
    /// The list that the product was chosen from and its place there, and the search that made the list.
    chosen: Option<(&'static str, u32)>,
    chosen_by: Option<schemas::EventId>,
}

/// What a visit left behind.
pub(super) struct Done {
    pub(super) planned: Vec<Planned>,
    pub(super) ended: i64,
}

type Encoded<T> = Result<T, serde_json::Error>;

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
            if !self.look_at(page)? && self.browser.random.chance(0.5) {
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
    fn look_at(&mut self, page: Page) -> Encoded<bool> {
        let shape = &self.browser.world.scenario.visit;
        let (mu, sigma, repeated) = (shape.gap_mu, shape.gap_sigma, shape.repeated);
        if !self.show(&page)? {
            self.browser.now += 3 * SECOND;
            return Ok(false);
        }
        if self.browser.random.chance(repeated) {
            self.browser.now += self.browser.random.between(SECOND / 5, SECOND * 9 / 10);
            self.show(&page)?;
        }
        let stays = super::browser::micros_of(self.browser.random.log_normal(mu, sigma) * 1000.0).max(SECOND / 2);
        let leaves = self.browser.now + stays;
        if let Page::Product(place) = page {
            self.last = Some(place);
            self.maybe_add(place, stays)?;
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
        let word = words.get(random.index(words.len())).copied().unwrap_or(name);
        let mut letters: Vec<char> = word.chars().filter(|letter| letter.is_alphanumeric()).collect();
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

    /// Puts the product into the cart, if this visitor does and the shop has it.
    fn maybe_add(&mut self, place: Place, stays: i64) -> Encoded<()> {
        let world = self.browser.world;
        let product = world.catalogue.product(place);
        let label = if self.browser.visitor.variant("add_label") == 1 {
            world.scenario.experiments.add_label
        } else {
            1.0
        };
        let wants = self.browser.random.chance(world.scenario.buying.add * label);
        if !wants || !world.in_stock(product, self.browser.now) {
            return Ok(());
        }
        self.browser.now += stays / 2;
        let quantity = [1, 1, 1, 1, 1, 1, 2, 2, 3][self.browser.random.index(9)];
        let price = world.price(product, self.browser.now);
        self.browser
            .click_button("button#add.primary", product.id, CartAction::Add);
        let cart_quantity = self.put_into_cart(place, quantity, price);
        let form = fields(&[
            ("product_id", product.id.to_string()),
            ("quantity", quantity.to_string()),
        ]);
        let fact = CartAdd {
            product_id: product.id,
            quantity,
            cart_quantity,
            unit_price: price,
            list: self.chosen.map(|(list, _)| list.to_owned()),
            position: self.chosen.map(|(_, position)| position),
            search_id: self.chosen_by,
        };
        self.added = true;
        self.post("cart.add", "/cart/add", form, vec![fact.into()])
    }

    fn put_into_cart(&mut self, place: Place, quantity: u16, unit_price: i64) -> u16 {
        if let Some(line) = self.cart.iter_mut().find(|line| line.place == place) {
            line.quantity = line.quantity.saturating_add(quantity).min(99);
            line.unit_price = unit_price;
            return line.quantity;
        }
        self.cart.push(Line {
            place,
            quantity,
            unit_price,
        });
        quantity
    }

    /// With something in the cart: change one's mind, go away, or buy.
    fn decide(&mut self) -> Encoded<()> {
        if self.cart.is_empty() {
            return Ok(());
        }
        let buying = self.browser.world.scenario.buying.clone();
        let buy = if self.added {
            buying.buy
        } else {
            buying.buy * BUY_WHAT_WAS_BROUGHT
        };
        let buys = self.browser.random.chance(buy);
        if !buys && self.browser.random.chance(0.5) {
            return Ok(());
        }
        self.look_at(Page::Cart)?;
        self.change_mind(buys)?;
        if self.cart.is_empty() || (!buys && self.browser.random.chance(0.7)) {
            return Ok(());
        }
        if self.browser.user.is_none() && self.browser.random.chance(buying.sign_in) {
            self.sign_in()?;
        }
        self.look_at(Page::Checkout)?;
        if buys {
            self.order(buying.cancel)?;
        }
        Ok(())
    }

    fn change_mind(&mut self, buys: bool) -> Encoded<()> {
        let last = self.cart.len() - 1;
        let line = self.cart[last];
        let world = self.browser.world;
        let product = world.catalogue.product(line.place);
        let drawn = self.browser.random.unit();
        if drawn < 0.12 && !(buys && last == 0) {
            self.cart.remove(last);
            let fact = CartRemove {
                product_id: product.id,
                quantity: line.quantity,
                reason: None,
            };
            let form = fields(&[("product_id", product.id.to_string())]);
            return self.post("cart.remove", "/cart/remove", form, vec![fact.into()]);
        }
        if drawn < 0.3 {
            let quantity = if line.quantity > 1 { line.quantity - 1 } else { 2 };
            let unit_price = world.price(product, self.browser.now);
            self.cart[last] = Line {
                quantity,
                unit_price,
                ..line
            };
            let fact = CartUpdate {
                product_id: product.id,
                previous_quantity: line.quantity,
                quantity,
                unit_price,
            };
            let form = fields(&[
                ("product_id", product.id.to_string()),
                ("quantity", quantity.to_string()),
            ]);
            return self.post("cart.update", "/cart/update", form, vec![fact.into()]);
        }
        Ok(())
    }

    fn sign_in(&mut self) -> Encoded<()> {
        let number = self.browser.visitor.number;
        if let Some(account) = self.memory.account(number) {
            self.look_at(Page::Login)?;
            if self.browser.random.chance(0.12) {
                let reason = LoginFailure::Credentials;
                self.post_answered("auth.login", "/login", vec![LoginFailed { reason }.into()], 401)?;
                self.browser.now += 6 * SECOND;
            }
            self.memory.set_signed_in(number, true);
            self.browser.user = Some(account.id);
            let method = SignInMethod::Password;
            let facts = vec![
                Login {
                    method,
                    orders: Vec::new(),
                }
                .into(),
                self.merged(),
            ];
            return self.post("auth.login", "/login", Fields::new(), facts);
        }
        self.look_at(Page::Signup)?;
        self.browser.user = Some(self.memory.open_account(number));
        let signup = Signup {
            language: self.browser.visitor.language.into(),
        };
        let method = SignInMethod::Signup;
        let facts = vec![
            signup.into(),
            Login {
                method,
                orders: Vec::new(),
            }
            .into(),
            self.merged(),
        ];
        self.post("auth.signup", "/signup", Fields::new(), facts)
    }

    /// The visitor's cart goes into the account's, which in this shop holds what the same person left there.
    fn merged(&self) -> Details<'static> {
        let lines = self.cart.iter().map(|line| CartLine {
            product_id: self.browser.world.catalogue.product(line.place).id,
            quantity: line.quantity,
            unit_price: Some(line.unit_price),
        });
        let items: Vec<_> = lines.collect();
        CartMerge {
            merged: items.clone(),
            items,
        }
        .into()
    }

    fn order(&mut self, cancel: f64) -> Encoded<()> {
        let world = self.browser.world;
        let order_id = self.memory.next_order();
        let now = self.browser.now;
        let lines = std::mem::take(&mut self.cart).into_iter().map(|line| {
            let product = world.catalogue.product(line.place);
            OrderLine {
                product_id: product.id,
                quantity: line.quantity,
                unit_price: world.price(product, now),
            }
        });
        let items: Vec<OrderLine> = lines.collect();
        let goods: i64 = items
            .iter()
            .map(|line| line.unit_price * i64::from(line.quantity))
            .sum();
        let delivery_fee = if goods >= FREE_DELIVERY_FROM { 0 } else { DELIVERY_FEE };
        let total = goods + delivery_fee;
        let placed = OrderPlaced {
            order_id,
            items: items.clone(),
            delivery_fee,
            total,
            payment_method: PaymentMethod::OnDelivery,
        };
        self.post("checkout.place", "/checkout", Fields::new(), vec![placed.into()])?;
        self.look_at(Page::Order(order_id))?;
        if self.browser.random.chance(cancel) {
            self.browser.now += self.browser.random.between(30 * SECOND, 600 * SECOND);
            self.cancel(order_id, items, total)?;
        }
        Ok(())
    }

    fn cancel(&mut self, order_id: OrderId, items: Vec<OrderLine>, total: i64) -> Encoded<()> {
        self.browser.post(Post {
            endpoint: "orders.cancel",
            route: "/orders/{id}/cancel",
            path: format!("/orders/{order_id}/cancel"),
            form: Fields::new(),
            facts: vec![OrderCancelled { order_id, items, total }.into()],
            status: 303,
        })
    }

    fn post(
        &mut self,
        endpoint: &'static str,
        route: &'static str,
        form: Fields<'static>,
        facts: Vec<Details<'static>>,
    ) -> Encoded<()> {
        self.browser.post(Post {
            endpoint,
            route,
            path: route.to_owned(),
            form,
            facts,
            status: 303,
        })
    }

    fn post_answered(
        &mut self,
        endpoint: &'static str,
        route: &'static str,
        facts: Vec<Details<'static>>,
        status: u16,
    ) -> Encoded<()> {
        self.browser.post(Post {
            endpoint,
            route,
            path: route.to_owned(),
            form: Fields::new(),
            facts,
            status,
        })
    }
}

fn fields(pairs: &[(&'static str, String)]) -> Fields<'static> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).into(), value.clone().into()))
        .collect()
}
