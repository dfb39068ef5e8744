//! How a visitor wants the pages to appear.

/// Light or dark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Theme {
    /// As the visitor's system is.
    #[default]
    System,
    Light,
    Dark,
}

impl Theme {
    pub const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    /// The name in the cookie, in the form and in the page.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|theme| theme.code() == code)
    }
}

/// Whether pages have the drawer that shows what was just recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Drawer {
    #[default]
    There,
    /// There, and open.
    Open,
    Gone,
}

impl Drawer {
    pub const ALL: [Self; 3] = [Self::There, Self::Open, Self::Gone];

    /// The name in the cookie and in the form.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::There => "there",
            Self::Open => "open",
            Self::Gone => "gone",
        }
    }

    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|drawer| drawer.code() == code)
    }

    /// What the switch makes of it.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::There | Self::Open => Self::Gone,
            Self::Gone => Self::There,
        }
    }
}
