//! Events that belong together can be joined: by visitor, by page view, by list and place.

use axum::http::Method;
use serde_json::{Value, json};

use crate::world::{Answer, Visitor, World};

/// What the page says its view is called.
fn view_of(page: &Answer) -> String {
    let (_, rest) = page.text.split_once("data-view=\"").unwrap();
    rest.split('"').next().unwrap().to_owned()
}

/// The link to a product, as the page has it.
fn link_to<'a>(page: &'a Answer, product: &str) -> &'a str {
    let begin = page.text.find(&format!("href=\"{product}")).unwrap() + 6;
    page.text[begin..].split('"').next().unwrap()
}

/// Adds from the product's own page, as its form does.
async fn adds_from(visitor: &mut Visitor, page: &Answer) {
    let (_, form) = page.text.split_once("class=\"add\"").unwrap();
    let hidden = |name: &str| {
        let found = form.split_once(&format!("name=\"{name}\" value=\""));
        let value = found.map(|(_, rest)| rest.split('"').next().unwrap().to_owned());
        value.map(|value| format!("&{name}={value}")).unwrap_or_default()
    };
    let form = format!("quantity=1{}{}{}", hidden("product_id"), hidden("view"), hidden("from"));
    assert_eq!(visitor.posts("/cart/add", &form).await.leads_to(), "/cart");
}

#[tokio::test]
async fn what_a_page_showed_is_joined_to_its_view() {
    let world = World::start().await;
    let page = world.visitor().opens("/products/101").await;
    let views = world.journalled_of("view").await;
    assert_eq!(views[0]["event_id"], view_of(&page));
    assert_eq!(views[0].get("page_view_id"), None, "a view is its own");
    assert!(page.text.contains("data-endpoint=\"products.detail\""));
    let exposures = world.journalled_of("exposure").await;
    assert!(!exposures.is_empty());
    for exposure in exposures {
        assert_eq!(exposure["page_view_id"], view_of(&page));
    }
    let nowhere = world.visitor().opens("/nowhere").await;
    assert!(!nowhere.text.contains("data-view"), "an error page is no view");
}

#[tokio::test]
async fn an_addition_says_which_search_and_which_place_it_came_from_without_scripts() {
    let world = World::start().await;
    let mut visitor = world.visitor();
    let results = visitor.opens("/search?q=teapot").await;
    let link = link_to(&results, "/products/101").to_owned();
    let page = visitor.opens(&link).await;
    assert!(
        !page.text.contains("from=search") || !page.text.contains("lang=en&amp;from"),
        "the way here leads nowhere else"
    );
    adds_from(&mut visitor, &page).await;

    let search = &world.journalled_of("search").await[0];
    assert_eq!(search["page_view_id"], view_of(&results));
    let added = &world.facts().await[0];
    assert_eq!(added["event_type"], "cart_add");
    assert_eq!(added["page_view_id"], view_of(&page));
    let details = &added["details"];
    assert_eq!(
        (&details["list"], &details["search_id"]),
        (&json!("search"), &search["event_id"])
    );
    assert!(details["position"].as_u64() >= Some(1));
    let views = world.journalled_of("view").await;
    assert_eq!(
        views[1]["args"],
        json!({}),
        "the place is no parameter of the shop's own"
    );
}

#[tokio::test]
async fn a_tile_adds_from_its_place_over_all_pages_of_the_list() {
    let world = World::start().await;
    let mut visitor = world.visitor();
    let page = visitor.opens("/products/?page=2").await;
    let (_, tile) = page.text.split_once("class=\"tile-add\"").expect("a tile that adds");
    let value = |name: &str| {
        let (_, rest) = tile.split_once(&format!("name=\"{name}\" value=\"")).unwrap();
        rest.split('"').next().unwrap()
    };
    let form = format!(
        "product_id={}&quantity=1&view={}&from={}",
        value("product_id"),
        value("view"),
        value("from")
    );
    visitor.posts("/cart/add", &form).await;
    let added = &world.facts().await[0];
    assert_eq!(added["page_view_id"], view_of(&page));
    assert_eq!(added["details"]["list"], "listing");
    assert!(added["details"]["position"].as_u64() > Some(24), "{added}");
    assert_eq!(added["details"].get("search_id"), None);
}

