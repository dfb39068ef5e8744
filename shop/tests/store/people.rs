use std::time::Duration;

use journal::MAX_EVENT_BYTES;
use shop::domain::account::NewAccount;
use shop::domain::{Command, Email, Field, Language, OrderError, Problem};
use shop::observe::Occasion;
use shop::store::{NotDone, SignInToken, StoreError};

use crate::world::{PASSWORD, World, answered, on_each_database, somewhere};
use sqlx::Executor;

on_each_database!(
    signing_up_signs_in_and_takes_the_cart_along,
    signing_in_pours_the_visitors_cart_into_the_accounts,
    what_a_guest_ordered_is_the_accounts_after_signing_up_or_in,
    a_guest_with_more_orders_than_a_fact_can_tell_takes_them_along_in_parts,
    a_fact_that_no_journal_takes_is_not_recorded,
    a_wrong_password_and_an_unknown_address_are_refused_alike,
    an_address_signs_up_once_even_at_the_same_time,
    a_token_changes_at_each_sign_in_and_dies_at_sign_out,
    a_sign_in_ends_after_thirty_days_of_silence,
    nothing_of_a_person_is_in_any_fact,
    an_erased_person_is_gone_and_the_facts_stay,
    an_account_that_was_erased_orders_nothing,
    the_old_password_lets_nobody_in_while_it_is_changed,
);

const MINA: &str = "mina@example.org";
const DAY: Duration = Duration::from_hours(24);

async fn signing_up_signs_in_and_takes_the_cart_along(world: &World) {
    let mut mina = world.visitor();
    let product = world.some_product(0);
    mina.adds(product, 2).await.unwrap();
    let guest = mina.clone();
    let new = mina.signs_up(MINA).await;
    assert_eq!(world.store.signed_in(new.token).await.unwrap(), Some(new.who.clone()));
    assert_eq!(new.who.name.as_str(), "Kim Mina");
    assert_eq!(
        world.store.email_of(new.who.user).await.unwrap(),
        Some(Email::parse(MINA).unwrap())
    );
    assert_eq!(mina.cart().await, [(product.0, 2)]);
    assert!(guest.cart().await.is_empty());
    assert_eq!(world.facts().await, ["cart_add", "signup", "login", "cart_merge"]);
}

async fn signing_in_pours_the_visitors_cart_into_the_accounts(world: &World) {
    let (both, own, brought) = (world.some_product(0), world.some_product(1), world.some_product(2));
    let mut mina = world.visitor();
    mina.signs_up(MINA).await;
    mina.adds(both, 3).await.unwrap();
    mina.adds(own, 1).await.unwrap();
    let mut phone = world.visitor();
    phone.adds(brought, 4).await.unwrap();
    phone.adds(both, 2).await.unwrap();
    phone.signs_in(" Mina@Example.org ", PASSWORD).await.unwrap();
    assert_eq!(phone.cart().await, [(both.0, 5), (own.0, 1), (brought.0, 4)]);
    let version = world.store.cart_of(phone.owner()).await.unwrap().version;
    phone.signs_in(MINA, PASSWORD).await.unwrap();
    assert_eq!(
        world.store.cart_of(phone.owner()).await.unwrap().version,
        version,
        "nothing is poured twice"
    );
}

async fn what_a_guest_ordered_is_the_accounts_after_signing_up_or_in(world: &World) {
    let mut mina = world.visitor();
    mina.adds(world.some_product(0), 2).await.unwrap();
    let token = shop::store::CheckoutToken([9; 16]);
    let first = mina.buys_with(token).await.unwrap();
    let guest = mina.clone();
    let new = mina.signs_up(MINA).await;
    mina.signs_out(&new).await;
    mina.adds(world.some_product(1), 1).await.unwrap();
    let second = mina.buys().await.unwrap();
    mina.signs_in(MINA, PASSWORD).await.unwrap();
    let of = async |owner| {
        let orders = world.store.orders_of(owner).await.unwrap();
        orders.iter().map(|order| order.id).collect::<Vec<_>>()
    };
    assert_eq!(of(mina.owner()).await, [second.id, first.id]);
    assert!(of(guest.owner()).await.is_empty());
    let delivery = world.store.delivery_of(mina.owner(), first.id).await.unwrap();
    assert!(delivery.is_some(), "its address as well");
    // The form is sent once more, after the guest has become somebody else: nothing is ordered, nothing breaks.
    assert_eq!(guest.buys_with(token).await, Err(shop::domain::OrderError::EmptyCart));
    assert!(mina.cancels(first.id).await.is_ok());
    let live = world.projections().await;
    world.store.rebuild(|_, _| {}).await.unwrap();
    assert_eq!(world.projections().await, live, "derived afresh, they are the same");
}

