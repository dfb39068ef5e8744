//! docker-compose.yml, taken at its word: its commands and environment start the shop and the sink, and people shop there.
//!
//! No container engine is needed: addresses and folders are replaced by local ones, nothing else is.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use serde::Deserialize;
use sqlx::{Connection, Executor};

use crate::world::process::{Process, free_port, program};
use crate::world::require::{self, Part};
use crate::world::servers::{BrokerKind, DatabaseKind, Kinds};
use crate::world::{Program, World};

#[derive(Deserialize)]
struct Compose {
    services: BTreeMap<String, Service>,
    volumes: BTreeMap<String, Option<serde_norway::Value>>,
}

#[derive(Deserialize)]
struct Service {
    #[serde(default)]
    command: Vec<String>,
    #[serde(default)]
    environment: BTreeMap<String, String>,
    #[serde(default)]
    volumes: Vec<String>,
    #[serde(default)]
    depends_on: BTreeMap<String, serde_norway::Value>,
    build: Option<Build>,
    healthcheck: HealthCheck,
    restart: String,
}

#[derive(Deserialize)]
struct Build {
    dockerfile: String,
}

#[derive(Deserialize)]
struct HealthCheck {
    test: Vec<String>,
}

fn compose() -> Compose {
    let text = std::fs::read_to_string(root().join("docker-compose.yml")).expect("docker-compose.yml is there");
    serde_norway::from_str(&text).expect("docker-compose.yml is understood")
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn every_service_is_checked_restarted_and_refers_to_what_is_there() {
    let compose = compose();
    for (name, service) in &compose.services {
        assert!(!service.healthcheck.test.is_empty(), "{name} has a health check");
        assert_eq!(service.restart, "unless-stopped", "{name}");
        for needed in service.depends_on.keys() {
            assert!(compose.services.contains_key(needed), "{name} depends on {needed}");
        }
        for volume in &service.volumes {
            let (volume, _) = volume.split_once(':').expect("a volume has a place");
            assert!(compose.volumes.contains_key(volume), "{name} uses the volume {volume}");
        }
        if let Some(build) = &service.build {
            let image = std::fs::read_to_string(root().join(&build.dockerfile)).expect("the Dockerfile is there");
            assert!(
                image.contains(&format!("\nUSER {name}\n")),
                "{name} does not run as root"
            );
            assert!(image.contains("--features tls"), "{name} speaks TLS");
        }
    }
}

#[test]
fn every_variable_is_one_that_the_program_knows() {
    let compose = compose();
    for name in ["shop", "sink"] {
        let help = Command::new(program(name))
            .args(["run", "--help"])
            .output()
            .expect("the program runs");
        let help = String::from_utf8(help.stdout).expect("help is text");
        for variable in compose.services[name].environment.keys() {
            let known = ["=", "]"]
                .iter()
                .any(|end| help.contains(&format!("[env: {variable}{end}")));
            assert!(known, "{name} does not know {variable}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn people_shop_on_what_docker_compose_starts() {
    const TEST: &str = "docker-compose.yml, started";
    if !require::has(TEST, &[Part::ApacheKafka, Part::Postgres]) {
        return;
    }
    let kinds = Kinds {
        broker: BrokerKind::ApacheKafka,
        database: DatabaseKind::Postgres,
    };
    let Some(mut world) = World::of_kinds(TEST, kinds) else {
        return;
    };
    create_the_database(&world.database.sink_url()).await;
    world.restart(Program::Broker);
    let compose = compose();
    let (shop_port, sink_port) = (free_port(), free_port());
    let here = |value: &str| {
        value
            .replace("0.0.0.0:8080", &format!("127.0.0.1:{shop_port}"))
            .replace("0.0.0.0:8081", &format!("127.0.0.1:{sink_port}"))
            .replace("kafka:19092", &world.broker.address())
            .replace("postgres:5432", &world.database.address())
            .replace("/var/lib", &world.folder().join("var-lib").display().to_string())
    };
    let start = |name: &str| {
        let service = &compose.services[name];
        let (binary, arguments) = service.command.split_first().expect("a command");
        let mut command = Command::new(program(binary));
        command.args(arguments).env_clear();
        command.envs(service.environment.iter().map(|(name, value)| (name, here(value))));
        let mut process = Process::start(name, world.folder(), &mut command);
        process.ready();
        let check = service.healthcheck.test.last().expect("a check");
        let check = check.replace("localhost:8080", &format!("127.0.0.1:{shop_port}"));
        (
            process,
            check.replace("localhost:8081", &format!("127.0.0.1:{sink_port}")),
        )
    };
    let (mut shop, shop_check) = start("shop");
    let (mut sink, sink_check) = start("sink");
    for check in [shop_check, sink_check] {
        let healthy = reqwest::get(&check).await.expect("the health check is answered");
        assert!(healthy.status().is_success(), "{check}");
    }

    let mut shopper = crate::world::visitor::Visitor::of(&format!("http://127.0.0.1:{shop_port}"));
    for step in 0..28 {
        shopper.strolls(step).await.expect("the shop serves");
    }
    let logs = world.folder().join("var-lib/sink/logs");
    let database = compose.services["sink"].environment["SINK_DATABASE"].clone();
    let database = here(&database);
    world.sees_once_in(&shopper.answered, logs, database).await;
    shop.assert_alive();
    sink.assert_alive();
}

/// What the image of PostgreSQL does with `POSTGRES_USER` and `POSTGRES_DB`.
async fn create_the_database(url: &str) {
    let mut connection = sqlx::PgConnection::connect(url).await.expect("PostgreSQL answers");
    for statement in [
        "CREATE ROLE de_shop LOGIN SUPERUSER",
        "CREATE DATABASE de_shop OWNER de_shop",
    ] {
        connection.execute(statement).await.expect("the database is created");
    }
}
