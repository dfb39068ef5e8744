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
        let variable = format!("[env: SINK_{}", name.replace('-', "_").to_uppercase());
        // The value follows, where it is no secret.
        let is_there = [format!("{variable}="), format!("{variable}]")]
            .iter()
            .any(|text| help.contains(text));
        assert!(is_there, "{option} has no variable {variable}");
    }
    Ok(())
}

#[test]
fn whatever_is_wrong_no_secret_is_printed() -> Outcome {
    let secrets = [
        ("SINK_DATABASE", "postgres://me:geheim@host:port/db"),
        ("SINK_DATABASE", "mysql://me:geheim@host/db"),
        ("SINK_DATABASE", "postgres://me:geheim@127.0.0.1:1/db"),
        ("SINK_KAFKA_CONFIG", "sasl.password geheim"),
        ("SINK_KAFKA_CONFIG", "sasl.passwort=geheim"),
    ];
    let home = tempfile::tempdir()?;
    for (variable, value) in secrets {
        for arguments in [&["run"][..], &["run", "--help"], &["positions", "list"]] {
            let mut sink = Command::new(env!("CARGO_BIN_EXE_sink"));
            sink.args(arguments)
                .args(["--listen", "127.0.0.1:0", "--log-level", "trace"]);
            sink.env(variable, value).env("SINK_LOGS", home.path().join("logs"));
            sink.env("SINK_DIAGNOSTICS", home.path().join("diagnostics"));
            sink.current_dir(home.path());
            let said = sink.output()?;
            let text = String::from_utf8([said.stdout, said.stderr].concat())?;
            assert!(!text.contains("geheim"), "{variable}={value} {arguments:?}:\n{text}");
        }
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