#[tokio::test]
async fn an_order_is_joined_to_the_page_whose_form_placed_it() {
    let world = World::start().await;
    let mut visitor = world.visitor();
    visitor.posts("/cart/add", "product_id=101&quantity=1").await;
    let checkout = visitor.opens("/checkout").await;
    let form = crate::world::delivery(checkout.field("token"));
    let placed = visitor
        .posts("/checkout", &format!("{form}&view={}", checkout.field("view")))
        .await;
    let order = visitor.opens(placed.leads_to()).await;
    let cancel = format!("{}/cancel", placed.leads_to().split('?').next().unwrap());
    visitor.posts(&cancel, &format!("view={}", order.field("view"))).await;
    let facts = world.facts().await;
    let of = |kind: &str| {
        facts
            .iter()
            .find(|fact| fact["event_type"] == kind)
            .expect("a fact")
            .clone()
    };
    assert_eq!(of("order_placed")["page_view_id"], view_of(&checkout));
    assert_eq!(of("order_cancelled")["page_view_id"], view_of(&order));
}

#[tokio::test]
async fn who_must_not_be_recognised_is_nobody_and_joins_nothing() {
    let world = World::start().await;
    let mut visitor = world.visitor().says("sec-gpc", "1");
    let page = visitor.opens("/products/101?from=search.1").await;
    for mark in [
        "data-view",
        "name=\"view\"",
        "name=\"from\"",
        "from=together",
        "from=next",
    ] {
        assert!(!page.text.contains(mark), "{mark}");
    }
    let forged = "019e2650-a0c4-7d11-9b42-5d7e30c6f1a8";
    visitor
        .posts(
            "/cart/add",
            &format!("product_id=101&quantity=1&view={forged}&from=search.3"),
        )
        .await;
    let added = &world.facts().await[0];
    assert_eq!(added["visitor_id"], Value::Null);
    assert!(
        added.as_object().unwrap().contains_key("visitor_id"),
        "null, not absent"
    );
    assert_eq!(added.get("page_view_id"), None);
    assert_eq!(added["details"].get("list"), None);
}

#[tokio::test]
async fn a_visitor_is_the_same_over_sessions_and_another_after_the_account_is_gone() {
    let world = World::start().await;
    let mut visitor = world.visitor();
    visitor.opens("/").await;
    world.clock.set(world.clock.now().plus_micros(3_600_000_000));
    visitor.opens("/").await;
    world.visitor().opens("/").await;
    let views = world.journalled_of("view").await;
    assert_ne!(views[0]["session_id"], views[1]["session_id"]);
    assert_eq!(views[0]["visitor_id"], views[1]["visitor_id"]);
    assert_ne!(views[0]["visitor_id"], views[2]["visitor_id"]);

    let account = "email=mina%40example.org&name=Mina&password=teapot-and-cups&password_again=teapot-and-cups";
    visitor.posts("/signup", account).await;
    let gone = visitor
        .posts("/account/delete", "delete_password=teapot-and-cups")
        .await;
    assert_eq!(gone.leads_to(), "/login?deleted=1");
    visitor.opens("/").await;
    let after = world.journalled_of("view").await.pop().unwrap();
    assert_ne!(after["visitor_id"], views[0]["visitor_id"]);
    assert_ne!(
        after["session_id"], views[1]["session_id"],
        "no session ties the two together"
    );
}

#[tokio::test]
async fn nothing_leads_from_an_event_to_the_visitors_cookie() {
    let world = World::start().await;
    let mut visitor = world.visitor();
    visitor.opens("/").await;
    let cookie = &visitor.cookies["visit"];
    let secret = cookie.split("%3D").last().unwrap_or(cookie);
    let secret: Vec<&str> = secret.split('.').collect();
    for event in world.journalled().await {
        let text = event.to_string();
        assert!(
            secret
                .iter()
                .filter(|part| part.len() == 32)
                .all(|part| event["session_id"] == **part || !text.contains(part)),
            "{text}"
        );
    }
}

