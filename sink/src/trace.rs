//! What tells a message from any other that could stand at its offset: the books keep it of the last one that was read of a partition.
//!
//! A topic that is deleted and made again begins at offset 0, under the same name in the same cluster; once it has grown past the
//! position, offsets alone say nothing. Nor do they when Kafka's own data came back from an older copy.

/// A checksum over date, key and value; two messages have the same by chance once in four billion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Trace(u32);

impl Trace {
    pub(crate) fn of(millis: Option<i64>, key: Option<&[u8]>, value: Option<&[u8]>) -> Self {
        let head = [millis.unwrap_or(-1), length(key), length(value)].map(i64::to_le_bytes);
        let sum = crc32c::crc32c(head.as_flattened());
        let sum = crc32c::crc32c_append(sum, key.unwrap_or_default());
        Self(crc32c::crc32c_append(sum, value.unwrap_or_default()))
    }

    /// As the books keep it.
    pub(crate) fn number(self) -> i64 {
        self.0.into()
    }

    pub(crate) fn from_number(number: i64) -> Option<Self> {
        u32::try_from(number).ok().map(Self)
    }
}

/// None is not the same as empty.
fn length(bytes: Option<&[u8]>) -> i64 {
    bytes.map_or(-1, |bytes| i64::try_from(bytes.len()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_has_its_own_trace_and_it_reads_back() {
        let traces = [
            Trace::of(Some(7), Some(b"k"), Some(b"value")),
            Trace::of(Some(8), Some(b"k"), Some(b"value")),
            Trace::of(None, Some(b"k"), Some(b"value")),
            Trace::of(Some(7), Some(b"kv"), Some(b"alue")),
            Trace::of(Some(7), None, Some(b"value")),
            Trace::of(Some(7), Some(b""), Some(b"value")),
            Trace::of(Some(7), Some(b"k"), None),
        ];
        for (place, trace) in traces.iter().enumerate() {
            assert_eq!(Trace::from_number(trace.number()), Some(*trace));
            assert!(!traces[place + 1..].contains(trace), "{place}");
        }
        assert_eq!(Trace::from_number(-1), None);
    }
}
