//! The files of `static/` that pages refer to: built into the program, named by their content, cached for ever.

use std::sync::LazyLock;

use libdeflater::CompressionLvl;
use sha2::{Digest, Sha256};

use crate::gzip;

const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

/// A static file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asset {
    Style,
    /// What every page has: the cart without leaving the page, help with forms, and what the browser tells by itself. One file, because
    /// together they are a fifth smaller, and fetched at once; the telling stands last, so that nothing else waits for it.
    Script,
    /// Suggestions as one types.
    Suggest,
    /// Forms that were half filled.
    Keep,
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

/// As it is sent: scripts without what only explains them and without indentation. A position in an error is one of the sent file.
static LEAN: LazyLock<[Vec<u8>; Asset::ALL.len()]> = LazyLock::new(|| {
    Asset::ALL.map(|asset| match asset.content_type() {
        JAVASCRIPT => asset.files().iter().flat_map(|file| lean(file)).collect(),
        _ => asset.files().concat(),
    })
});

fn lean(file: &[u8]) -> Vec<u8> {
    let Ok(text) = std::str::from_utf8(file) else {
        return file.to_vec();
    };
    let code = text.lines().map(|line| without_explanation(line.trim_start()));
    let code = code.filter(|line| !line.is_empty());
    code.flat_map(|line| [line.as_bytes(), b"\n"].concat()).collect()
}

/// Behind code only where a statement has just ended and no text can be open.
fn without_explanation(line: &str) -> &str {
    let end = ["; // ", "{ // ", ", // "]
        .into_iter()
        .filter_map(|mark| line.find(mark))
        .min();
    match end {
        _ if line.starts_with("//") => "",
        Some(at) if !line[at + 1..].contains(['"', '`']) => &line[..=at],
        _ => line,
    }
}

/// Pages are compressed in haste, for each visitor anew; these once, as far as it goes.
static COMPRESSED: LazyLock<[Option<Vec<u8>>; Asset::ALL.len()]> = LazyLock::new(|| {
    Asset::ALL.map(|asset| {
        let compressed = gzip::compressed(asset.content(), CompressionLvl::best())?;
        (compressed.len() < asset.content().len()).then_some(compressed)
    })
});

impl Asset {
    pub const ALL: [Self; 8] = [
        Self::Style,
        Self::Script,
        Self::Suggest,
        Self::Keep,
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
            Self::Keep => "keep.js",
            Self::Drawer => "drawer.js",
            Self::DataStyle => "data.css",
            Self::Data => "data.js",
            Self::Icon => "icon.svg",
        }
    }

    /// As it is sent.
    #[must_use]
    pub fn content(self) -> &'static [u8] {
        &LEAN[self as usize]
    }

    /// As it stands in `static/`.
    const fn files(self) -> &'static [&'static [u8]] {
        match self {
            Self::Style => &[include_bytes!("../../../static/css/main.css")],
            Self::Script => &[
                include_bytes!("../../../static/js/cart.js"),
                include_bytes!("../../../static/js/forms.js"),
                include_bytes!("../../../static/js/main.js"),
            ],
            Self::Suggest => &[include_bytes!("../../../static/js/suggest.js")],
            Self::Keep => &[include_bytes!("../../../static/js/keep.js")],
            Self::Drawer => &[include_bytes!("../../../static/js/drawer.js")],
            Self::DataStyle => &[include_bytes!("../../../static/css/data.css")],
            Self::Data => &[include_bytes!("../../../static/js/data.js")],
            Self::Icon => &[include_bytes!("../../../static/pictures/icon.svg")],
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
            Self::Script | Self::Suggest | Self::Keep | Self::Drawer | Self::Data => JAVASCRIPT,
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
    fn the_script_that_every_page_has_is_below_eight_kibibytes() {
        let size = Asset::Script.compressed().unwrap().len();
        assert!(size < 8 * 1024, "{size}");
    }

    #[test]
    fn a_script_is_sent_without_what_only_explains_it() {
        for asset in Asset::ALL
            .into_iter()
            .filter(|asset| asset.content_type() == JAVASCRIPT)
        {
            let (files, sent) = (asset.files().concat(), asset.content());
            let (files, sent) = (std::str::from_utf8(&files).unwrap(), std::str::from_utf8(sent).unwrap());
            assert!(sent.len() < files.len() && !sent.contains("\n//"));
            // A text over several lines would lose its indentation.
            assert!(
                files.lines().all(|line| line.matches('`').count() % 2 == 0),
                "{}",
                asset.file_name()
            );
        }
        assert_eq!(without_explanation("const MOST = 4; // at a time"), "const MOST = 4;");
        assert_eq!(without_explanation("say(\"a; // b\");"), "say(\"a; // b\");");
    }
}
