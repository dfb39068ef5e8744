//! The columns of the sink's table, from the very migrations that make it (PostgreSQL's, which have the real types).
//!
//! Understands what the migrations use: `CREATE TABLE .. (..)`, `ALTER TABLE .. ADD COLUMN ..`.

/// The migrations, in their order.
const MIGRATIONS: &[&str] = include!(concat!(env!("OUT_DIR"), "/migrations.rs"));

/// A column as PostgreSQL has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Column {
    pub(crate) name: String,
    /// `TEXT`, `BIGINT`, `TIMESTAMPTZ`, ...
    pub(crate) kind: String,
    pub(crate) required: bool,
}

/// The columns of this table, in their order; none when no migration makes it.
pub(crate) fn columns(table: &str) -> Vec<Column> {
    MIGRATIONS.iter().flat_map(|text| columns_in(text, table)).collect()
}

fn columns_in(text: &str, table: &str) -> Vec<Column> {
    let lines = text
        .lines()
        .map(|line| line.split("--").next().unwrap_or_default().trim());
    let text: String = lines.flat_map(|line| [line, " "]).collect();
    text.split(';')
        .flat_map(|statement| in_statement(statement.trim(), table))
        .collect()
}

fn in_statement(statement: &str, table: &str) -> Vec<Column> {
    let words: Vec<&str> = statement.split_whitespace().collect();
    match words[..] {
        ["CREATE", "TABLE", name, ..] if name.trim_end_matches('(') == table => {
            let inside = statement.split_once('(').map_or("", |(_, inside)| inside);
            let inside = inside.rsplit_once(") PARTITION").map_or(inside, |(inside, _)| inside);
            inside.trim_end_matches(')').split(',').filter_map(column).collect()
        }
        ["ALTER", "TABLE", name, ..] if name == table => {
            let added = statement.split("ADD COLUMN").skip(1);
            added
                .filter_map(|added| column(added.trim_end_matches([' ', ','])))
                .collect()
        }
        _ => Vec::new(),
    }
}

fn column(text: &str) -> Option<Column> {
    const NO_COLUMNS: [&str; 5] = ["PRIMARY", "FOREIGN", "UNIQUE", "CHECK", "CONSTRAINT"];
    let mut words = text.trim().trim_start_matches("IF NOT EXISTS").split_whitespace();
    let name = words.next().filter(|name| !NO_COLUMNS.contains(name))?;
    let kind = words.next()?;
    Some(Column {
        name: name.to_owned(),
        kind: kind.to_uppercase(),
        required: text.to_uppercase().contains("NOT NULL") || text.to_uppercase().contains("PRIMARY KEY"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_columns_are_those_of_the_migrations() {
        let columns = columns("user_activity_log");
        let named = |name: &str| columns.iter().find(|column| column.name == name).cloned();
        let event_time = Column {
            name: "event_time".to_owned(),
            kind: "TIMESTAMPTZ".to_owned(),
            required: true,
        };
        assert_eq!(columns.first(), Some(&event_time));
        assert_eq!(named("user_id").map(|column| column.required), Some(false));
        assert!(named("kafka_offset").is_some());
    }

    #[test]
    fn a_later_column_is_added() {
        let text =
            "ALTER TABLE t ADD COLUMN bot BOOLEAN, ADD COLUMN visitor_id TEXT; -- why\nCREATE INDEX i ON t (bot);";
        let names: Vec<String> = columns_in(text, "t").into_iter().map(|column| column.name).collect();
        assert_eq!(names, ["bot", "visitor_id"]);
    }
}
