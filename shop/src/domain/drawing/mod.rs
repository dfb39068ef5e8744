//! The pictures of what is sold, as SVG: Twemoji's by their code points (`1fad6`), the shop's own by their names (`coffee-bag`); each 36 by
//! 36 units. With what a page needs to show a thing from near and beside something known.
//!
//! Not for: colours and grounds, which are the style sheet's.

mod look;
mod own;
mod size;

use twemoji_assets::svg::SvgTwemojiAsset;

pub use look::{Extent, Lie, Look, SIDE, look};
pub use size::{Beside, Known, beside};

/// The picture of this name. Twemoji's file names leave out the variation selector that some emoji end in.
#[must_use]
pub fn find(name: &str) -> Option<&'static str> {
    own::find(name).or_else(|| twemoji(name))
}

fn twemoji(code_points: &str) -> Option<&'static str> {
    let character = |digits: &str| u32::from_str_radix(digits, 16).ok().and_then(char::from_u32);
    let mut emoji: String = code_points.split('-').map(character).collect::<Option<_>>()?;
    let found = SvgTwemojiAsset::from_emoji(&emoji).or_else(|| {
        emoji.push('\u{fe0f}');
        SvgTwemojiAsset::from_emoji(&emoji)
    });
    found.map(|asset| asset.data.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_found_by_its_code_points_or_its_name() {
        for known in ["1fad6", "2702", "1f415-200d-1f9ba", "1f373", "coffee-bag"] {
            assert!(find(known).is_some_and(|svg| svg.starts_with("<svg ")), "{known}");
        }
        for unknown in ["", "zz", "1fad6-", "41-42", "110000", "coffee-bag.svg"] {
            assert!(find(unknown).is_none(), "{unknown}");
        }
    }
}
