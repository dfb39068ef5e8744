//! What the portal's pages weigh, whatever is on the topics. Sizes, so it is a gate.

use std::collections::BTreeSet;

use schemas::EventType;

use crate::world::World;

/// A page as it stands, and what a first visit moves: page, style sheets and scripts as they are sent.
const HEAVIEST: usize = 60_000;

struct Weighed {
    page: usize,
    moved: usize,
}

async fn weighs(http: &reqwest::Client, shop: &str, path: &str, language: &str) -> Weighed {
    let get = |path: &str, encoding: &str| {
        let request = http.get(format!("{shop}{path}")).header("accept-language", language);
        let request = request.header("accept-encoding", encoding.to_owned());
        async move {
            let answer = request.send().await.expect("the shop answers");
            answer.bytes().await.expect("a body")
        }
    };
    let page = get(path, "identity").await;
    let text = String::from_utf8_lossy(&page);
    let files = text.split('"').filter(|part| {
        let ending = part.rsplit('.').next();
        part.starts_with("/static/") && matches!(ending, Some("css" | "js"))
    });
    let files: BTreeSet<&str> = files.collect();
    assert!(files.len() >= 3, "{path} has style sheets and scripts: {files:?}");
    let mut moved = get(path, "gzip").await.len();
    for file in &files {
        moved += get(file, "gzip").await.len();
    }
    Weighed {
        page: page.len(),
        moved,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_page_of_the_portal_weighs_more_than_60_kb_however_much_is_on_the_topics() {
    let Some(mut world) = World::start("the weight of the portal") else {
        return;
    };
    let mut shopper = world.visitor();
    for step in 0..140 {
        shopper.strolls(step).await.expect("the shop serves");
    }
    world.settles().await;
    let http = reqwest::Client::builder().cookie_store(true).build().expect("a client");
    let shop = world.shop_address();
    let mut paths: Vec<String> = [
        "/data",
        "/data/tail",
        "/data/search?topic=shop.view&value=products",
        "/data/messages/shop.view/0/0",
        "/data/consumer",
        "/data/documents",
        "/data/topics/shop.dead-letter",
        "/data/topics/shop.request?partition=0&offset=0",
        "/data/topics/shop.veiw",
    ]
    .map(str::to_owned)
    .into();
    paths.extend(EventType::ALL.map(|one| format!("/data/topics/{}?type={}", one.topic().name(), one.name())));
    let mut heaviest = (0, String::new());
    for language in ["ko", "en"] {
        for path in &paths {
            let Weighed { page, moved } = weighs(&http, &shop, path, language).await;
            assert!(page <= HEAVIEST, "{path} ({language}) stands in {page} bytes");
            assert!(moved <= HEAVIEST, "{path} ({language}) moves {moved} bytes");
            heaviest = heaviest.max((page, format!("{path} ({language}), moved {moved}")));
        }
    }
    println!("the heaviest page: {heaviest:?}");
    assert!(heaviest.0 > 10_000, "pages with something on them were weighed");
}
