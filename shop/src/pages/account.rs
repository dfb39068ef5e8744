//! The account's own page: who one is, and everything that can be changed about it.

use maud::{Markup, html};

use super::parts::asked::asked;
use super::parts::field::{Errors, Input, field};
use super::{Frame, layout};
use crate::domain::Language;

pub struct AccountPage<'a> {
    pub name: &'a str,
    pub email: &'a str,
    /// What stands in the field for the name.
    pub typed_name: &'a str,
    pub errors: &'a Errors,
    /// What was just done.
    pub notice: Option<&'a str>,
}

/// The fields' names, which errors refer to.
pub const CURRENT_PASSWORD: &str = "current_password";
pub const NEW_PASSWORD: &str = "new_password";
pub const DELETE_PASSWORD: &str = "delete_password";

#[must_use]
pub fn account(frame: &Frame<'_>, shown: &AccountPage<'_>) -> Markup {
    let words = frame.words();
    let account = words.account;
    let content = html! {
        div.narrow-page.cards {
            h1 data-private { ((account.hello)(shown.name)) }
            @if let Some(notice) = shown.notice { p.notice role="status" { (notice) } }
            div.card {
                dl.facts { div { dt { (words.fields.email) } dd data-private { (shown.email) } } }
                p { a.button.wide href="/orders" { (account.your_orders) } }
                p { a.button.wide href="/wishlist" { (words.wishes.title) } }
                form action="/logout" method="post" { button.wide type="submit" { (account.sign_out) } }
            }
            (name(frame, shown))
            (language(frame))
            (password(frame, shown))
            section.card aria-labelledby="data" {
                h2 #data { (account.data_title) }
                p { (account.data_text) }
                p { a.button.wide href="/account/data" download { (account.download) } }
            }
            (delete(frame, shown))
        }
    };
    layout::page(frame, account.title, &content)
}

fn name(frame: &Frame<'_>, shown: &AccountPage<'_>) -> Markup {
    let words = frame.words();
    let account = words.account;
    let name = Input {
        most: 60,
        ..Input::text("name", words.fields.name, "name").value(shown.typed_name)
    };
    html! {
        section.card aria-labelledby="name-title" {
            h2 #name-title { (account.name_title) }
            form action="/account/name" method="post" {
                (asked(frame, None))
                (field(words, &name.error_in(shown.errors)))
                button.wide type="submit" { (account.save_name) }
            }
        }
    }
}

/// The same form as in the header, for those who look here; signed in, the choice is the account's.
fn language(frame: &Frame<'_>) -> Markup {
    let words = frame.words();
    html! {
        section.card aria-labelledby="language-title" {
            h2 #language-title { (words.account.language_title) }
            form action="/language" method="post" {
                input type="hidden" name="next" value="/account";
                @for language in Language::ALL {
                    label.choice {
                        input type="radio" name="language" value=(language.code()) checked[language == frame.language];
                        span lang=(language.code()) { (language.own_name()) }
                    }
                }
                button.wide type="submit" { (words.account.save_language) }
            }
        }
    }
}

fn password(frame: &Frame<'_>, shown: &AccountPage<'_>) -> Markup {
    let words = frame.words();
    let account = words.account;
    let current = password_input(CURRENT_PASSWORD, account.current_password, "current-password");
    let new = password_input(NEW_PASSWORD, account.new_password, "new-password").hint(words.fields.password_hint);
    html! {
        section.card aria-labelledby="password-title" {
            h2 #password-title { (account.password_title) }
            p.quiet-text { (account.password_text) }
            form action="/account/password" method="post" {
                (asked(frame, None))
                (field(words, &current.error_in(shown.errors)))
                (field(words, &new.error_in(shown.errors)))
                button.wide type="submit" { (account.save_password) }
            }
        }
    }
}

fn delete(frame: &Frame<'_>, shown: &AccountPage<'_>) -> Markup {
    let words = frame.words();
    let account = words.account;
    let password = password_input(DELETE_PASSWORD, words.fields.password, "current-password");
    html! {
        section.card aria-labelledby="delete-title" {
            h2 #delete-title { (account.delete_title) }
            p { (account.delete_text) }
            form action="/account/delete" method="post" {
                (asked(frame, None))
                (field(words, &password.error_in(shown.errors)))
                button.wide.danger type="submit" { (account.delete) }
            }
        }
    }
}

fn password_input(name: &'static str, label: &'static str, autocomplete: &'static str) -> Input<'static> {
    Input {
        kind: "password",
        most: 128,
        ..Input::text(name, label, autocomplete)
    }
}
