//! Searching, narrowing down, suggestions, and what is shown to whom.

use axum::http::{HeaderName, StatusCode};
use schemas::ProductId;
use shop::crowd::{Advisor, Crowd};

use crate::world::World;

/// The part of a page after `begin`, up to `end`.
fn part<'a>(page: &'a str, begin: &str, end: &str) -> &'a str {
    let after = page.split_once(begin).map(|(_, after)| after);
    after
        .and_then(|after| after.split_once(end))
        .unwrap_or_else(|| panic!("{begin} ... {end}\n{page}"))
        .0
}

/// The products on a piece of a page, in their order.
fn products(page: &str) -> Vec<&str> {
    let links = page.split("class=\"tile-link\" href=\"/products/").skip(1);
    // Behind the number the link says which list it stands in.
    links.filter_map(|link| link.split(['"', '?']).next()).collect()
}

#[tokio::test]
async fn a_slip_is_mended_marked_and_said() {
    let world = World::start().await;
    let page = world
        .visitor()
        .says("accept-language", "en")
        .opens("/search?q=headphnes")
        .await
        .text;
    assert_eq!(products(&page)[0], "501");
    assert!(page.contains("<mark>Headphones</mark>"));
    assert!(page.contains("here is what we found for “headphones”"));
    let search = &world.journalled_of("search").await[0];
    assert_eq!(search["details"]["query"], "headphnes");
    assert_eq!(search["details"]["result_count"], products(&page).len());
}

#[tokio::test]
async fn who_finds_nothing_is_shown_a_way_on() {
    let world = World::start().await;
    let page = world.visitor().opens("/search?q=qqqqzzzz").await.text;
    assert!(page.contains("‘qqqqzzzz’에 맞는 상품이 없어요"));
    assert!(page.contains("href=\"/products/?category=12\""));
    assert_eq!(products(&page).len(), 6);
    assert_eq!(world.journalled_of("search").await[0]["details"]["result_count"], 0);
    // A word that is right is not taken for another one, though the shop has nothing of the kind.
    let kimchi = world.visitor().opens("/search?q=%EA%B9%80%EC%B9%98").await.text;
    assert!(kimchi.contains("‘김치’에 맞는 상품이 없어요") && products(&kimchi).len() == 6);
}

#[tokio::test]
async fn a_search_is_narrowed_down_and_its_event_says_how() {
    let world = World::start().await;
    let mut visitor = world.visitor().says("accept-language", "en");
    let page = visitor
        .opens("/search?q=set&category=10&price_from=10000&price_to=49900&in_stock=1&sort=price_asc")
        .await
        .text;
    assert!(page.contains("aria-label=\"Remove “Toys and games”\""));
    assert!(page.contains("aria-label=\"Remove “₩10,000–₩49,900”\""));
    // Taking a condition back leaves the others.
    assert!(
        page.contains(
            "href=\"/search?q=set&amp;category=10&amp;price_from=10000&amp;price_to=49900&amp;sort=price_asc\""
        )
    );
    let search = &world.journalled_of("search").await[0];
    assert_eq!(
        search["details"]["filters"],
        serde_json::json!({ "category": "10", "price_from": "10000", "price_to": "49900", "in_stock": "1", "sort": "price_asc" })
    );
    assert_eq!(search["args"]["price_from"], "10000");
    assert_eq!(search["details"]["result_count"], products(&page).len());
}

#[tokio::test]
async fn a_number_beside_a_choice_is_what_the_choice_shows() {
    let world = World::start().await;
    let mut visitor = world.visitor().says("accept-language", "en");
    let begin = "/products/?category=1&in_stock=1";
    let page = visitor.opens(begin).await.text;
    let choices = part(&page, "<nav class=\"narrow\"", "</nav>");
    let mut followed = 0;
    for link in choices.split("<a class=\"pick\"").skip(1) {
        let address = part(link, "href=\"", "\"").replace("&amp;", "&");
        let count = part(link, "class=\"pick-count\">", "<");
        let shown = visitor.opens(&address).await.text;
        let said = match count {
            "1" => "1 product<".to_owned(),
            _ => format!("{count} products<"),
        };
        assert!(shown.contains(&said), "{address}: {said}");
        followed += 1;
    }
    assert!(followed > 14, "{followed}");
}

