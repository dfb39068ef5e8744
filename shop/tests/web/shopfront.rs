//! What makes a page more than tidy: previews, no repeats, facts before buying, the open books, an order that moves, a form half filled.

use std::collections::BTreeSet;

use axum::http::{Method, StatusCode};
use shop::crowd::Advisor;
use shop::domain::calendar;

use crate::world::{Settings, World};

/// The products of the page's tiles, each as often as it stands there.
fn tiles(page: &str) -> Vec<&str> {
    let links = page.split("class=\"tile-link\" href=\"/products/").skip(1);
    links.filter_map(|link| link.split(['"', '?']).next()).collect()
}

#[tokio::test]
async fn the_footer_leads_to_other_rooms_only_where_they_are_served() {
    let alone = World::start().await;
    let with_insights = World::with(Settings {
        rooms: &["/insights"],
        ..Settings::default()
    })
    .await;
    for (world, links) in [(alone, [true, false, false]), (with_insights, [true, true, false])] {
        let page = world.visitor().opens("/").await.text;
        let leads_to = |room| page.contains(&format!("<li><a href=\"{room}\">"));
        assert_eq!(["/data", "/insights", "/classroom"].map(leads_to), links);
    }
}

#[tokio::test]
async fn a_shared_link_shows_a_png_and_only_of_what_is_sold() {
    let world = World::start().await;
    let mut visitor = world.visitor();
    let page = visitor.opens("/products/101").await.text;
    assert!(page.contains("property=\"og:image\" content=\"http://shop.example/pictures/1fad6.png\""));
    let mut asks = async |address: &str| visitor.sends(Method::HEAD, address, None, String::new()).await;
    let picture = asks("/pictures/1fad6.png").await;
    assert_eq!(
        (picture.status, &picture.headers["content-type"]),
        (StatusCode::OK, &"image/png".parse().unwrap())
    );
    assert!(
        picture.headers["content-length"]
            .to_str()
            .unwrap()
            .parse::<u32>()
            .unwrap()
            > 5_000
    );
    // A flag is a picture that exists, and no product's.
    assert_eq!(asks("/pictures/1f1f0-1f1f7.svg").await.status, StatusCode::OK);
    assert_eq!(asks("/pictures/1f1f0-1f1f7.png").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn nothing_stands_on_the_front_page_twice() {
    let world = World::start().await;
    let mut visitor = world.visitor().says("accept-language", "en");
    for product in [101, 205, 601] {
        visitor.opens(&format!("/products/{product}")).await;
    }
    let page = visitor.opens("/").await.text;
    for shelf in ["recent", "for-you", "popular", "gifts", "small", "newest"] {
        assert!(page.contains(&format!("id=\"{shelf}\"")), "{shelf}");
    }
    let mut shown = tiles(&page);
    let featured = page
        .split("id=\"featured\"")
        .nth(1)
        .and_then(|rest| rest.split("/products/").nth(1));
    shown.extend(featured.and_then(|rest| rest.split('"').next()));
    // One of each category, also after some looks.
    let mix = page
        .split("id=\"popular\"")
        .nth(1)
        .and_then(|rest| rest.split("</section>").next())
        .unwrap();
    let categories: BTreeSet<&str> = tiles(mix).iter().map(|id| &id[..id.len() - 2]).collect();
    assert_eq!((tiles(mix).len(), categories.len()), (12, 12), "{categories:?}");
    let once: BTreeSet<&&str> = shown.iter().collect();
    assert!(shown.len() > 30, "{}", shown.len());
    assert_eq!(once.len(), shown.len(), "{shown:?}");
}

#[tokio::test]
async fn every_page_has_the_categories_and_a_footer_with_ways_on() {
    let world = World::start().await;
    let mut visitor = world.visitor();
    for address in ["/", "/products/101", "/cart", "/no/such/page"] {
        let page = visitor.opens(address).await.text;
        for category in 1..=12 {
            assert!(
                page.contains(&format!("href=\"/products/?category={category}\"")),
                "{category} on {address}"
            );
        }
        for way in ["/orders", "/privacy", "/data"] {
            assert!(page.contains(&format!("<a href=\"{way}\"")), "{way} on {address}");
        }
    }
}

#[tokio::test]
async fn a_product_says_when_it_arrives_and_opens_its_books() {
    let world = World::start().await;
    let mut visitor = world.visitor().says("accept-language", "en");
    let page = visitor.opens("/products/101").await.text;
    let arrival = calendar::arrives(world.clock.now());
    let day = format!(
        " {} {}, if you order now",
        arrival.day(),
        &arrival.month().to_string()[..3]
    );
    assert!(page.contains(&day), "{day}");
    assert!(page.contains("Within 7 days of delivery"));
    assert!(page.contains("Your look becomes the first line."), "nobody has looked");
    visitor.posts("/cart/add", "product_id=101&quantity=2").await;
    world.visitor().opens("/products/101").await;
    let mut advisor = Advisor::new(&world.crowd, world.clock.now());
    advisor.advise(&world.store, world.clock.now()).await.unwrap();
    let page = visitor.opens("/products/101").await.text;
    assert!(
        page.contains("In the last 14 days: 2 looks, 1 add to a cart, 0 orders."),
        "{page}"
    );
    assert!(page.contains("<svg class=\"plot\" role=\"img\" aria-label=\"In the last 14 days"));
    assert_eq!(page.matches("<rect class=\"looks\"").count(), 14);
}

#[tokio::test]
async fn an_order_says_how_far_it_is_until_it_is_cancelled() {
    let world = World::start().await;
    let mut visitor = world.visitor().says("accept-language", "en");
    let order = visitor.buys(101).await;
    let page = visitor.opens(&order).await.text;
    assert!(page.contains("aria-current=\"step\"><span class=\"step-name\">Order received"));
    assert!(page.contains("expected ") && page.contains("can be cancelled until"));
    assert!(visitor.opens("/orders").await.text.contains("Order received"));
    let address = order.split('?').next().unwrap();
    visitor.posts(&format!("{address}/cancel"), "").await;
    let page = visitor.opens(address).await.text;
    assert!(page.contains("Cancelled") && !page.contains("class=\"timeline\""));
    assert!(visitor.opens("/orders").await.text.contains("Cancelled"));
}

#[tokio::test]
async fn a_members_first_checkout_knows_the_name_and_offers_memos() {
    let world = World::start().await;
    let mut mina = world.visitor().says("accept-language", "en");
    mina.posts("/signup", "email=mina@example.com&password=a+long+one&name=Mina")
        .await;
    mina.posts("/cart/add", "product_id=101&quantity=1").await;
    let checkout = mina.opens("/checkout").await;
    assert_eq!(checkout.field("recipient\" type=\"text"), "Mina");
    assert!(
        checkout.text.contains("list=\"note-choices\"")
            && checkout.text.contains("<option value=\"Leave it at the door\">")
    );
}

/// Visitors, so many that one of them is drawn for each variant.
const MANY: usize = 40;

/// The ids of the page's view and of its forms, and the page without them.
fn ids_and_rest(page: &str) -> ([String; 2], String) {
    let id = |before: &str| {
        let (_, behind) = page.split_once(before).unwrap();
        behind.split('"').next().unwrap().to_owned()
    };
    let ids = [id("data-view=\""), id("name=\"once\" value=\"")];
    let rest = ids.iter().fold(page.to_owned(), |page, id| page.replace(id, "-"));
    (ids, rest)
}

#[tokio::test]
async fn visitors_see_the_same_page_under_ids_of_their_own_until_it_differs() {
    let world = World::start().await;
    let (mut one, mut other) = (world.visitor(), world.visitor());
    for address in ["/", "/products/", "/products/101"] {
        let (first, first_page) = ids_and_rest(&one.opens(address).await.text);
        // Experiments show every second visitor something else.
        let mut second = None;
        for _ in 0..MANY {
            let (ids, page) = ids_and_rest(&other.opens(address).await.text);
            if page == first_page {
                second = Some(ids);
                break;
            }
            other = world.visitor();
        }
        let second = second.expect(address);
        assert!(first.iter().all(|id| !second.contains(id)), "{address}");
        let (again, _) = ids_and_rest(&one.opens(address).await.text);
        assert!(first.iter().all(|id| !again.contains(id)), "{address}");
    }
    let count = |page: &str| {
        page.split("data-cart-action=\"view\"")
            .nth(1)
            .unwrap()
            .contains(" hidden>0<")
    };
    one.posts("/cart/add", "product_id=101&quantity=2").await;
    assert!(!count(&one.opens("/products/101").await.text), "a thing is in the cart");
    assert!(
        count(&other.opens("/products/101").await.text),
        "and not in the other's"
    );
    other.posts("/language", "language=en&next=/products/101").await;
    assert!(other.opens("/products/101").await.text.contains("lang=\"en\""));
    assert!(one.opens("/products/101").await.text.contains("lang=\"ko\""));
}
