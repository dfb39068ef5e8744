//! What there is to see in a picture: where the thing lies in its square, and the part of it that is worth a look from near.
//!
//! Found by drawing the picture once, 72 pixels wide (1 ms in a release build); remembered for as long as the shop runs, so only names of
//! the catalogue are asked for.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree};

/// Units of a side of every picture.
pub const SIDE: f32 = 36.0;
/// Pixels of a side while it is looked at: two a unit.
const PIXELS: u16 = 72;
/// A pixel that hides more of what is behind it than this belongs to the thing.
const OPAQUE: u8 = 40;
/// The part that is seen from near, of the thing's longer side, in percent.
const NEAR: u16 = 46;
/// How little of that part may be empty, in percent: a close-up of air shows nothing.
const FULL: u32 = 82;

/// How many times smaller a thing must be along a diagonal to lie there.
const SLANTED: f32 = 1.3;

/// A rectangle in a picture, in its units.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Extent {
    pub x: f32,
    pub y: f32,
    pub width: f32,
    pub height: f32,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Look {
    /// Where the thing lies.
    pub thing: Extent,
    /// The square in which most happens.
    pub near: Extent,
    /// How it lies, how long it is in that direction and how broad across it.
    pub lie: Lie,
    pub length: f32,
    pub breadth: f32,
}

/// The direction of a thing's longer side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lie {
    Level,
    Upright,
    /// From the left below to the right above, as many long things are drawn.
    Rising,
    Falling,
}

static LOOKS: LazyLock<Mutex<HashMap<String, Option<Look>>>> = LazyLock::new(Mutex::default);

/// None for a picture that doesn't exist or is empty.
#[must_use]
pub fn look(name: &str) -> Option<Look> {
    let mut looks = LOOKS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = looks.get(name) {
        return *known;
    }
    let found = super::find(name).and_then(Seen::of).and_then(|seen| seen.look());
    looks.insert(name.to_owned(), found);
    found
}

/// A drawn picture: for each pixel its colour, red, green, blue and how much it hides.
struct Seen(Vec<[u8; 4]>);

impl Seen {
    fn of(svg: &str) -> Option<Self> {
        let tree = Tree::from_str(svg, &Options::default()).ok()?;
        let mut pixels = Pixmap::new(PIXELS.into(), PIXELS.into())?;
        let scale = f32::from(PIXELS) / tree.size().width();
        resvg::render(&tree, Transform::from_scale(scale, scale), &mut pixels.as_mut());
        let colours = pixels.pixels().iter();
        Some(Self(
            colours
                .map(|colour| [colour.red(), colour.green(), colour.blue(), colour.alpha()])
                .collect(),
        ))
    }

    fn at(&self, x: u16, y: u16) -> [u8; 4] {
        self.0[usize::from(y) * usize::from(PIXELS) + usize::from(x)]
    }

    fn is_thing(&self, x: u16, y: u16) -> bool {
        self.at(x, y)[3] > OPAQUE
    }

    fn look(&self) -> Option<Look> {
        let of_thing = |line: fn(u16, u16) -> (u16, u16)| {
            let holds = move |a: u16| {
                (0..PIXELS).any(|b| {
                    let (x, y) = line(a, b);
                    self.is_thing(x, y)
                })
            };
            let first = (0..PIXELS).find(|a| holds(*a))?;
            let last = (first..PIXELS).rev().find(|a| holds(*a))?;
            Some((first, last + 1 - first))
        };
        let (x, width) = of_thing(|a, b| (a, b))?;
        let (y, height) = of_thing(|a, b| (b, a))?;
        let side = (width.max(height) * NEAR / 100).clamp(12, PIXELS);
        let places = (0..=PIXELS - side).flat_map(|y| (0..=PIXELS - side).map(move |x| (x, y)));
        let sums = Sums::of(self);
        let (near_x, near_y) = places.max_by_key(|(x, y)| sums.interest(*x, *y, side))?;
        let units = |pixels: u16| f32::from(pixels) * SIDE / f32::from(PIXELS);
        let extent = |x, y, width, height| Extent {
            x: units(x),
            y: units(y),
            width: units(width),
            height: units(height),
        };
        let thing = extent(x, y, width, height);
        let (lie, length, breadth) = self
            .slanted()
            .filter(|(_, length, breadth)| {
                // A ball is as large either way; a pencil is much smaller when it is measured along itself.
                length * breadth * SLANTED < thing.width * thing.height
            })
            .unwrap_or(if thing.width >= thing.height {
                (Lie::Level, thing.width, thing.height)
            } else {
                (Lie::Upright, thing.height, thing.width)
            });
        Some(Look {
            thing,
            near: extent(near_x, near_y, side, side),
            lie,
            length,
            breadth,
        })
    }

    /// How long and broad it is along the diagonals.
    fn slanted(&self) -> Option<(Lie, f32, f32)> {
        let places = || (0..PIXELS).flat_map(|y| (0..PIXELS).map(move |x| (x, y)));
        let thing = || places().filter(|(x, y)| self.is_thing(*x, *y));
        let span = |along: fn((u16, u16)) -> u16| Some(thing().map(along).max()? - thing().map(along).min()? + 1);
        let falling = span(|(x, y)| x + y)?;
        let rising = span(|(x, y)| x + PIXELS - y)?;
        let units = |steps: u16| f32::from(steps) * std::f32::consts::FRAC_1_SQRT_2 * SIDE / f32::from(PIXELS);
        Some(if rising > falling {
            (Lie::Rising, units(rising), units(falling))
        } else {
            (Lie::Falling, units(falling), units(rising))
        })
    }

