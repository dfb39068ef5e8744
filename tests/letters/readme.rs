//! The README's commands for dead letters, run as they are written there.

use std::process::Command;

use serde_json::{Value, json};

use super::{broken_world, listed, sees_once, sends, view};
use crate::world::World;
use crate::world::process::program;
use crate::world::require::{Part, has};

const README: &str = include_str!("../../sink/README.md");
/// An id as README writes it; a reader would put one of `list` there.
const SOME_ID: &str = "0/12";

/// The one command of the README that begins like this, up to its remark.
fn command(beginning: &str) -> &'static str {
    let mut found = README.lines().filter(|line| line.starts_with(beginning));
    let line = found.next().expect("README shows the command");
    assert_eq!(found.next(), None, "README shows it once");
    line.split("   #").next().unwrap_or(line)
}

/// Runs a command in a shell, in the world's folder; answers with what it says.
fn run(world: &World, command: &str) -> String {
    let programs = program("sink");
    let mut path = programs.parent().expect("a folder").as_os_str().to_owned();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    let output = Command::new("sh")
        .args(["-c", command])
        .current_dir(world.folder())
        .env("PATH", path)
        .env("SINK_KAFKA", world.broker.address())
        .env("SINK_DATABASE", world.database.sink_url())
        .env("SINK_LOGS", world.logs())
        .output()
        .expect("a shell runs");
    let said = String::from_utf8([output.stdout, output.stderr].concat()).expect("text");
    assert!(output.status.success(), "{command}: {said}");
    said
}

/// A view whose user's id is a name; its other fields are fit to be changed by a careless tool.
fn by_a_named_user(sequence: u64) -> Value {
    let mut event = view(sequence, false);
    event["user_id"] = "six".into();
    event["args"] = json!({ "q": "찻주전자 \\ \"1.0\"", "big": "12345678901234567890" });
    event
}

#[tokio::test(flavor = "multi_thread")]
async fn the_commands_of_the_readme_do_what_they_say() {
    if !has("README's commands for dead letters", &[Part::Jq]) {
        return;
    }
    let Some((mut world, mut ids)) = broken_world("README's commands", 2).await else {
        return;
    };
    let mut breaks = |sequences: std::ops::RangeInclusive<u64>| {
        let events: Vec<_> = sequences.map(by_a_named_user).collect();
        ids.extend(events.iter().map(|event| event["event_id"].clone()));
        events
    };
    let (first, second) = (breaks(3..=5), breaks(6..=8));

    sends(&world, &first, 3).await;
    let id = listed(&world, &[])[0]["id"].as_str().expect("text").to_owned();
    assert!(run(&world, command("sink dead-letters list  ")).contains("3 x invalid user_id"));
    let show = command("sink dead-letters show ").replace(SOME_ID, &id);
    assert!(run(&world, &show).contains("\"user_id\":\"six\""));
    let said = run(&world, command("sink dead-letters redrive --reason invalid --edit "));
    assert_eq!(said.trim(), "3 sent, 0 known already, 0 left");

    sends(&world, &second, 3).await;
    run(&world, command("sink dead-letters list --json --reason invalid "));
    let said = run(&world, command("sink dead-letters redrive --mended "));
    assert_eq!(said.trim(), "3 sent, 0 known already, 0 left");
    sees_once(&mut world, &ids).await;

    let mut old = view(9, false);
    old["timestamp"] = "2019-01-01T00:00:00.000000Z".into();
    sends(&world, &[old], 1).await;
    let said = run(&world, command("sink dead-letters discard --reason too_old "));
    assert!(said.contains("1 discarded, 0 known already, 0 left"), "{said}");
    assert_eq!(listed(&world, &[]).len(), 0);
}
