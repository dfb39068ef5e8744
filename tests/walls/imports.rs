//! Which file of a crate takes what from which other file, read from the source: `use` lines and paths in the code.
//!
//! A name that a module only passes on (`pub use`) is taken from the file that has it. Tests are left out. Not for macros, globs and
//! inline modules.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// A module's place in its crate: `web::cart` is `["web", "cart"]`.
type Place = Vec<String>;

/// One crate's files, by module.
pub(crate) struct Sources {
    modules: BTreeMap<Place, Module>,
}

struct Module {
    file: PathBuf,
    code: String,
    /// What it passes on, by name: the path as it stands there.
    passed_on: BTreeMap<String, Place>,
}

/// What ties one file to another: the names that the first takes from the second.
pub(crate) type Ties = BTreeMap<(PathBuf, PathBuf), BTreeSet<String>>;

impl Sources {
    /// Reads the crate whose source is in `folder`; paths are told from `root` on.
    pub(crate) fn read(root: &Path, folder: &Path) -> Self {
        let mut modules = BTreeMap::new();
        let mut open = vec![(root.join(folder), Vec::new())];
        while let Some((folder, place)) = open.pop() {
            let entries = fs::read_dir(&folder).expect("the source is there");
            for path in entries.map(|entry| entry.expect("the source is readable").path()) {
                let name = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
                let mut inside: Place = place.clone();
                if path.join("Cargo.toml").exists() {
                    // A crate of its own.
                } else if path.is_dir() {
                    inside.push(name.to_owned());
                    open.push((path, inside));
                } else if path.extension().is_some_and(|extension| extension == "rs") && name != "main" {
                    if !matches!(name, "lib" | "mod") {
                        inside.push(name.to_owned());
                    }
                    let text = fs::read_to_string(&path).expect("the source is text");
                    let file = path.strip_prefix(root).expect("below the root").to_owned();
                    modules.insert(inside, Module::new(file, &text));
                }
            }
        }
        let tests: Vec<Place> = modules.iter().flat_map(|(place, module)| module.tests(place)).collect();
        modules.retain(|place, _| !tests.iter().any(|test| place.starts_with(test)));
        Self { modules }
    }

    /// Every tie between two files.
    pub(crate) fn ties(&self) -> Ties {
        let mut ties = Ties::new();
        for (place, module) in &self.modules {
            for path in paths(&module.code) {
                let Some((from, name)) = self.resolve(place, &path, 0) else {
                    continue;
                };
                let file = &self.modules[&from].file;
                if *file != module.file {
                    let tie = (module.file.clone(), file.clone());
                    ties.entry(tie).or_default().insert(name);
                }
            }
        }
        ties
    }

    /// The module that has what `path` names, seen from `place`, and the name.
    fn resolve(&self, place: &[String], path: &[String], depth: usize) -> Option<(Place, String)> {
        let mut at = place.to_vec();
        let mut rest = path;
        match rest.first()?.as_str() {
            "crate" => (at, rest) = (Vec::new(), &rest[1..]),
            "self" => rest = &rest[1..],
            "super" => {
                while rest.first().is_some_and(|step| step == "super") {
                    at.pop()?;
                    rest = &rest[1..];
                }
            }
            child => {
                at.push(child.to_owned());
                if !self.modules.contains_key(&at) {
                    return None;
                }
                rest = &rest[1..];
            }
        }
        while let Some(step) = rest.first() {
            let mut inside = at.clone();
            inside.push(step.clone());
            if !self.modules.contains_key(&inside) {
                break;
            }
            (at, rest) = (inside, &rest[1..]);
        }
        let name = rest.first().cloned().unwrap_or_else(|| "*".to_owned());
        match self.modules.get(&at)?.passed_on.get(&name) {
            Some(next) if depth < 8 => self.resolve(&at, next, depth + 1),
            _ => Some((at, name)),
        }
    }
}

impl Module {
    fn new(file: PathBuf, text: &str) -> Self {
        let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        let mut code = lines.collect::<Vec<_>>().join("\n");
        // By custom the tests stand at the end.
        if let Some(tests) = code.find("#[cfg(test)]\nmod tests {") {
            code.truncate(tests);
        }
        let passed_on = uses(&code)
            .filter(|(is_public, _)| *is_public)
            .flat_map(|(_, tree)| expand(tree))
            .filter_map(|(path, name)| Some((name?, path)))
            .collect();
        Self { file, code, passed_on }
    }

