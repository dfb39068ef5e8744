//! How much a first view of the home page moves. Sizes, so it is a gate: speed is Lighthouse's report (`tests/lighthouse.sh`).

use serde_json::json;

use super::tells;
use crate::world::World;
use crate::world::browser::Browser;
use crate::world::require::{self, Part};

const KB: u64 = 1000;
const MOST_WITHOUT_PICTURES: u64 = 60 * KB;
const MOST: u64 = 250 * KB;

#[tokio::test(flavor = "multi_thread")]
async fn the_first_view_of_the_home_page_is_light() {
    if !require::has("the weight of the home page", &[Part::Browser]) {
        return;
    }
    let Some(world) = World::start("the weight of the home page") else {
        return;
    };
    let browser = Browser::open(world.folder()).await;
    // Somebody who has looked around has all shelves, so the heaviest page.
    for product in [101, 202, 303, 404, 505, 606] {
        let address = format!("{}/products/{product}", world.shop_address());
        browser.page.goto(address).await.expect("the shop opens");
        browser.sees("main").await;
    }
    tells(&browser, "Network.enable", json!({})).await;
    tells(&browser, "Network.setCacheDisabled", json!({ "cacheDisabled": true })).await;
    browser.page.goto(world.shop_address()).await.expect("the shop opens");
    browser.sees("#recent").await;
    browser
        .waits_for(
            "document.readyState === 'complete' && performance.getEntriesByType('navigation')[0].loadEventEnd > 0",
        )
        .await;
    // What lies near the window is fetched; the rest waits until somebody scrolls.
    let near = "[...document.images].filter((image) => image.checkVisibility() && image.getBoundingClientRect().top < innerHeight)";
    browser
        .waits_for(&format!("{near}.every((image) => image.complete)"))
        .await;
    let script = "const all = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')];
        const sum = (some) => some.reduce((bytes, { transferSize }) => bytes + transferSize, 0);
        return [all, all.filter(({ name }) => !name.includes('/pictures/'))].map((some) => [some.length, sum(some)]).flat();";
    let measured = browser
        .page
        .execute(script, vec![])
        .await
        .expect("the browser has measured");
    let [files, all, without_pictures, bare]: [u64; 4] =
        serde_json::from_value(measured.json().clone()).expect("four numbers");
    browser.close().await;
    println!("home: {all} bytes in {files} files, {bare} of them no pictures, in {without_pictures} files");
    assert!(
        without_pictures >= 3 && files > without_pictures,
        "page, style and script, and pictures"
    );
    assert!(
        bare > 5 * KB && bare <= MOST_WITHOUT_PICTURES,
        "{bare} bytes without pictures"
    );
    assert!(all <= MOST, "{all} bytes");
}
