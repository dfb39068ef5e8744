//! Lists the recipes of `tests/recipes`, so that the pages show the very files that the tests run (without the folder there are none), and
//! the migrations of the sink's table, so that the data contract says what they make.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// What a recipe is written in, by the ending of its file.
const ENDINGS: [&str; 10] = ["md", "py", "js", "mjs", "ts", "sh", "sql", "go", "java", "json"];

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR").unwrap_or_default());
    let folder = root.join("../../tests/recipes");
    // A folder that is not there yet is watched by the one around it.
    let watched = if folder.is_dir() {
        folder.clone()
    } else {
        root.join("../../tests")
    };
    println!("cargo::rerun-if-changed={}", watched.display());
    let mut files = Vec::new();
    if folder.is_dir() {
        collect(&folder, &mut files)?;
    }
    // What they are run by, and what is written about the folder, is no recipe.
    files.retain(|file| !file.ends_with("run.sh") && !file.ends_with("README.md"));
    files.sort();
    // Which clients were tried against the broker, operation by operation.
    let matrix = root.join("../../tests/broker/matrix.md");
    let mut list = String::from("&[\n");
    for file in &files {
        let name = file
            .strip_prefix(&folder)
            .unwrap_or(file)
            .display()
            .to_string()
            .replace('\\', "/");
        let _ = writeln!(
            list,
            "    Recipe {{ name: {name:?}, text: include_str!({:?}) }},",
            file.display().to_string()
        );
    }
    if matrix.is_file() {
        println!("cargo::rerun-if-changed={}", matrix.display());
        let _ = writeln!(
            list,
            "    Recipe {{ name: \"client-matrix.md\", text: include_str!({:?}) }},",
            matrix.display().to_string()
        );
    }
    list.push(']');
    let out = Path::new(&env::var("OUT_DIR").unwrap_or_default()).join("recipes.rs");
    fs::write(out, list)?;
    migrations(&root.join("../../sink/migrations/postgres"))
}

fn migrations(folder: &Path) -> io::Result<()> {
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut files = Vec::new();
    collect(folder, &mut files)?;
    files.sort();
    let lines = files
        .iter()
        .map(|file| format!("    include_str!({:?}),\n", file.display().to_string()));
    let list = format!("&[\n{}]", lines.collect::<String>());
    let out = Path::new(&env::var("OUT_DIR").unwrap_or_default()).join("migrations.rs");
    fs::write(out, list)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_dir() && !matches!(name, "node_modules" | "target" | "__pycache__") {
            collect(&path, files)?;
        } else if ENDINGS.contains(&ending) && !name.starts_with("package-lock") {
            files.push(path);
        }
    }
    Ok(())
}
