//! A pooler in front of PostgreSQL, such as `PgBouncer`: the programs keep settings and prepared statements in their sessions, and a pooler
//! that gives a session to another client after each transaction takes them away.

/// What to do about it.
pub const POOLER: &str = "a pooler such as PgBouncer stands in front of PostgreSQL; name PostgreSQL's own address: settings and prepared statements \
                    of a session would not last, and few connections are needed";

/// What a pooler answers, in the words of `PgBouncer`: to a session's settings, and to a statement that another session prepared.
const SAID_BY_POOLERS: [&str; 2] = ["unsupported startup parameter", "prepared statement \"sqlx_s_"];

/// What to do about an error of the database that only a pooler gives.
#[must_use]
pub fn pooler_hint(error: &str) -> Option<&'static str> {
    SAID_BY_POOLERS
        .iter()
        .any(|said| error.contains(said))
        .then_some(POOLER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_poolers_words_name_it() {
        for error in [
            "error returned from database: unsupported startup parameter: options",
            "error returned from database: unsupported startup parameter: extra_float_digits",
            "error returned from database: prepared statement \"sqlx_s_1\" already exists",
        ] {
            assert!(
                pooler_hint(error).is_some_and(|hint| hint.contains("PgBouncer")),
                "{error}"
            );
        }
        assert_eq!(pooler_hint("password authentication failed for user \"me\""), None);
    }
}
