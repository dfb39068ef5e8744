//! `de-shop contract check`: whether what a reader reads survives what is sent now, and whether today's schemas may follow a release's.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use schemas::evolution::{Breach, Side, breaches};
use schemas::{EventType, generate};
use serde_json::Value;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Compares a reader's schema of one event type, or the folder of a release, with what is sent now. Exit code 1: something breaks.
    Check(Check),
}

#[derive(Debug, Args)]
pub struct Check {
    /// A JSON Schema of what is read (its title or `properties.event_type.const` names the type), or a folder of a release's schemas.
    mine: PathBuf,
}

/// Why nothing could be compared.
#[derive(Debug, thiserror::Error)]
pub enum ContractError {
    #[error("{path}: {source}")]
    File {
        path: String,
        #[source]
        source: io::Error,
    },
    #[error("{path} is not JSON: {source}")]
    Json {
        path: String,
        #[source]
        source: serde_json::Error,
    },
    #[error("{path}: neither its title nor properties.event_type.const is the name of an event type")]
    WhichType { path: String },
    #[error("the report can't be written: {0}")]
    Report(#[source] io::Error),
}

/// Whether nothing breaks; says what does, a line each.
pub fn run(command: &Command) -> Result<bool, ContractError> {
    let Command::Check(Check { mine }) = command;
    let (files, side) = if mine.is_dir() {
        (schemas_in(mine)?, Side::Both)
    } else {
        (vec![mine.clone()], Side::Readers)
    };
    let mut out = io::stdout().lock();
    let mut broken = 0;
    for file in &files {
        let (name, found) = check(file, side)?;
        for breach in &found {
            writeln!(out, "{name}: {breach}").map_err(ContractError::Report)?;
        }
        broken += found.len();
    }
    let said = match broken {
        0 => format!("{} schemas: all of it survives", files.len()),
        broken => format!("{} schemas: {broken} breaches", files.len()),
    };
    writeln!(out, "{said}").map_err(ContractError::Report)?;
    Ok(broken == 0)
}

fn check(path: &Path, side: Side) -> Result<(&'static str, Vec<Breach>), ContractError> {
    let text = fs::read_to_string(path).map_err(|source| file_error(path, source))?;
    let mine: Value = serde_json::from_str(&text).map_err(|source| ContractError::Json {
        path: path.display().to_string(),
        source,
    })?;
    let names = [&mine["properties"]["event_type"]["const"], &mine["title"]];
    let event_type = names.into_iter().find_map(|name| EventType::from_name(name.as_str()?));
    let event_type = event_type.ok_or_else(|| ContractError::WhichType {
        path: path.display().to_string(),
    })?;
    Ok((event_type.name(), breaches(&mine, &generate::schema(event_type), side)))
}

fn schemas_in(folder: &Path) -> Result<Vec<PathBuf>, ContractError> {
    let entries = fs::read_dir(folder).map_err(|source| file_error(folder, source))?;
    let paths: Result<Vec<PathBuf>, io::Error> = entries.map(|entry| Ok(entry?.path())).collect();
    let mut paths = paths.map_err(|source| file_error(folder, source))?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    Ok(paths)
}

fn file_error(path: &Path, source: io::Error) -> ContractError {
    ContractError::File {
        path: path.display().to_string(),
        source,
    }
}