#[tokio::test]
async fn a_narrowed_listing_has_one_address_for_those_who_list_it() {
    let world = World::start().await;
    let page = world
        .visitor()
        .opens("/products/?sort=name&price_to=9900&category=3&utm_source=x")
        .await
        .text;
    assert!(page.contains("rel=\"canonical\" href=\"http://shop.example/products/?category=3\""));
    assert!(page.contains("hreflang=\"en\" href=\"http://shop.example/products/?category=3&amp;lang=en\""));
    let search = world.visitor().opens("/search?q=tea").await.text;
    assert!(search.contains("content=\"noindex\"") && !search.contains("rel=\"canonical\""));
    assert_eq!(
        world.visitor().opens("/products/?category=99").await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn a_link_in_another_language_opens_in_it_and_stays_in_it() {
    let world = World::start().await;
    let mut visitor = world.visitor().says("accept-language", "ko");
    let page = visitor.opens("/products/101?lang=en").await.text;
    assert!(page.contains("<html lang=\"en\"") && page.contains("name=\"next\" value=\"/products/101\""));
    assert!(visitor.opens("/cart").await.text.contains("<html lang=\"en\""));
}

#[tokio::test]
async fn a_product_tells_search_engines_what_it_is_and_nothing_can_be_slipped_in() {
    let world = World::start().await;
    let answer = world
        .visitor()
        .says("accept-language", "en")
        .opens("/products/101")
        .await;
    let data: serde_json::Value =
        serde_json::from_str(part(&answer.text, "<script type=\"application/ld+json\">", "</script>")).unwrap();
    assert_eq!(data[0]["name"], "Blue Porcelain Teapot");
    assert_eq!(data[0]["offers"]["price"], 38_900);
    assert_eq!(data[0]["offers"]["priceCurrency"], "KRW");
    assert_eq!(
        data[1]["itemListElement"][1]["item"],
        "http://shop.example/products/?category=1"
    );
    assert!(
        answer
            .text
            .contains("property=\"og:title\" content=\"Blue Porcelain Teapot\"")
    );
    let policy = answer.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("script-src 'self';") && !policy.contains("unsafe"));
}

#[tokio::test]
async fn suggestions_are_a_piece_of_a_page_and_leave_no_trace() {
    let world = World::start().await;
    let mut visitor = world.visitor();
    let answer = visitor
        .opens("/search/suggest?q=%E3%85%8E%E3%84%B7%E3%85%8D&lang=en")
        .await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(
        answer.text.starts_with("<a class=\"suggestion\" role=\"option\""),
        "{}",
        answer.text
    );
    assert!(answer.text.contains("href=\"/products/501\""));
    // All but the last, which leads to the whole search.
    let count = answer.text.matches("role=\"option\"").count() - 1;
    assert!((3..=8).contains(&count));
    assert!(
        answer.text.contains(&format!("data-said=\"{count} suggestions.")),
        "{}",
        answer.text
    );
    let category = visitor.opens("/search/suggest?q=kitch&lang=en").await.text;
    assert!(category.contains("href=\"/products/?category=1\""));
    let escaped = visitor.opens("/search/suggest?q=%3Cscript%3Etea&lang=en").await.text;
    assert!(escaped.contains("&lt;script&gt;tea") && !escaped.contains("<script"));
    let starters = visitor.opens("/search/suggest?q=&lang=en").await.text;
    assert_eq!(
        starters.matches("role=\"option\"").count(),
        5,
        "what people like, while nothing is typed"
    );
    assert!(starters.contains("Popular now"));
    assert!(visitor.cookies.is_empty() && answer.headers.get(HeaderName::from_static("set-cookie")).is_none());
    assert!(
        world.journalled().await.is_empty(),
        "what is typed and not sent is nobody's business"
    );
}

#[tokio::test]
async fn what_one_looked_at_is_on_the_front_page_of_that_browser_only() {
    let world = World::start().await;
    let mut visitor = world.visitor();
    for address in ["/products/101", "/products/205", "/products/101"] {
        visitor.opens(address).await;
    }
    let page = visitor.opens("/").await.text;
    assert_eq!(products(part(&page, "id=\"recent\"", "</section>")), ["101", "205"]);
    assert!(page.contains("id=\"for-you\""));
    assert!(!world.visitor().opens("/").await.text.contains("id=\"recent\""));
}

#[tokio::test]
async fn privacy_control_remembers_nothing_and_forgets_what_was() {
    let world = World::start().await;
    let mut visitor = world.visitor();
    visitor.opens("/products/101").await;
    assert!(visitor.cookies.contains_key("looked"));
    let mut visitor = visitor.says("sec-gpc", "1");
    visitor.opens("/products/205").await;
    assert!(!visitor.opens("/").await.text.contains("id=\"recent\""));
    visitor.headers.clear();
    assert!(
        !visitor.opens("/").await.text.contains("id=\"recent\""),
        "it was forgotten"
    );
}

#[tokio::test]
async fn what_people_buy_and_look_at_is_popular_and_stands_together() {
    let world = World::start().await;
    let crowd = Crowd::new(world.store.catalogue(), world.clock.now());
    let mut advisor = Advisor::new(&crowd, world.clock.now());
    assert_eq!(crowd.advice().known, 0);
    let mut visitor = world.visitor();
    // One order is one person's: from the second on a pair is bought together.
    for _ in 0..2 {
        visitor.posts("/cart/add", "product_id=609&quantity=1").await;
        visitor.buys(101).await;
    }
    for _ in 0..3 {
        crowd.looks_at(ProductId(101), None);
        crowd.looks_at(ProductId(1101), Some(ProductId(101)));
    }
    advisor.advise(&world.store, world.clock.now()).await.unwrap();
    let advice = crowd.advice();
    assert_eq!(advice.popular[..3], [ProductId(101), ProductId(609), ProductId(1101)]);
    assert_eq!(advice.known, 3);
    let teapot = advice.related(ProductId(101)).unwrap();
    assert_eq!(
        (teapot.next.as_slice(), teapot.together.as_slice()),
        (&[ProductId(1101)][..], &[ProductId(609)][..])
    );
    // Nothing is counted twice.
    advisor.advise(&world.store, world.clock.now()).await.unwrap();
    assert!(std::sync::Arc::ptr_eq(&advice, &crowd.advice()));
    // Another shop, or the next start, knows the orders too.
    let crowd = Crowd::new(world.store.catalogue(), world.clock.now());
    Advisor::new(&crowd, world.clock.now())
        .advise(&world.store, world.clock.now())
        .await
        .unwrap();
    assert_eq!(crowd.advice().known, 2);
}

#[tokio::test]
async fn an_empty_field_offers_what_five_visitors_searched_for_and_nobodys_own_words() {
    let world = World::start().await;
    for number in 0..5 {
        let mut visitor = world.visitor();
        visitor.opens("/search?q=Teapot&lang=en").await;
        // Found by mending, not at all, or by one visitor alone.
        visitor.opens("/search?q=teapto&lang=en").await;
        visitor.opens("/search?q=mina+kim&lang=en").await;
        if number == 0 {
            visitor.opens("/search?q=scissors&lang=en").await;
        }
        let offered = world.visitor().opens("/search/suggest?q=&lang=en").await.text;
        let is_offered = offered.contains("href=\"/search?q=teapot\"");
        assert_eq!(is_offered, number == 4, "after {} visitors", number + 1);
        for own in ["teapto", "mina", "scissors"] {
            assert!(!offered.contains(own), "{own}");
        }
    }
    let in_korean = world.visitor().opens("/search/suggest?q=&lang=ko").await.text;
    assert!(!in_korean.contains("/search?q="), "in their language");
    let world = World::start().await;
    for _ in 0..6 {
        let mut visitor = world.visitor().says("sec-gpc", "1");
        visitor.opens("/search?q=teapot&lang=en").await;
    }
    let offered = world.visitor().opens("/search/suggest?q=&lang=en").await.text;
    assert!(!offered.contains("/search?q="), "who did not agree is not counted");
    let world = World::start().await;
    for _ in 0..6 {
        for (header, value) in [("sec-purpose", "prefetch"), ("user-agent", "Googlebot/2.1")] {
            world
                .visitor()
                .says(header, value)
                .opens("/search?q=teapot&lang=en")
                .await;
        }
    }
    let offered = world.visitor().opens("/search/suggest?q=&lang=en").await.text;
    assert!(!offered.contains("/search?q="), "nor what nobody asked");
}
