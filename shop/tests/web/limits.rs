//! What the shop refuses, and what it tells operators.

use std::time::Duration;

use axum::http::{Method, StatusCode};

use crate::client_events::click;
use crate::world::{Settings, World};

#[tokio::test]
async fn another_site_cannot_fill_the_cart() {
    let world = World::start().await;
    let mut lured = world.visitor().says("sec-fetch-site", "cross-site");
    let refused = lured.posts("/cart/add", "product_id=101&quantity=1").await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(refused.text.contains("<h1>"));
    assert_eq!(
        lured.opens("/products/101").await.status,
        StatusCode::OK,
        "links from elsewhere are welcome"
    );
    assert_eq!(world.facts().await.len(), 0);
}

#[tokio::test]
async fn a_body_over_64_kib_is_refused_with_a_page() {
    let world = World::start().await;
    let answer = world.visitor().posts("/login", &"x".repeat(64 * 1024 + 1)).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(answer.text.contains("<h1>"));
}

#[tokio::test]
async fn a_wrong_method_is_refused_with_a_page() {
    let world = World::start().await;
    let answer = world
        .visitor()
        .sends(Method::DELETE, "/cart", None, String::new())
        .await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
    assert!(answer.headers["allow"].to_str().unwrap().contains("GET"));
    assert!(answer.text.contains("<h1>"));
}

#[tokio::test]
async fn a_dead_kafka_is_told_and_does_not_make_the_shop_unready() {
    let world = World::start().await;
    let ready = world.visitor().opens("/readyz").await;
    assert_eq!(ready.status, StatusCode::OK);
    let said = ready.json();
    assert_eq!((&said["ready"], &said["kafka"]["ok"]), (&true.into(), &false.into()));
    assert_eq!(said["kafka"]["what"], "Kafka is away");
    assert_eq!(world.visitor().opens("/healthz").await.text, "ok\n");
}

#[tokio::test]
async fn files_may_be_kept_for_ever_and_pages_never() {
    let world = World::start().await;
    let mut visitor = world.visitor();
    let home = visitor.opens("/").await;
    assert_eq!(home.headers["cache-control"], "private, no-cache");
    let (_, rest) = home.text.split_once("rel=\"stylesheet\" href=\"").unwrap();
    let style = visitor.opens(rest.split('"').next().unwrap()).await;
    assert_eq!(style.status, StatusCode::OK);
    assert!(style.headers["cache-control"].to_str().unwrap().contains("immutable"));
    assert_eq!(
        visitor.opens("/static/000000000000/main.css").await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn every_category_has_its_colour_and_every_product_its_picture() {
    let world = World::start().await;
    let style = include_str!("../../../static/css/main.css");
    let catalogue = world.store.catalogue();
    for category in catalogue.categories() {
        assert!(
            style.contains(&format!(".hue-{} {{", category.hue)),
            "hue {}",
            category.hue
        );
    }
    let mut visitor = world.visitor();
    for product in catalogue.products() {
        let picture = visitor.opens(&format!("/pictures/{}.svg", product.picture)).await;
        assert_eq!(picture.status, StatusCode::OK, "{}", product.picture);
    }
}

#[tokio::test]
async fn every_answer_says_what_the_shop_never_does() {
    let world = World::start().await;
    for address in ["/", "/nowhere", "/pictures/1fad6.svg", "/healthz"] {
        let answer = world.visitor().opens(address).await;
        let policy = answer.headers["content-security-policy"].to_str().unwrap();
        assert!(
            policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"),
            "{address}"
        );
        assert_eq!(answer.headers["x-content-type-options"], "nosniff");
    }
}

#[tokio::test]
async fn an_answer_that_takes_too_long_is_a_page_that_says_so() {
    let settings = Settings {
        answer_timeout: Duration::ZERO,
        ..Settings::default()
    };
    let world = World::with(settings).await;
    let answer = world
        .visitor()
        .posts("/login", "email=mina@example.com&password=a+long+one")
        .await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.headers["retry-after"], "10");
    assert!(answer.text.contains("<h1>") && answer.text.contains(answer.headers["x-request-id"].to_str().unwrap()));
    let requests = world.journalled_of("request").await;
    assert_eq!(requests.last().unwrap()["http"]["status"], 503);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_waits_longer_than_the_limit_to_be_known() {
    let settings = Settings {
        answer_timeout: Duration::from_secs(2),
        ..Settings::default()
    };
    let Some((world, mut operator)) = World::on_postgres(settings).await else {
        return;
    };
    let mut visitor = world.visitor();
    let joined = visitor
        .posts(
            "/signup",
            "email=mina@example.com&name=Mina&password=a+long+pass+phrase",
        )
        .await;
    assert_eq!(joined.status, StatusCode::SEE_OTHER, "{}", joined.text);
    assert_eq!(visitor.opens("/account").await.status, StatusCode::OK);
    operator
        .runs("BEGIN; LOCK TABLE shop.sign_in IN ACCESS EXCLUSIVE MODE")
        .await;
    let answer = tokio::time::timeout(Duration::from_secs(20), visitor.opens("/")).await;
    let answer = answer.expect("an answer, not an open end");
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.headers["retry-after"], "10");
    let guest = world.visitor().opens("/").await;
    assert_eq!(guest.status, StatusCode::OK, "who has never signed in is not asked for");
    operator.runs("ROLLBACK").await;
    assert_eq!(
        visitor.opens("/account").await.status,
        StatusCode::OK,
        "still signed in"
    );
    operator.drops_the_database(world).await;
}

#[tokio::test]
async fn a_request_with_two_hosts_is_refused() {
    let world = World::start().await;
    for hosts in [["shop.example", "elsewhere.example"], ["shop.example"; 2]] {
        let mut visitor = world.visitor();
        for host in hosts {
            visitor.headers.append("host", host.parse().unwrap());
        }
        let answer = visitor.opens("/").await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{hosts:?}");
        assert!(answer.text.contains("<h1>"), "a page says so");
    }
    assert_eq!(world.visitor().opens("/").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_program_that_floods_the_shop_with_client_events_is_told_when_to_come_again() {
    let settings = Settings {
        client_events_per_minute: 2,
        ..Settings::default()
    };
    let world = World::with(settings).await;
    let mut told = click();
    told["kind"] = "click".into();
    for address in ["/api/log/click-event", "/api/log/events"] {
        let kept = world.visitor().tells(address, &told).await;
        assert_eq!(kept.status, StatusCode::ACCEPTED, "{address}");
    }
    for address in ["/api/log/events", "/api/log/dwell-time"] {
        let slowed = world.visitor().tells(address, &told).await;
        assert_eq!(slowed.status, StatusCode::TOO_MANY_REQUESTS, "{address}");
    }
    let slowed = world.visitor().tells("/api/log/click-event", &click()).await;
    assert_eq!(slowed.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(
        (&slowed.headers["retry-after"], &slowed.json()["accepted"]),
        (&"60".parse().unwrap(), &0.into())
    );
    assert_eq!(world.visitor().opens("/").await.status, StatusCode::OK, "pages go on");
    assert_eq!(world.journalled_of("click").await.len(), 2);
}

#[tokio::test]
async fn a_product_that_was_sold_once_is_gone_and_not_unknown() {
    let world = World::start().await;
    world.changes_the_database("DELETE FROM product WHERE id = 101").await;
    let world = world.successor().await;
    let answer = world
        .visitor()
        .says("accept-language", "en")
        .opens("/products/101")
        .await;
    assert_eq!(answer.status, StatusCode::GONE);
    assert!(answer.text.contains("This is no longer sold"));
}
