//! What nobody may find: secrets planted in a whole run are searched for on all topics, in all files and in all tables.

mod everywhere;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use schemas::Clock;
use serde_json::json;
use sqlx::Row;

use self::everywhere::PLANT;
use crate::world::browser::Browser;
use crate::world::planter::Planter;
use crate::world::require::{self, Part};
use crate::world::{Program, World};

const PASSWORD: &str = "Planted-Password-9f31c7";
const WRONG_PASSWORD: &str = "Planted-Mistake-77ab02";
const NEW_PASSWORD: &str = "Planted-Successor-51dd90";
const CARD: &str = "4929 1234 5678 9012";
const PERSON: [&str; 5] = [
    "planted.person@example.com",
    "Planted Surname",
    "Planted Street 77",
    "Planted Doorbell",
    "010-7771-8881",
];

/// A person types secrets wherever there is a field, in the right place and in the wrong one.
async fn lives(world: &World) -> Planter {
    let mut person = Planter::of(&world.shop_address());
    let [email, name, street, doorbell, phone] = PERSON;
    person
        .post("/signup", &[("email", email), ("name", name), ("password", PASSWORD)])
        .await;
    person.post("/logout", &[]).await;
    // The password in the field for the address, the card wherever something is typed.
    person.post("/login", &[("email", PASSWORD), ("password", email)]).await;
    person
        .post("/login", &[("email", email), ("password", WRONG_PASSWORD)])
        .await;
    person
        .post("/login", &[("email", email), ("password", PASSWORD), ("next", CARD)])
        .await;
    person.post("/account/name", &[("name", name), ("card", CARD)]).await;
    person
        .post(
            "/account/password",
            &[("current_password", WRONG_PASSWORD), ("new_password", NEW_PASSWORD)],
        )
        .await;
    person
        .post(
            "/account/password",
            &[("current_password", PASSWORD), ("new_password", NEW_PASSWORD)],
        )
        .await;
    person
        .post("/cart/add", &[("product_id", "101"), ("quantity", CARD)])
        .await;
    person
        .post("/cart/add", &[("product_id", "101"), ("quantity", "2"), ("note", CARD)])
        .await;
    person
        .post("/cart/add", &[("product_id", "102"), ("quantity", "1")])
        .await;
    person
        .post("/cart/remove", &[("product_id", "102"), ("quantity", CARD)])
        .await;
    person
        .post("/cart/later", &[("product_id", "101"), ("quantity", CARD)])
        .await;
    person
        .post("/wishlist/to-cart", &[("product_id", "101"), ("next", CARD)])
        .await;
    let token = person.checkout_token().await;
    let order = [
        ("token", token.as_str()),
        ("recipient", name),
        ("phone", phone),
        ("postcode", "03187"),
        ("address", street),
        ("address_detail", doorbell),
        ("payment", CARD),
        ("card_number", CARD),
    ];
    person.post("/checkout", &order).await;
    person
        .get("/account?email=planted.person%40example.com&token=4929+1234+5678+9012")
        .await;
    person.get("/account/data").await;
    let now = Clock::system().now().to_string();
    let click = json!({
        "page": "/account", "element": "input#password", "text": "", "x_percent": 1, "y_percent": 1, "page_x_percent": 1,
        "page_y_percent": 1, "tab": { "id": "t", "sequence": 1 }, "at": now, "sent_at": now, "value": PASSWORD, "card": CARD,
    });
    person.tell("/api/log/click-event", &click).await;
    person
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_that_was_typed_is_found_anywhere() {
    let Some(mut world) = World::start("planted secrets") else {
        return;
    };
    let person = lives(&world).await;
    assert!(
        person.tokens.len() >= 3,
        "each sign-in has a token of its own: {}",
        person.tokens.len()
    );
    let witness = {
        let mut witness = world.visitor();
        witness.looks_at(101).await.expect("the shop serves");
        witness.answered
    };
    world.sees_once_everywhere(&witness).await;
    let everywhere = world.settles().await;
    let messages: Vec<String> = everywhere
        .topics
        .by_id
        .values()
        .chain(everywhere.files.by_id.values())
        .flatten()
        .map(|found| String::from_utf8_lossy(&found.bytes).into_owned())
        .collect();
    assert!(
        messages.iter().any(|message| message.contains("order_placed")),
        "the run was a whole one"
    );
    let mut secrets: Vec<&str> = vec![PASSWORD, WRONG_PASSWORD, NEW_PASSWORD, CARD];
    secrets.extend(person.tokens.iter().map(String::as_str));
    let plain_card = CARD.replace(' ', "");
    secrets.push(&plain_card);
    for secret in secrets.iter().copied().chain(PERSON) {
        let found = messages.iter().find(|message| message.contains(secret));
        assert!(found.is_none(), "{secret} in {found:?}");
    }
    world.kill(Program::Shop);
    world.kill(Program::Sink);
    for (table, rows) in tables(&world.database.shop_url()).await {
        let people = ["person", "delivery"].contains(&table.as_str());
        let forbidden = secrets.iter().copied().chain(PERSON.into_iter().filter(|_| !people));
        for secret in forbidden {
            assert!(!rows.contains(secret), "{secret} in table {table}");
        }
    }
    for (table, rows) in tables(&world.database.sink_url()).await {
        for secret in secrets
            .iter()
            .copied()
            .chain(PERSON)
            .filter(|_| !["person", "delivery"].contains(&table.as_str()))
        {
            assert!(!rows.contains(secret), "{secret} in table {table}");
        }
    }
    // Every byte that was written: journal, broker, logs, diagnostics, databases.
    for secret in secrets {
        let found = file_with(world.folder(), secret.as_bytes());
        assert!(found.is_none(), "{secret} in {found:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_in_any_field_address_or_header_leaves_no_trace() {
    let Some(mut world) = World::start("a secret everywhere") else {
        return;
    };
    let shop = world.shop_address();
    let mut person = Planter::of(&shop);
    person
        .post("/cart/add", &[("product_id", "101"), ("quantity", "2")])
        .await;
    everywhere::plants(&mut person, &shop).await;
    let [email, name, ..] = PERSON;
    person
        .post("/signup", &[("email", email), ("name", name), ("password", PASSWORD)])
        .await;
    person
        .post("/cart/add", &[("product_id", "101"), ("quantity", "2")])
        .await;
    everywhere::plants(&mut person, &shop).await;
    for (metrics, begin) in [(shop, "shop_"), (world.sink_address(), "sink_")] {
        let scraped = Planter::of(&metrics).get("/metrics").await;
        assert!(scraped.contains(begin) && !scraped.contains(PLANT), "the metrics");
    }
    world.sees_clicks_on("/reset").await;
    let everywhere = world.settles().await;
    let messages = everywhere
        .topics
        .by_id
        .values()
        .chain(everywhere.files.by_id.values())
        .flatten();
    let mut kinds = BTreeSet::new();
    for message in messages {
        let text = String::from_utf8_lossy(&message.bytes);
        assert!(!text.contains(PLANT), "{text}");
        let value: serde_json::Value = serde_json::from_str(&text).expect("a message is JSON");
        let kind = value["event_type"].as_str().unwrap_or("app").to_owned();
        kinds.insert(kind);
    }
    for kind in [
        "request",
        "view",
        "click",
        "dwell",
        "impression",
        "page_performance",
        "form_abandoned",
        "app",
        "cart_add",
    ] {
        assert!(
            kinds.contains(kind),
            "{kind} is not in {kinds:?}: the run was not a whole one"
        );
    }
    world.kill(Program::Shop);
    world.kill(Program::Sink);
    for database in [world.database.shop_url(), world.database.sink_url()] {
        for (table, rows) in tables(&database).await {
            assert!(!rows.contains(PLANT), "in table {table}");
        }
    }
    // Every byte that was written: journal, broker, logs, diagnostics, databases, and what the programs said.
    let found = file_with(world.folder(), PLANT.as_bytes());
    assert!(found.is_none(), "in {found:?}");
    let said = file_with(world.folder(), b"/reset");
    assert!(said.is_some(), "the files are read");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_click_on_a_name_or_an_address_does_not_tell_it() {
    if !require::has("clicks on names", &[Part::Browser]) {
        return;
    }
    let Some(mut world) = World::start("clicks on names") else {
        return;
    };
    let browser = Browser::open(world.folder()).await;
    let address = world.shop_address();
    let [email, name, street, doorbell, phone] = PERSON;
    browser
        .page
        .goto(format!("{address}/signup?next=/account"))
        .await
        .expect("the shop opens");
    browser.types("input[name=email]", email).await;
    browser.types("input[name=name]", name).await;
    browser.types("input[name=password]", PASSWORD).await;
    browser.clicks("form[action='/signup'] [type=submit]").await;
    browser.is_on("/account").await;
    browser.clicks("main h1").await;
    browser.clicks("main .facts dd").await;
    browser
        .page
        .goto(format!("{address}/products/101"))
        .await
        .expect("the shop opens");
    browser.clicks("form.add [type=submit]").await;
    browser
        .clicks("dialog[open] form[action='/cart/checkout'] [type=submit]")
        .await;
    browser.is_on("/checkout").await;
    browser.types("input[name=recipient]", name).await;
    browser.types("input[name=phone]", phone).await;
    browser.types("input[name=postcode]", "03187").await;
    browser.types("input[name=address]", street).await;
    browser.types("input[name=address_detail]", doorbell).await;
    browser.clicks("form[action='/checkout'] [type=submit]").await;
    browser.is_on("/orders/").await;
    browser.clicks("main address").await;
    browser.clicks("main h1").await;
    browser.page.goto("about:blank").await.expect("the visitor leaves");
    let seen = world.sees_clicks_on("/orders/").await;
    browser.close().await;
    let messages: Vec<String> = seen
        .topics
        .by_id
        .values()
        .flatten()
        .map(|found| String::from_utf8_lossy(&found.bytes).into_owned())
        .collect();
    for secret in PERSON.into_iter().chain([PASSWORD]) {
        let found = messages.iter().find(|message| message.contains(secret));
        assert!(found.is_none(), "{secret} in {found:?}");
    }
}

/// Every table of a database, its rows as one text.
async fn tables(database: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    if database.starts_with("postgres") {
        let pool = sqlx::PgPool::connect(database).await.expect("PostgreSQL answers");
        let names = sqlx::query(
            "SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) AS place, tablename AS name FROM pg_tables
             WHERE schemaname NOT IN ('pg_catalog', 'information_schema')",
        );
        for row in names.fetch_all(&pool).await.expect("the tables are listed") {
            let (place, name): (String, String) = (row.get("place"), row.get("name"));
            let all = format!("SELECT COALESCE(string_agg(t::text, chr(10)), '') FROM {place} t");
            let text = sqlx::query_scalar(sqlx::AssertSqlSafe(all)).fetch_one(&pool).await;
            found.insert(name, text.expect("the rows are read"));
        }
    } else {
        let pool = sqlx::SqlitePool::connect(database).await.expect("SQLite opens");
        let names = sqlx::query("SELECT name FROM sqlite_master WHERE type = 'table'");
        for row in names.fetch_all(&pool).await.expect("the tables are listed") {
            let name: String = row.get("name");
            let columns = format!(
                "SELECT group_concat('coalesce(CASE typeof(\"' || name || '\") WHEN ''blob'' THEN lower(hex(\"' || name || '\")) ELSE \"' || name || '\" END, '''')', ' || char(10) || ') FROM pragma_table_info('{name}')"
            );
            let columns: String = sqlx::query_scalar(sqlx::AssertSqlSafe(columns))
                .fetch_one(&pool)
                .await
                .expect("the columns are listed");
            let all = format!("SELECT coalesce(group_concat(CAST({columns} AS TEXT), char(10)), '') FROM \"{name}\"");
            let text = sqlx::query_scalar(sqlx::AssertSqlSafe(all)).fetch_one(&pool).await;
            found.insert(name, text.expect("the rows are read"));
        }
    }
    assert!(!found.is_empty());
    found
}

/// A file below `folder` that holds these bytes.
fn file_with(folder: &Path, secret: &[u8]) -> Option<std::path::PathBuf> {
    for entry in std::fs::read_dir(folder).expect("a folder can be listed") {
        let path = entry.expect("an entry can be read").path();
        if path.is_dir() {
            if let Some(found) = file_with(&path, secret) {
                return Some(found);
            }
        } else if let Ok(bytes) = std::fs::read(&path)
            && memchr::memmem::find(&bytes, secret).is_some()
        {
            return Some(path);
        }
    }
    None
}
