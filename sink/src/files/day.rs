//! The name of a daily file, `NAME-YYYY-MM-DD.log`, both ways.

use schemas::topic::LogFile;
use time::Date;
use time::macros::format_description;

/// One day of a family of log files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct DayFile {
    pub file: LogFile,
    pub day: Date,
}

impl DayFile {
    pub(crate) fn name(self) -> String {
        self.file.file_name(self.day)
    }

    /// Reads a name back; none for every name that the sink would not have given.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        let stem = name.strip_suffix(".log")?;
        LogFile::ALL.into_iter().find_map(|file| {
            let day = stem.strip_prefix(file.name())?.strip_prefix('-')?;
            let day = Date::parse(day, format_description!("[year]-[month]-[day]")).ok()?;
            let found = Self { file, day };
            (found.name() == name).then_some(found)
        })
    }
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    #[test]
    fn a_name_reads_back_and_foreign_names_do_not() {
        for file in LogFile::ALL {
            let leap_day = DayFile {
                file,
                day: date!(2024 - 02 - 29),
            };
            assert_eq!(DayFile::from_name(&leap_day.name()), Some(leap_day));
        }
        for foreign in [
            "app.log",
            "app-2025-02-30.log",
            "app-2025-01-01.log.gz",
            "app-+2025-01-01.log",
            "other-2025-01-01.log",
            "sink-diagnostics.2025-01-01.log",
            "App-2025-01-01.log",
        ] {
            assert_eq!(DayFile::from_name(foreign), None, "{foreign}");
        }
    }
}
