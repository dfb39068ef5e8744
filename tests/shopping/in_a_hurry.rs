//! A slow line, a dead one, the phone's Back, a phone's small page: what a hasty shopper wants happens, and shows.

use serde_json::json;

use super::{goes_to, opens};
use crate::world::browser::Browser;

/// As on a line with half a second of latency.
const SLOW: &str = "const send = window.fetch;
    window.fetch = async (...how) => { await new Promise((then) => setTimeout(then, 500)); return send(...how); };";
const CHECKOUT: &str = "form[action='/cart/checkout'] [type=submit]";

async fn counts(browser: &Browser, css: &str, count: u32) {
    browser
        .waits_for(&format!(
            "document.querySelector(\"{css} .count\")?.textContent === '{count}'"
        ))
        .await;
}

async fn types_anew(browser: &Browser, css: &str, text: &str) {
    browser.sees(css).await.clear().await.expect("a field");
    browser.types(css, text).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_was_pressed_is_lost_and_back_closes_the_cart() {
    let Some((mut world, browser)) = opens("a hasty shopper", true).await else {
        return;
    };
    goes_to(&world, &browser, "/").await;
    goes_to(&world, &browser, "/products/?lang=en").await;
    browser.runs("window.marked = true").await;
    browser.runs(SLOW).await;
    // Three tiles within a few milliseconds.
    browser
        .runs("[...document.querySelectorAll('.tile-add button')].slice(0, 3).forEach((button) => button.click())")
        .await;
    browser
        .waits_for("document.querySelectorAll('.tile-add [aria-busy=true]').length > 0 && document.querySelector('.toast').textContent !== ''")
        .await;
    browser.sees("dialog[open]").await;
    counts(&browser, ".tools a[href='/cart']", 3).await;
    browser.waits_for("!document.querySelector('[aria-busy=true]')").await;
    browser.page.back().await.expect("the phone's Back");
    browser.waits_for("!document.querySelector('dialog[open]')").await;
    browser
        .waits_for("window.marked === true && location.pathname === '/products/'")
        .await;

    // The line is dead, and comes back.
    browser
        .runs("window.alive = window.fetch; window.fetch = async () => { throw new TypeError('dead') }")
        .await;
    browser
        .runs("document.querySelectorAll('.tile-add button')[3].click()")
        .await;
    browser.sees(".toast button").await;
    browser.waits_for("window.marked === true").await;
    browser.runs("window.fetch = window.alive").await;
    browser.clicks(".toast button").await;
    browser.sees("dialog[open]").await;
    counts(&browser, ".tools a[href='/cart']", 4).await;
    browser.clicks("dialog [data-close]").await;
    browser
        .waits_for("!document.querySelector('dialog[open]') && !history.state?.cart")
        .await;

    // The heart is filled in its place.
    browser
        .runs("document.querySelector('.tile-wish button').click()")
        .await;
    browser.sees(".tile-wish [aria-pressed=true]").await;
    counts(&browser, ".tools a[href='/wishlist']", 1).await;
    browser.waits_for("window.marked === true").await;
    goes_to(&world, &browser, "/products/").await;
    browser.sees(".tile-wish [aria-pressed=true]").await;
    browser.page.goto("about:blank").await.expect("the visitor leaves");
    browser.close().await;
    let everywhere = world.settles().await;
    let lines = everywhere.files.by_id.values().flatten();
    assert_eq!(lines.filter(|line| line.event_type == "cart_add").count(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quantity_is_stepped_by_thumb_and_taps_in_a_row_all_count() {
    let Some((world, browser)) = opens("a stepper", true).await else {
        return;
    };
    goes_to(&world, &browser, "/products/101?lang=en").await;
    browser.clicks("form.add [data-step='1']").await;
    browser
        .waits_for("document.querySelector('#quantity').value === '2'")
        .await;
    browser.clicks("form.add [type=submit]").await;
    browser.sees("dialog[open] #quantity-101[value='2']").await;
    browser.runs(SLOW).await;
    // Two taps at once, and one while the shop is being asked.
    browser
        .runs("for (const times of [1, 2]) document.querySelector('dialog [data-step=\"1\"]').click()")
        .await;
    browser
        .waits_for("document.querySelector('dialog [aria-busy=true]') !== null")
        .await;
    browser
        .runs("document.querySelector('dialog [data-step=\"1\"]').click()")
        .await;
    browser.sees("#quantity-101[value='5']").await;
    counts(&browser, ".tools a[href='/cart']", 5).await;
    browser
        .waits_for("document.activeElement.matches('dialog [data-step=\"1\"]')")
        .await;
    browser.clicks("dialog [data-step='-1']").await;
    browser.sees("#quantity-101[value='4']").await;
    // And on the cart's own page.
    goes_to(&world, &browser, "/cart").await;
    browser.clicks("main [data-step='1']").await;
    browser.sees("#quantity-101[value='5']").await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_that_is_being_mended_is_no_longer_called_wrong() {
    let Some((world, browser)) = opens("a field that is mended", true).await else {
        return;
    };
    goes_to(&world, &browser, "/products/101?lang=en").await;
    browser.clicks("form.add [type=submit]").await;
    browser.sees("dialog[open]").await;
    goes_to(&world, &browser, "/checkout").await;
    browser
        .runs("document.querySelector('main form').noValidate = true")
        .await;
    browser.clicks("form[action='/checkout'] [type=submit]").await;
    browser.sees("#recipient-error").await;
    browser.types("#recipient", "Kim").await;
    browser
        .waits_for("!document.querySelector('#recipient').hasAttribute('aria-invalid') && document.querySelector('#recipient-error').textContent === ''")
        .await;
    // What was not touched still says what is wrong.
    browser.sees("#address[aria-invalid]").await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_typed_counts_and_is_found_again() {
    let Some((world, browser)) = opens("what was typed", true).await else {
        return;
    };
    goes_to(&world, &browser, "/products/101?lang=en").await;
    browser.clicks("form.add [type=submit]").await;
    browser.sees("dialog[open]").await;
    goes_to(&world, &browser, "/cart").await;
    // Typed, and not sent by its own button.
    types_anew(&browser, "#quantity-101", "5").await;
    browser.clicks(CHECKOUT).await;
    browser.is_on("/checkout").await;
    browser
        .waits_for("document.querySelector('.summary .line').textContent.includes('× 5')")
        .await;
    browser.types("#recipient", "Kim Haneul").await;
    browser.types("#phone", "01012345678").await;
    browser
        .waits_for("document.querySelector('#phone').value === '010-1234-5678'")
        .await;
    browser.clicks("form[action='/language'] [type=submit]").await;
    browser.sees("html[lang=ko]").await;
    browser.is_on("/checkout").await;
    browser
        .waits_for("document.querySelector('#recipient').value === 'Kim Haneul'")
        .await;

    // A refused form, another page, and Back: the form's own page, with what was typed.
    types_anew(&browser, "#postcode", "x").await;
    types_anew(&browser, "#address", "1 Sejong-daero").await;
    browser.clicks("form[action='/checkout'] [type=submit]").await;
    browser.sees("#postcode[aria-invalid=true]").await;
    browser.clicks("a.brand").await;
    browser.waits_for("location.pathname === '/'").await;
    browser.page.back().await.expect("Back");
    browser.is_on("/checkout").await;
    browser
        .waits_for("document.querySelector('#address')?.value === '1 Sejong-daero'")
        .await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_phone_nothing_lies_over_the_button_to_buy_with() {
    let Some((world, browser)) = opens("a phone's product page", true).await else {
        return;
    };
    for (width, height) in [(390, 844), (360, 800)] {
        let phone = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": true });
        browser
            .page
            .cdp()
            .send_raw("Emulation.setDeviceMetricsOverride", phone)
            .await
            .expect("a phone");
        goes_to(&world, &browser, "/products/101").await;
        browser
            .waits_for(
                "(() => { const button = document.querySelector('form.add .primary'), { left, right, top, bottom } = button.getBoundingClientRect();
                    return bottom <= innerHeight && [left + 4, (left + right) / 2, right - 4].every((x) => [top + 4, bottom - 4].every((y) =>
                        button.contains(document.elementFromPoint(x, y)))); })()",
            )
            .await;
    }
    browser.close().await;
}
