//! Opening an account.

use maud::{Markup, html};

use super::parts::asked::asked;
use super::parts::field::{Errors, Input, field, form_alert};
use super::parts::narrow::encoded;
use super::{Frame, layout};

#[must_use]
pub fn signup(frame: &Frame<'_>, email: &str, name: &str, next: &str, errors: &Errors) -> Markup {
    let words = frame.words();
    let account = &words.account;
    let email = Input {
        kind: "email",
        most: 254,
        ..Input::text("email", words.fields.email, "email").value(email)
    };
    let name = Input {
        most: 50,
        ..Input::text("name", words.fields.name, "name").value(name)
    };
    let password = Input {
        kind: "password",
        most: 128,
        ..Input::text("password", words.fields.password, "new-password").hint(words.fields.password_hint)
    };
    let content = html! {
        div.narrow-page {
            h1 { (account.sign_up) }
            p.lead { (account.why) }
            (form_alert((!errors.is_empty()).then_some(words.problems.form)))
            form.card action="/signup" method="post" {
                (asked(frame, None))
                input type="hidden" name="next" value=(next);
                (field(words, &email.error_in(errors)))
                (field(words, &name.error_in(errors)))
                (field(words, &password.error_in(errors)))
                button.primary.wide type="submit" { (account.sign_up) }
            }
            p { (account.have_account) " " a href={ "/login?next=" (encoded(next)) } { (account.sign_in) } }
        }
    };
    layout::page(frame, account.sign_up, &content)
}
