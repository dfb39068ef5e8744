//! `/language`: the language a visitor chose, in a cookie, and with the account.

use axum::Form;
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::response::{IntoResponse, Redirect};
use serde::Deserialize;

use super::beside::Changed;
use super::caller::By;
use super::cookies::Change;
use super::error::PageError;
use crate::domain::Language;
use crate::store::Store;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Choice {
    language: String,
    next: String,
}

/// Signed in, it is the account's language in every browser from now on.
pub(super) async fn choose(
    By(caller): By,
    State(store): State<Store>,
    form: Result<Form<Choice>, FormRejection>,
) -> Result<impl IntoResponse, PageError> {
    let Form(choice) = form?;
    let unknown = || PageError::BadRequest("the language is neither ko nor en".to_owned());
    let language = Language::from_code(&choice.language).ok_or_else(unknown)?;
    if let Some(user) = caller.user() {
        store.speak(user, language).await?;
    }
    let changed = Changed {
        cookies: vec![Change::Language(language)],
    };
    Ok((changed, Redirect::to(local(&choice.next))))
}

/// `next`, if it is a path of the shop's own; home otherwise. Browsers read `//x` and `/\x` as another site.
pub(super) fn local(next: &str) -> &str {
    let own = next.starts_with('/')
        && !next.starts_with("//")
        && !next.contains('\\')
        && next.bytes().all(|byte| byte.is_ascii_graphic());
    if own { next } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_sent_to_the_shops_own_paths_only() {
        assert_eq!(local("/cart?x=1"), "/cart?x=1");
        for elsewhere in [
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "",
            "/a\r\nb",
            "cart",
        ] {
            assert_eq!(local(elsewhere), "/", "{elsewhere}");
        }
    }
}
