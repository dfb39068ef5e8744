//! `/search?q=`

use std::borrow::Cow;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::IntoResponse;
use schemas::events::Search;

use super::caller::By;
use super::error::PageError;
use super::wanted::{self, Wanted};
use super::{Site, show};
use crate::crowd;
use crate::domain::{Filter, Measure, Searched, Sort};
use crate::pages::parts::narrow::Spot;
use crate::pages::search::{SearchPage, Understood};
use crate::pages::{self, Frame};

pub(super) async fn index(
    By(caller): By,
    State(site): State<Site>,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<impl IntoResponse, PageError> {
    let Query(wanted) = wanted.unwrap_or_default();
    let (query, sort) = (wanted.query(), wanted.sort());
    let (catalogue, stock) = (site.store.catalogue(), site.store.stock());
    let asked = wanted.filter();
    let category = asked.category.and_then(|id| catalogue.category(id));
    let filter = Filter {
        category: category.map(|category| category.id),
        ..asked
    };
    let crowd::Order { made_at, advice } = site.crowd.order(wanted.order());
    let measure = Measure {
        language: caller.language,
        ranking: Some(&advice.ranking),
    };
    let searched = catalogue.search(&query, (&filter, sort, wanted.page()), (&stock, measure));
    let Searched { listing, .. } = &searched;
    let mut seen = caller.saw(caller.view());
    if !query.is_empty() {
        seen = seen.and(caller.saw(Search {
            query: Cow::Borrowed(&query),
            filters: wanted::fields(&filter, sort),
            result_count: u32::try_from(listing.total).unwrap_or(u32::MAX),
            page_number: listing.page.get(),
            language: Cow::Borrowed(caller.language.code()),
        }));
    }
    // What was mended, or found by some of its words only, may be anything.
    if listing.total > 0 && searched.every_word && searched.mended.is_none() && caller.tells_what_people_like() {
        let at = caller.occasion.at;
        site.crowd.asks(caller.language, &query, caller.visit.visitor, at);
    }
    let frame = Frame {
        query: &query,
        ..caller.frame(&site).await?
    };
    let now = caller.occasion.at;
    let popular = if listing.facets.all == 0 {
        advice.popular.as_slice()
    } else {
        &[]
    };
    let popular = show::products(&catalogue, popular, show::SHELF);
    let shown = SearchPage {
        spot: Spot {
            query: Some(&query),
            filter,
            sort,
            page: listing.page.get(),
            // What fits equally well stands in the order of the popular.
            order: matches!(sort, None | Some(Sort::Popular)).then_some(made_at),
        },
        understood: Understood {
            every_word: searched.every_word,
            mended: searched.mended.as_deref(),
            rather: searched.rather.as_deref(),
            marks: &searched.marks,
        },
        search_id: (!query.is_empty()).then_some(caller.occasion.search_id),
        categories: catalogue.categories(),
        category,
        facets: &listing.facets,
        pages: listing.pages.get(),
        total: listing.total,
        tiles: show::tiles(&catalogue, &stock, now, listing.products.iter().copied()),
        popular: show::tiles(&catalogue, &stock, now, popular),
    };
    Ok((seen, pages::search::search(&frame, &shown)))
}
