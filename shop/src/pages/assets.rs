//! The files of `static/` that pages refer to: built into the program, named by their content, cached for ever.

use std::io::Write as _;
use std::sync::LazyLock;

use flate2::Compression;
use flate2::write::GzEncoder;
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
    /// Forms that were half filled or refused.
    Forms,
    /// What was just recorded.
    Drawer,
    /// The look of the pages under `/data`, and what is live on them.
    DataStyle,
    Data,
    Icon,
}

/// Its address changes with its content, so a cached copy is never stale.
static ADDRESSES: LazyLock<[String; Asset::ALL.len()]> = LazyLock::new(|| {
    Asset::ALL.map(|asset| {
        let digest = Sha256::digest(asset.content());
        format!("/static/{}/{}", hex::encode(&digest[..6]), asset.file_name())
    })
});

/// Pages are compressed in haste, for each visitor anew; these once, as far as it goes.
static COMPRESSED: LazyLock<[Option<Vec<u8>>; Asset::ALL.len()]> = LazyLock::new(|| {
    Asset::ALL.map(|asset| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        let written = encoder.write_all(asset.content()).and_then(|()| encoder.finish());
        // Writing to memory doesn't fail; if it did, the file would go out as it is.
        written
            .ok()
            .filter(|compressed| compressed.len() < asset.content().len())
    })
});

impl Asset {
    pub const ALL: [Self; 9] = [
        Self::Style,
        Self::Script,
        Self::Suggest,
        Self::Cart,
        Self::Forms,
        Self::Drawer,
        Self::DataStyle,
        Self::Data,
        Self::Icon,
    ];

    #[must_use]
    pub const fn file_name(self) -> &'static str {
        match self {
            Self::Style => "main.css",
            Self::Script => "main.js",
            Self::Suggest => "suggest.js",
            Self::Cart => "cart.js",
            Self::Forms => "forms.js",
            Self::Drawer => "drawer.js",
            Self::DataStyle => "data.css",
            Self::Data => "data.js",
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
            Self::Forms => include_bytes!("../../../static/js/forms.js"),
            Self::Drawer => include_bytes!("../../../static/js/drawer.js"),
            Self::DataStyle => include_bytes!("../../../static/css/data.css"),
            Self::Data => include_bytes!("../../../static/js/data.js"),
            Self::Icon => include_bytes!("../../../static/pictures/icon.svg"),
        }
    }

    /// The content in gzip, where that is smaller.
    #[must_use]
    pub fn compressed(self) -> Option<&'static [u8]> {
        COMPRESSED[self as usize].as_deref()
    }

    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Style | Self::DataStyle => "text/css; charset=utf-8",
            Self::Script | Self::Suggest | Self::Cart | Self::Forms | Self::Drawer | Self::Data => {
                "text/javascript; charset=utf-8"
            }
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

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::GzDecoder;

    use super::*;

    #[test]
    fn what_is_sent_compressed_is_the_file() {
        for asset in Asset::ALL {
            let compressed = asset.compressed().unwrap();
            let mut content = Vec::new();
            GzDecoder::new(compressed).read_to_end(&mut content).unwrap();
            assert_eq!(content, asset.content(), "{}", asset.file_name());
        }
    }

    #[test]
    fn the_script_that_every_page_has_is_below_eight_kilobytes() {
        assert!(Asset::Script.compressed().unwrap().len() < 8000);
    }
}
