//! With the keyboard only: no click, and every stop of the Tab key is seen.

use thirtyfour::Key;

use super::{goes_to, opens};
use crate::world::browser::Browser;

/// More stops than any page on the way has before what is wanted.
const PATIENT: usize = 120;

struct Keyboard<'a>(&'a Browser);

impl Keyboard<'_> {
    async fn types(&self, text: &str) {
        let keys = self.0.page.action_chain().send_keys(text);
        keys.perform().await.expect("keys are pressed");
    }

    async fn presses(&self, key: Key) {
        let keys = self.0.page.action_chain().send_keys(key);
        match keys.perform().await {
            // The key was pressed, and led away before the driver had looked at the page once more.
            Err(error) if error.to_string().contains("aborted by navigation") => {}
            pressed => pressed.expect("a key is pressed"),
        }
    }

    /// Tab until the focus is there; wherever it comes along, it is seen, and nothing lies over it.
    async fn tabs_to(&self, css: &str) {
        for _ in 0..PATIENT {
            self.presses(Key::Tab).await;
            self.sees_the_focus().await;
            if self.holds(&format!("document.activeElement.matches({css:?})")).await {
                return;
            }
        }
        panic!("Tab never comes to {css}");
    }

    async fn sees_the_focus(&self) {
        let script = "const on = document.activeElement, style = getComputedStyle(on), box = on.getBoundingClientRect();
            const at = (x, y) => document.elementFromPoint(x, y);
            const top = at(box.x + box.width / 2, box.y + Math.min(box.height / 2, 20));
            const seen = on === document.body || (parseFloat(style.outlineWidth) >= 2 && style.outlineStyle !== 'none'
                && box.width > 0 && (on.contains(top) || top?.contains(on) || top?.closest('label')?.contains(on)));
            return seen ? '' : on.outerHTML.slice(0, 200) + ' ' + style.outline + ' ' + JSON.stringify(box) + ' under ' + top?.outerHTML.slice(0, 80);";
        let hidden = self.0.page.execute(script, vec![]).await.expect("the page answers");
        assert_eq!(hidden.json(), "", "the focus is not seen");
    }

    async fn holds(&self, expression: &str) -> bool {
        let answer = self.0.page.execute(format!("return {expression}"), vec![]).await;
        answer.expect("the page answers").json() == true
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_buys_a_teapot_with_the_keyboard_only() {
    let Some((mut world, browser)) = opens("the keyboard", true).await else {
        return;
    };
    let keyboard = Keyboard(&browser);
    goes_to(&world, &browser, "/").await;
    // The first stop leads past the header.
    keyboard.presses(Key::Tab).await;
    assert!(keyboard.holds("document.activeElement.matches('a.skip')").await);
    keyboard.presses(Key::Enter).await;
    browser.waits_for("document.activeElement.id === 'main'").await;
    keyboard.tabs_to("main a.category").await;

    goes_to(&world, &browser, "/").await;
    keyboard.tabs_to("#find").await;
    keyboard.types("teapot").await;
    keyboard.presses(Key::Enter).await;
    browser.is_on("/search").await;
    keyboard.tabs_to("main a[href^='/products/101']").await;
    keyboard.presses(Key::Enter).await;
    browser.is_on("/products/101").await;
    keyboard.tabs_to("#quantity").await;
    keyboard.presses(Key::Up).await;
    keyboard.tabs_to("form.add [type=submit]").await;
    keyboard.presses(Key::Space).await;
    browser.sees("dialog[open]").await;
    browser
        .waits_for("document.querySelector('dialog[open]').contains(document.activeElement)")
        .await;
    assert!(
        keyboard
            .holds("document.querySelector('#quantity-101').value === '2'")
            .await
    );
    keyboard
        .tabs_to("dialog form[action='/cart/checkout'] [type=submit]")
        .await;
    keyboard.presses(Key::Enter).await;
    browser.is_on("/checkout").await;
    for (field, text) in [
        ("#recipient", "Kim Haneul"),
        ("#phone", "12"),
        ("#postcode", "03187"),
        ("#address", "1 Sejong-daero, Jongno-gu, Seoul"),
    ] {
        keyboard.tabs_to(field).await;
        keyboard.types(text).await;
    }
    keyboard.tabs_to("form.with-summary button[type=submit]").await;
    keyboard.presses(Key::Enter).await;
    // Refused: the page opens on the field that needs mending, with all that was typed.
    browser
        .waits_for("document.activeElement.matches('#phone[aria-invalid=true]')")
        .await;
    assert!(
        keyboard
            .holds("document.querySelector('#postcode').value === '03187'")
            .await
    );
    keyboard.types("").await;
    let all = browser
        .page
        .action_chain()
        .key_down(Key::Control)
        .send_keys("a")
        .key_up(Key::Control);
    all.perform().await.expect("keys are pressed");
    keyboard.types("010-1234-5678").await;
    keyboard.presses(Key::Enter).await;
    browser.is_on("/orders/").await;
    browser.sees(".thanks").await;
    browser.page.goto("about:blank").await.expect("the visitor leaves");
    browser.close().await;
    let everywhere = world.settles().await;
    let orders = everywhere
        .files
        .by_id
        .values()
        .flatten()
        .filter(|line| line.event_type == "order_placed");
    assert_eq!(orders.count(), 1);
}
