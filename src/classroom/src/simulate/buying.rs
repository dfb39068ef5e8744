//! The part of a visit that is about buying: into the cart, second thoughts, signing in, ordering, cancelling.

use schemas::events::{
    CartAction, CartAdd, CartLine, CartMerge, CartRemove, CartUpdate, Login, LoginFailed, LoginFailure, OrderCancelled,
    OrderLine, OrderPlaced, PaymentMethod, SignInMethod, Signup,
};
use schemas::record::Fields;
use schemas::{Details, OrderId};

use super::browser::Post;
use super::catalogue::Place;
use super::page::Page;
use super::visit::{Encoded, SECOND, Visit};
use super::world::Line;

/// What delivery costs, and from which price of the goods on it is free: the shop's own rule.
const DELIVERY_FEE: i64 = 3_000;
const FREE_DELIVERY_FROM: i64 = 50_000;
/// Somebody who only brings a cart of an earlier visit buys more seldom.
const BUY_WHAT_WAS_BROUGHT: f64 = 0.4;

impl Visit<'_, '_> {
    /// Puts the product into the cart, if this visitor does and the shop has it.
    pub(super) fn maybe_add(&mut self, place: Place, stays: i64) -> Encoded<()> {
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
    pub(super) fn decide(&mut self) -> Encoded<()> {
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
        self.look_at(&Page::Cart)?;
        self.change_mind(buys)?;
        if self.cart.is_empty() || (!buys && self.browser.random.chance(0.7)) {
            return Ok(());
        }
        if self.browser.user.is_none() && self.browser.random.chance(buying.sign_in) {
            self.sign_in()?;
        }
        self.look_at(&Page::Checkout)?;
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
            self.look_at(&Page::Login)?;
            if self.browser.random.chance(0.12) {
                let reason = LoginFailure::Credentials;
                self.post_answered("auth.login", "/login", vec![LoginFailed { reason }.into()], 401)?;
                self.browser.now += 6 * SECOND;
            }
            self.memory.set_signed_in(number, true);
            self.browser.user = Some(account.id);
            let method = SignInMethod::Password;
            let facts = vec![signed_in(method), self.merged()];
            return self.post("auth.login", "/login", Fields::new(), facts);
        }
        self.look_at(&Page::Signup)?;
        self.browser.user = Some(self.memory.open_account(number));
        let signup = Signup {
            language: self.browser.visitor.language.into(),
        };
        let method = SignInMethod::Signup;
        let facts = vec![signup.into(), signed_in(method), self.merged()];
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
        self.look_at(&Page::Order(order_id))?;
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

    pub(super) fn post(
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

/// Guests' orders stay with the guest: this simulation keeps no list of them.
fn signed_in(method: SignInMethod) -> Details<'static> {
    let orders = Vec::new();
    Login { method, orders }.into()
}

fn fields(pairs: &[(&'static str, String)]) -> Fields<'static> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).into(), value.clone().into()))
        .collect()
}
