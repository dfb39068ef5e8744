//! Signing in.

use maud::{Markup, html};

use super::parts::field::{Input, alert, field};
use super::{Frame, layout};

#[must_use]
pub fn login(frame: &Frame<'_>, email: &str, next: &str, problem: Option<&str>) -> Markup {
    let words = frame.words();
    let account = &words.account;
    let email = Input {
        kind: "email",
        most: 254,
        ..Input::text("email", words.fields.email, "username").value(email)
    };
    let password = Input {
        kind: "password",
        most: 128,
        ..Input::text("password", words.fields.password, "current-password")
    };
    let content = html! {
        div.narrow-page {
            h1 { (account.sign_in) }
            (alert(problem))
            form.card action="/login" method="post" {
                input type="hidden" name="next" value=(next);
                (field(words, &email))
                (field(words, &password))
                button.primary.wide type="submit" { (account.sign_in) }
            }
            p { (account.no_account) " " a href="/signup" { (account.sign_up) } }
        }
    };
    layout::page(frame, account.sign_in, &content)
}
