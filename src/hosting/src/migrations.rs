/// A migrator of the files `migrations/FOLDER/NAME.sql` of the crate that asks, each named `VERSION_WHAT`, in the order of their versions.
///
/// A list rather than sqlx's own macro: that one has sqlx and SQLite built a second time, for the compiler.
#[macro_export]
macro_rules! migrations {
    ($folder:literal: $($name:literal),+ $(,)?) => {
        ::sqlx::migrate::Migrator::with_migrations(::std::vec![$(::sqlx::migrate::Migration::new(
            $crate::version($name),
            ::std::borrow::Cow::Owned($crate::description($name)),
            ::sqlx::migrate::MigrationType::Simple,
            ::sqlx::SqlStr::from_static(::core::include_str!(::core::concat!(
                ::core::env!("CARGO_MANIFEST_DIR"), "/migrations/", $folder, "/", $name, ".sql"
            ))),
            false,
        )),+])
    };
}

/// The number before the first `_` of a file's name.
#[doc(hidden)]
#[must_use]
pub fn version(name: &str) -> i64 {
    let digits = name.bytes().take_while(u8::is_ascii_digit);
    digits.fold(0, |number, digit| number * 10 + i64::from(digit - b'0'))
}

/// What sqlx calls the migration of a file: its name behind the version, in words.
#[doc(hidden)]
#[must_use]
pub fn description(name: &str) -> String {
    let what = name.split_once('_').map_or(name, |(_, what)| what);
    what.replace('_', " ")
}
