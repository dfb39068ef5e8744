//! The READMEs: one page at the top, no link that leads nowhere, and every metric and setting named where it exists.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::world::process::program;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The README at the top and those of the folders.
fn all() -> Vec<(PathBuf, String)> {
    let folders = [
        "",
        "schemas",
        "shop",
        "shop/catalogue",
        "shop/journal",
        "shop/portal",
        "shop/src",
        "sink",
        "sink/insights",
        "src",
        "src/broker",
        "src/hosting",
        "src/classroom",
        "src/classroom/mappings",
        "src/classroom/solutions",
        "src/classroom/starters",
        "tests",
    ];
    let paths = folders.map(|folder| root().join(folder).join("README.md"));
    paths.into_iter().map(|path| (path.clone(), text(&path))).collect()
}

fn text(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What stands between `](` and `)`, but for addresses of other hosts.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let after = text.split("](").skip(1);
    after
        .filter_map(|rest| rest.split_once(')').map(|(link, _)| link))
        .filter(|link| !link.contains("://"))
}

/// A heading as an address names it: small letters, hyphens for spaces, no punctuation.
fn anchor(heading: &str) -> String {
    let kept = heading
        .chars()
        .filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter));
    kept.collect::<String>().trim().to_lowercase().replace(' ', "-")
}

fn has_heading(text: &str, wanted: &str) -> bool {
    let mut headings = text.lines().filter_map(|line| line.strip_prefix('#'));
    headings.any(|line| anchor(line.trim_start_matches('#')) == wanted)
}

#[test]
fn the_first_readme_is_one_page() {
    let lines = text(&root().join("README.md")).lines().count();
    assert!(lines <= 150, "README.md has {lines} lines");
}

#[test]
fn every_link_leads_somewhere() {
    for (path, said) in all() {
        for link in links(&said) {
            let (file, heading) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() {
                path.clone()
            } else {
                path.with_file_name(file)
            };
            assert!(target.exists(), "{}: {link} leads nowhere", path.display());
            assert!(
                heading.is_empty() || has_heading(&text(&target), heading),
                "{}: {link} names no heading",
                path.display()
            );
        }
    }
}

/// Names in backticks that look like a metric of ours.
fn named_metrics(said: &str) -> BTreeSet<&str> {
    let prefixes = ["shop_", "sink_", "broker_"];
    let kinds = [
        "_total",
        "_seconds",
        "_bytes",
        "_messages",
        "_entries",
        "_facts",
        "_info",
        "_trouble",
    ];
    let words = said.split('`').skip(1).step_by(2);
    words
        .filter(|word| prefixes.iter().any(|prefix| word.starts_with(prefix)))
        .filter(|word| kinds.iter().any(|kind| word.ends_with(kind)))
        .collect()
}

#[test]
fn every_metric_is_in_the_readme_and_the_readme_names_no_other() {
    let said = text(&root().join("sink/README.md"));
    let shop = shop::metric::Metric::ALL.iter().map(|metric| metric.name());
    let sink = sink::metric::Metric::ALL.iter().map(|metric| metric.name());
    let journal = journal::metric::Metric::ALL.iter().map(|metric| metric.name());
    let known: BTreeSet<&str> = shop.chain(journal).chain(sink).collect();
    for name in &known {
        assert!(
            said.contains(&format!("`{name}`")),
            "sink/README.md doesn't name {name}"
        );
    }
    for name in named_metrics(&said) {
        assert!(
            known.contains(name) || name.starts_with("broker_"),
            "sink/README.md names {name}, which nothing tells"
        );
    }
}

#[test]
fn every_setting_that_the_readme_names_is_a_setting() {
    let said = ["sink/README.md", "src/broker/README.md"].map(|file| text(&root().join(file)));
    let helps = [&["shop"][..], &["sink"], &["de-shop", "broker"]].map(help);
    let rows = said.concat();
    let rows = rows.lines().filter_map(|line| line.strip_prefix("| `--"));
    let mut seen = 0;
    for row in rows {
        let mut cells = row.split('|').map(|cell| cell.trim().trim_matches('`'));
        let option = cells.next().and_then(|cell| cell.split('`').next()).unwrap_or_default();
        let variable = cells.next().unwrap_or_default();
        let help = match variable {
            of_sink if of_sink.starts_with("SINK_") => &helps[1],
            of_broker if of_broker.starts_with("DE_SHOP_") => &helps[2],
            _ => &helps[0],
        };
        assert!(help.contains(&format!("--{option} ")), "there is no --{option}: {row}");
        assert!(help.contains(variable), "nobody reads {variable}: {row}");
        seen += 1;
    }
    assert!(seen > 20, "the tables of settings are gone: {seen} rows");
}

/// What `PROGRAM [COMMAND] --help` says.
fn help(call: &[&str]) -> String {
    let output = Command::new(program(call[0])).args(&call[1..]).arg("--help").output();
    let output = output.expect("the program runs");
    String::from_utf8_lossy(&output.stdout).into_owned()
}
