use schemas::{InstanceId, Sequence};
use shop::store::{AdoptionRefused, Store};

use crate::world::{World, answered, on_each_database};

on_each_database!(
    facts_of_a_shop_that_is_gone_are_drained_by_the_one_that_adopts_it,
    a_shop_that_runs_is_not_adopted_and_an_adopted_one_is_told,
    an_adopter_that_is_gone_hands_on_what_it_had_adopted,
    nobody_adopts_itself_or_a_name_that_never_was,
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
