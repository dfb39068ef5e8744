//! The account's own page.

use maud::{Markup, html};

use super::{Frame, layout};

#[must_use]
pub fn account(frame: &Frame<'_>, name: &str, email: &str) -> Markup {
    let words = frame.words();
    let account = &words.account;
    let content = html! {
        div.narrow-page {
            h1 { ((account.hello)(name)) }
            div.card {
                dl.facts { div { dt { (words.fields.email) } dd { (email) } } }
                p { a.button.wide href="/orders" { (account.your_orders) } }
                form action="/logout" method="post" { button.wide type="submit" { (account.sign_out) } }
            }
        }
    };
    layout::page(frame, account.title, &content)
}
