//! A product's pictures: whole, from near, and beside something whose size everybody knows. All of them are made of the one file that the
//! page needs anyway, so two more views cost no request.
//!
//! No script: on a phone they lie in a row that snaps, with the next one's edge in sight, and take the arrow keys when they have the focus;
//! elsewhere all are seen at once.

use std::fmt;

use maud::{Markup, html};

use super::super::Frame;
use super::super::words::Views;
use super::tile::picture_at_once;
use crate::domain::Product;
use crate::domain::drawing::{Beside, Extent, Lie, Look, SIDE, beside, look};

/// Of the scene's side: 100 units.
const SCENE: f32 = 100.0;
/// Where things stand; the floor of a ground begins at 70.
const STAND: f32 = 79.0;
const TALLEST: f32 = 62.0;
const WIDEST: f32 = 74.0;
const GAP: f32 = 9.0;

#[must_use]
pub fn views(frame: &Frame<'_>, product: &Product, hue: u16) -> Markup {
    let words = Views::of(frame.language);
    let name = product.name.text(frame.language);
    let look = look(&product.picture);
    html! {
        div.views role="group" aria-label=((words.of)(name)) tabindex="0" {
            figure.view.whole { (picture_at_once(&product.picture, hue)) }
            @if let Some(look) = look {
                figure.view {
                    span class={ "ground bare hue-" (hue) } { (from_near(&product.picture, look.near, &(words.near_of)(name))) }
                    figcaption { (words.near) }
                }
                @if let Some((beside, scene)) = beside(product.id).and_then(|beside| Some((beside, Scene::of(look, beside)?))) {
                    @let said = (words.beside)(beside.cm, beside.known);
                    figure.view {
                        span class={ "ground bare hue-" (hue) } { (in_scale(&product.picture, &scene, &said)) }
                        figcaption { (said) }
                    }
                }
            }
        }
    }
}

fn from_near(picture: &str, near: Extent, said: &str) -> Markup {
    let Extent { x, y, width, height } = near;
    html! {
        svg viewBox={ (x) " " (y) " " (width) " " (height) } preserveAspectRatio="xMidYMid slice" role="img" aria-label=(said) {
            (image(picture, Extent { x: 0.0, y: 0.0, width: SIDE, height: SIDE }))
        }
    }
}

fn image(picture: &str, Extent { x, y, width, height }: Extent) -> Markup {
    html! { image href={ "/pictures/" (picture) ".svg" } x=(short(x)) y=(short(y)) width=(short(width)) height=(short(height)) {} }
}

/// Two things on one floor, each as large as it is.
struct Scene {
    product: Placed,
    known: Placed,
    beside: Beside,
}

/// A thing in the scene.
struct Placed {
    /// Of the whole picture.
    square: Extent,
    /// Of what is drawn in it.
    thing: Extent,
    lie: Lie,
    length: f32,
    breadth: f32,
}

impl Scene {
    fn of(product: Look, beside: Beside) -> Option<Self> {
        let known = look(beside.known.picture())?;
        // Centimetres a unit of each picture, then both so that they fit.
        let scale = |look: Look, cm: f32| cm / look.length;
        let (one, other) = (scale(product, beside.cm), scale(known, beside.known.cm()));
        let wide = product.thing.width * one + known.thing.width * other;
        let tall = (product.thing.height * one).max(known.thing.height * other);
        let fits = ((WIDEST - GAP) / wide).min(TALLEST / tall);
        let left = (SCENE - wide * fits - GAP) / 2.0;
        let place = |look: Look, scale: f32, left: f32| {
            let Extent { x, y, width, height } = look.thing;
            let top = STAND - height * scale;
            Placed {
                square: Extent {
                    x: left - x * scale,
                    y: top - y * scale,
                    width: SIDE * scale,
                    height: SIDE * scale,
                },
                thing: Extent {
                    x: left,
                    y: top,
                    width: width * scale,
                    height: height * scale,
                },
                lie: look.lie,
                length: look.length * scale,
                breadth: look.breadth * scale,
            }
        };
        let next = left + product.thing.width * one * fits + GAP;
        Some(Self {
            product: place(product, one * fits, left),
            known: place(known, other * fits, next),
            beside,
        })
    }
}

fn in_scale(picture: &str, scene: &Scene, said: &str) -> Markup {
    let known = scene.beside.known;
    html! {
        svg.scale viewBox="0 0 100 100" role="img" aria-label=(said) {
            @for (picture, placed, cm) in [(picture, &scene.product, scene.beside.cm), (known.picture(), &scene.known, known.cm())] {
                @let Extent { x, width, .. } = placed.thing;
                @let middle = x + width / 2.0;
                ellipse cx=(short(middle)) cy=(STAND) rx=(short(width / 2.0)) ry="1.6" {}
                (image(picture, placed.square))
                (measure(placed))
                // Near the edge a number would be cut off.
                text x=(short(middle.clamp(12.0, 88.0))) y="94" text-anchor="middle" { (cm) " cm" }
            }
        }
    }
}

