//! What is a question at all.

use super::AskError;

/// The statement without its last semicolon, when it is one that only reads.
pub(super) fn only(sql: &str) -> Result<&str, AskError> {
    let sql = sql.trim().trim_end_matches(';').trim_end();
    // Even within a text: who reads texts differently than the database would let a second statement through.
    if sql.contains(';') {
        return Err(AskError::Several);
    }
    let word: String = begins(sql).chars().take_while(char::is_ascii_alphabetic).collect();
    let reads = ["select", "with", "values", "explain"]
        .iter()
        .any(|first| word.eq_ignore_ascii_case(first));
    if reads { Ok(sql) } else { Err(AskError::NoQuestion) }
}

/// Behind leading blanks, brackets and comments.
fn begins(sql: &str) -> &str {
    let mut rest = sql;
    loop {
        rest = rest.trim_start();
        if let Some(comment) = rest.strip_prefix("--") {
            rest = comment.split_once('\n').map_or("", |(_, after)| after);
        } else if let Some(comment) = rest.strip_prefix("/*") {
            rest = comment.split_once("*/").map_or("", |(_, after)| after);
        } else {
            return rest;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_single_statement_that_reads_is_a_question() {
        for sql in [
            "SELECT 1",
            "select 1;",
            "  with a as (select 1) select * from a ;",
            "-- why\nvalues (1)",
            "/* x */ explain select 1",
        ] {
            assert!(only(sql).is_ok(), "{sql}");
        }
        for sql in [
            "",
            "delete from user_activity_log",
            "attach database 'shop.db' as shop",
            "pragma query_only = off",
            "select 1; attach database 'shop.db' as shop",
            "select ';' , 1 ; drop table product",
            "-- select\ndrop table product",
            "/* select */ update product set price = 0",
        ] {
            assert!(only(sql).is_err(), "{sql}");
        }
    }
}
