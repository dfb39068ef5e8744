//! Pages in gzip, as browsers take them.

use std::collections::BTreeSet;

use axum::http::Method;
use regex::Regex;

use crate::world::World;

#[tokio::test]
async fn a_page_in_gzip_is_the_page_with_ids_of_its_own_however_often_it_is_shown() {
    let ids = Regex::new("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}").unwrap();
    let world = World::start().await;
    for address in [
        "/",
        "/products/",
        "/products/101",
        "/products/?lang=en&page=2",
        "/search?q=teapot",
    ] {
        let mut visitor = world.visitor();
        visitor.opens(address).await;
        let plain = visitor.opens(address).await;
        assert!(!plain.headers.contains_key("content-encoding"));
        let mut visitor = visitor.says("accept-encoding", "br, gzip");
        let mut views = BTreeSet::new();
        for _ in 0..3 {
            let page = visitor.opens(address).await;
            assert_eq!(page.headers["content-encoding"], "gzip");
            assert_eq!(page.headers["vary"], "accept-encoding");
            let found: Vec<&str> = ids.find_iter(&page.text).map(|id| id.as_str()).collect();
            assert_eq!(ids.replace_all(&page.text, ""), ids.replace_all(&plain.text, ""));
            views.insert(found.join(" "));
        }
        assert_eq!(views.len(), 3, "each showing of {address} has a view of its own");
    }
}

#[tokio::test]
async fn nobody_who_asks_for_the_head_is_sent_a_body_and_nobody_who_refuses_gzip_is_sent_it() {
    let world = World::start().await;
    let mut visitor = world.visitor().says("accept-encoding", "gzip");
    for _ in 0..2 {
        visitor.opens("/products/101").await;
        let head = visitor.sends(Method::HEAD, "/products/101", None, String::new()).await;
        assert_eq!(head.text, "");
    }
    let page = visitor.says("accept-encoding", "gzip;q=0").opens("/products/101").await;
    assert!(!page.headers.contains_key("content-encoding"));
    assert!(page.text.ends_with("</html>"));
}
