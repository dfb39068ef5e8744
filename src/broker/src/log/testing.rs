//! Batches made by hand, for the tests of the log.

/// One uncompressed batch; `at` gives its bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BatchMaker {
    pub(crate) records: i32,
    /// Of the first record; each further one is a millisecond later.
    pub(crate) timestamp: i64,
    /// (id, epoch, first sequence)
    pub(crate) producer: Option<(i64, i16, i32)>,
    pub(crate) key: Option<&'static [u8]>,
    pub(crate) value: Option<&'static [u8]>,
}

impl Default for BatchMaker {
    fn default() -> Self {
        Self {
            records: 1,
            timestamp: 1_000,
            producer: None,
            key: None,
            value: Some(b"a teapot"),
        }
    }
}

impl BatchMaker {
    pub(crate) fn at(self, base: i64) -> Vec<u8> {
        let mut covered = 0_i16.to_be_bytes().to_vec();
        covered.extend((self.records - 1).to_be_bytes());
        covered.extend(self.timestamp.to_be_bytes());
        covered.extend((self.timestamp + i64::from(self.records) - 1).to_be_bytes());
        let (id, epoch, sequence) = self.producer.unwrap_or((-1, -1, -1));
        covered.extend(id.to_be_bytes());
        covered.extend(epoch.to_be_bytes());
        covered.extend(sequence.to_be_bytes());
        covered.extend(self.records.to_be_bytes());
        for index in 0..self.records {
            covered.extend(self.record(index));
        }
        let mut batch = base.to_be_bytes().to_vec();
        let counted = i32::try_from(covered.len() + 9).expect("test batches are small");
        batch.extend(counted.to_be_bytes());
        batch.extend(0_i32.to_be_bytes());
        batch.push(2);
        batch.extend(crc32c::crc32c(&covered).to_be_bytes());
        batch.extend(covered);
        batch
    }

    fn record(self, index: i32) -> Vec<u8> {
        let mut body = vec![0];
        zigzag(&mut body, i64::from(index));
        zigzag(&mut body, i64::from(index));
        for bytes in [self.key, self.value] {
            let length = bytes.map_or(-1, |bytes| i64::try_from(bytes.len()).expect("test values are small"));
            zigzag(&mut body, length);
            body.extend(bytes.unwrap_or_default());
        }
        zigzag(&mut body, 0);
        let mut record = Vec::new();
        zigzag(&mut record, i64::try_from(body.len()).expect("test records are small"));
        record.extend(body);
        record
    }
}

fn zigzag(into: &mut Vec<u8>, value: i64) {
    let mut rest = ((value << 1) ^ (value >> 63)).cast_unsigned();
    while rest >= 0x80 {
        into.push(u8::try_from(rest & 0x7f).expect("seven bits") | 0x80);
        rest >>= 7;
    }
    into.push(u8::try_from(rest).expect("seven bits"));
}
