//! Where those go on who did not reach the next step.

use super::Asked;
use super::way::Way;
use crate::events::Symbol;
use crate::figures::Listed;
use crate::report::{Cell, Table};
use crate::scope::{Scope, Tally};

/// By the step that was the last one, and then by the next page.
pub(super) struct Leavers(Vec<Listed<Option<Symbol>, Tally>>);

fn name<'s>(scope: &'s Scope<'_>, page: Option<Symbol>) -> &'s str {
    page.map_or("(left the shop)", |page| scope.log.names.text(page))
}

impl Leavers {
    pub(super) fn none(asked: &Asked) -> Self {
        Self(asked.steps.iter().map(|_| Listed::default()).collect())
    }

    pub(super) fn add(&mut self, scope: &Scope<'_>, asked: &Asked, way: &Way) {
        let reached = way.reached.iter().take_while(|reached| reached.is_some()).count();
        if reached == 0 || reached == asked.steps.len() {
            return;
        }
        let (step, page) = (reached - 1, way.next_page);
        let fresh = || scope.tally(format!("leavers/{step}/{}", name(scope, page)), asked.unit());
        self.0[step].item(page, fresh).add(way.session);
    }

    pub(super) fn append(&mut self, later: Self) {
        for (pages, later) in self.0.iter_mut().zip(later.0) {
            pages.append(later, Tally::append);
        }
    }

    pub(super) fn table(self, scope: &Scope<'_>, asked: &Asked) -> Table {
        let mut table = Table::new(
            "leavers",
            "Where those go who don't reach the next step",
            &[("after", "After"), ("next", "Next page"), ("count", "How many")],
        );
        for (step, pages) in asked.steps.iter().zip(self.0) {
            let pages = pages.into_items().into_iter();
            let mut pages: Vec<(&str, Tally)> = pages.map(|(page, tally)| (name(scope, page), tally)).collect();
            pages.sort_by_key(|(page, tally)| (std::cmp::Reverse(tally.count), *page));
            for (page, tally) in pages {
                table
                    .rows
                    .push(vec![Cell::text(step.label()), Cell::text(page), scope.cell(tally)]);
            }
        }
        table
    }
}
