//! How many files and connections a process may hold.

use rustix::process::{Resource, getrlimit, setrlimit};

/// What a system allows when it sets no limit.
const MANY: u64 = 1 << 20;

/// Raises the limit as far as it may go without rights, which a shell's default (1,024) is far below.
pub fn raise_open_files() {
    let mut limit = getrlimit(Resource::Nofile);
    let allowed = limit.maximum.unwrap_or(MANY).min(MANY);
    if open_files() >= allowed {
        return;
    }
    limit.current = Some(allowed);
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        tracing::warn!(%error, "the limit of open files stays as it is");
    }
}

/// As many as there may be now.
pub(crate) fn open_files() -> u64 {
    getrlimit(Resource::Nofile).current.unwrap_or(MANY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn afterwards_all_that_is_allowed_may_be_open() {
        raise_open_files();
        let limit = getrlimit(Resource::Nofile);
        assert_eq!(open_files(), limit.maximum.unwrap_or(MANY).min(MANY));
    }
}
