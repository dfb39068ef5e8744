use schemas::{InstanceId, Sequence};
use shop::store::{AdoptionRefused, Store, StoreError};
use sqlx::Executor;

use crate::world::{World, answered, on_each_database};

on_each_database!(
    facts_of_a_shop_that_is_gone_are_drained_by_the_one_that_adopts_it,
    a_shop_that_runs_is_not_adopted_and_an_adopted_one_is_told,
    an_adopter_that_is_gone_hands_on_what_it_had_adopted,
    nobody_adopts_itself_or_a_name_that_never_was,
    of_two_shops_with_one_name_the_one_that_started_last_drains,
    a_shop_that_starts_again_or_whose_database_was_put_back_is_alone,
);

const SECOND: i64 = 1_000_000;

fn named(name: &str) -> InstanceId {
    name.parse().unwrap()
}

impl World {
    fn passes(&self, seconds: i64) {
        self.clock.set(self.clock.now().plus_micros(seconds * SECOND));
    }
}

async fn waiting_for(shop: &Store, name: &str) -> usize {
    shop.facts_not_in_journal(&named(name), 100).await.unwrap().len()
}

async fn facts_of_a_shop_that_is_gone_are_drained_by_the_one_that_adopts_it(world: &World) {
    world.store.runs().await.unwrap();
    let seen = world.clock.now();
    let mina = world.visitor();
    for at in 0..3 {
        mina.adds(world.some_product(at), 1).await.unwrap();
    }
    let heir = world.another_shop("heir").await;
    heir.runs().await.unwrap();
    assert!(
        heir.waiting_facts().await.unwrap().orphans.is_empty(),
        "it may still run"
    );
    world.passes(61);
    let waiting = heir.waiting_facts().await.unwrap();
    assert_eq!((waiting.own, waiting.orphans.len()), (0, 1));
    let orphans = &waiting.orphans[0];
    assert_eq!(
        (orphans.instance.as_str(), orphans.facts, orphans.since),
        ("test", 3, seen)
    );

    assert_eq!(answered(heir.adopt(&named("test")).await), Ok(3));
    assert_eq!(
        answered(heir.adopt(&named("test")).await),
        Ok(3),
        "once more changes nothing"
    );
    let facts = heir.facts_not_in_journal(&named("heir"), 100).await.unwrap();
    let marks: Vec<_> = facts.iter().map(|fact| fact.id).zip((1..).map(Sequence)).collect();
    heir.mark_in_journal(&marks[..2]).await.unwrap();
    assert_eq!(
        waiting_for(&heir, "heir").await,
        1,
        "what is marked is not drained again"
    );
    heir.mark_in_journal(&marks).await.unwrap();
    let waiting = heir.waiting_facts().await.unwrap();
    assert_eq!((waiting.own, waiting.orphans.len()), (0, 0));
}

async fn a_shop_that_runs_is_not_adopted_and_an_adopted_one_is_told(world: &World) {
    world.store.runs().await.unwrap();
    let seen = world.clock.now();
    let heir = world.another_shop("heir").await;
    world.passes(59);
    assert_eq!(
        answered(heir.adopt(&named("test")).await),
        Err(AdoptionRefused::Runs(seen))
    );
    assert_eq!(world.store.runs().await.unwrap(), None);
    world.passes(61);
    assert_eq!(answered(heir.adopt(&named("test")).await), Ok(0));
    assert_eq!(world.store.runs().await.unwrap().as_deref(), Some("heir"));
    assert_eq!(
        answered(world.store.adopt(&named("heir")).await),
        Err(AdoptionRefused::Retired("heir".to_owned()))
    );
}

async fn an_adopter_that_is_gone_hands_on_what_it_had_adopted(world: &World) {
    let mina = world.visitor();
    mina.adds(world.some_product(0), 1).await.unwrap();
    let (first, second) = (world.another_shop("first").await, world.another_shop("second").await);
    first.runs().await.unwrap();
    assert_eq!(answered(first.adopt(&named("test")).await), Ok(1));
    assert_eq!(
        answered(second.adopt(&named("test")).await),
        Err(AdoptionRefused::AdoptedBy("first".to_owned()))
    );
    world.passes(61);
    assert_eq!(second.waiting_facts().await.unwrap().orphans[0].instance, "first");
    assert_eq!(answered(second.adopt(&named("first")).await), Ok(1));
    assert_eq!(
        (waiting_for(&second, "second").await, waiting_for(&first, "first").await),
        (1, 0)
    );
}

async fn nobody_adopts_itself_or_a_name_that_never_was(world: &World) {
    assert_eq!(
        answered(world.store.adopt(&named("test")).await),
        Err(AdoptionRefused::Own)
    );
    assert_eq!(
        answered(world.store.adopt(&named("nobody")).await),
        Err(AdoptionRefused::Unknown)
    );
}

/// The journal's folder was copied, with the name in it.
async fn of_two_shops_with_one_name_the_one_that_started_last_drains(world: &World) {
    let (first, name) = (&world.store, named("test"));
    first.begins_to_run().await.unwrap();
    let mina = world.visitor();
    mina.adds(world.some_product(0), 1).await.unwrap();
    let fact = first.facts_not_in_journal(&name, 100).await.unwrap()[0].id;
    let second = world.another_shop("test").await;
    second.begins_to_run().await.unwrap();
    assert_eq!(second.facts_not_in_journal(&name, 100).await.unwrap().len(), 1);

    let told = first.facts_not_in_journal(&name, 100).await.unwrap_err();
    assert!(matches!(told, StoreError::Namesake(_)), "{told}");
    let told = first.mark_in_journal(&[(fact, Sequence(1))]).await.unwrap_err();
    assert!(told.to_string().contains("journal folder of its own"), "{told}");
    // However often it says that it runs.
    assert_eq!(first.runs().await.unwrap(), None);
    assert!(first.facts_not_in_journal(&name, 100).await.is_err());
    second.mark_in_journal(&[(fact, Sequence(1))]).await.unwrap();
    assert_eq!(waiting_for(&second, "test").await, 0);
}

async fn a_shop_that_starts_again_or_whose_database_was_put_back_is_alone(world: &World) {
    for _ in 0..3 {
        world.store.begins_to_run().await.unwrap();
        assert_eq!(waiting_for(&world.store, "test").await, 0);
    }
    let again = world.another_shop("test").await;
    again.begins_to_run().await.unwrap();
    // The backup is from before the last starts; then another copy begins.
    let backup = "UPDATE shop_instance SET starts = 1";
    world.connection().await.execute(backup).await.unwrap();
    assert_eq!(waiting_for(&again, "test").await, 0);
    again.runs().await.unwrap();
    world.another_shop("test").await.begins_to_run().await.unwrap();
    assert!(again.facts_not_in_journal(&named("test"), 100).await.is_err());
}
