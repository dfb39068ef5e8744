//! `de-shop run`: broker, shop and sink in one process, on one folder.

use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::world::evidence::Everywhere;
use crate::world::process::{PATIENCE, Process, free_port, program};
use crate::world::visitor::{Answered, Visitor};

/// The whole system on one folder.
pub struct OneMachine {
    folder: TempDir,
    shop_port: u16,
    kafka_port: u16,
}

impl OneMachine {
    pub fn new() -> Self {
        let folder = TempDir::with_prefix("de-shop-one-").expect("a temporary folder");
        Self {
            folder,
            shop_port: free_port(),
            kafka_port: free_port(),
        }
    }

    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub fn kafka(&self) -> String {
        format!("127.0.0.1:{}", self.kafka_port)
    }

    pub fn shop(&self) -> String {
        format!("http://127.0.0.1:{}", self.shop_port)
    }

    pub fn starts(&self) -> Process {
        let mut command = Command::new(program("de-shop"));
        command.arg("--listen").arg(format!("127.0.0.1:{}", self.shop_port));
        command
            .arg("--kafka-listen")
            .arg(self.kafka())
            .arg("--data")
            .arg(self.data());
        let mut process = Process::start("de-shop", self.folder.path(), &mut command);
        let said = process.ready();
        assert_eq!(said["shop"], self.shop());
        assert_eq!(said["kafka"], self.kafka());
        process
    }

    pub async fn sees_once_everywhere(&self, process: &mut Process, answered: &[Answered]) -> Everywhere {
        let since = Instant::now();
        loop {
            process.assert_alive();
            let database = format!("sqlite:{}", self.data().join("activity.db").display());
            let everywhere = crate::world::look(self.kafka(), self.data().join("logs"), database).await;
            match everywhere.holds_once(answered) {
                Ok(()) => return everywhere,
                Err(wrong) => assert!(since.elapsed() < PATIENCE, "{wrong}"),
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_start_goes_on_where_the_first_stopped() {
    let machine = OneMachine::new();
    let mut shopper = Visitor::of(&machine.shop());
    for first in [0, 20] {
        let mut process = machine.starts();
        for step in first..first + 20 {
            shopper.strolls(step).await.expect("the shop serves");
        }
        machine.sees_once_everywhere(&mut process, &shopper.answered).await;
        assert!(process.stop().success(), "SIGTERM ends it with success");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_greeting_tells_a_newcomer_where_everything_is() {
    let machine = OneMachine::new();
    let process = machine.starts();
    // It comes right behind the line that says it is ready.
    let since = Instant::now();
    while !process.said().contains("Ctrl-C") {
        assert!(since.elapsed() < PATIENCE, "no greeting: {}", process.said());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let said = process.said();
    for part in [
        machine.shop(),
        format!("tail -f {}", machine.data().join("logs").display()),
        format!("kcat -b {}", machine.kafka()),
    ] {
        assert!(said.contains(&part), "{part} is not in:\n{said}");
    }
}

/// Every round, two people shop until the process dies in the middle of it; the next round starts on the same folder.
#[tokio::test(flavor = "multi_thread")]
async fn twenty_deaths_in_the_middle_of_traffic_lose_and_double_nothing() {
    let machine = OneMachine::new();
    let mut people = [Visitor::of(&machine.shop()), Visitor::of(&machine.shop())];
    for round in 0..20_u32 {
        dies_in_the_middle_of_traffic(machine.starts(), &mut people, round).await;
    }
    let mut process = machine.starts();
    let answered: Vec<Answered> = people.iter().flat_map(|visitor| visitor.answered.clone()).collect();
    machine.sees_once_everywhere(&mut process, &answered).await;
    assert!(process.stop().success(), "SIGTERM ends it with success");
    let mut audit = Command::new(program("de-shop"));
    crate::world::assert_holds(audit.arg("audit").arg("--data").arg(machine.data()));
}

/// Two people shop until the process is killed, after more answers from round to round: at different points of the traffic.
pub async fn dies_in_the_middle_of_traffic(process: Process, people: &mut [Visitor; 2], round: u32) {
    let (answers, since) = (AtomicU32::new(0), Instant::now());
    let [one, other] = people;
    let death = async {
        while answers.load(Ordering::Relaxed) < 10 + round * 7 % 23 {
            assert!(since.elapsed() < PATIENCE, "too few requests are answered");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        process.kill();
    };
    tokio::join!(
        shops_until_death(one, round, &answers),
        shops_until_death(other, round + 3, &answers),
        death
    );
}

async fn shops_until_death(visitor: &mut Visitor, round: u32, answers: &AtomicU32) {
    for step in round * 1000.. {
        if visitor.strolls(step).await.is_err() {
            return;
        }
        answers.fetch_add(1, Ordering::Relaxed);
    }
}
