//! The files of `static/` that pages refer to: built into the program, named by their content, cached for ever.

use std::fmt::Write;
use std::sync::LazyLock;

use sha2::{Digest, Sha256};

/// A static file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asset {
    Style,
    Script,
    /// Suggestions as one types.
    Suggest,
    /// The cart, without leaving the page.
    Cart,
    /// What was just recorded.
    Drawer,
    Icon,
}

/// Its address changes with its content, so a cached copy is never stale.
static ADDRESSES: LazyLock<[String; 6]> = LazyLock::new(|| {
    Asset::ALL.map(|asset| {
        let mut address = "/static/".to_owned();
        for byte in Sha256::digest(asset.content()).iter().take(6) {
            let _ = write!(address, "{byte:02x}");
        }
        address + "/" + asset.file_name()
    })
});

impl Asset {
    pub const ALL: [Self; 6] = [
        Self::Style,
        Self::Script,
        Self::Suggest,
        Self::Cart,
        Self::Drawer,
        Self::Icon,
    ];

    #[must_use]
    pub const fn file_name(self) -> &'static str {
        match self {
            Self::Style => "main.css",
            Self::Script => "main.js",
            Self::Suggest => "suggest.js",
            Self::Cart => "cart.js",
            Self::Drawer => "drawer.js",
            Self::Icon => "icon.svg",
        }
    }

    #[must_use]
    pub const fn content(self) -> &'static [u8] {
        match self {
            Self::Style => include_bytes!("../../../static/css/main.css"),
            Self::Script => include_bytes!("../../../static/js/main.js"),
            Self::Suggest => include_bytes!("../../../static/js/suggest.js"),
            Self::Cart => include_bytes!("../../../static/js/cart.js"),
            Self::Drawer => include_bytes!("../../../static/js/drawer.js"),
            Self::Icon => include_bytes!("../../../static/pictures/icon.svg"),
        }
    }

    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Style => "text/css; charset=utf-8",
            Self::Script | Self::Suggest | Self::Cart | Self::Drawer => "text/javascript; charset=utf-8",
            Self::Icon => "image/svg+xml",
        }
    }

    /// `/static/VERSION/NAME`
    #[must_use]
    pub fn address(self) -> &'static str {
        &ADDRESSES[self as usize]
    }

    /// The file at this version and name, if it is this program's.
    #[must_use]
    pub fn at(address: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|asset| asset.address() == address)
    }
}
