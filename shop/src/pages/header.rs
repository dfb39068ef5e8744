//! The header: name, search, the menu of categories, account, wishes and cart, language and theme.
//!
//! On a phone the name, the search and the settings stay at the top, the ways to go in a bar at the bottom: the same elements, placed by
//! the style sheet. Menus need no script.

use maud::{Markup, html};

use super::Frame;
use super::assets::Asset;
use super::parts::icon::{BASKET, GRID, HALF, HEART, PERSON, SEARCH, icon};
use super::parts::narrow::encoded;
use crate::domain::{Language, Theme};

pub(super) fn header(frame: &Frame<'_>) -> Markup {
    let words = frame.words();
    let other = match frame.language {
        Language::Ko => Language::En,
        Language::En => Language::Ko,
    };
    let (account, account_name) = if frame.signed_in {
        ("/account".to_owned(), words.frame.account)
    } else {
        (sign_in_address(frame.here), words.frame.sign_in)
    };
    html! {
        header.head {
            div.head-inner {
                a.brand href="/" { (words.shop) }
                form.find role="search" action="/search" method="get" data-suggest="/search/suggest" data-label=(words.finding.suggestions)
                    data-recent=(frame.around().recent_searches) data-script=(Asset::Suggest.address()) {
                    label.unseen for="find" { (words.frame.search) }
                    input #find type="search" name="q" value=(frame.query) placeholder=(words.frame.search_hint)
                        maxlength="100" autocomplete="off";
                    button.icon-button type="submit" aria-label=(words.frame.search) { (icon(SEARCH)) }
                }
                nav.tools aria-label=(words.frame.account) {
                    (menu(frame))
                    a.tool href=(account) aria-label=(account_name) { (icon(PERSON)) span.tool-name { (account_name) } }
                    a.tool href="/wishlist" {
                        (icon(HEART))
                        span.tool-name aria-hidden="true" { (words.wishes.title) }
                        span.count aria-hidden="true" hidden[frame.wished.is_empty()] { (frame.wished.len()) }
                        span.unseen { (words.wishes.title) }
                    }
                    (cart_link(frame))
                }
                div.settings {
                    form action="/language" method="post" {
                        input type="hidden" name="next" value=(frame.here);
                        button.quiet type="submit" name="language" value=(other.code()) lang=(other.code()) {
                            span.long { (words.frame.other_language) } span.short aria-hidden="true" { (short(other)) }
                        }
                    }
                    (themes(frame))
                }
            }
        }
    }
}

/// For a phone's header.
const fn short(language: Language) -> &'static str {
    match language {
        Language::Ko => "한",
        Language::En => "En",
    }
}

/// The categories, over the page: the browser opens and closes it. Where it can't, the button leads nowhere and the list stays hidden;
/// the front page has the categories too.
fn menu(frame: &Frame<'_>) -> Markup {
    let name = frame.around().menu;
    html! {
        button.tool.plain type="button" popovertarget="menu" { (icon(GRID)) span.tool-name { (name) } }
        div #menu popover="auto" {
            ul.menu {
                @for category in frame.categories {
                    li {
                        a href={ "/products/?category=" (category.id.0) } {
                            span class={ "dot hue-" (category.hue) } {
                                img src={ "/pictures/" (category.picture) ".svg" } alt="" width="28" height="28" loading="lazy";
                            }
                            (category.name.text(frame.language))
                        }
                    }
                }
                li { a.menu-all href="/products/" { (frame.words().frame.all_products) } }
            }
        }
    }
}

/// Signing in leads back to where one was.
fn sign_in_address(here: &str) -> String {
    let leads_nowhere = here == "/" || here.starts_with("/login") || here.starts_with("/signup");
    if leads_nowhere {
        "/login".to_owned()
    } else {
        format!("/login?next={}", encoded(here))
    }
}

/// The header's way to the cart, with how much is in it.
pub(super) fn cart_link(frame: &Frame<'_>) -> Markup {
    let words = &frame.words().frame;
    html! {
        a.tool href="/cart" data-cart-action="view" data-busy=(words.cart_busy) data-lost=(words.cart_lost) data-again=(words.cart_again) {
            (icon(BASKET))
            span.tool-name aria-hidden="true" { (words.cart) }
            span.count aria-hidden="true" hidden[frame.cart_count == 0] { (frame.cart_count) }
            span.unseen { ((words.cart_count)(frame.cart_count)) }
        }
    }
}

/// A menu that needs no script.
fn themes(frame: &Frame<'_>) -> Markup {
    let words = frame.words().appearance;
    html! {
        details.themes {
            summary.tool aria-label=(words.theme) { (icon(HALF)) }
            form.card action="/theme" method="post" {
                input type="hidden" name="next" value=(frame.here);
                @for theme in Theme::ALL {
                    button.quiet type="submit" name="theme" value=(theme.code()) aria-pressed=(frame.theme == theme) {
                        (words.name_of(theme))
                    }
                }
            }
        }
    }
}
