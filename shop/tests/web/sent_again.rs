//! Forms that are sent twice, half filled, or refused; and what the pages say while something is wrong.

use axum::http::StatusCode;

use crate::world::World;

fn count_of(cart: &str) -> &str {
    let value = cart.split("name=\"quantity-101\" value=\"").nth(1);
    value.and_then(|rest| rest.split('"').next()).unwrap_or_default()
}

#[tokio::test]
async fn a_form_that_is_sent_twice_is_done_once() {
    let world = World::start().await;
    let mut visitor = world.visitor();
    let page = visitor.opens("/products/101").await;
    let form = format!("product_id=101&quantity=1&once={}", page.field("once"));
    for _ in 0..2 {
        assert_eq!(visitor.posts("/cart/add", &form).await.leads_to(), "/cart");
    }
    assert_eq!(count_of(&visitor.opens("/cart").await.text), "1");
    assert_eq!(world.facts().await.len(), 1);
    // Another page, another wish; so is the same one, later.
    let page = visitor.opens("/products/101").await;
    visitor
        .posts(
            "/cart/add",
            &format!("product_id=101&quantity=1&once={}", page.field("once")),
        )
        .await;
    assert_eq!(count_of(&visitor.opens("/cart").await.text), "2");
    world.clock.set(world.clock.now().plus_micros(21_000_000));
    visitor.posts("/cart/add", &form).await;
    // A program's form has no token: each is another wish.
    visitor.posts("/cart/add", "product_id=101&quantity=1").await;
    visitor.posts("/cart/add", "product_id=101&quantity=1").await;
    assert_eq!(count_of(&visitor.opens("/cart").await.text), "5");
}

#[tokio::test]
async fn a_click_that_the_script_sends_again_is_the_same_click_however_late() {
    let world = World::start().await;
    let mut visitor = world.visitor();
    for seconds in [0, 1, 40, 3600] {
        world.clock.set(world.clock.now().plus_micros(seconds * 1_000_000));
        let added = visitor
            .posts("/cart/add", "product_id=101&quantity=1&once=00ff00ff00ff00ff")
            .await;
        assert_eq!(added.leads_to(), "/cart");
    }
    assert_eq!(count_of(&visitor.opens("/cart").await.text), "1");
    assert_eq!(world.facts().await.len(), 1);
}

#[tokio::test]
async fn the_same_form_with_another_quantity_is_another_wish() {
    let world = World::start().await;
    let mut visitor = world.visitor();
    let once = visitor.opens("/products/101").await.field("once").to_owned();
    for quantity in [1, 3] {
        let form = format!("product_id=101&quantity={quantity}&once={once}");
        assert_eq!(visitor.posts("/cart/add", &form).await.leads_to(), "/cart");
    }
    assert_eq!(count_of(&visitor.opens("/cart").await.text), "4");
}

#[tokio::test]
async fn somebody_elses_form_with_the_same_token_is_another_one() {
    let world = World::start().await;
    for _ in 0..2 {
        world
            .visitor()
            .posts("/cart/add", "product_id=101&quantity=1&once=abc")
            .await;
    }
    assert_eq!(world.facts().await.len(), 2);
}

#[tokio::test]
async fn an_order_is_put_into_the_cart_again_once() {
    let world = World::start().await;
    let mut visitor = world.visitor();
    let address = visitor.buys(101).await;
    let address = address.split('?').next().unwrap().to_owned();
    let page = visitor.opens(&address).await;
    let form = format!("once={}", page.field("once"));
    for _ in 0..2 {
        visitor.posts(&format!("{address}/again"), &form).await;
    }
    assert_eq!(count_of(&visitor.opens("/cart").await.text), "1");
}

#[tokio::test]
async fn what_was_typed_in_the_cart_is_what_is_ordered() {
    let world = World::start().await;
    let mut visitor = world.visitor().says("accept-language", "en");
    visitor.posts("/cart/add", "product_id=101&quantity=3").await;
    visitor.posts("/cart/add", "product_id=102&quantity=1").await;
    let next = visitor.posts("/cart/checkout", "quantity-101=5&quantity-102=1").await;
    assert_eq!(next.leads_to(), "/checkout");
    let updates: Vec<_> = world
        .facts()
        .await
        .into_iter()
        .filter(|fact| fact["event_type"] == "cart_update")
        .collect();
    assert_eq!(updates.len(), 1, "what is as it was is no change");
    assert_eq!(updates[0]["details"]["quantity"], 5);
    // All or nothing, and said at the line that is wrong.
    let refused = visitor
        .posts("/cart/checkout", "quantity-101=2&quantity-102=many")
        .await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("name=\"quantity-102\" value=\"many\""));
    assert_eq!(count_of(&refused.text), "5");
    // The button of one line, with what the other fields hold.
    visitor
        .posts("/cart/update", "product_id=102&quantity-101=4&quantity-102=2")
        .await;
    assert_eq!(count_of(&visitor.opens("/cart").await.text), "4");
}

#[tokio::test]
async fn the_checkout_says_at_once_what_cannot_be_ordered() {
    let world = World::start().await;
    let mut visitor = world.visitor().says("accept-language", "en");
    visitor.posts("/cart/add", "product_id=101&quantity=2").await;
    world
        .changes_the_database("UPDATE stock SET units = 0 WHERE product_id = 101")
        .await;
    world.store.refresh_stock().await.unwrap();
    let page = visitor.opens("/checkout").await;
    assert!(page.text.contains("Blue Porcelain Teapot: ") && page.text.contains("Nothing has been ordered yet"));
    assert_eq!(world.facts().await.len(), 1);
}

