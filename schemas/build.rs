//! Lists the messages of `examples/`, so that each field's example is what a real message says.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let folder = PathBuf::from(env::var("CARGO_MANIFEST_DIR").unwrap_or_default()).join("examples");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut list = String::from("&[\n");
    for of_type in sorted(&folder)? {
        let name = of_type.file_name().unwrap_or_default().display();
        for file in sorted(&of_type)? {
            let _ = writeln!(
                list,
                "    ({:?}, include_str!({:?})),",
                name.to_string(),
                file.display().to_string()
            );
        }
    }
    list.push(']');
    fs::write(
        Path::new(&env::var("OUT_DIR").unwrap_or_default()).join("examples.rs"),
        list,
    )
}

fn sorted(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder)?.map(|entry| Ok(entry?.path()));
    let mut paths = entries.collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}
