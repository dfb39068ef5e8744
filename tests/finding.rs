//! Finding things in a real browser: suggestions by keyboard and by mouse, and without scripts.

use crate::world::World;
use crate::world::browser::Browser;
use crate::world::require::{self, Part};

#[tokio::test(flavor = "multi_thread")]
async fn suggestions_are_chosen_with_the_keyboard_alone() {
    if !require::has("suggestions in a browser", &[Part::Browser]) {
        return;
    }
    let Some(world) = World::start("suggestions in a browser") else {
        return;
    };
    let browser = Browser::open(world.folder()).await;
    browser.page.goto(world.shop_address()).await.expect("the shop opens");
    browser.types("input[name=q]", "headphnes").await;
    browser
        .waits_for("document.querySelector('#find').getAttribute('aria-expanded') === 'true'")
        .await;
    // Not those of the empty field, which were there first.
    browser
        .waits_for("document.querySelector('#suggestions [href=\"/products/501\"]') !== null")
        .await;
    browser
        .waits_for("document.querySelector('.find [role=status]').textContent.length > 0")
        .await;
    // Down to the first, on to the second, back up: the field says which one is meant.
    browser.types("input[name=q]", "\u{e015}\u{e015}\u{e013}").await;
    browser
        .waits_for(
            "document.getElementById(document.querySelector('#find').getAttribute('aria-activedescendant'))\
             .matches('[aria-selected=true][href=\"/products/501\"]')",
        )
        .await;
    browser.types("input[name=q]", "\u{e00c}").await;
    browser.waits_for("document.querySelector('#suggestions').hidden").await;
    browser.types("input[name=q]", "\u{e015}\u{e007}").await;
    browser.is_on("/products/501").await;
    // Enter without a choice searches for what was typed.
    browser.types("input[name=q]", "teapot\u{e007}").await;
    browser.is_on("/search").await;
    browser.sees("main mark").await;
    browser.close().await;
}
