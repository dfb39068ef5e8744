//! A picture as a link's preview: PNG, 1200 by 630, the thing with its shadow on the ground of its category.
//!
//! Promises: the same picture every time; takes half a second in a debug build, so whoever asks keeps the result. The ground is
//! `oklch(0.95 0.035 hue)`, as in the style sheet.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree};

const WIDTH: u32 = 1200;
const HEIGHT: u32 = 630;

/// PNGs that were drawn once, by name: at most one for each picture of the catalogue.
#[derive(Debug, Clone, Default)]
pub(super) struct Drawn(Arc<Mutex<HashMap<String, Bytes>>>);

impl Drawn {
    pub(super) fn get(&self, name: &str) -> Option<Bytes> {
        let drawn = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        drawn.get(name).cloned()
    }

    pub(super) fn keep(&self, name: String, png: Bytes) {
        let mut drawn = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        drawn.insert(name, png);
    }
}

/// None when the picture can't be read.
pub(super) fn png(picture: &str, hue: u16) -> Option<Bytes> {
    let tree = Tree::from_str(&scene(picture, hue)?, &Options::default()).ok()?;
    let mut pixels = Pixmap::new(WIDTH, HEIGHT)?;
    resvg::render(&tree, Transform::identity(), &mut pixels.as_mut());
    pixels.encode_png().ok().map(Bytes::from)
}

fn scene(picture: &str, hue: u16) -> Option<String> {
    let inner = picture.strip_prefix("<svg ")?;
    let (wall, floor) = (colour(0.95, 0.035, hue), colour(0.91, 0.045, hue));
    Some(format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}">
<rect width="{WIDTH}" height="{HEIGHT}" fill="{wall}"/><rect y="450" width="{WIDTH}" height="180" fill="{floor}"/>
<ellipse cx="600" cy="506" rx="180" ry="20" fill="#2a2320" fill-opacity="0.16"/>
<svg x="390" y="105" width="420" height="420" {inner}</svg>"##
    ))
}

/// Björn Ottosson's OKLCH in sRGB: <https://bottosson.github.io/posts/oklab/>.
fn colour(lightness: f64, chroma: f64, hue: u16) -> String {
    let angle = f64::from(hue).to_radians();
    let (red_green, blue_yellow) = (chroma * angle.cos(), chroma * angle.sin());
    let cone = |on_a: f64, on_b: f64| (lightness + on_a * red_green + on_b * blue_yellow).powi(3);
    let long = cone(0.396_337_777_4, 0.215_803_757_3);
    let medium = cone(-0.105_561_345_8, -0.063_854_172_8);
    let short = cone(-0.089_484_177_5, -1.291_485_548);
    let channel = |linear: f64| {
        let linear = linear.clamp(0.0, 1.0);
        let curved = if linear <= 0.003_130_8 {
            12.92 * linear
        } else {
            1.055 * linear.powf(1.0 / 2.4) - 0.055
        };
        (curved * 255.0).round()
    };
    format!(
        "rgb({},{},{})",
        channel(4.076_741_662_1 * long - 3.307_711_591_3 * medium + 0.230_969_929_2 * short),
        channel(-1.268_438_004_6 * long + 2.609_757_401_1 * medium - 0.341_319_396_5 * short),
        channel(-0.004_196_086_3 * long - 0.703_418_614_7 * medium + 1.707_614_701 * short)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_those_of_the_style_sheet() {
        assert_eq!(colour(1.0, 0.0, 0), "rgb(255,255,255)");
        assert_eq!(colour(0.0, 0.0, 0), "rgb(0,0,0)");
        // The accent, as browsers show oklch(0.55 0.17 38).
        let accent = colour(0.55, 0.17, 38);
        assert!(accent.starts_with("rgb(18") || accent.starts_with("rgb(19"), "{accent}");
    }

    #[test]
    fn a_preview_is_a_png_with_the_thing_in_its_middle() {
        let red = r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 36 36"><rect width="36" height="36" fill="#ff0000"/></svg>"##;
        let png = png(red, 40).expect("a picture");
        let pixels = Pixmap::decode_png(&png).expect("a PNG");
        assert_eq!((pixels.width(), pixels.height()), (WIDTH, HEIGHT));
        let at = |x, y| {
            pixels
                .pixel(x, y)
                .map(|pixel| (pixel.red(), pixel.green(), pixel.blue()))
        };
        assert_eq!(at(600, 300), Some((255, 0, 0)));
        assert_ne!(at(20, 20), Some((255, 0, 0)));
        assert!(png_of_nothing().is_none());
    }

    fn png_of_nothing() -> Option<Bytes> {
        png("no picture", 0)
    }
}
