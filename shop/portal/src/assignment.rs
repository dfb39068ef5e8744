//! Which partitions a member of a group has been given: Kafka's consumer protocol, `ConsumerProtocolAssignment`
//! (<https://kafka.apache.org/protocol>): version, then topics, each with its partitions; numbers are big-endian.

/// The partitions in an assignment; what is cut short gives what could be read.
pub(crate) fn partitions(bytes: &[u8]) -> Vec<(String, i32)> {
    let mut found = Vec::new();
    let mut rest = bytes;
    let _version = number16(&mut rest);
    let topics = number32(&mut rest).unwrap_or(0);
    for _ in 0..topics {
        let Some(topic) = text(&mut rest) else { break };
        let Some(count) = number32(&mut rest) else { break };
        for _ in 0..count {
            let Some(partition) = number32(&mut rest) else { break };
            found.push((topic.clone(), partition));
        }
    }
    found
}

fn number16(rest: &mut &[u8]) -> Option<i16> {
    let (bytes, after) = rest.split_first_chunk()?;
    *rest = after;
    Some(i16::from_be_bytes(*bytes))
}

fn number32(rest: &mut &[u8]) -> Option<i32> {
    let (bytes, after) = rest.split_first_chunk()?;
    *rest = after;
    Some(i32::from_be_bytes(*bytes))
}

fn text(rest: &mut &[u8]) -> Option<String> {
    let length = usize::try_from(number16(rest)?).ok()?;
    let (bytes, after) = rest.split_at_checked(length)?;
    *rest = after;
    Some(String::from_utf8_lossy(bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_assignment_names_its_partitions() {
        let bytes = b"\x00\x00\x00\x00\x00\x01\x00\x09shop.view\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00\x02\xff\xff\xff\xff";
        let expected = vec![("shop.view".to_owned(), 0), ("shop.view".to_owned(), 2)];
        assert_eq!(partitions(bytes), expected);
        for length in 0..bytes.len() {
            assert!(partitions(&bytes[..length]).len() <= 2, "cut at {length}");
        }
        assert_eq!(partitions(b"\x00\x00\x7f\xff\xff\xff"), []);
    }
}
