//! The topics and the daily files they end in.

/// A Kafka topic of the shop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    Request,
    App,
    View,
    Search,
    Cart,
    Order,
    Account,
    Dwell,
    Click,
    Exposure,
    /// What is sold: the last message of each product stays for ever (compacted).
    Product,
    /// What the sink refused: the original bytes, with reason and coordinates in headers.
    DeadLetter,
}

/// A family of daily files, `NAME-YYYY-MM-DD.log`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LogFile {
    /// How the shop works: requests and application lines.
    App,
    /// What people did.
    UserActivity,
    /// What was sold, and from when.
    Product,
}

impl Topic {
    pub const ALL: [Self; 12] = [
        Self::Request,
        Self::App,
        Self::View,
        Self::Search,
        Self::Cart,
        Self::Order,
        Self::Account,
        Self::Dwell,
        Self::Click,
        Self::Exposure,
        Self::Product,
        Self::DeadLetter,
    ];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Request => "shop.request",
            Self::App => "shop.app",
            Self::View => "shop.view",
            Self::Search => "shop.search",
            Self::Cart => "shop.cart",
            Self::Order => "shop.order",
            Self::Account => "shop.account",
            Self::Dwell => "shop.dwell",
            Self::Click => "shop.click",
            Self::Exposure => "shop.exposure",
            Self::Product => "shop.product",
            Self::DeadLetter => "shop.dead-letter",
        }
    }

    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|topic| topic.name() == name)
    }

    /// The daily file that keeps this topic's messages; none for dead letters.
    #[must_use]
    pub const fn log_file(self) -> Option<LogFile> {
        match self {
            Self::Request | Self::App => Some(LogFile::App),
            Self::Product => Some(LogFile::Product),
            Self::DeadLetter => None,
            _ => Some(LogFile::UserActivity),
        }
    }

    /// Whether each message is also a row of `user_activity_log`.
    #[must_use]
    pub fn has_rows(self) -> bool {
        self.log_file() == Some(LogFile::UserActivity)
    }

    /// Kafka keeps the last message of each key, however old it is, instead of all messages for a time.
    #[must_use]
    pub const fn is_compacted(self) -> bool {
        matches!(self, Self::Product)
    }

    /// The topics that the sink reads: all but its own dead letters.
    pub fn consumed() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|topic| *topic != Self::DeadLetter)
    }
}

impl LogFile {
    pub const ALL: [Self; 3] = [Self::App, Self::UserActivity, Self::Product];

    /// What stands before `-YYYY-MM-DD.log`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::App => "app",
            Self::UserActivity => "user_activity",
            Self::Product => "product",
        }
    }

    /// `user_activity-2025-05-14.log`
    #[must_use]
    pub fn file_name(self, day: time::Date) -> String {
        format!(
            "{}-{:04}-{:02}-{:02}.log",
            self.name(),
            day.year(),
            u8::from(day.month()),
            day.day()
        )
    }
}
