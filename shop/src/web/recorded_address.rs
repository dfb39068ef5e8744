//! An address as it may be recorded: of its parameters only those that the shop itself gives a meaning, and nothing behind `#`.
//!
//! A link can carry anything: `/login?password=...`, `/reset?token=...`. Browsers pass it on as the referrer, and the client script as
//! the page that it speaks of, so whatever is an address goes through here before it is recorded.

use std::borrow::Cow;

use crate::domain::{Language, Sort};

/// Parameters that may stand in events; others could hold anything.
pub(super) const PARAMETERS: [&str; 15] = [
    "category",
    "price_from",
    "price_to",
    "in_stock",
    "sort",
    "page",
    "order",
    "q",
    "lang",
    "placed",
    "utm_source",
    "utm_medium",
    "utm_campaign",
    "utm_term",
    "utm_content",
];

/// A moment in milliseconds has 13 digits; a card's number has more.
const LONGEST_NUMBER: usize = 13;

/// The address without what may not be recorded: other parameters, the fragment, and a name and password before the host.
pub(super) fn recorded_address(address: Cow<'_, str>) -> Cow<'_, str> {
    if !address.bytes().any(|byte| matches!(byte, b'?' | b'#' | b'@')) {
        return address;
    }
    let (address, _) = address.split_once('#').unwrap_or((&address, ""));
    let (place, query) = address.split_once('?').unwrap_or((address, ""));
    let kept: Vec<&str> = query.split('&').filter(|pair| is_known(pair)).collect();
    let mut recorded = without_user(place);
    if !kept.is_empty() {
        recorded.push('?');
        recorded.push_str(&kept.join("&"));
    }
    Cow::Owned(recorded)
}

/// A text that may quote addresses, such as a script's error: each of its words that has a parameter, a fragment or a user is one.
pub(super) fn recorded_text(text: Cow<'_, str>) -> Cow<'_, str> {
    if !text.bytes().any(|byte| matches!(byte, b'?' | b'#' | b'@')) {
        return text;
    }
    let words = text.split_inclusive(char::is_whitespace).map(|word| {
        let bare = word.trim_end_matches(char::is_whitespace);
        let space = &word[bare.len()..];
        // A word that asks ends in its question mark.
        if bare.contains(['/', '=']) {
            format!("{}{space}", recorded_address(Cow::Borrowed(bare)))
        } else {
            word.to_owned()
        }
    });
    Cow::Owned(words.collect())
}

/// Whether a parameter is one of the shop's, and its value nothing that could hold another one.
fn is_known(pair: &str) -> bool {
    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
    PARAMETERS.contains(&name) && is_meant(name, value) && !value.contains([';', '?', '=', ' ', '\n', '\r', '\t'])
}

/// Whether the value is one of those that the parameter is for: words only where words are asked for, otherwise a number or a name of the
/// shop's. What doesn't, the shop takes as not said; it may have slipped in from elsewhere.
pub(super) fn is_meant(name: &str, value: &str) -> bool {
    match name {
        "q" => true,
        campaign if campaign.starts_with("utm_") => true,
        "sort" => value.is_empty() || Sort::from_name(value).is_some(),
        "lang" => Language::from_code(value).is_some(),
        _ => value.len() <= LONGEST_NUMBER && value.bytes().all(|byte| byte.is_ascii_digit()),
    }
}

/// `https://user:password@host/` without `user:password@`; the scheme may be left out.
fn without_user(place: &str) -> String {
    let Some((scheme, rest)) = place
        .split_once("//")
        .filter(|(scheme, _)| scheme.is_empty() || scheme.ends_with(':'))
    else {
        return place.to_owned();
    };
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    format!("{scheme}//{host}{path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_keeps_its_place_and_the_parameters_that_mean_something() {
        for (address, recorded) in [
            ("/products/101", "/products/101"),
            ("/products/?category=2&token=abc&page=3", "/products/?category=2&page=3"),
            ("http://shop.example/login?password=X", "http://shop.example/login"),
            (
                "https://me:secret@elsewhere.example/a?q=teapot#token=abc",
                "https://elsewhere.example/a?q=teapot",
            ),
            ("/search?q=%EC%B0%A8&Q=x&&=y", "/search?q=%EC%B0%A8"),
            ("/p#access_token=1", "/p"),
            ("/a@b/c", "/a@b/c"),
            ("//me:secret@elsewhere.example/a", "//elsewhere.example/a"),
            ("/products/?page=1;token=abc&sort=newest", "/products/?sort=newest"),
            ("/search?q=a?token=abc", "/search"),
            (
                "/search?q=teapot&page=2\nhttp://shop.example/b?token=abc",
                "/search?q=teapot",
            ),
            ("?token=1", ""),
            (
                "/products/?category=secret&sort=secret&page=4929123456789012&price_to=9900",
                "/products/?price_to=9900",
            ),
        ] {
            assert_eq!(recorded_address(Cow::Borrowed(address)), recorded, "{address}");
        }
    }

    #[test]
    fn a_text_keeps_its_words_and_loses_what_addresses_carry() {
        for (text, recorded) in [
            ("x is undefined", "x is undefined"),
            ("who? me", "who? me"),
            (
                "GET http://shop.example/api?token=abc&page=2 failed: what?",
                "GET http://shop.example/api?page=2 failed: what?",
            ),
            ("/static/main.js?key=1:12:3", "/static/main.js"),
            (
                "http://shop.example/a?page=2\nhttp://shop.example/b?token=abc\tend",
                "http://shop.example/a?page=2\nhttp://shop.example/b\tend",
            ),
            ("at /reset?abc now", "at /reset now"),
        ] {
            assert_eq!(recorded_text(Cow::Borrowed(text)), recorded, "{text}");
        }
    }
}