/// A line along the thing, as long as it is: below what lies level, at the left of the rest.
fn measure(placed: &Placed) -> Markup {
    const APART: f32 = 3.0;
    const TICK: f32 = 1.5;
    let slant = std::f32::consts::FRAC_1_SQRT_2;
    // The way along it, and the way from its middle to the line.
    let ((along_x, along_y), (away_x, away_y)) = match placed.lie {
        Lie::Level => ((1.0, 0.0), (0.0, 1.0)),
        Lie::Upright => ((0.0, -1.0), (-1.0, 0.0)),
        Lie::Rising => ((slant, -slant), (-slant, -slant)),
        Lie::Falling => ((slant, slant), (-slant, slant)),
    };
    let Extent { x, y, width, height } = placed.thing;
    let away = placed.breadth / 2.0 + APART;
    let (middle_x, middle_y) = (x + width / 2.0 + away_x * away, y + height / 2.0 + away_y * away);
    let half = placed.length / 2.0;
    let end = |sign: f32| (middle_x + sign * along_x * half, middle_y + sign * along_y * half);
    let tick = |(x, y): (f32, f32)| {
        let at = |sign: f32| {
            format!(
                "{} {}",
                short(x + sign * away_x * TICK),
                short(y + sign * away_y * TICK)
            )
        };
        format!("M{}L{}", at(-1.0), at(1.0))
    };
    let (begin, last) = (end(-1.0), end(1.0));
    let line = format!(
        "M{} {}L{} {}",
        short(begin.0),
        short(begin.1),
        short(last.0),
        short(last.1)
    );
    html! { path d={ (line) (tick(begin)) (tick(last)) } {} }
}

/// A hundredth of a unit is finer than a pixel.
#[expect(clippy::cast_possible_truncation, reason = "a scene is 100 units wide")]
fn short(number: f32) -> Hundredths {
    Hundredths((number * 100.0).round() as i32)
}

/// Written as a number that has no more digits than it needs. Every product's page has forty of them, and to find a float's shortest text
/// costs as much as the rest of the drawing.
#[derive(Debug, Clone, Copy)]
struct Hundredths(i32);

impl fmt::Display for Hundredths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, rest) = (self.0.unsigned_abs() / 100, self.0.unsigned_abs() % 100);
        match rest {
            0 => write!(f, "{sign}{whole}"),
            tenths if tenths % 10 == 0 => write!(f, "{sign}{whole}.{}", tenths / 10),
            rest => write!(f, "{sign}{whole}.{rest:02}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::drawing::Known;

    fn thing(lie: Lie, width: f32, height: f32, length: f32) -> Look {
        let thing = Extent {
            x: 2.0,
            y: 3.0,
            width,
            height,
        };
        Look {
            thing,
            near: thing,
            lie,
            length,
            breadth: 4.0,
        }
    }

    #[test]
    fn a_thing_of_thirty_centimetres_is_twice_as_long_as_a_phone() {
        let beside = Beside {
            cm: 30.0,
            known: Known::Phone,
        };
        for ruler in [thing(Lie::Level, 32.0, 8.0, 32.0), thing(Lie::Rising, 30.0, 30.0, 40.0)] {
            let scene = Scene::of(ruler, beside).expect("a phone is drawn");
            assert!((scene.product.length / scene.known.length - 2.0).abs() < 0.01);
            for placed in [&scene.product, &scene.known] {
                let Extent { x, y, width, height } = placed.thing;
                assert!((y + height - STAND).abs() < 0.01, "both stand on the floor");
                assert!(x > 5.0 && x + width < 95.0 && y > 10.0, "{x} {y} {width} {height}");
            }
        }
    }

    #[test]
    fn hundredths_are_written_as_the_float_is() {
        for (number, text) in [
            (0.0, "0"),
            (-7.25, "-7.25"),
            (0.05, "0.05"),
            (-0.5, "-0.5"),
            (48.444, "48.44"),
        ] {
            assert_eq!(short(number).to_string(), text);
        }
        for hundredths in 1_u16..10_000 {
            let number = f32::from(hundredths) / 100.0;
            assert_eq!(short(number).to_string(), number.to_string());
        }
    }

    #[test]
    fn the_measure_lies_along_the_thing() {
        let placed = |lie, length, breadth| {
            let thing = Extent {
                x: 10.0,
                y: 20.0,
                width: 40.0,
                height: 30.0,
            };
            let path = measure(&Placed {
                square: thing,
                thing,
                lie,
                length,
                breadth,
            });
            path.into_string()
        };
        assert!(placed(Lie::Level, 40.0, 30.0).starts_with(r#"<path d="M10 53L50 53M"#));
        assert!(placed(Lie::Upright, 30.0, 40.0).starts_with(r#"<path d="M7 50L7 20M"#));
        let rising = placed(Lie::Rising, 50.0, 6.0);
        assert!(rising.starts_with(r#"<path d="M8.08 48.44L43.44 13.08M"#), "{rising}");
    }
}
