//! What a client may do, as a set of bits: everything, because nobody is shut out of the loopback.
//!
//! The bits are the numbers of Apache Kafka's `AclOperation`; which belong to which thing is in its `AclEntry.supportedOperations`.

const READ: u8 = 3;
const WRITE: u8 = 4;
const CREATE: u8 = 5;
const DELETE: u8 = 6;
const ALTER: u8 = 7;
const DESCRIBE: u8 = 8;
const CLUSTER_ACTION: u8 = 9;
const DESCRIBE_CONFIGS: u8 = 10;
const ALTER_CONFIGS: u8 = 11;
const IDEMPOTENT_WRITE: u8 = 12;

/// What the protocol says where nobody asked.
const NOT_TOLD: i32 = i32::MIN;

pub(super) const TOPIC: i32 = set(&[
    READ,
    WRITE,
    CREATE,
    DELETE,
    ALTER,
    DESCRIBE,
    DESCRIBE_CONFIGS,
    ALTER_CONFIGS,
]);
pub(super) const GROUP: i32 = set(&[READ, DELETE, DESCRIBE, DESCRIBE_CONFIGS, ALTER_CONFIGS]);
pub(super) const CLUSTER: i32 = set(&[
    CREATE,
    ALTER,
    DESCRIBE,
    CLUSTER_ACTION,
    DESCRIBE_CONFIGS,
    ALTER_CONFIGS,
    IDEMPOTENT_WRITE,
]);

const fn set(operations: &[u8]) -> i32 {
    let (mut bits, mut at) = (0, 0);
    while at < operations.len() {
        bits |= 1 << operations[at];
        at += 1;
    }
    bits
}

pub(super) const fn if_asked(is_asked: bool, operations: i32) -> i32 {
    if is_asked { operations } else { NOT_TOLD }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_the_numbers_that_apache_kafka_answers_without_an_authorizer() {
        assert_eq!((TOPIC, GROUP, CLUSTER), (3576, 3400, 8096));
    }
}
