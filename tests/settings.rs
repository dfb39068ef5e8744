//! A bad setting is refused at the start: exit code 2, and one clear line that names the setting.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::process::{Command, Output};

use tempfile::TempDir;

use crate::world::process::program;

/// Answers what was said.
fn refuses(name: &str, arguments: &[&str], named: &str) -> String {
    refuses_with(name, &[], arguments, named)
}

fn refuses_with(name: &str, variables: &[(&str, &str)], arguments: &[&str], named: &str) -> String {
    let folder = TempDir::with_prefix("de-shop-settings-").expect("a temporary folder");
    let Output { status, stdout, stderr } = Command::new(program(name))
        .args(arguments)
        .envs(variables.iter().copied())
        .current_dir(folder.path())
        .output()
        .expect("the program runs");
    let said = String::from_utf8_lossy(&stderr);
    assert_eq!(status.code(), Some(2), "{name} {arguments:?} said {said}");
    assert!(stdout.is_empty(), "{name} {arguments:?} was ready");
    assert!(
        said.contains(named),
        "{name} {arguments:?} does not name {named}: {said}"
    );
    said.into_owned()
}

#[test]
fn a_value_that_is_none_is_refused_by_name() {
    refuses("shop", &["--listen", "nowhere"], "--listen");
    refuses("shop", &["--request-detail", "some"], "--request-detail");
    refuses("sink", &["--utc-offset", "+25:00"], "--utc-offset");
    refuses("sink", &["--utc-offset", "Asia/Soul"], "--utc-offset");
    refuses("sink", &["--retention-days", "soon"], "--retention-days");
    // The topics would lose what the sink has not read yet.
    refuses("sink", &["--retention-days", "0"], "--retention-days");
    refuses("sink", &["--retention-days", "3651"], "--retention-days");
    refuses("shop", &["--retention-days", "0"], "--retention-days");
    refuses("de-shop", &["--kafka-listen", "everywhere"], "--kafka-listen");
    refuses("de-shop", &["broker", "--listen", "0.0.0.0:0"], "--listen");
}

#[test]
fn a_broker_that_is_no_address_is_refused_by_name() {
    for wrong in ["", "host:99999", "http://127.0.0.1:9092", "host"] {
        refuses("shop", &["--listen", "127.0.0.1:0", "--kafka", wrong], "--kafka");
        refuses("de-shop", &["--listen", "127.0.0.1:0", "--kafka", wrong], "--kafka");
    }
    refuses("shop", &["--listen", "127.0.0.1:0", "--sink-group", ""], "--sink-group");
    refuses(
        "shop",
        &["--listen", "127.0.0.1:0", "--session-silence", "0s"],
        "--session-silence",
    );
    refuses(
        "shop",
        &["--listen", "127.0.0.1:0", "--answer-timeout", "0s"],
        "--answer-timeout",
    );
    refuses(
        "shop",
        &["--listen", "127.0.0.1:0", "--journal-max-size", "10"],
        "--journal-max-size",
    );
    refuses("shop", &["--listen", "localhost:99999"], "--listen");
}

#[test]
fn no_secret_is_printed_whatever_is_wrong_with_it() {
    let urls = [
        "postgres://shop:hunter2@127.0.0.1:99999/db",
        "postgres://shop:hunter2@127.0.0.1:1/db",
        "postgres://shop:hunter2@",
        "hunter2",
        "mysql://shop:hunter2@host/db",
    ];
    let databases = urls.map(|url| ["--database", url]);
    refuses(
        "shop",
        &["--listen", "127.0.0.1:0", "--portal-token", "hunter2"],
        "--portal-token",
    );
    let kafka = ["hunter2", "=hunter2", "sasl.pasword=hunter2"].map(|value| ["--kafka-config", value]);
    for wrong in databases
        .into_iter()
        .chain(kafka)
        .chain([["--portal-token", "hunter2"]])
    {
        for (program_name, variables) in [
            ("shop", ["SHOP_DATABASE", "SHOP_KAFKA_CONFIG"]),
            ("de-shop", ["DE_SHOP_DATABASE", "SHOP_KAFKA_CONFIG"]),
        ] {
            let folder = TempDir::with_prefix("de-shop-secrets-").expect("a temporary folder");
            let variable = match wrong[0] {
                "--portal-token" => "SHOP_PORTAL_TOKEN",
                "--kafka-config" => variables[1],
                _ => variables[0],
            };
            let mut command = Command::new(program(program_name));
            command
                .args(["--listen", "127.0.0.1:0"])
                .env(variable, wrong[1])
                .current_dir(folder.path());
            if program_name == "de-shop" {
                command.args(["--kafka-listen", "127.0.0.1:0"]);
            }
            let Output { status, stdout, stderr } = command.output().expect("the program runs");
            let said = format!(
                "{}{}",
                String::from_utf8_lossy(&stdout),
                String::from_utf8_lossy(&stderr)
            );
            assert_eq!(status.code(), Some(2), "{program_name} {wrong:?}: {said}");
            assert!(!said.contains("hunter2"), "{program_name} {wrong:?}: {said}");
            let help = Command::new(program(program_name))
                .arg("--help")
                .env(variable, wrong[1])
                .output();
            let help = help.expect("the program runs").stdout;
            assert!(
                !String::from_utf8_lossy(&help).contains("hunter2"),
                "{program_name} --help: {variable}"
            );
        }
    }
}

