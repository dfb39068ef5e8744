//! The program `sink` from outside, without Kafka or a database.

use std::process::Command;

type Outcome = Result<(), Box<dyn std::error::Error>>;

#[test]
fn every_option_can_be_set_by_a_variable_and_says_what_it_does() -> Outcome {
    let help = Command::new(env!("CARGO_BIN_EXE_sink"))
        .args(["run", "--help"])
        .output()?;
    let help = String::from_utf8(help.stdout)?;
    let options: Vec<&str> = help
        .lines()
        .map(str::trim)
        .filter(|line| line.starts_with("--"))
        .collect();
    assert!(options.len() > 10, "{help}");
    for option in options {
        let name = option.trim_start_matches('-').split(' ').next().unwrap_or_default();
        let variable = format!("[env: SINK_{}=", name.replace('-', "_").to_uppercase());
        assert!(help.contains(&variable), "{option} has no variable {variable}");
    }
    Ok(())
}

#[test]
fn a_command_that_is_none_is_refused_with_2() -> Outcome {
    let refused = Command::new(env!("CARGO_BIN_EXE_sink")).arg("drain").output()?;
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8(refused.stderr)?.contains("drain"));
    Ok(())
}
