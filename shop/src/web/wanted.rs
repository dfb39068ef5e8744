//! What the address of a listing or a search says; what makes no sense counts as not said.

use std::borrow::Cow;

use schemas::CategoryId;
use schemas::record::Fields;
use serde::Deserialize;

use super::caller::clean;
use crate::domain::{Filter, PageNumber, PriceRange, Sort, Won};

/// The longest query that is looked at, in characters.
const LONGEST_QUERY: usize = 100;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    q: String,
    category: Option<String>,
    price_from: Option<String>,
    price_to: Option<String>,
    in_stock: Option<String>,
    sort: Option<String>,
    page: Option<String>,
    order: Option<String>,
}

impl Wanted {
    /// What is searched for, trimmed.
    pub(super) fn query(&self) -> String {
        query(&self.q)
    }

    pub(super) fn filter(&self) -> Filter {
        Filter {
            category: self.category.as_deref().and_then(number).map(CategoryId),
            price: PriceRange::of(price(self.price_from.as_deref()), price(self.price_to.as_deref())),
            in_stock: self.in_stock.as_deref() == Some("1"),
        }
    }

    /// Whether a category is asked for, even one that can't be.
    pub(super) fn asks_for_category(&self) -> bool {
        self.category
            .as_deref()
            .is_some_and(|category| !category.trim().is_empty())
    }

    pub(super) fn sort(&self) -> Option<Sort> {
        self.sort.as_deref().and_then(Sort::from_name)
    }

    /// The order of the popular that is paged through.
    pub(super) fn order(&self) -> Option<i64> {
        self.order.as_deref().and_then(number)
    }

    pub(super) fn page(&self) -> PageNumber {
        let page = self.page.as_deref().and_then(|page| page.trim().parse().ok());
        page.map_or(PageNumber::FIRST, PageNumber::new)
    }
}

/// A text of any kind, fit to be searched for.
pub(super) fn query(text: &str) -> String {
    clean(text).trim().chars().take(LONGEST_QUERY).collect()
}

fn number(text: &str) -> Option<i64> {
    text.trim().parse().ok()
}

fn price(text: Option<&str>) -> Option<Won> {
    text.and_then(number).filter(|won| *won >= 0).map(Won)
}

/// How a search was narrowed down and sorted, for its event: the names and values of the address.
pub(super) fn fields(filter: &Filter, sort: Option<Sort>) -> Fields<'static> {
    let amount = |won: Option<Won>| won.map(|won| won.0.to_string());
    let fields = [
        ("category", filter.category.map(|category| category.to_string())),
        ("price_from", amount(filter.price.from)),
        ("price_to", amount(filter.price.to)),
        ("in_stock", filter.in_stock.then(|| "1".to_owned())),
        ("sort", sort.map(|sort| sort.name().to_owned())),
    ];
    let given = fields.into_iter().filter_map(|(name, value)| Some((name, value?)));
    given
        .map(|(name, value)| (Cow::Borrowed(name), Cow::Owned(value)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_makes_no_sense_counts_as_not_said() {
        let wanted = Wanted {
            category: Some("tea".to_owned()),
            price_from: Some("-5".to_owned()),
            price_to: Some("lots".to_owned()),
            in_stock: Some("perhaps".to_owned()),
            sort: Some("best".to_owned()),
            page: Some("0".to_owned()),
            ..Wanted::default()
        };
        assert!(wanted.filter().is_empty() && wanted.asks_for_category());
        assert_eq!((wanted.sort(), wanted.page()), (None, PageNumber::FIRST));
    }

    #[test]
    fn a_range_the_wrong_way_round_is_turned() {
        let wanted = Wanted {
            price_from: Some("30000".to_owned()),
            price_to: Some(" 10000 ".to_owned()),
            ..Wanted::default()
        };
        let filter = wanted.filter();
        assert!(filter.price.holds(Won(20_000)) && !filter.price.holds(Won(30_100)));
        let fields = fields(&filter, Some(Sort::Name));
        assert_eq!(fields["price_from"], "10000");
        assert_eq!(fields["sort"], "name");
        assert_eq!(fields.len(), 3);
    }
}
