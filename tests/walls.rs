//! The walls of the house: which crate imports which, which room of the shop which, and no files that import each other in a circle.

mod imports;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use self::imports::{Sources, Ties, circles};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The crates of the workspace but the programs' own: where each lies, and which of the others it is built from.
fn crates() -> BTreeMap<PathBuf, BTreeSet<String>> {
    let asked = ["metadata", "--no-deps", "--offline", "--format-version=1"];
    let output = Command::new(env!("CARGO")).args(asked).current_dir(root()).output();
    let output = output.expect("cargo runs");
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo tells the workspace as JSON");
    let packages = metadata["packages"].as_array().expect("the workspace has packages");
    let folder = |package: &Value| {
        let manifest = package["manifest_path"].as_str().map(PathBuf::from)?;
        Some(manifest.parent()?.strip_prefix(root()).ok()?.to_owned())
    };
    let own: BTreeSet<&str> = packages.iter().filter_map(|package| package["name"].as_str()).collect();
    let imports = |package: &Value| {
        let all = package["dependencies"].as_array().into_iter().flatten();
        let built = all.filter(|dependency| dependency["kind"].is_null());
        let names = built.filter_map(|dependency| dependency["name"].as_str());
        names.filter(|name| own.contains(name)).map(str::to_owned).collect()
    };
    packages
        .iter()
        .filter_map(|package| Some((folder(package)?, imports(package))))
        .collect()
}

/// What the README's map of the house says: each folder, and what it imports.
fn map_of_the_house() -> BTreeMap<PathBuf, BTreeSet<String>> {
    let readme = std::fs::read_to_string(root().join("README.md")).expect("the README is there");
    let rows = readme.lines().filter_map(|line| {
        let (folder, rest) = line.strip_prefix("| `")?.split_once("/` |")?;
        let imports = rest.trim_end().strip_suffix('|')?.rsplit('|').next()?;
        let names = imports.split('`').skip(1).step_by(2).map(str::to_owned);
        Some((PathBuf::from(folder), names.collect()))
    });
    rows.collect()
}

#[test]
fn a_crate_imports_what_the_map_in_the_readme_says_and_no_other() {
    let map = map_of_the_house();
    let crates = crates();
    assert!(crates.len() > 8, "the workspace is read: {crates:?}");
    for (folder, imports) in crates {
        // `de-shop` is composed of all the others.
        if folder.as_os_str().is_empty() {
            continue;
        }
        let said = map
            .get(&folder)
            .unwrap_or_else(|| panic!("README.md's map has no row for {}", folder.display()));
        assert_eq!(
            *said,
            imports,
            "{}: README.md's map and its Cargo.toml",
            folder.display()
        );
    }
}

/// What a file takes from the folder that it lies in, or from one around that: such a `mod.rs` speaks for what is in it.
fn is_of_its_own_folder(from: &Path, to: &Path) -> bool {
    let speaks_for = match to.file_name().and_then(|name| name.to_str()) {
        Some("mod.rs" | "lib.rs") => to.parent().map(Path::to_owned),
        _ => Some(to.with_extension("")),
    };
    speaks_for.is_some_and(|folder| from.starts_with(folder))
}

fn ties_between_files(folder: &Path) -> Ties {
    let mut ties = Sources::read(root(), folder).ties();
    ties.retain(|(from, to), _| !is_of_its_own_folder(from, to));
    ties
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    let folders = crates().into_keys().map(|folder| folder.join("src"));
    let all: Vec<Ties> = folders
        .flat_map(|folder| circles(&ties_between_files(&folder)))
        .collect();
    let told: Vec<String> = all
        .iter()
        .flatten()
        .map(|((from, to), names)| format!("{from:?} takes {names:?} from {to:?}"))
        .collect();
    assert!(told.is_empty(), "circles:\n{}", told.join("\n"));
}

/// The rooms of the shop that must know nothing of others, and what they may know.
const QUIET_ROOMS: [(&str, &[&str]); 5] = [
    ("domain", &[]),
    ("pages", &["domain", "gzip"]),
    ("settings", &["domain"]),
    ("observe", &["chance"]),
    ("store", &["chance", "domain", "observe", "outbox", "way"]),
];

#[test]
fn the_rules_of_the_shop_know_no_page_and_its_pages_know_no_database() {
    let shop = Path::new("shop/src");
    let rooms = rooms(&Sources::read(root(), shop).ties(), shop);
    for (room, allowed) in QUIET_ROOMS {
        let taken = rooms.get(room).cloned().unwrap_or_default();
        let allowed = allowed.iter().map(|&name| name.to_owned()).collect();
        let others: Vec<&String> = taken.difference(&allowed).collect();
        assert!(others.is_empty(), "{room} takes something from {others:?}");
    }
    assert!(rooms["web"].contains("store"), "the imports are read: {rooms:?}");
}

/// Which room, a folder or a file at the top, takes something from which.
fn rooms(ties: &Ties, folder: &Path) -> BTreeMap<String, BTreeSet<String>> {
    let room = |file: &Path| {
        let first = file.strip_prefix(folder).ok()?.components().next()?;
        Some(first.as_os_str().to_str()?.trim_end_matches(".rs").to_owned())
    };
    let mut rooms: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (from, to) in ties.keys().filter_map(|(from, to)| Some((room(from)?, room(to)?))) {
        if from != to {
            rooms.entry(from).or_default().insert(to);
        }
    }
    rooms
}

#[test]
fn a_circle_is_seen_through_what_a_module_passes_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let source = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("a file");
    source(
        "lib.rs",
        "mod cart;\nmod wishes;\nmod price;\npub use wishes::{Wish, Wishes as List};\n",
    );
    source("cart.rs", "use crate::{List, price};\n// use crate::nothing::At;\n");
    source("wishes.rs", "pub struct Wish;\npub fn all() { super::cart::lines() }\n");
    source(
        "price.rs",
        "pub fn of() {}\n#[cfg(test)]\nmod tests {\n use crate::cart::Cart;\n}\n",
    );
    let found = circles(&Sources::read(folder.path(), Path::new("")).ties());
    let [circle] = found.as_slice() else {
        panic!("one circle: {found:?}");
    };
    let files: Vec<&Path> = circle.keys().map(|(from, _)| from.as_path()).collect();
    assert_eq!(files, [Path::new("cart.rs"), Path::new("wishes.rs")]);
}