#[test]
fn insights_for_other_machines_need_a_token() {
    refuses("sink", &["--listen", "0.0.0.0:0"], "--insights-token");
    refuses(
        "sink",
        &["--listen", "[::]:0", "--insights-token", "short"],
        "--insights-token",
    );
    let everywhere = ["--listen", "0.0.0.0:0", "--kafka-listen", "127.0.0.1:0"];
    refuses("de-shop", &everywhere, "--insights-token");
}

#[test]
fn insights_behind_a_proxy_need_a_token() {
    let here = ["--listen", "127.0.0.1:0", "--kafka-listen", "127.0.0.1:0"];
    let public = [("SHOP_PUBLIC_URL", "https://shop.example.org")];
    refuses_with(
        "de-shop",
        &public,
        &here,
        "--insights-token: the public URL https://shop.example.org",
    );
    let proxied = [("SHOP_TRUSTED_PROXY", "10.0.0.1")];
    refuses_with("de-shop", &proxied, &here, "--insights-token: the trusted proxies");
}

#[test]
fn experiments_that_no_page_can_show_are_refused_by_name() {
    let folder = TempDir::with_prefix("de-shop-experiments-").expect("a temporary folder");
    let file = folder.path().join("experiments.json");
    let declared =
        r#"[{"name":"home_aa","question":"?","where":"home.index","variants":[{"name":"also_control","weight":1}]}]"#;
    std::fs::write(&file, declared).expect("a file");
    let file = file.to_str().expect("a path is text");
    let arguments = ["--listen", "127.0.0.1:0", "--experiments", file];
    refuses("shop", &arguments, "the first variant of home_aa is not `control`");
    refuses(
        "shop",
        &["--experiments", "/nowhere.json"],
        "--experiments /nowhere.json",
    );
    let link = ["variant-link", "--experiment", "home_aa", "--variant", "popular_first"];
    refuses("shop", &link, "--variant popular_first");
    refuses(
        "shop",
        &["variant-link", "--experiment", "none", "--variant", "control"],
        "--experiment",
    );
}

#[test]
fn a_database_that_can_not_be_reached_is_refused_by_name() {
    refuses(
        "shop",
        &[
            "--listen",
            "127.0.0.1:0",
            "--database",
            "postgres://nobody@127.0.0.1:1/none",
        ],
        "--database",
    );
    refuses(
        "sink",
        &[
            "--listen",
            "127.0.0.1:0",
            "--database",
            "postgres://nobody@127.0.0.1:1/none",
        ],
        "--database",
    );
    refuses(
        "shop",
        &["--listen", "127.0.0.1:0", "--database", "oracle://somewhere"],
        "--database",
    );
}

#[test]
fn a_port_in_use_says_which_option_changes_it() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    refuses("shop", &["--listen", &address], "--listen");
    refuses("sink", &["--listen", &address], "--listen");
    refuses(
        "de-shop",
        &["--listen", &address, "--kafka-listen", "127.0.0.1:0"],
        "--listen",
    );
    refuses(
        "de-shop",
        &["--listen", "127.0.0.1:0", "--kafka-listen", &address],
        "--kafka-listen",
    );
    refuses("de-shop", &["broker", "--listen", &address], "--listen");
}

/// A pooler in front of PostgreSQL, as `PgBouncer` answers somebody who brings settings for the session.
fn pooler() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("somebody connects");
            let mut said = [0; 1024];
            let length = stream.read(&mut said).expect("a first message");
            // Whoever asks for TLS first is told that there is none.
            if length == 8 {
                stream.write_all(b"N").expect("an answer");
                assert!(stream.read(&mut said).expect("a startup message") > 8);
            }
            let fields = b"SFATAL\0VFATAL\0C08P01\0Munsupported startup parameter: options\0\0";
            let length = u32::try_from(fields.len() + 4).expect("short").to_be_bytes();
            let answer = [&b"E"[..], &length, fields].concat();
            stream.write_all(&answer).expect("an answer");
        }
    });
    format!("postgres://me:geheim@{address}/db")
}

#[test]
fn a_pooler_in_front_of_postgres_is_refused_with_what_to_do() {
    let url = pooler();
    for program in ["sink", "shop"] {
        // Its folders are made in the test's own.
        let arguments = ["--listen", "127.0.0.1:0", "--kafka", "127.0.0.1:1", "--database", &url];
        let said = refuses(program, &arguments, "--database");
        assert!(said.contains("PgBouncer") && !said.contains("geheim"), "{said}");
    }
}
