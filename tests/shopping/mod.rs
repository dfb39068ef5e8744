//! A guest buys a teapot, whatever the guest can use: a keyboard only, a browser without scripts, a screen reader.

mod cart_drawer;
mod clicks;
mod in_a_hurry;
mod keyboard;
mod phone;
mod reader;
mod without_scripts;

use crate::world::World;
use crate::world::browser::Browser;
use crate::world::require::{self, Part};

/// A shop and a browser, or none where there is no browser.
async fn opens(test: &str, scripts: bool) -> Option<(World, Browser)> {
    if !require::has(test, &[Part::Browser]) {
        return None;
    }
    let world = World::start(test)?;
    let browser = if scripts {
        Browser::open(world.folder()).await
    } else {
        Browser::open_without_scripts(world.folder()).await
    };
    Some((world, browser))
}

async fn goes_to(world: &World, browser: &Browser, path: &str) {
    let address = format!("{}{path}", world.shop_address());
    browser.page.goto(address).await.expect("the shop answers");
    browser.sees("main").await;
}
