//! What may be the name of a topic: Apache Kafka's rule (`Topic.validate`).

const LONGEST: usize = 249;

/// Names become folders: nothing that could leave the data folder passes.
pub(crate) fn check_name(name: &str) -> bool {
    let fits = |letter: u8| letter.is_ascii_alphanumeric() || matches!(letter, b'.' | b'_' | b'-');
    (1..=LONGEST).contains(&name.len()) && name != "." && name != ".." && name.bytes().all(fits)
}

#[cfg(test)]
mod tests {
    use super::check_name;

    #[test]
    fn a_name_never_leaves_its_folder() {
        assert!(check_name("shop.dead-letter"));
        for bad in ["", ".", "..", "a/b", "../up", "차", "a b", &"x".repeat(250)] {
            assert!(!check_name(bad), "{bad}");
        }
    }
}
