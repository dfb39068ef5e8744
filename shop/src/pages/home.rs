//! The front page: where one can go, and what is new.

use maud::{Markup, html};

use super::parts::tile::{Tile, grid, picture};
use super::{Frame, layout};
use crate::domain::Category;

#[must_use]
pub fn home(frame: &Frame<'_>, categories: &[Category], newest: &[Tile<'_>]) -> Markup {
    let words = frame.words();
    let content = html! {
        section.hero {
            h1 { (words.browse.welcome) }
            p { (words.browse.welcome_text) }
        }
        section aria-labelledby="categories" {
            h2 #categories { (words.frame.categories) }
            ul.categories {
                @for category in categories {
                    li {
                        a.category href={ "/products/?category=" (category.id) } {
                            (picture(&category.picture, category.hue))
                            span { (category.name.text(frame.language)) }
                        }
                    }
                }
            }
        }
        section aria-labelledby="newest" {
            div.section-head {
                h2 #newest { (words.browse.newest) }
                a href="/products/" { (words.browse.see_all) }
            }
            (grid(frame, newest))
        }
    };
    layout::page(frame, words.tagline, &content)
}
