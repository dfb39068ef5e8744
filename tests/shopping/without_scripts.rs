//! Without JavaScript, in both languages: the whole purchase, with a mistake on the way, and its undoing.

use std::collections::BTreeSet;

use super::{goes_to, opens};
use crate::world::browser::Browser;

/// What is read on the way.
struct Said {
    code: &'static str,
    removed: &'static str,
    undo: &'static str,
    phone: &'static str,
    thanks: &'static str,
    cancelled: &'static str,
}

const SAID: [Said; 2] = [
    Said {
        code: "ko",
        removed: "장바구니에서 뺐어요",
        undo: "되돌리기",
        phone: "전화번호를 다시 봐 주세요",
        thanks: "주문해 주셔서 고마워요",
        cancelled: "취소됨",
    },
    Said {
        code: "en",
        removed: "is no longer in the cart",
        undo: "Undo",
        phone: "Please check the phone number",
        thanks: "Thank you for your order",
        cancelled: "Cancelled",
    },
];

async fn reads(browser: &Browser, css: &str, text: &str) {
    let found = browser.sees(css).await.text().await.expect("an element has a text");
    assert!(found.contains(text), "{css}: {found:?} instead of {text:?}");
}

async fn types_anew(browser: &Browser, css: &str, text: &str) {
    browser.sees(css).await.clear().await.expect("a field");
    browser.types(css, text).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_without_scripts_buys_and_cancels_in_korean_and_in_english() {
    let Some((mut world, browser)) = opens("a browser without scripts", false).await else {
        return;
    };
    for said in &SAID {
        buys_and_cancels(&browser, &world, said).await;
    }
    browser.page.goto("about:blank").await.expect("the visitor leaves");
    browser.close().await;
    let everywhere = world.settles().await;
    let told: Vec<&str> = everywhere
        .files
        .by_id
        .values()
        .flatten()
        .map(|line| line.event_type.as_str())
        .collect();
    let count = |event_type: &str| told.iter().filter(|told| **told == event_type).count();
    assert_eq!((count("order_placed"), count("order_cancelled")), (2, 2));
    // No script has run: what only scripts tell is not there, and what the shop sees itself is.
    let kinds: BTreeSet<&str> = told.iter().copied().collect();
    for scripted in ["click", "dwell", "impression", "page_performance", "form_abandoned"] {
        assert!(!kinds.contains(scripted), "{kinds:?}");
    }
    for seen in ["view", "search", "cart_add", "cart_remove", "cart_update", "exposure"] {
        assert!(kinds.contains(seen), "{kinds:?}");
    }
}

async fn buys_and_cancels(browser: &Browser, world: &crate::world::World, said: &Said) {
    goes_to(world, browser, &format!("/?lang={}", said.code)).await;
    browser.sees(&format!("html[lang={}]", said.code)).await;
    browser.types("input[name=q]", "teapot").await;
    browser.clicks("form.find [type=submit]").await;
    browser.is_on("/search").await;
    browser.clicks("main a[href^='/products/101']").await;
    browser.is_on("/products/101").await;
    types_anew(browser, "#quantity", "2").await;
    browser.clicks("form.add [type=submit]").await;
    browser.is_on("/cart").await;
    types_anew(browser, "#quantity-101", "3").await;
    browser.clicks(".change [type=submit]").await;
    browser.sees("#quantity-101[value='3']").await;
    browser.clicks("form[action='/cart/remove'] [type=submit]").await;
    reads(browser, ".notice[role=status]", said.removed).await;
    reads(browser, ".notice [type=submit]", said.undo).await;
    browser.clicks(".notice [type=submit]").await;
    browser.sees("#quantity-101[value='3']").await;
    browser.clicks("main form[action='/cart/checkout'] [type=submit]").await;
    browser.is_on("/checkout").await;
    for (field, text) in [
        ("#recipient", "김하늘"),
        ("#phone", "12"),
        ("#postcode", "03187"),
        ("#address", "서울특별시 종로구 세종대로 1"),
    ] {
        types_anew(browser, field, text).await;
    }
    browser.clicks("form[action='/checkout'] [type=submit]").await;
    reads(browser, "#phone-error", said.phone).await;
    browser.sees("#recipient[value='김하늘']").await;
    types_anew(browser, "#phone[aria-invalid=true]", "010-1234-5678").await;
    browser.clicks("form[action='/checkout'] [type=submit]").await;
    browser.is_on("/orders/").await;
    reads(browser, ".thanks", said.thanks).await;
    browser.clicks("details.asking summary").await;
    browser.clicks("form[action$='/cancel'] [type=submit]").await;
    reads(browser, "dl.facts .sold-out", said.cancelled).await;
}