async fn a_guest_with_more_orders_than_a_fact_can_tell_takes_them_along_in_parts(world: &World) {
    let mut mina = world.visitor();
    mina.signs_up(MINA).await;
    let mut guest = world.visitor();
    guest.adds(world.some_product(0), 1).await.unwrap();
    let orders = "WITH RECURSIVE n (id) AS (SELECT 20001 UNION ALL SELECT id + 1 FROM n WHERE id < 50000)
                  INSERT INTO orders (id, owner, placed_at, delivery_fee, total, payment, version)
                  SELECT n.id, cart.owner, 1, 0, 1, 'on_delivery', 1 FROM n, cart";
    world.connection().await.execute(orders).await.unwrap();
    for taken in [1000, 2000] {
        guest.signs_in(MINA, PASSWORD).await.unwrap();
        let theirs = "SELECT COUNT(*), MIN(id) FROM orders WHERE owner LIKE 'account/%'";
        assert_eq!(world.rows(theirs).await, [format!("{taken} | {}", 50_001 - taken)]);
    }
    for fact in world
        .store
        .facts_not_in_journal(&"test".parse().unwrap(), 100)
        .await
        .unwrap()
    {
        assert!(
            fact.event.json.len() <= MAX_EVENT_BYTES,
            "{} bytes",
            fact.event.json.len()
        );
    }
}

async fn a_fact_that_no_journal_takes_is_not_recorded(world: &World) {
    let mina = world.visitor();
    let occasion = Occasion {
        path: "/".repeat(300_000),
        ..world.occasion()
    };
    let command = Command::AddWish(world.some_product(0));
    let refused = world
        .store
        .carry_out(&occasion, mina.owner(), &command, (303, None))
        .await;
    let too_large = matches!(refused, Err(NotDone::Failed(StoreError::TooLarge { .. })));
    assert!(too_large, "{refused:?}");
    assert!(world.facts().await.is_empty() && mina.wishes().await.is_empty());
}

async fn a_wrong_password_and_an_unknown_address_are_refused_alike(world: &World) {
    let mut mina = world.visitor();
    mina.signs_up(MINA).await;
    let mut thief = world.visitor();
    for (email, password) in [
        (MINA, "wrong horse battery"),
        ("nobody@example.org", PASSWORD),
        ("no address", PASSWORD),
        (MINA, ""),
    ] {
        assert!(thief.signs_in(email, password).await.is_none(), "{email} {password}");
    }
    let facts = world.facts().await;
    assert_eq!(facts[2..], ["login_failed"; 4]);
    let told = world
        .rows("SELECT data FROM event WHERE event_type = 'login_failed'")
        .await;
    assert!(
        told.iter()
            .all(|data| !data.contains("example") && !data.contains("horse")),
        "{told:?}"
    );
}

async fn an_address_signs_up_once_even_at_the_same_time(world: &World) {
    let account = NewAccount::parse(MINA, PASSWORD, "Kim Mina").unwrap();
    let (occasion, visitors) = (world.occasion(), [world.visitor(), world.visitor(), world.visitor()]);
    let tries = visitors.iter().map(|visitor| {
        world
            .store
            .sign_up(&occasion, visitor.visitor, &account, Language::En, 303)
    });
    let outcomes = futures_util::future::join_all(tries).await;
    let outcomes: Vec<_> = outcomes.into_iter().map(answered).collect();
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    for refused in outcomes.iter().filter_map(|outcome| outcome.as_ref().err()) {
        assert_eq!((refused.field, refused.problem), (Field::Email, Problem::Taken));
    }
    assert_eq!(world.facts().await, ["signup", "login"]);
}

async fn a_token_changes_at_each_sign_in_and_dies_at_sign_out(world: &World) {
    let mut mina = world.visitor();
    let first = mina.signs_up(MINA).await;
    let second = mina.signs_in(MINA, PASSWORD).await.unwrap();
    assert_ne!(first.token, second.token);
    let stored = world.rows("SELECT token_hash FROM sign_in").await;
    assert!(
        stored.iter().all(|hash| *hash != format!("{:?}", first.token.0)),
        "only a hash is kept"
    );
    mina.signs_out(&first).await;
    assert_eq!(world.store.signed_in(first.token).await.unwrap(), None);
    assert!(
        world.store.signed_in(second.token).await.unwrap().is_some(),
        "the other one lives on"
    );
    mina.signs_out(&first).await;
    assert_eq!(
        world.facts().await,
        ["signup", "login", "login", "logout"],
        "signing out twice is one fact"
    );
    assert_eq!(world.store.signed_in(SignInToken([0; 32])).await.unwrap(), None);
}

async fn a_sign_in_ends_after_thirty_days_of_silence(world: &World) {
    let mut mina = world.visitor();
    let sign_in = mina.signs_up(MINA).await;
    for _ in 0..3 {
        world.wait(29 * DAY);
        assert!(
            world.store.signed_in(sign_in.token).await.unwrap().is_some(),
            "each visit prolongs it"
        );
    }
    world.wait(30 * DAY);
    assert_eq!(world.store.signed_in(sign_in.token).await.unwrap(), None);
    mina.signs_in(MINA, PASSWORD).await.unwrap();
    assert_eq!(
        world.rows("SELECT COUNT(*) FROM sign_in").await,
        ["1"],
        "what is over is swept away"
    );
}

