//! What an operator asks of a running part, and the sink's own commands.

use std::process::{Command, Output};
use std::time::{Duration, Instant};

use super::evidence::{self, Evidence};
use super::process::{PATIENCE, program};
use super::{Program, World};

impl World {
    /// `/readyz`, whatever its status.
    pub async fn readiness(&self, part: Program) -> String {
        self.page_of(part, "readyz").await
    }

    /// Waits until `/readyz` holds `text`.
    pub async fn says(&mut self, part: Program, text: &str) -> String {
        self.waits(part, text, |said| said.contains(text)).await
    }

    /// Waits until `/readyz` no longer holds `text`.
    pub async fn is_done_with(&mut self, part: Program, text: &str) -> String {
        self.waits(part, text, |said| !said.contains(text)).await
    }

    async fn waits(&mut self, part: Program, text: &str, is_so: impl Fn(&str) -> bool) -> String {
        let since = Instant::now();
        loop {
            self.assert_alive();
            let said = self.readiness(part).await;
            if is_so(&said) {
                return said;
            }
            assert!(since.elapsed() < PATIENCE, "{text:?} of {part:?}: {said}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// A metric, its labels added up; 0 for one that has never been set.
    pub async fn metric(&self, part: Program, name: &str) -> f64 {
        let text = self.page_of(part, "metrics").await;
        let samples = text
            .lines()
            .filter(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with([' ', '{'])));
        let value = |line: &str| line.rsplit(' ').next().and_then(|value| value.parse::<f64>().ok());
        samples.filter_map(value).sum()
    }

    /// Waits until everything in the journal is acknowledged by Kafka.
    pub async fn has_sent_all(&mut self, shop: Program) {
        let since = Instant::now();
        while self.metric(shop, "shop_relay_lag_entries").await > 0.0 {
            self.assert_alive();
            assert!(since.elapsed() < PATIENCE, "the relay of {shop:?} never catches up");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// A command of the sink, such as `positions list`, with the settings that it runs with.
    pub fn tells_sink(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(program("sink"));
        command.args(arguments).arg("--kafka").arg(self.broker.address());
        command.arg("--database").arg(self.database.sink_url());
        command.arg("--logs").arg(self.logs());
        command.arg("--diagnostics").arg(self.folder().join("sink-diagnostics"));
        command.envs(self.sink_settings.iter().cloned());
        let output = command.output().expect("the sink's command runs");
        assert!(
            output.status.success(),
            "sink {arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        output
    }

    /// Waits until the part has ended by itself, with an error that it gives as its exit code.
    pub fn gives_up(&mut self, part: Program) {
        let mut process = self.running.remove(&part).expect("it runs");
        let status = process.wait();
        assert_eq!(
            status.code(),
            Some(1),
            "{part:?} ended with {status}:\n{}",
            process.said()
        );
    }

    /// All that is on the topics.
    pub async fn topics(&self) -> Evidence {
        let kafka = self.broker.address();
        let reading = tokio::task::spawn_blocking(move || evidence::topics(&kafka));
        reading.await.expect("reading does not panic")
    }

    /// The one number that a question to the sink's database has for an answer.
    pub async fn number(&self, sql: &str) -> i64 {
        let (url, sql) = (self.database.sink_url(), sqlx::AssertSqlSafe(sql.to_owned()));
        let number = if url.starts_with("postgres") {
            let pool = sqlx::PgPool::connect(&url).await.expect("PostgreSQL answers");
            sqlx::query_scalar(sql).fetch_one(&pool).await
        } else {
            let pool = sqlx::SqlitePool::connect(&url).await.expect("SQLite opens");
            sqlx::query_scalar(sql).fetch_one(&pool).await
        };
        number.expect("a number")
    }

    async fn page_of(&self, part: Program, page: &str) -> String {
        let address = self.addresses.get(&part).expect("it has been started");
        let answer = reqwest::get(format!("{address}/{page}")).await.expect("an answer");
        answer.text().await.expect("text")
    }
}
