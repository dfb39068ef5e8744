//! Hundreds of faults of all kinds in one go: `tests/soak.sh`.
//!
//! After each fault: how long until a new visit to every shop, and all that is on the topics by then, is in files and table. After
//! every few faults the ledger is asked; at the end all that was answered is compared with topics, files and table, one by one.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::plan::{Kind, Plan};
use super::{all_is_well, fail_points};
use crate::world::{Program, World};

/// The ledger reads everything, so it isn't asked after every single fault.
const FAULTS_BETWEEN_AUDITS: usize = 5;

#[derive(Debug, Default)]
struct Record {
    times: usize,
    lost: u64,
    doubled: u64,
    longest_recovery: Duration,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Wrong {
    lost: u64,
    doubled: u64,
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes half an hour: tests/soak.sh"]
async fn hundreds_of_faults_lose_and_double_nothing() {
    let faults = std::env::var("FAULTS").map_or(200, |faults| faults.parse().expect("FAULTS is a number"));
    let Some((mut world, kinds)) = whole_world() else {
        return;
    };
    let plan = Plan::of("soak", &kinds, faults);
    let mut crowd = world.people_keep_shopping(2);
    let first = world.recovers(&mut crowd).await;
    eprintln!("everything runs, {:.1} s behind", first.as_secs_f64());
    let (since, mut records) = (Instant::now(), BTreeMap::<String, Record>::new());
    let (mut unaudited, mut known) = (Vec::new(), Wrong::default());
    for (number, fault) in (1..).zip(&plan.faults) {
        let kind = fault.kind.to_string();
        world.suffers(fault).await;
        let recovery = world.recovers(&mut crowd).await;
        eprintln!(
            "{number}/{faults} {:>5.0} s  {fault}: caught up in {:.1} s; {} refused so far",
            since.elapsed().as_secs_f64(),
            recovery.as_secs_f64(),
            crowd.refused()
        );
        let record = records.entry(kind.clone()).or_default();
        record.times += 1;
        record.longest_recovery = record.longest_recovery.max(recovery);
        unaudited.push(kind);
        if number % FAULTS_BETWEEN_AUDITS == 0 || number == faults {
            let wrong = audit(&world);
            charge(&mut records, &unaudited, known, wrong);
            known = wrong;
            unaudited.clear();
        }
    }
    say(&records);
    all_is_well(world, crowd).await;
}

/// One of each on SQLite, two of each on PostgreSQL; and how all that can be broken.
fn whole_world() -> Option<(World, Vec<Kind>)> {
    let mut world = World::without_broker("soak")?;
    world.shop_settings.push(("SHOP_JOURNAL_MAX_SIZE", "4MiB".into()));
    world.sink_settings.push(("SINK_SESSION_TIMEOUT", "6s".into()));
    world.starts(&[Program::Broker, Program::Shop, Program::Sink]);
    let mut kinds: Vec<Kind> = fail_points::all();
    for part in [Program::Shop, Program::Sink, Program::Broker] {
        kinds.extend([Kind::Kill(part), Kind::Freeze(part)]);
    }
    kinds.extend([Kind::Leaves(Program::Sink), Kind::Away(Program::Broker)]);
    if world.database.is_running() {
        world.starts(&[Program::AnotherShop(1), Program::AnotherSink(1)]);
        kinds.extend([Program::AnotherShop(1), Program::AnotherSink(1), Program::Database].map(Kind::Kill));
        kinds.extend([Kind::Away(Program::Database), Kind::Zombie, Kind::ZombieInCommit]);
    }
    Some((world, kinds))
}

/// What the ledger finds by now; it shows its table when that is anything.
fn audit(world: &World) -> Wrong {
    let said = world.audit().arg("--json").output().expect("the audit runs");
    let failed = || panic!("the audit can't tell: {}", String::from_utf8_lossy(&said.stderr));
    let verdict: Value = serde_json::from_slice(&said.stdout).unwrap_or_else(|_| failed());
    let hops = verdict["instances"].as_array().into_iter().flatten();
    let hops: Vec<_> = hops
        .flat_map(|one| one["hops"].as_array().into_iter().flatten())
        .collect();
    let sum = |of: &str| -> u64 { hops.iter().filter_map(|hop| hop[of].as_u64()).sum() };
    let beside = [&verdict["without_source"]["lost"], &verdict["removed_unread"]];
    let wrong = Wrong {
        lost: sum("lost") + beside.iter().filter_map(|count| count.as_u64()).sum::<u64>(),
        doubled: sum("doubled"),
    };
    assert_eq!(wrong == Wrong::default(), verdict["holds"] == true, "{verdict:#}");
    if wrong != Wrong::default() {
        eprintln!("{verdict:#}");
    }
    wrong
}

/// Enters what has gone wrong since the last audit with all the faults since then.
fn charge(records: &mut BTreeMap<String, Record>, suspects: &[String], known: Wrong, now: Wrong) {
    for kind in suspects {
        let record = records.entry(kind.clone()).or_default();
        record.lost += now.lost.saturating_sub(known.lost);
        record.doubled += now.doubled.saturating_sub(known.doubled);
    }
}

fn say(records: &BTreeMap<String, Record>) {
    eprintln!("\n| fault | times | lost | doubled | longest recovery |\n|---|---|---|---|---|");
    for (kind, record) in records {
        let recovery = record.longest_recovery.as_secs_f64();
        eprintln!(
            "| {kind} | {} | {} | {} | {recovery:.1} s |",
            record.times, record.lost, record.doubled
        );
    }
    eprintln!();
}