#[tokio::test]
async fn a_campaign_stands_on_the_first_view_of_a_session_cut_to_its_length() {
    let world = World::start().await;
    let mut visitor = world.visitor();
    let long = "x".repeat(3_000);
    visitor
        .opens(&format!(
            "/?utm_source=newsletter&utm_campaign={long}&utm_medium=&token=secret"
        ))
        .await;
    visitor.opens("/products/101?utm_source=other").await;
    let views = world.journalled_of("view").await;
    assert_eq!(
        views[0]["details"]["campaign"],
        json!({ "source": "newsletter", "campaign": "x".repeat(100) })
    );
    assert_eq!(views[1]["details"].get("campaign"), None);
}

#[tokio::test]
async fn what_nobody_saw_is_told_apart_and_makes_nothing_popular() {
    let world = World::start().await;
    world
        .visitor()
        .sends(Method::HEAD, "/products/101", None, String::new())
        .await;
    world
        .visitor()
        .says("sec-purpose", "prefetch")
        .opens("/products/101")
        .await;
    world
        .visitor()
        .says("sec-purpose", "prefetch;prerender")
        .opens("/products/101")
        .await;
    world
        .visitor()
        .says("purpose", "prefetch")
        .opens("/search?q=teapot")
        .await;
    let crawler = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";
    world.visitor().says("user-agent", crawler).opens("/products/101").await;
    let views = world.journalled_of("view").await;
    let purposes: Vec<&Value> = views.iter().map(|view| &view["purpose"]).collect();
    assert_eq!(
        purposes,
        [
            &json!("prefetch"),
            &json!("prerender"),
            &json!("prefetch"),
            &Value::Null
        ]
    );
    assert_eq!(views[3]["bot"], true);
    assert!(views[..3].iter().all(|view| view.get("bot").is_none()));
    assert_eq!(world.journalled_of("search").await[0]["purpose"], "prefetch");
    let mut advisor = shop::crowd::Advisor::new(&world.crowd, world.clock.now());
    advisor.advise(&world.store, world.clock.now()).await.unwrap();
    assert_eq!(world.crowd.advice().known, 0);
}

#[tokio::test]
async fn a_form_with_a_forged_place_counts_without_it() {
    let world = World::start().await;
    let mut visitor = world.visitor();
    for forged in [
        "view=teapot&from=search.-1",
        "view=&from=",
        "view=%ED%A0%BD&from=search.3.teapot",
        "from=x",
    ] {
        let form = format!("product_id=101&quantity=1&{forged}");
        assert_eq!(visitor.posts("/cart/add", &form).await.leads_to(), "/cart", "{forged}");
    }
    for added in world.facts().await {
        assert_eq!(added.get("page_view_id"), None, "{added}");
        assert_eq!(added["details"].get("list"), None, "{added}");
    }
}

#[tokio::test]
async fn a_page_that_answers_a_refused_form_is_still_the_view_that_the_form_stood_on() {
    let world = World::start().await;
    let mut visitor = world.visitor();
    let product = visitor.opens("/products/101").await;
    let view = view_of(&product);
    let refused = visitor
        .posts("/cart/add", &format!("product_id=101&quantity=no&view={view}"))
        .await;
    assert_eq!((refused.status.as_u16(), view_of(&refused)), (422, view));
    assert!(
        !refused.text.contains("data-endpoint"),
        "the form's own address is no page"
    );
    adds_from(&mut visitor, &product).await;
    let checkout = visitor.opens("/checkout").await;
    let (_, token) = checkout.text.split_once("name=\"token\" value=\"").unwrap();
    let token = token.split('"').next().unwrap();
    let form = format!("token={token}&view={}", view_of(&checkout));
    let refused = visitor.posts("/checkout", &form).await;
    assert_eq!((refused.status.as_u16(), view_of(&refused)), (422, view_of(&checkout)));
    let signup = visitor.opens("/signup").await;
    let refused = visitor
        .posts("/signup", &format!("email=nobody&view={}", view_of(&signup)))
        .await;
    assert_eq!((refused.status.as_u16(), view_of(&refused)), (422, view_of(&signup)));
    let forged = visitor.posts("/cart/add", "product_id=101&quantity=no&view=mine").await;
    assert!(!forged.text.contains("data-view"));
}
