//! How many files and connections the process may have open: as many as it is allowed to ask for.
//!
//! The usual limit, 1,024, is one that every program may raise for itself, up to the hard limit that the system sets.

use rustix::process::{Resource, getrlimit, setrlimit};

/// Raises the limit; where that fails the old one holds, and is said.
pub fn raise_limit() {
    let mut limit = getrlimit(Resource::Nofile);
    if limit.current == limit.maximum {
        return;
    }
    limit.current = limit.maximum;
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        tracing::warn!(%error, "the limit on open files could not be raised; it stays as it is");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn afterwards_all_that_is_allowed_may_be_open() {
        raise_limit();
        let limit = getrlimit(Resource::Nofile);
        assert_eq!(limit.current, limit.maximum);
    }
}
