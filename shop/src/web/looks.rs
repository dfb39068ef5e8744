//! A visitor's looks at products: remembered for that visitor in a cookie, and counted for everybody.
//!
//! Neither under Global Privacy Control.

use schemas::ProductId;

use super::Site;
use super::beside::Changed;
use super::caller::Caller;
use super::cookies::Change;
use crate::domain::{Looked, Product};

impl Caller {
    fn may_be_remembered(&self) -> bool {
        self.consent.allows_observing()
    }

    /// Whether what is done here says something about what people like: not what a browser fetched by itself, nor a crawler.
    pub(super) fn tells_what_people_like(&self) -> bool {
        self.may_be_remembered() && self.is_seen() && !self.occasion.bot
    }

    /// What this visitor looked at, the last first.
    pub(super) fn looked(&self) -> Looked {
        if self.may_be_remembered() {
            self.looked
        } else {
            Looked::default()
        }
    }

    /// This visitor looks at a product's page.
    pub(super) fn looks_at(&self, site: &Site, product: &Product) -> Changed {
        if !self.may_be_remembered() {
            // What is left of earlier looks goes.
            let forgotten = (!self.looked.products().is_empty()).then_some(Change::Looked(Looked::default()));
            return Changed {
                cookies: forgotten.into_iter().collect(),
            };
        }
        // What the browser fetched by itself was not looked at.
        if !self.is_seen() {
            return Changed::default();
        }
        let before: Option<ProductId> = self.looked.products().first().copied();
        if before == Some(product.id) {
            return Changed::default();
        }
        if self.tells_what_people_like() {
            site.crowd.looks_at(product.id, before);
        }
        Changed {
            cookies: vec![Change::Looked(self.looked.with(product.id))],
        }
    }
}
