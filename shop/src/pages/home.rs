//! The front page: where one can go, what others like, what one looked at, and what is new.

use maud::{Markup, html};

use super::Frame;
use super::json_ld;
use super::layout::{self, Head};
use super::parts::shelf::{Shelf, shelf};
use super::parts::tile::{Tile, picture};
use crate::domain::Category;

pub struct HomePage<'a> {
    pub categories: &'a [Category],
    pub popular: Vec<Tile<'a>>,
    /// Whether people's interest made the choice; otherwise it is a mix.
    pub popular_is_known: bool,
    /// By this visitor, the last first.
    pub recent: Vec<Tile<'a>>,
    pub for_you: Vec<Tile<'a>>,
    pub newest: Vec<Tile<'a>>,
}

#[must_use]
pub fn home(frame: &Frame<'_>, shown: &HomePage<'_>) -> Markup {
    let words = frame.words();
    let finding = &words.finding;
    let (popular, why) = if shown.popular_is_known {
        (finding.popular, finding.popular_text)
    } else {
        (finding.a_mix, finding.a_mix_text)
    };
    let shelves = [
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
        Shelf {
            id: "newest",
            heading: words.browse.newest,
            text: None,
            more: Some("/products/"),
            tiles: &shown.newest,
        },
    ];
    let content = html! {
        section.hero {
            h1 { (words.browse.welcome) }
            p { (words.browse.welcome_text) }
        }
        section aria-labelledby="categories" {
            h2 #categories.unseen { (words.frame.categories) }
            ul.categories {
                @for category in shown.categories {
                    li {
                        a.category href={ "/products/?category=" (category.id) } {
                            (picture(&category.picture, category.hue))
                            span { (category.name.text(frame.language)) }
                        }
                    }
                }
            }
        }
        @for shown in &shelves { (shelf(frame, shown)) }
    };
    let head = Head {
        title: words.tagline,
        canonical: "/",
        data: Some(&json_ld::shop(frame)),
        ..Head::default()
    };
    layout::page_with(frame, &head, &content)
}
