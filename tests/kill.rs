//! Nothing that was answered is lost or doubled when a part dies without a word.

use crate::world::{Program, World};

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_survives_the_death_of_each_part() {
    let Some(mut world) = World::start("the death of each part") else {
        return;
    };
    let mut shopper = world.visitor();
    for (round, dies) in [Program::Sink, Program::Broker, Program::Shop, Program::Sink]
        .into_iter()
        .enumerate()
    {
        let first = u32::try_from(round).expect("few rounds") * 40;
        for step in first..first + 20 {
            shopper.strolls(step).await.expect("the shop serves");
        }
        world.kill(dies);
        if dies != Program::Shop {
            for step in first + 20..first + 40 {
                shopper
                    .strolls(step)
                    .await
                    .expect("the shop serves whatever else is dead");
            }
        }
        world.restart(dies);
    }
    world.sees_once_everywhere(&shopper.answered).await;
    world.settles().await;
    world.ledger_holds();
}
