//! The front page: one thing told about, where one can go, what others like, what one looked at, and collections.

use maud::{Markup, html};

use super::Frame;
use super::json_ld;
use super::layout::{self, Head};
use super::parts::narrow::encoded;
use super::parts::shelf::{Shelf, shelf};
use super::parts::tile::{Tile, TileKey, picture, picture_at_once};
use crate::domain::Category;

pub struct HomePage<'a> {
    /// This week's thing, told about at the top; none in an empty shop.
    pub featured: Option<Tile<'a>>,
    pub categories: &'a [Category],
    pub popular: Vec<Tile<'a>>,
    /// Whether people's interest made the choice; otherwise it is a mix.
    pub popular_is_known: bool,
    /// By this visitor, the last first.
    pub recent: Vec<Tile<'a>>,
    pub for_you: Vec<Tile<'a>>,
    pub gifts: Vec<Tile<'a>>,
    /// What a banknote is enough for.
    pub small: Vec<Tile<'a>>,
    pub newest: Vec<Tile<'a>>,
}

/// All that a front page of one catalogue shows.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct HomeKey {
    featured: Option<TileKey>,
    popular_is_known: bool,
    shelves: [Vec<TileKey>; 6],
}

impl HomeKey {
    #[must_use]
    pub fn of(shown: &HomePage<'_>) -> Self {
        // Field by field, so that a new one is thought of.
        let HomePage {
            featured,
            categories: _,
            popular,
            popular_is_known,
            recent,
            for_you,
            gifts,
            small,
            newest,
        } = shown;
        let keys = |tiles: &[Tile<'_>]| tiles.iter().map(Tile::key).collect();
        Self {
            featured: featured.as_ref().map(Tile::key),
            popular_is_known: *popular_is_known,
            shelves: [popular, recent, for_you, gifts, small, newest].map(|tiles| keys(tiles)),
        }
    }
}

/// Where the shelf of small prices leads.
const SMALL: &str = "/products/?price_to=10000";

#[must_use]
pub fn home(frame: &Frame<'_>, shown: &HomePage<'_>) -> Markup {
    let words = frame.words();
    let around = frame.around();
    let gifts = format!("/search?q={}", encoded(around.gifts_query));
    let content = html! {
        (hero(frame, shown.featured.as_ref()))
        section aria-labelledby="categories" {
            h2 #categories.unseen { (words.frame.categories) }
            ul.categories {
                @for category in shown.categories {
                    li {
                        a.category href={ "/products/?category=" (category.id.0) } {
                            (picture(&category.picture, category.hue))
                            span { (category.name.text(frame.language)) }
                        }
                    }
                }
            }
        }
        @for shown in &own_shelves(frame, shown) { (shelf(frame, shown)) }
        (shelf(frame, &Shelf {
            id: "gifts",
            heading: around.gifts,
            text: Some(around.gifts_text),
            more: Some(&gifts),
            tiles: &shown.gifts,
        }))
        (shelf(frame, &Shelf {
            id: "small",
            heading: around.small,
            text: Some(around.small_text),
            more: Some(SMALL),
            tiles: &shown.small,
        }))
        (shelf(frame, &Shelf {
            id: "newest",
            heading: words.browse.newest,
            text: None,
            more: Some("/products/"),
            tiles: &shown.newest,
        }))
    };
    let head = Head {
        title: words.tagline,
        canonical: "/",
        data: Some(&json_ld::shop(frame)),
        ..Head::default()
    };
    layout::page_with(frame, &head, &content)
}

/// The welcome, and beside it one product that is told about.
fn hero(frame: &Frame<'_>, featured: Option<&Tile<'_>>) -> Markup {
    let words = frame.words();
    let around = frame.around();
    html! {
        div.hero {
            div.hero-words {
                h1 { (words.browse.welcome) }
                p { (words.browse.welcome_text) }
                a.button.primary href="/products/" { (words.cart.go_on) }
            }
            @if let Some(Tile { product, hue, .. }) = featured {
                article.featured aria-labelledby="featured" {
                    (picture_at_once(&product.picture, *hue))
                    div.featured-words {
                        p.small { (around.featured) }
                        h2 #featured { a href={ "/products/" (product.id) } data-product-id=(product.id) { (product.name.text(frame.language)) } }
                        p { (product.description.text(frame.language)) }
                        p.price { (product.price.text(frame.language)) }
                    }
                }
            }
        }
    }
}

/// What one looked at, what goes with it, and what others like.
fn own_shelves<'a>(frame: &Frame<'_>, shown: &'a HomePage<'_>) -> [Shelf<'a>; 3] {
    let finding = &frame.words().finding;
    let (popular, why) = if shown.popular_is_known {
        (finding.popular, finding.popular_text)
    } else {
        (finding.a_mix, finding.a_mix_text)
    };
    [
        Shelf {
            id: "recent",
            heading: finding.recent,
            text: None,
            more: None,
            tiles: &shown.recent,
        },
        Shelf {
            id: "for-you",
            heading: finding.for_you,
            text: Some(finding.for_you_text),
            more: None,
            tiles: &shown.for_you,
        },
        Shelf {
            id: "popular",
            heading: popular,
            text: Some(why),
            more: None,
            tiles: &shown.popular,
        },
    ]
}
