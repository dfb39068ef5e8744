//! On a phone: the ways to go are at the thumb, choices come as a sheet, the button to buy with stays, and the first products show at once.

use serde_json::json;

use super::{goes_to, opens};
use crate::world::browser::Browser;

async fn is_a_phone(browser: &Browser) {
    let phone = json!({ "width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": false });
    let answer = browser
        .page
        .cdp()
        .send_raw("Emulation.setDeviceMetricsOverride", phone)
        .await;
    answer.expect("a phone");
}

/// Whether the element lies in the window, with nothing of the page above it.
fn is_in_reach(css: &str) -> String {
    format!(
        "(() => {{ const element = document.querySelector({css:?}); const {{ left, top, width, height, bottom }} = element.getBoundingClientRect();
         return top >= 0 && bottom <= innerHeight && element.contains(document.elementFromPoint(left + width / 2, top + height / 2)); }})()"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_phone_the_cart_and_the_categories_stay_in_reach() {
    let Some((world, browser)) = opens("a phone's bar", true).await else {
        return;
    };
    is_a_phone(&browser).await;
    goes_to(&world, &browser, "/products/?lang=en").await;
    for depth in ["0", "1500", "document.body.scrollHeight"] {
        browser.runs(&format!("window.scrollTo(0, {depth})")).await;
        for css in [
            ".tools a[href='/cart']",
            ".tools a[href='/wishlist']",
            "[popovertarget=menu]",
            "#find",
        ] {
            browser.waits_for(&is_in_reach(css)).await;
        }
    }
    browser.clicks("[popovertarget=menu]").await;
    browser.clicks("#menu a[href='/products/?category=7']").await;
    browser.is_on("/products/").await;
    browser
        .waits_for("document.querySelector('h1').textContent === 'Garden and plants'")
        .await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_phone_without_scripts_choices_are_a_sheet_and_products_come_first() {
    let Some((world, browser)) = opens("a phone's sheet", false).await else {
        return;
    };
    is_a_phone(&browser).await;
    goes_to(&world, &browser, "/products/?category=2&lang=en").await;
    let top = "document.querySelector('[data-list] li').getBoundingClientRect().top";
    browser.waits_for(&format!("{top} > 0 && {top} < 400")).await;
    browser
        .waits_for("getComputedStyle(document.querySelector('#narrow')).display === 'none'")
        .await;
    browser.clicks(".sheet-button").await;
    browser
        .clicks("#narrow a[href='/products/?category=2&price_to=9900']")
        .await;
    browser
        .waits_for("document.querySelector('.sheet-button .count')?.textContent === '2'")
        .await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_phone_the_button_to_buy_with_stays_however_far_one_reads() {
    let Some((world, browser)) = opens("a phone's buy bar", true).await else {
        return;
    };
    is_a_phone(&browser).await;
    goes_to(&world, &browser, "/products/101?lang=en").await;
    for depth in ["0", "700", "document.body.scrollHeight"] {
        browser.runs(&format!("window.scrollTo(0, {depth})")).await;
        browser.waits_for(&is_in_reach(".add .primary")).await;
    }
    // Below the last line, and above the bar, stands what opens the list of what was recorded.
    browser.waits_for(&is_in_reach(".emitted-tab")).await;
    // What was looked at is in the books, after the shop has counted.
    browser.sees("#books").await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_small_phone_no_category_is_broken_inside_a_word() {
    let Some((world, browser)) = opens("a small phone's categories", false).await else {
        return;
    };
    let phone = json!({ "width": 360, "height": 800, "deviceScaleFactor": 1, "mobile": false });
    let answer = browser
        .page
        .cdp()
        .send_raw("Emulation.setDeviceMetricsOverride", phone)
        .await;
    answer.expect("a phone");
    for language in ["en", "ko"] {
        goes_to(&world, &browser, &format!("/?lang={language}")).await;
        // Each name, were it not broken within words, would need no more room than it has.
        browser
            .waits_for(
                "[...document.querySelectorAll('.category span:last-child')].every((name) => {
                    name.style.overflowWrap = 'normal';
                    return name.getBoundingClientRect().width <= name.parentElement.clientWidth && name.scrollWidth <= name.parentElement.clientWidth;
                })",
            )
            .await;
    }
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_searched_for_in_this_tab_is_offered_when_nothing_is_typed() {
    let Some((world, browser)) = opens("the last searches", true).await else {
        return;
    };
    goes_to(&world, &browser, "/?lang=en").await;
    browser.clicks("#find").await;
    // The script comes when the field is entered.
    browser.sees("#find[aria-autocomplete=list]").await;
    browser.types("#find", "teapot\u{e007}").await;
    browser.is_on("/search").await;
    goes_to(&world, &browser, "/").await;
    browser.clicks("#find").await;
    browser
        .waits_for("document.querySelector('#suggestions [href=\"/search?q=teapot\"]') !== null")
        .await;
    // And what people like, below it.
    browser
        .waits_for("document.querySelectorAll('#suggestions [data-product-id]').length === 5")
        .await;
    browser.types("#find", "\u{e015}\u{e007}").await;
    browser.is_on("/search").await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_products_pictures_are_pushed_through_with_the_thumb_and_without_scripts() {
    let Some((world, browser)) = opens("a phone's pictures", false).await else {
        return;
    };
    is_a_phone(&browser).await;
    goes_to(&world, &browser, "/products/314?lang=en").await;
    browser
        .waits_for("document.querySelectorAll('.views .view').length === 3 && document.querySelector('.views').scrollWidth > 800")
        .await;
    // By keyboard, too: the row takes the arrow keys, and rests at a picture.
    browser.runs("document.querySelector('.views').focus()").await;
    let arrows = browser.page.action_chain().send_keys("\u{e014}".repeat(12));
    arrows.perform().await.expect("keys are pressed");
    browser
        .waits_for("document.querySelector('.views').scrollLeft > 100")
        .await;
    // What is said of them is said aloud, and the ruler is as long as it says.
    browser
        .waits_for("[...document.querySelectorAll('.views svg')].every((svg) => svg.getAttribute('role') === 'img' && svg.getAttribute('aria-label'))")
        .await;
    browser
        .waits_for("document.querySelector('.scale').getAttribute('aria-label') === 'About 30 cm at its longest, beside a phone of 15 cm'")
        .await;
    browser
        .waits_for(
            "(([ruler, phone]) => Math.abs(ruler / phone - 2) < 0.1)([...document.querySelectorAll('.scale path')]
                .map((path) => path.getAttribute('d').match(/[\\d.]+/g).slice(0, 4).map(Number)).map(([x, y, toX, toY]) => Math.hypot(toX - x, toY - y)))",
        )
        .await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_phone_what_is_to_be_read_is_not_cut_off() {
    let Some((world, browser)) = opens("a phone's words", false).await else {
        return;
    };
    is_a_phone(&browser).await;
    goes_to(&world, &browser, "/search?q=tea&lang=en").await;
    // Without scripts the choice has a button beside it, and still room for what it says.
    browser
        .waits_for("document.querySelector('.sorting select').getBoundingClientRect().width >= 96")
        .await;
    goes_to(&world, &browser, "/products/101?lang=en").await;
    browser.clicks(".add .primary").await;
    browser.is_on("/cart").await;
    let top = |css: &str| format!("document.querySelector({css:?}).getBoundingClientRect().top");
    browser
        .waits_for(&format!(
            "Math.abs({} - {}) < 2",
            top("form[action='/cart/later'] button"),
            top("form[action='/cart/remove'] button")
        ))
        .await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn at_a_pages_end_nothing_lies_over_the_last_links() {
    let Some((world, browser)) = opens("a page's end", true).await else {
        return;
    };
    goes_to(&world, &browser, "/?lang=en").await;
    browser.runs("window.scrollTo(0, document.body.scrollHeight)").await;
    browser.waits_for(&is_in_reach(".foot a[rel~=license]")).await;
    browser.waits_for(&is_in_reach(".emitted-tab")).await;
    browser.close().await;
}
