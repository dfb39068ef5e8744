//! What is told from texts: the device from the user agent, the page from its path.

use super::details::Click;

/// The languages that a visit can have, by number.
const LANGUAGES: [&str; 3] = ["unknown", "ko", "en"];
/// The classes of devices, by number.
const DEVICES: [&str; 4] = ["unknown", "phone", "tablet", "desktop"];

#[must_use]
pub fn language_name(number: u8) -> &'static str {
    LANGUAGES.get(usize::from(number)).copied().unwrap_or("unknown")
}

#[must_use]
pub fn device_name(number: u8) -> &'static str {
    DEVICES.get(usize::from(number)).copied().unwrap_or("unknown")
}

/// A viewport narrower than this is a phone's, in CSS pixels.
const PHONE_BELOW: u16 = 600;

/// Whether a click was on a phone: by the viewport where the browser told its width, by the user agent where it did not.
#[must_use]
pub const fn is_phone(click: &Click, device: u8) -> bool {
    if click.viewport_width > 0 {
        click.viewport_width < PHONE_BELOW
    } else {
        device == 1
    }
}

pub(super) fn language(code: &str) -> u8 {
    match code {
        "ko" => 1,
        "en" => 2,
        _ => 0,
    }
}

/// The device of a user agent: what the browser says, which can be untrue.
pub(super) fn device(user_agent: &str) -> u8 {
    let has = |text| user_agent.contains(text);
    if has("iPad") || (has("Android") && !has("Mobile")) || has("Tablet") {
        2
    } else if has("Mobi") || has("iPhone") {
        1
    } else if has("Mozilla/") && has("(") {
        3
    } else {
        0
    }
}

/// The page at a path of the shop, by its endpoint: for events from before the contract named it.
#[must_use]
pub fn page_of_path(path: &str) -> &'static str {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match path {
        "/" => "home.index",
        "/products" | "/products/" => "products.index",
        "/search" => "products.search",
        "/cart" => "cart.index",
        "/checkout" => "checkout.index",
        "/orders" => "orders.index",
        "/wishlist" => "wishlist.index",
        "/signup" => "auth.signup",
        "/login" => "auth.login",
        "/account" => "account.index",
        "/privacy" => "privacy.index",
        _ if path.strip_prefix("/products/").is_some_and(number) => "products.detail",
        _ if path.strip_prefix("/orders/").is_some_and(number) => "orders.detail",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_told_from_the_user_agent() {
        let phone =
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1";
        let tablet = "Mozilla/5.0 (Linux; Android 15; SM-X710) AppleWebKit/537.36 Chrome/141.0.0.0 Safari/537.36";
        let desktop = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/141.0.0.0 Safari/537.36";
        for (agent, name) in [
            (phone, "phone"),
            (tablet, "tablet"),
            (desktop, "desktop"),
            ("curl/8", "unknown"),
        ] {
            assert_eq!(device_name(device(agent)), name, "{agent}");
        }
    }

    #[test]
    fn a_path_leads_to_its_page() {
        for (path, page) in [
            ("/", "home.index"),
            ("/products/211", "products.detail"),
            ("/products/?category=2", "products.index"),
            ("/orders/12", "orders.detail"),
            ("/products/x", "other"),
        ] {
            assert_eq!(page_of_path(path), page, "{path}");
        }
    }
}
