//! Headers as they can be read. Kafka takes any bytes for a header's name; rdkafka's reader panics on one that is no UTF-8.

use std::panic::{AssertUnwindSafe, catch_unwind};

use rdkafka::message::{Header as KafkaHeader, Headers};
use schemas::Header;

/// The headers whose names are UTF-8, in their order; the others are stepped over.
pub(super) fn readable<H: Headers>(headers: &H) -> impl Iterator<Item = KafkaHeader<'_, &[u8]>> {
    let read = |index| catch_unwind(AssertUnwindSafe(|| headers.try_get(index))).ok().flatten();
    (0..headers.count()).filter_map(read)
}

/// A header of the sink's own, where it is text. A refused message may itself have been a letter: the last one of a name is ours.
pub fn own<H: Headers>(headers: &H, name: Header) -> Option<&str> {
    let found = readable(headers).filter(|header| header.key == name.name()).last()?;
    std::str::from_utf8(found.value?).ok()
}
