//! How many files and connections a process may hold.

use rustix::process::{Resource, getrlimit, setrlimit};

/// What a system allows when it sets no limit.
const MANY: u64 = 1 << 20;

/// Raises the limit as far as it may go without rights, which a shell's default (1,024) is far below; what it is then.
pub fn raise_open_files() -> u64 {
    let mut limit = getrlimit(Resource::Nofile);
    let allowed = limit.maximum.unwrap_or(MANY).min(MANY);
    let before = limit.current.unwrap_or(MANY);
    if before >= allowed {
        return before;
    }
    limit.current = Some(allowed);
    match setrlimit(Resource::Nofile, limit) {
        Ok(()) => allowed,
        Err(error) => {
            tracing::warn!(%error, "the limit of open files stays at {before}");
            before
        }
    }
}