    /// The modules that it has for its tests.
    fn tests(&self, place: &[String]) -> Vec<Place> {
        let declared = self.code.split("#[cfg(test)]").skip(1).filter_map(|rest| {
            let line = rest.trim_start().split(';').next()?;
            line.split_once("mod ").map(|(_, name)| name.trim().to_owned())
        });
        declared.map(|name| [place, &[name]].concat()).collect()
    }
}

/// The `use` lines: whether others may take it from here, and what stands between `use` and `;`.
fn uses(code: &str) -> impl Iterator<Item = (bool, &str)> {
    let lines = code.match_indices("use ").filter_map(|(at, _)| {
        let line = code[..at].rsplit('\n').next()?.trim();
        (line.is_empty() || line.starts_with("pub")).then_some((!line.is_empty(), at))
    });
    lines.filter_map(|(is_public, at)| Some((is_public, code[at + 4..].split_once(';')?.0)))
}

/// A tree of `use` as single paths, each with the name that it has afterwards.
fn expand(tree: &str) -> Vec<(Place, Option<String>)> {
    let tree = tree.trim();
    if let Some((head, inside)) = tree.split_once('{') {
        let head: Place = steps(head);
        let inside = inside.trim_end().strip_suffix('}').unwrap_or(inside);
        let parts = top_level(inside);
        return parts
            .into_iter()
            .flat_map(expand)
            .map(|(path, name)| {
                if path.first().is_some_and(|step| step == "self") && path.len() == 1 {
                    return (head.clone(), head.last().cloned());
                }
                ([head.clone(), path].concat(), name)
            })
            .collect();
    }
    if tree.is_empty() {
        return Vec::new();
    }
    let (path, alias) = tree
        .split_once(" as ")
        .map_or((tree, None), |(path, alias)| (path, Some(alias.trim().to_owned())));
    let path = steps(path);
    let name = alias.or_else(|| path.last().cloned());
    vec![(path, name)]
}

fn steps(path: &str) -> Place {
    path.split("::")
        .map(str::trim)
        .filter(|step| !step.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Splits at the commas that stand in no braces.
fn top_level(inside: &str) -> Vec<&str> {
    let (mut depth, mut from, mut parts) = (0, 0, Vec::new());
    for (at, letter) in inside.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&inside[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&inside[from..]);
    parts
}

/// Every path in the code: those of its `use` lines, and those that stand in the middle of it.
fn paths(code: &str) -> Vec<Place> {
    let of_uses = uses(code).flat_map(|(_, tree)| expand(tree)).map(|(path, _)| path);
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == ':';
    let words = code
        .split(|letter| !is_part(letter))
        .filter(|word| word.contains("::") && !word.ends_with(':'));
    of_uses
        .chain(words.map(steps))
        .filter(|path| !path.is_empty())
        .collect()
}

/// The groups of files that reach each other, each with the ties inside it.
pub(crate) fn circles(ties: &Ties) -> Vec<Ties> {
    let files: BTreeSet<&PathBuf> = ties.keys().flat_map(|(from, to)| [from, to]).collect();
    let reached: BTreeMap<&PathBuf, BTreeSet<&PathBuf>> = files.iter().map(|file| (*file, reach(ties, file))).collect();
    let (mut seen, mut circles) = (BTreeSet::new(), Vec::new());
    for file in files {
        let group: BTreeSet<&PathBuf> = reached[file]
            .iter()
            .copied()
            .filter(|other| reached[*other].contains(file))
            .collect();
        if group.len() > 1 && seen.insert(group.clone()) {
            let inside = ties
                .iter()
                .filter(|((from, to), _)| group.contains(from) && group.contains(to));
            circles.push(inside.map(|(tie, names)| (tie.clone(), names.clone())).collect());
        }
    }
    circles
}

fn reach<'a>(ties: &'a Ties, file: &PathBuf) -> BTreeSet<&'a PathBuf> {
    let (mut reached, mut open) = (BTreeSet::new(), vec![file]);
    while let Some(file) = open.pop() {
        for (_, to) in ties.keys().filter(|(from, _)| from == file) {
            if reached.insert(to) {
                open.push(to);
            }
        }
    }
    reached
}