    /// How much changes from this pixel to the second one beside it and below it.
    fn changes(&self, x: u16, y: u16) -> u32 {
        let [red, green, blue, hides] = self.at(x, y);
        let from = |[r, g, b, h]: [u8; 4]| {
            let colour = u32::from(red.abs_diff(r)) + u32::from(green.abs_diff(g)) + u32::from(blue.abs_diff(b));
            colour + u32::from(hides.abs_diff(h))
        };
        from(self.at(x + 2, y)) + from(self.at(x, y + 2))
    }
}

/// What lies to the left of and above each pixel, of every second column and row: how many pixels belong to the thing, and how much changes
/// from pixel to pixel. The sum over a square is the difference of its corners' (a summed-area table).
struct Sums(Vec<Sum>);

#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    filled: u32,
    changes: u32,
}

impl Sums {
    fn of(seen: &Seen) -> Self {
        let mut sums = Self(vec![Sum::default(); usize::from(PIXELS) * usize::from(PIXELS)]);
        for y in 2..PIXELS {
            for x in 2..PIXELS {
                let (corner, above, beside) = (sums.at(x - 2, y - 2), sums.at(x, y - 2), sums.at(x - 2, y));
                let (filled, changes) = (seen.is_thing(x - 2, y - 2), seen.changes(x - 2, y - 2));
                sums.0[Self::index(x, y)] = Sum {
                    filled: above.filled + beside.filled - corner.filled + u32::from(filled),
                    changes: above.changes + beside.changes - corner.changes + changes,
                };
            }
        }
        sums
    }

    fn index(x: u16, y: u16) -> usize {
        usize::from(y) * usize::from(PIXELS) + usize::from(x)
    }

    fn at(&self, x: u16, y: u16) -> Sum {
        self.0[Self::index(x, y)]
    }

    /// How much of a square the thing fills, and how much changes in it.
    fn interest(&self, left: u16, top: u16, side: u16) -> (u32, u32) {
        let steps = (side - 2).div_ceil(2);
        let (right, bottom) = (left + 2 * steps, top + 2 * steps);
        let corners = [(right, bottom), (left, top), (left, bottom), (right, top)];
        let [low, high, beside, above] = corners.map(|(x, y)| self.at(x, y));
        let filled = low.filled + high.filled - beside.filled - above.filled;
        let percent = 100 * filled / u32::from(steps * steps).max(1);
        // Full enough first; then what changes most.
        (
            percent.min(FULL),
            low.changes + high.changes - beside.changes - above.changes,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thing_is_found_in_its_square_and_a_close_up_shows_where_something_happens() {
        let svg = r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 36 36"><rect x="2" y="18" width="32" height="16" fill="#888"/><path fill="#f00" d="M28 20h4v4h-4z"/><path fill="#00f" d="M26 26h4v4h-4z"/></svg>"##;
        let look = Seen::of(svg).and_then(|seen| seen.look()).expect("a thing");
        assert_eq!((look.thing.x, look.thing.y), (2.0, 18.0));
        assert_eq!((look.thing.width, look.thing.height), (32.0, 16.0));
        let Extent { x, y, width, height } = look.near;
        assert!(x <= 26.5 && x + width >= 31.5, "{x} {width}");
        assert!(y >= 17.0 && y + height <= 35.0, "{y} {height}");
    }

    #[test]
    fn a_long_thing_is_measured_along_itself() {
        let lies = |shape: &str| {
            let svg = format!(r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 36 36">{shape}</svg>"#);
            let look = Seen::of(&svg).and_then(|seen| seen.look()).expect("a thing");
            (look.lie, look.length.round(), look.breadth.round())
        };
        assert_eq!(lies(r#"<path d="M4 10h28v6H4z"/>"#), (Lie::Level, 28.0, 6.0));
        assert_eq!(lies(r#"<path d="M10 4v28h6V4z"/>"#), (Lie::Upright, 28.0, 6.0));
        assert_eq!(lies(r#"<circle cx="18" cy="18" r="14"/>"#), (Lie::Level, 28.0, 28.0));
        let pencil = r#"<path stroke="black" stroke-width="4" d="M6 30 30 6"/>"#;
        let (lie, length, breadth) = lies(pencil);
        assert_eq!(lie, Lie::Rising);
        assert!(
            (33.0..36.0).contains(&length) && (4.0..6.0).contains(&breadth),
            "{length} {breadth}"
        );
        assert_eq!(
            lies(r#"<path stroke="black" stroke-width="4" d="M6 6 30 30"/>"#).0,
            Lie::Falling
        );
    }

    #[test]
    fn what_is_empty_or_no_picture_has_nothing_to_look_at() {
        let empty = r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 36 36"/>"#;
        assert!(Seen::of(empty).and_then(|seen| seen.look()).is_none());
        assert!(look("no-such-picture").is_none());
        assert_eq!(look("1fad6"), look("1fad6"), "the same every time");
    }
}
