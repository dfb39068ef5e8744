//! The program `shop`.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use axum::Router;
use cookie::Key;
use metrics_exporter_prometheus::PrometheusBuilder;
use mimalloc::MiMalloc;
use schemas::{Clock, InstanceId, ProductId};
use shop::diagnostics::{Diagnostics, DiagnosticsOptions};
use shop::domain::{Experiment, Variant};
use shop::settings::{Command, CommandLine, Settings};
use shop::shop::{Shop, ShopError, Surroundings, experiments, open_journal, open_store, public_url};
use shop::store::{NotDone, Store};
use shop::{metric, variant_link};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// A setting is wrong, or what it names can't be used.
const BAD_SETTINGS: u8 = 2;

#[tokio::main]
async fn main() -> ExitCode {
    let line: CommandLine = hosting::command_line();
    hosting::raise_open_files();
    if let Err(error) = line.settings.check() {
        eprintln!("shop: {error}");
        return ExitCode::from(BAD_SETTINGS);
    }
    let options = DiagnosticsOptions {
        level: line.settings.log_level.tracing(),
        folder: line.settings.diagnostics.clone(),
        name: "shop",
    };
    let diagnostics = match shop::diagnostics::init(&options) {
        Ok(diagnostics) => diagnostics,
        Err(error) => {
            eprintln!("shop: --diagnostics: {:#}", anyhow::Error::from(error));
            return ExitCode::from(BAD_SETTINGS);
        }
    };
    let done = match line.command.unwrap_or(Command::Run) {
        Command::Run => run(&line.settings, &diagnostics).await,
        Command::Rebuild => rebuild(&line.settings).await,
        Command::Adopt { instance } => adopt(&line.settings, &instance).await,
        Command::Price { product, won } => set_price(&line.settings, ProductId(product), won).await,
        Command::VariantLink { experiment, variant } => print_link(&line.settings, experiment, variant).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("shop: {error:#}");
            // Each of them names the setting that is wrong.
            if error.is::<ShopError>() {
                ExitCode::from(BAD_SETTINGS)
            } else {
                ExitCode::FAILURE
            }
        }
    }
}

async fn run(settings: &Settings, diagnostics: &Diagnostics) -> anyhow::Result<()> {
    let shutdown = CancellationToken::new();
    tokio::spawn(stop_on_signals(signals()?, shutdown.clone()));
    let metrics = metric::buckets(PrometheusBuilder::new())
        .and_then(PrometheusBuilder::install_recorder)
        .context("metrics can't be collected")?;
    let clock = Clock::system();
    let journal = open_journal(settings)?;
    diagnostics.attach(journal.clone(), clock.clone());
    let surroundings = Surroundings {
        clock,
        rooms: Router::new(),
        parts: Arc::new(Vec::new),
        metrics,
    };
    let shop = Shop::with_journal(settings, surroundings, journal).await?;
    println!(
        "ready shop=http://{} journal={}",
        shop.address(),
        settings.journal.display()
    );
    shop.run(shutdown).await;
    diagnostics.detach();
    Ok(())
}

async fn rebuild(settings: &Settings) -> anyhow::Result<()> {
    let journal = open_journal(settings)?;
    let store = open_store(settings, &journal, &Clock::system()).await?;
    let progress = hosting::Progress::of("facts", Some(0));
    let report = store.rebuild(|last, highest| progress.reached(last, highest)).await;
    drop(progress);
    let report = report.context("the projections can't be rebuilt")?;
    println!(
        "rebuilt facts={} carts={} orders={} accounts={} mended={}",
        report.facts, report.carts, report.orders, report.accounts, report.mended
    );
    Ok(())
}

/// Needs no lock of the journal: the shop that runs on it drains what is adopted, or the next one that starts.
async fn adopt(settings: &Settings, orphan: &InstanceId) -> anyhow::Result<()> {
    let own =
        journal::instance_of(&settings.journal).context("--journal: it is not the folder of a shop that has run")?;
    let store = Store::open(&settings.database, own.clone(), Clock::system())
        .await
        .map_err(ShopError::Database)?;
    let facts = match store.adopt(orphan).await {
        Ok(facts) => facts,
        Err(NotDone::Refused(why)) => return Err(why).with_context(|| format!("{orphan} is not adopted")),
        Err(NotDone::Failed(error)) => return Err(error).context("nothing was adopted"),
    };
    println!("adopted {orphan} by={own} facts={facts}");
    Ok(())
}

/// The shop may run: of its journal only the name is read, and the shop sends the fact.
async fn set_price(settings: &Settings, product: ProductId, won: i64) -> anyhow::Result<()> {
    let own =
        journal::instance_of(&settings.journal).context("--journal: it is not the folder of a shop that has run")?;
    let store = Store::open(&settings.database, own, Clock::system())
        .await
        .map_err(ShopError::Database)?;
    match store.set_price(product, won).await {
        Ok(()) => {}
        Err(NotDone::Refused(why)) => return Err(why).with_context(|| format!("product {product} keeps its price")),
        Err(NotDone::Failed(error)) => return Err(error).context("nothing was changed"),
    }
    println!("price product={product} won={won}");
    Ok(())
}

/// The shop may run: of its journal only the name is read.
async fn print_link(settings: &Settings, experiment: Experiment, variant: Variant) -> anyhow::Result<()> {
    if !experiments(settings)?.has(experiment, variant) {
        let (experiment, variant) = (experiment.name(), variant.name());
        return Err(ShopError::NoSuchVariant { experiment, variant }.into());
    }
    let own =
        journal::instance_of(&settings.journal).context("--journal: it is not the folder of a shop that has run")?;
    let store = Store::open(&settings.database, own, Clock::system())
        .await
        .map_err(ShopError::Database)?;
    let key = store.signing_key().await.map_err(ShopError::Database)?;
    let address = variant_link::address(&Key::from(&key), experiment, variant);
    println!("{}{address}", public_url(settings, settings.listen).as_str());
    Ok(())
}

fn signals() -> anyhow::Result<[Signal; 2]> {
    let of = |kind| signal(kind).context("signals can't be caught");
    Ok([of(SignalKind::interrupt())?, of(SignalKind::terminate())?])
}

/// The first signal drains, a second one ends the program at once.
async fn stop_on_signals([mut interrupt, mut terminate]: [Signal; 2], stop: CancellationToken) {
    for first in [true, false] {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        if first {
            eprintln!("shop: stopping; a second signal stops at once");
            stop.cancel();
        }
    }
    std::process::exit(1);
}
