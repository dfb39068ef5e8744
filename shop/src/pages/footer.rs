//! The footer: what the shop is, where things are, what happens after an order, and the ways into its books.

use maud::{Markup, html};

use super::Frame;
use crate::domain::Drawer;

pub(super) fn footer(frame: &Frame<'_>) -> Markup {
    let words = frame.words();
    let around = frame.around();
    html! {
        footer.foot {
            div.foot-inner {
                div.foot-about {
                    p.foot-name { (words.shop) }
                    p { (around.about) }
                }
                (column(around.shop, &[
                    ("/products/", words.frame.all_products),
                    ("/products/?sort=popular", around.popular),
                    ("/products/?price_to=10000", around.small),
                ]))
                (column(around.help, &[
                    ("/orders", words.frame.orders),
                    ("/wishlist", words.wishes.title),
                    ("/account", words.frame.account),
                    ("/privacy", words.frame.privacy),
                ]))
                (column(around.books, &books(frame)))
                div.foot-terms {
                    p { (around.delivery) " " (around.returns) }
                    p { (words.frame.footer_note) }
                }
                (last_line(frame))
            }
        }
    }
}

fn books(frame: &Frame<'_>) -> Vec<(&'static str, &'static str)> {
    let around = frame.around();
    let mut links = vec![
        ("/data", frame.words().frame.data),
        ("/insights", around.insights),
        ("/classroom", around.classroom),
        ("/data/documents", around.contract),
    ];
    links.retain(|(address, _)| address.starts_with("/data") || frame.rooms.contains(address));
    links
}

fn column(heading: &str, links: &[(&str, &str)]) -> Markup {
    html! {
        div {
            p.foot-heading { (heading) }
            ul { @for (address, name) in links { li { a href=(address) { (name) } } } }
        }
    }
}

fn last_line(frame: &Frame<'_>) -> Markup {
    let words = frame.words();
    let switch = match frame.drawer {
        Drawer::There | Drawer::Open => words.appearance.drawer_off,
        Drawer::Gone => words.appearance.drawer_on,
    };
    html! {
        div.foot-last {
            form action="/drawer" method="post" {
                input type="hidden" name="next" value=(frame.here);
                button.quiet type="submit" name="drawer" value=(frame.drawer.other().code()) { (switch) }
            }
            p.small {
                a href="https://github.com/jdecked/twemoji" rel="noopener" { (words.frame.pictures_by) } ", "
                a href="https://creativecommons.org/licenses/by/4.0/" rel="license noopener" { (words.frame.picture_licence) }
            }
        }
    }
}
