//! Query strings: what the shop's addresses carry.

use schemas::events::Campaign;
use schemas::record::Fields;

use super::catalogue::Catalogue;
use super::page::Page;

/// What the address says of how the visitor came.
pub(super) fn campaign(args: &Fields<'static>) -> Option<Campaign<'static>> {
    let told = |name: &str| args.get(name).cloned();
    let campaign = Campaign {
        source: told("utm_source"),
        medium: told("utm_medium"),
        campaign: told("utm_campaign"),
        term: None,
        content: None,
    };
    campaign.source.is_some().then_some(campaign)
}

pub(super) fn put_query(args: &mut Fields<'static>, page: &Page, catalogue: &Catalogue) {
    match page {
        Page::Listing { category, number } => {
            args.insert("category".into(), catalogue.categories[*category].id.to_string().into());
            if *number > 1 {
                args.insert("page".into(), number.to_string().into());
            }
        }
        Page::Search { query } => {
            args.insert("q".into(), query.clone().into());
        }
        _ => {}
    }
}
