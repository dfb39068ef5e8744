//! Headers as they can be read. Kafka takes any bytes for a header's name; rdkafka's reader panics on one that is no UTF-8, but copies it.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::sync::Once;

use rdkafka::message::{Header as KafkaHeader, Headers, OwnedHeaders};
use schemas::Header;

thread_local! {
    static IS_READING: Cell<bool> = const { Cell::new(false) };
}

/// A header that can't be read is expected, and says nothing to anyone; every other panic is reported as before.
fn silence_readers() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let report = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            if !IS_READING.get() {
                report(panic);
            }
        }));
    });
}

/// The headers whose names are UTF-8, in their order; the others are stepped over.
pub(super) fn readable<H: Headers>(headers: &H) -> impl Iterator<Item = KafkaHeader<'_, &[u8]>> {
    silence_readers();
    let read = |index| {
        IS_READING.set(true);
        let header = catch_unwind(AssertUnwindSafe(|| headers.try_get(index))).ok().flatten();
        IS_READING.set(false);
        header
    };
    (0..headers.count()).filter_map(read)
}

/// How many headers have names that are no UTF-8.
pub(super) fn unreadable<H: Headers>(headers: &H) -> usize {
    headers.count() - readable(headers).count()
}

/// The headers of a message without those of letters, by name and value.
pub(super) fn of_the_message(headers: &OwnedHeaders) -> Vec<(String, Option<Vec<u8>>)> {
    let own = readable(headers).filter(|header| !header.key.starts_with("dead_letter_"));
    own.map(|header| (header.key.to_owned(), header.value.map(<[u8]>::to_vec)))
        .collect()
}

/// A header of the sink's own, where it is text. A refused message may itself have been a letter: the last one of a name is ours.
pub fn own<H: Headers>(headers: &H, name: Header) -> Option<&str> {
    let found = readable(headers).filter(|header| header.key == name.name()).last()?;
    std::str::from_utf8(found.value?).ok()
}
