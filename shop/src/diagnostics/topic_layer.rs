//! The layer that appends the shop's lines to the journal.

use std::cell::Cell;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Instant;

use schemas::Clock;
use tracing::level_filters::LevelFilter;
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, Filter};
use tracing_subscriber::registry::LookupSpan;

use super::budget::Budget;
use super::line::Said;
use journal::{Entry, Journal};

/// The modules on a line's own way: what they say may be about the line before.
const ON_THE_WAY: [&str; 3] = ["journal", "shop::outbox", "shop::diagnostics"];

thread_local! {
    /// This thread is appending a line; what it says meanwhile goes to the other layers only.
    static APPENDING: Cell<bool> = const { Cell::new(false) };
}

/// Where lines go once the journal is open.
#[derive(Debug, Default)]
pub(super) struct Outlet {
    journal: RwLock<Option<(Journal, Clock)>>,
}

impl Outlet {
    pub(super) fn attach(&self, journal: Journal, clock: Clock) {
        let mut place = self.journal.write().unwrap_or_else(PoisonError::into_inner);
        place.get_or_insert((journal, clock));
    }

    pub(super) fn detach(&self) {
        let taken = self.journal.write().unwrap_or_else(PoisonError::into_inner).take();
        // Outside the lock: closing the journal may say something.
        drop(taken);
    }

    fn journal(&self) -> Option<(Journal, Clock)> {
        self.journal.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

pub(super) struct TopicLayer {
    outlet: Arc<Outlet>,
    budget: Mutex<Budget>,
}

/// The shop's own lines of a level; a binary that holds the shop has lines of its own, which are not the shop's.
struct OwnLines(Level);

impl<S> Filter<S> for OwnLines {
    fn enabled(&self, line: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        line.is_event() && *line.level() <= self.0 && is_own(line.target())
    }

    /// Without it, every line that any crate has for its own developers would be asked about: librdkafka's wrapper has two for each message.
    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::from_level(self.0))
    }
}

impl TopicLayer {
    /// Sends the shop's own lines of `level` and above to `outlet`.
    pub(super) fn filtered<S>(level: Level, outlet: Arc<Outlet>) -> impl Layer<S>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let budget = Mutex::new(Budget::new(Instant::now()));
        Self { outlet, budget }.with_filter(OwnLines(level))
    }

    fn append(&self, event: &Event<'_>) {
        let Some((journal, clock)) = self.outlet.journal() else {
            return;
        };
        let mut said = Said::default();
        event.record(&mut said);
        let line = event.metadata();
        // A line that can't be encoded or is refused stands in the local file, and the journal counts refusals itself.
        if let Ok(event) = said.event(clock.now(), *line.level(), line.target()) {
            let _ = journal.append(&[Entry::observation(&event, None)]);
        }
    }

    fn may_pass(&self, target: &str) -> bool {
        if !ON_THE_WAY.iter().any(|module| belongs_to(target, module)) {
            return true;
        }
        let mut budget = self.budget.lock().unwrap_or_else(PoisonError::into_inner);
        budget.allows(Instant::now())
    }
}

impl<S: Subscriber> Layer<S> for TopicLayer {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if APPENDING.replace(true) {
            return;
        }
        if self.may_pass(event.metadata().target()) {
            self.append(event);
        }
        APPENDING.set(false);
    }
}

/// The shop's, and those of its journal.
fn is_own(target: &str) -> bool {
    ["shop", "journal"].iter().any(|own| belongs_to(target, own))
}

/// `shop::web` belongs to `shop`, `shopping` does not.
fn belongs_to(target: &str, module: &str) -> bool {
    target
        .strip_prefix(module)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

#[cfg(test)]
mod tests {
    use schemas::Topic;
    use schemas::record::Level as LineLevel;
    use schemas::{Record, Sequence, Timestamp, decode};
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;
    use journal::{Item, Options};

    /// Level, message, and the fields as they stand in the message.
    type Line = (LineLevel, String, Vec<(String, String)>);

    fn lines_of(said: impl FnOnce()) -> Vec<Line> {
        let folder = tempfile::tempdir().unwrap();
        let outlet = Arc::new(Outlet::default());
        let subscriber = tracing_subscriber::registry().with(TopicLayer::filtered(Level::INFO, Arc::clone(&outlet)));
        {
            let journal = Journal::open(folder.path(), Options::default()).unwrap();
            outlet.attach(journal, Clock::standing_at(Timestamp::from_unix_millis_saturating(0)));
            tracing::subscriber::with_default(subscriber, said);
            outlet.detach();
        }
        let journal = Journal::open(folder.path(), Options::default()).unwrap();
        let mut reader = journal.reader(Sequence::FIRST);
        let mut lines = Vec::new();
        while let Some(Item::Entry(entry)) = reader.read().unwrap() {
            let Record::App(line) = decode(Topic::App, entry.value).unwrap() else {
                panic!("an application line");
            };
            let fields = line
                .fields
                .iter()
                .map(|(name, value)| (name.to_string(), value.to_string()));
            lines.push((line.level, line.message.to_string(), fields.collect()));
        }
        lines
    }

    #[test]
    fn a_line_of_the_shop_becomes_an_event_with_its_fields() {
        let lines = lines_of(|| tracing::warn!(target: "shop::web", product = 7, "sold out"));
        let fields = vec![("product".to_owned(), "7".to_owned())];
        assert_eq!(lines, [(LineLevel::Warning, "sold out".to_owned(), fields)]);
    }

    #[test]
    fn lines_of_others_and_lesser_lines_stay_out() {
        let lines = lines_of(|| {
            tracing::error!(target: "shopping", "another crate");
            tracing::error!(target: "sink::consume", "the sink");
            tracing::debug!(target: "shop::web", "not serious enough");
        });
        assert_eq!(lines, []);
    }

    #[test]
    fn lines_about_the_way_itself_are_held_to_ten() {
        let lines = lines_of(|| {
            for _ in 0..1000 {
                tracing::error!(target: "journal::relay::health", "Kafka is away");
            }
        });
        assert_eq!(lines.len(), 10);
    }
}
