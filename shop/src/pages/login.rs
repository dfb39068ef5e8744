//! Signing in.

use maud::{Markup, html};

use super::parts::asked::asked;
use super::parts::field::{Input, alert, field};
use super::parts::narrow::encoded;
use super::{Frame, layout};

pub struct LoginPage<'a> {
    /// As typed.
    pub email: &'a str,
    /// Where to go on.
    pub next: &'a str,
    pub problem: Option<&'a str>,
    /// What was just done.
    pub notice: Option<&'a str>,
}

#[must_use]
pub fn login(frame: &Frame<'_>, shown: &LoginPage<'_>) -> Markup {
    let words = frame.words();
    let account = words.account;
    let email = Input {
        kind: "email",
        most: 254,
        ..Input::text("email", words.fields.email, "username").value(shown.email)
    };
    let password = Input {
        kind: "password",
        most: 128,
        ..Input::text("password", words.fields.password, "current-password")
    };
    let content = html! {
        div.narrow-page {
            @if let Some(notice) = shown.notice { p.notice role="status" { (notice) } }
            h1 { (account.sign_in) }
            (alert(shown.problem))
            form.card action="/login" method="post" {
                (asked(frame, None))
                input type="hidden" name="next" value=(shown.next);
                (field(words, &email))
                (field(words, &password))
                button.primary.wide type="submit" { (account.sign_in) }
            }
            p { (account.no_account) " " a href={ "/signup?next=" (encoded(shown.next)) } { (account.sign_up) } }
        }
    };
    layout::page(frame, account.sign_in, &content)
}