#[tokio::test]
async fn an_errors_page_shows_the_cart_as_it_is() {
    let world = World::start().await;
    let mut visitor = world.visitor().says("accept-language", "en");
    visitor.posts("/cart/add", "product_id=101&quantity=2").await;
    for address in ["/nowhere", "/products/999999", "/orders/1"] {
        let page = visitor.opens(address).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND);
        assert!(page.text.contains("2 items in the cart"), "{address}");
    }
}

#[tokio::test]
async fn only_what_is_personal_is_kept_from_the_browsers_own_memory() {
    let world = World::start().await;
    let mut visitor = world.visitor();
    for (page, kept) in [
        ("/", "no-cache"),
        ("/products/101", "no-cache"),
        ("/search?q=tea", "no-cache"),
        ("/cart", "no-store"),
    ] {
        let answer = visitor.opens(page).await;
        assert_eq!(answer.headers["cache-control"], format!("private, {kept}"), "{page}");
    }
    visitor
        .posts("/signup", "email=mina@example.org&password=a+long+one&name=Mina")
        .await;
    for page in ["/", "/products/101", "/orders", "/account"] {
        assert_eq!(
            visitor.opens(page).await.headers["cache-control"],
            "private, no-store",
            "{page}"
        );
    }
}

#[tokio::test]
async fn a_page_in_a_language_is_its_own_canonical_one_and_signing_in_leads_back() {
    let world = World::start().await;
    let mut visitor = world.visitor();
    let page = visitor.opens("/products/101").await.text;
    assert!(page.contains("rel=\"canonical\" href=\"http://shop.example/products/101\""));
    assert!(page.contains("hreflang=\"en\" href=\"http://shop.example/products/101?lang=en\""));
    assert!(page.contains("href=\"/login?next=%2Fproducts%2F101\""));
    let page = visitor.opens("/products/101?lang=en").await.text;
    assert!(page.contains("rel=\"canonical\" href=\"http://shop.example/products/101?lang=en\""));
}

#[tokio::test]
async fn a_refused_forms_page_says_where_it_can_be_opened() {
    let world = World::start().await;
    let mut visitor = world.visitor();
    visitor.posts("/cart/add", "product_id=101&quantity=1").await;
    for (form, sent, page) in [
        ("/cart/add", "product_id=101&quantity=0", "/products/101"),
        ("/cart/update", "product_id=101&quantity=many", "/cart"),
        ("/signup", "email=x", "/signup"),
        ("/login", "email=x", "/login"),
        ("/privacy", "consent=maybe", "/privacy"),
    ] {
        let answer = visitor.posts(form, sent).await;
        assert!(answer.status.is_client_error(), "{form}");
        assert!(answer.text.contains(&format!("data-here=\"{page}\"")), "{form}");
        // Changing the language leads there as well.
        assert!(
            answer.text.contains(&format!("name=\"next\" value=\"{page}\"")),
            "{form}"
        );
    }
    assert!(!visitor.opens("/login").await.text.contains("data-here"));
}

#[tokio::test]
async fn a_heart_shows_whether_it_is_filled_and_leads_back() {
    let world = World::start().await;
    let mut visitor = world.visitor();
    let listing = visitor.opens("/products/?category=1").await.text;
    assert!(listing.contains("action=\"/wishlist/add\"") && !listing.contains("action=\"/wishlist/remove\""));
    assert!(listing.contains("name=\"next\" value=\"/products/?category=1\""));
    let next = visitor
        .posts("/wishlist/add", "product_id=101&next=/products/?category=1")
        .await;
    assert_eq!(next.leads_to(), "/products/?category=1");
    let listing = visitor.opens("/products/?category=1").await.text;
    assert_eq!(listing.matches("aria-pressed=\"true\" aria-label").count(), 1);
    assert_eq!(listing.matches("action=\"/wishlist/remove\"").count(), 1);
    let (_, header) = listing.split_once("href=\"/wishlist\"").expect("the header's link");
    assert!(
        header
            .split("</a>")
            .next()
            .unwrap_or_default()
            .contains("<span class=\"count\" aria-hidden=\"true\">1</span>")
    );
}

#[tokio::test]
async fn what_every_site_is_asked_for_is_there() {
    let world = World::start().await;
    let mut visitor = world.visitor();
    let robots = visitor.opens("/robots.txt").await.text;
    assert!(robots.contains("Disallow: /checkout\n") && robots.contains("Sitemap: http://shop.example/sitemap.xml\n"));
    let sitemap = visitor.opens("/sitemap.xml").await;
    assert_eq!(sitemap.headers["content-type"], "application/xml; charset=utf-8");
    let products = world.store.catalogue().products().len();
    assert_eq!(
        sitemap.text.matches("<loc>http://shop.example/products/").count(),
        products + 13
    );
    assert!(visitor.opens("/favicon.ico").await.leads_to().ends_with("/icon.svg"));
    // The example of the shop that this one is made after: its products were numbered from 1.
    assert_eq!(visitor.opens("/products/11").await.leads_to(), "/products/111");
    assert!(world.journalled_of("view").await.is_empty());
    // An address that only leads on is recorded under its handler's name.
    visitor.opens("/products").await;
    let requests = world.journalled_of("request").await;
    let last = requests.last().expect("it was recorded");
    assert_eq!(last["http"]["endpoint"], "products.index");
}

#[tokio::test]
async fn every_time_says_when_to_machines() {
    let world = World::start().await;
    let mut visitor = world.visitor();
    let address = visitor.buys(101).await;
    for page in ["/", "/privacy", &address] {
        let text = visitor.opens(page).await.text;
        let times: Vec<&str> = text.split("<time").skip(1).collect();
        assert!(times.iter().all(|time| time.starts_with(" datetime=\"")), "{page}");
    }
}
