//! What a screen reader is told: landmarks, headings, names, and what is wrong, out of the browser's own accessibility tree.

use serde_json::{Value, json};

use super::{goes_to, opens};
use crate::world::browser::Browser;

/// What the tree has of a role: name, description, and whether it has the focus or is invalid.
#[derive(Debug)]
struct Heard {
    role: String,
    name: String,
    description: String,
    level: Option<u64>,
    focused: bool,
    invalid: bool,
}

async fn hears(browser: &Browser) -> Vec<Heard> {
    let answer = browser
        .page
        .cdp()
        .send_raw("Accessibility.getFullAXTree", json!({}))
        .await;
    let tree = answer.expect("the browser has a tree");
    let nodes = tree["nodes"].as_array().expect("nodes").iter();
    let heard = nodes.filter(|node| node["ignored"] == false).map(|node| {
        let property = |name: &str| {
            let mut properties = node["properties"].as_array().into_iter().flatten();
            let found = properties.find(|property| property["name"] == name);
            found.map_or(Value::Null, |property| property["value"]["value"].clone())
        };
        let text = |field: &str| node[field]["value"].as_str().unwrap_or_default().to_owned();
        Heard {
            role: text("role"),
            name: text("name"),
            description: text("description"),
            level: property("level").as_u64(),
            focused: property("focused") == true,
            invalid: property("invalid") == "true",
        }
    });
    heard.collect()
}

fn count(heard: &[Heard], role: &str) -> usize {
    heard.iter().filter(|heard| heard.role == role).count()
}

fn one<'a>(heard: &'a [Heard], role: &str, name: &str) -> &'a Heard {
    let mut found = heard
        .iter()
        .filter(|heard| heard.role == role && heard.name.contains(name));
    let first = found.next().unwrap_or_else(|| panic!("no {role} {name:?}: {heard:#?}"));
    assert!(found.next().is_none(), "one {role} {name:?}");
    first
}

/// One of each landmark, and headings that leave no level out.
fn finds_the_way(heard: &[Heard], path: &str) {
    for landmark in ["banner", "main", "contentinfo", "search"] {
        assert_eq!(count(heard, landmark), 1, "{landmark} of {path}");
    }
    let levels: Vec<u64> = heard
        .iter()
        .filter(|heard| heard.role == "heading")
        .filter_map(|heard| heard.level)
        .collect();
    assert_eq!(
        levels.iter().filter(|level| **level == 1).count(),
        1,
        "{path}: {levels:?}"
    );
    let deepest = levels.iter().max().copied().unwrap_or_default();
    assert!((1..=deepest).all(|level| levels.contains(&level)), "{path}: {levels:?}");
    for control in [
        "button",
        "link",
        "textbox",
        "searchbox",
        "spinbutton",
        "combobox",
        "radio",
    ] {
        let nameless = heard
            .iter()
            .filter(|heard| heard.role == control && heard.name.trim().is_empty());
        assert_eq!(nameless.count(), 0, "a {control} of {path} has no name");
    }
}

/// The field that is wrong has the focus, and says why.
async fn changes_a_quantity_that_cannot_be(browser: &Browser) {
    browser
        .runs("const field = document.querySelector('#quantity-101'); field.max = ''; field.value = '999';")
        .await;
    browser.types("#quantity-101", "\n").await;
    browser.sees("#quantity-101-error").await;
    let heard = hears(browser).await;
    let quantity = one(&heard, "spinbutton", "Quantity of");
    assert!(quantity.focused && quantity.invalid, "{quantity:?}");
    assert!(
        !quantity.description.is_empty(),
        "the field says what is wrong: {quantity:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_with_a_screen_reader_hears_where_things_are_and_what_went_wrong() {
    let Some((world, browser)) = opens("the screen reader", true).await else {
        return;
    };
    goes_to(&world, &browser, "/?lang=en").await;
    for path in [
        "/",
        "/products/?category=1",
        "/products/101",
        "/search?q=teapot",
        "/cart",
        "/login",
        "/privacy",
    ] {
        goes_to(&world, &browser, path).await;
        finds_the_way(&hears(&browser).await, path);
    }
    // How much was found is a live region, and so are suggestions.
    goes_to(&world, &browser, "/search?q=teapot").await;
    assert!(count(&hears(&browser).await, "status") >= 1);

    goes_to(&world, &browser, "/products/101").await;
    browser
        .runs("const field = document.querySelector('#quantity'); field.max = ''; field.value = '99';")
        .await;
    browser.clicks("form.add [type=submit]").await;
    // Why nothing was put into the cart is said in its dialog; the page below it is not heard meanwhile.
    browser.sees("dialog[open] .alert").await;
    let heard = hears(&browser).await;
    let alert = one(&heard, "alert", "");
    assert!(alert.focused, "{alert:?}");
    one(&heard, "dialog", "Cart");
    assert_eq!(count(&heard, "spinbutton"), 0, "{heard:#?}");
    browser.clicks("dialog [data-close]").await;
    browser
        .waits_for("document.activeElement.matches('form.add [type=submit]')")
        .await;

    browser.sees("#quantity").await.clear().await.expect("a field");
    browser.types("#quantity", "1\n").await;
    browser.sees("dialog[open] #quantity-101").await;
    let heard = hears(&browser).await;
    one(&heard, "spinbutton", "Quantity of");
    one(&heard, "status", "");
    changes_a_quantity_that_cannot_be(&browser).await;
    browser.clicks("form[action='/cart/remove'] [type=submit]").await;
    browser.sees(".notice").await;
    assert!(
        count(&hears(&browser).await, "status") >= 1,
        "that it was removed is said"
    );
    browser.clicks(".notice [type=submit]").await;
    browser
        .clicks("dialog[open] form[action='/cart/checkout'] [type=submit]")
        .await;
    browser.is_on("/checkout").await;
    browser
        .runs("document.querySelector('form.with-summary').noValidate = true")
        .await;
    browser.clicks("form.with-summary button[type=submit]").await;
    browser.sees("#recipient-error").await;
    let heard = hears(&browser).await;
    finds_the_way(&heard, "/checkout with mistakes");
    let recipient = one(&heard, "textbox", "Recipient");
    assert!(
        recipient.focused && recipient.invalid && !recipient.description.is_empty(),
        "{recipient:?}"
    );
    assert_eq!(heard.iter().filter(|heard| heard.focused && heard.invalid).count(), 1);

    // What no field is to blame for is said where the page opens.
    goes_to(&world, &browser, "/login").await;
    browser.types("#email", "nobody@example.com").await;
    browser.types("#password", "a wrong password\n").await;
    browser.sees("main [role=alert]").await;
    let heard = hears(&browser).await;
    let alert = heard.iter().find(|heard| heard.role == "alert").expect("an alert");
    assert!(alert.focused, "{alert:?}");
    browser.close().await;
}
