//! How broker and sink do, told beside the shop's own parts by `/readyz` of `de-shop run`.

use std::sync::{Arc, Mutex, PoisonError};

use broker::{Broker, HealthView as BrokerHealth};
use schemas::{Clock, Timestamp};
use shop::web::{Parts, Standing};
use sink::{HealthView as SinkHealth, SinkError};

/// What runs beside the shop; clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Others {
    clock: Clock,
    /// None with a Kafka that is not ours.
    broker: Option<BrokerHealth>,
    sink: Arc<Mutex<SinkState>>,
}

#[derive(Debug, Default)]
struct SinkState {
    health: Option<SinkHealth>,
    /// Since when it does not run for long, and why.
    gave_up: Option<(Timestamp, String)>,
}

impl Others {
    pub(crate) fn new(broker: Option<&Broker>) -> Self {
        Self {
            clock: Clock::system(),
            broker: broker.map(Broker::health),
            sink: Arc::default(),
        }
    }

    /// For the shop's `/readyz`.
    pub(crate) fn parts(&self) -> Parts {
        let others = self.clone();
        Arc::new(move || {
            let broker = others.broker.iter().map(|health| ("broker", others.of_broker(health)));
            broker.chain([("sink", others.of_sink())]).collect()
        })
    }

    pub(crate) fn sink_runs(&self, health: SinkHealth) {
        self.lock().health = Some(health);
    }

    /// Said when it begins; it is started again and again.
    pub(crate) fn sink_gave_up(&self, error: &SinkError) {
        let what = error.to_string();
        let mut state = self.lock();
        state.health = None;
        let known = state.gave_up.take();
        let since = known.as_ref().map_or_else(|| self.clock.now(), |(since, _)| *since);
        if known.is_none_or(|(_, known)| known != what) {
            tracing::error!(
                "the sink gave up, and is started again every 10 seconds; the shop goes on. Mend what it says: {what}"
            );
        }
        state.gave_up = Some((since, what));
    }

    pub(crate) fn sink_is_back(&self) {
        if let Some((since, _)) = self.lock().gave_up.take() {
            let seconds = (self.clock.now().unix_micros() - since.unix_micros()) / 1_000_000;
            tracing::info!(seconds, "the sink works again");
        }
    }

    fn of_broker(&self, health: &BrokerHealth) -> Standing {
        let Some((since, what)) = health.trouble() else {
            return Standing::ok();
        };
        let ago = i64::try_from(since.elapsed().as_micros()).unwrap_or(i64::MAX);
        Standing::wrong(what, Some(self.clock.now().plus_micros(-ago)))
    }

    fn of_sink(&self) -> Standing {
        let state = self.lock();
        let trouble = state.health.as_ref().and_then(SinkHealth::trouble);
        match (&state.gave_up, trouble, &state.health) {
            (Some((since, what)), _, None) => Standing::wrong(what, Some(*since)),
            (_, Some((since, what)), _) => Standing::wrong(what, Some(since)),
            (_, None, Some(_)) => Standing::ok(),
            (None, None, None) => Standing::wrong("not started yet", None),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, SinkState> {
        self.sink.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
