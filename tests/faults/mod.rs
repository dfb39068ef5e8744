//! Faults on real processes under constant shopping: nothing that was answered is lost, nothing is doubled.
//!
//! The plan of a test (what breaks, when, for how long) is drawn from a seed before it starts, and said; `DE_SHOP_FAULT_SEED` repeats it.
//! The moments within the programs are as random as the machine; the named ones are fail points.

mod away;
mod fail_points;
mod kills;
mod namesake;
mod plan;
mod rebalance;
mod soak;
mod strike;
mod zombie;

use crate::world::World;
use crate::world::crowd::Crowd;

/// The crowd goes home; what it was answered is everywhere once, and the ledger says the same.
async fn all_is_well(mut world: World, crowd: Crowd) {
    let shopped = crowd.goes_home().await;
    eprintln!("{} answered, {} refused", shopped.answered.len(), shopped.refused);
    world.sees_once_everywhere(&shopped.answered).await;
    world.settles().await;
    world.ledger_holds();
}