async fn nothing_of_a_person_is_in_any_fact(world: &World) {
    let mut mina = world.visitor();
    mina.adds(world.some_product(0), 1).await.unwrap();
    let new = mina.signs_up(MINA).await;
    let order = mina.buys().await.unwrap();
    mina.cancels(order.id).await.unwrap();
    mina.signs_out(&new).await;
    let delivery = somewhere();
    let personal = [
        MINA,
        "Kim Mina",
        PASSWORD,
        delivery.recipient.as_str(),
        &delivery.phone,
        &delivery.address,
        &mina.visitor.hex(),
        &new.token.hex(),
    ];
    let facts = world.rows("SELECT data FROM event ORDER BY id").await;
    assert_eq!(facts.len(), 7);
    for (fact, secret) in facts.iter().flat_map(|fact| personal.map(|secret| (fact, secret))) {
        assert!(!fact.contains(secret), "{secret} in {fact}");
    }
}

async fn an_erased_person_is_gone_and_the_facts_stay(world: &World) {
    let mut mina = world.visitor();
    let sign_in = mina.signs_up(MINA).await;
    mina.adds(world.some_product(0), 1).await.unwrap();
    let order = mina.buys().await.unwrap();
    let facts = world.facts().await;
    world.store.erase_person(sign_in.who.user).await.unwrap();
    assert_eq!(world.store.signed_in(sign_in.token).await.unwrap(), None);
    assert_eq!(world.store.delivery_of(mina.owner(), order.id).await.unwrap(), None);
    assert!(mina.signs_in(MINA, PASSWORD).await.is_none());
    assert_eq!(world.facts().await[..facts.len()], facts);
    let again = world.visitor().signs_up(MINA).await;
    assert_ne!(
        again.who.user, sign_in.who.user,
        "the address is free, the number is not"
    );
}

/// A request that was let in just before the account was deleted.
async fn an_account_that_was_erased_orders_nothing(world: &World) {
    let mut mina = world.visitor();
    let sign_in = mina.signs_up(MINA).await;
    mina.adds(world.some_product(0), 1).await.unwrap();
    world.store.erase_person(sign_in.who.user).await.unwrap();
    assert!(matches!(mina.buys().await, Err(OrderError::EmptyCart)));
    assert_eq!(
        world.rows("SELECT COUNT(*) FROM delivery").await,
        ["0"],
        "no address is kept"
    );
}

async fn the_old_password_lets_nobody_in_while_it_is_changed(world: &World) {
    let mut mina = world.visitor();
    mina.signs_up(MINA).await;
    let mut change = world.connection().await;
    let another = "UPDATE person SET password_hash = \
         '$argon2id$v=19$m=19456,t=2,p=1$ZGUtc2hvcC1ub2JvZHkh$PSZxKDLqRQbnwJEJLFLrQkBEFOrnDf0aAqMAKSRLZZ4'";
    for step in ["BEGIN", "UPDATE account SET version = version", another] {
        change.execute(step).await.unwrap();
    }
    let mut phone = world.visitor();
    let (let_in, ()) = tokio::join!(phone.signs_in(MINA, PASSWORD), async {
        // The old password is looked at meanwhile; where that takes longer, the new one is, and lets nobody in either.
        tokio::time::sleep(Duration::from_secs(1)).await;
        change.execute("COMMIT").await.unwrap();
    });
    assert!(let_in.is_none());
    assert_eq!(
        world.rows("SELECT COUNT(*) FROM sign_in").await,
        ["1"],
        "the browser that signed up"
    );
    assert_eq!(world.facts().await, ["signup", "login", "login_failed"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_that_names_an_erased_person_is_left_in_sqlites_files() {
    let world = World::on_sqlite().await;
    let mut mina = world.visitor();
    let sign_in = mina.signs_up(MINA).await;
    mina.adds(world.some_product(0), 1).await.unwrap();
    mina.buys().await.unwrap();
    let file = world.url.strip_prefix("sqlite:").unwrap();
    let all = || {
        let files = ["", "-wal"].map(|end| std::fs::read(format!("{file}{end}")).unwrap_or_default());
        String::from_utf8_lossy(&files.concat()).into_owned()
    };
    let delivery = somewhere();
    let personal = [
        MINA,
        "Kim Mina",
        delivery.recipient.as_str(),
        &delivery.phone,
        &delivery.address,
    ];
    assert!(
        personal.iter().all(|text| all().contains(text)),
        "or this test proves nothing"
    );
    world.store.erase_person(sign_in.who.user).await.unwrap();
    for text in personal {
        assert!(!all().contains(text), "{text}");
    }
}
