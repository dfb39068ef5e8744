//! The right answer as a plot: bars in SVG, with title, axes and units, and the same numbers as a table.
//!
//! Colours come from the style sheet's classes, so that they follow light and dark.

use maud::{Markup, html};

use super::words::PageWords;
use crate::exercises::picture::{Bar, Picture, Together};

/// How wide the plot is drawn. The style sheet shows the one that fits: shrunk to a phone, the letters of the wide one can't be read.
struct Sheet {
    class: &'static str,
    width: f64,
}

impl Sheet {
    const ALL: [Self; 2] = [
        Self {
            class: "plot for-desks",
            width: 720.0,
        },
        Self {
            class: "plot for-phones",
            width: 320.0,
        },
    ];

    const fn right(&self) -> f64 {
        self.width - 8.0
    }
}

const HEIGHT: f64 = 316.0;
const LEFT: f64 = 48.0;
const TOP: f64 = 28.0;
/// Below it are two rows of labels and the axis' title.
const BASE: f64 = HEIGHT - 64.0;
/// How wide a letter of a label is, about.
const LETTER: f64 = 7.5;

/// Nothing where there is nothing to draw.
pub(super) fn figure(words: &PageWords, picture: &Picture, bars: &[Bar]) -> Markup {
    if bars.is_empty() {
        return html! {};
    }
    let title = picture.title.in_language(words.code);
    html! {
        h2 { (words.plot) }
        figure {
            figcaption #plot-title { (title) }
            @if picture.series.len() > 1 {
                ul.legend {
                    @for (place, series) in picture.series.iter().enumerate() {
                        li { svg.swatch viewBox="0 0 12 12" aria-hidden="true" { rect class=(class(place)) width="12" height="12" rx="2" {} } (series.in_language(words.code)) }
                    }
                }
            }
            @for sheet in &Sheet::ALL { (svg(words, picture, bars, sheet)) }
            details { summary { (words.plot_numbers) } div.wide-table { (table(words, picture, bars)) } }
        }
    }
}

fn class(series: usize) -> String {
    format!("series-{series}")
}

#[expect(clippy::cast_precision_loss, reason = "counts of events")]
fn svg(words: &PageWords, picture: &Picture, bars: &[Bar], sheet: &Sheet) -> Markup {
    let step = step(highest(picture, bars));
    let marks = (highest(picture, bars).max(1) + step - 1) / step;
    let high = |value: i64| value as f64 / (marks * step) as f64 * (BASE - TOP);
    let slot = (sheet.right() - LEFT) / bars.len() as f64;
    let letters = bars.iter().map(|bar| bar.label.chars().count()).max().unwrap_or(0);
    let labels = Labels::of(letters, slot);
    html! {
        svg class=(sheet.class) viewBox={ "0 0 " (sheet.width) " " (HEIGHT) } role="img" aria-labelledby="plot-title" {
            text.axis x="4" y="14" { (picture.y.in_language(words.code)) }
            @for mark in 0..=marks {
                @let y = short(BASE - high(mark * step));
                line.grid x1=(LEFT) x2=(sheet.right()) y1=(y) y2=(y) {}
                text.axis x=(LEFT - 8.0) y=(y + 4.0) text-anchor="end" { (mark * step) }
            }
            @for (place, bar) in bars.iter().enumerate() {
                @let left = LEFT + place as f64 * slot;
                (parts(picture.together, bar, left, slot, &high))
                @if let Some(below) = labels.below(place) {
                    text.axis x=(short(within(sheet, left + slot / 2.0, &bar.label))) y=(BASE + below) text-anchor="middle" { (bar.label) }
                }
            }
            text.axis x=(f64::midpoint(LEFT, sheet.right())) y=(HEIGHT - 6.0) text-anchor="middle" { (picture.x.in_language(words.code)) }
        }
    }
}

/// The parts of one bar, upon or beside each other.
#[expect(clippy::cast_precision_loss, reason = "a handful of series")]
fn parts(together: Together, bar: &Bar, left: f64, slot: f64, high: &impl Fn(i64) -> f64) -> Markup {
    let room = slot * 0.86;
    let wide = match together {
        Together::Stacked => room,
        Together::Beside => room / bar.values.len().max(1) as f64,
    };
    let mut foot = BASE;
    html! {
        @for (place, value) in bar.values.iter().enumerate() {
            @let x = match together { Together::Stacked => left, Together::Beside => left + place as f64 * wide } + slot * 0.07;
            @let tall = high(*value);
            @let y = match together { Together::Stacked => { foot -= tall; foot } Together::Beside => BASE - tall };
            rect class=(class(place)) x=(short(x)) y=(short(y)) width=(short(wide)) height=(short(tall)) { title { (bar.label) ": " (value) } }
        }
    }
}

fn table(words: &PageWords, picture: &Picture, bars: &[Bar]) -> Markup {
    let y = picture.y.in_language(words.code);
    let heading = |series: &str| {
        if series.is_empty() {
            y.to_owned()
        } else {
            format!("{series} ({y})")
        }
    };
    html! {
        table {
            tr {
                th scope="col" { (picture.x.in_language(words.code)) }
                @for series in picture.series { th scope="col" { (heading(series.in_language(words.code))) } }
            }
            @for bar in bars {
                tr { th scope="row" { (bar.label) } @for value in &bar.values { td { (value) } } }
            }
        }
    }
}

fn highest(picture: &Picture, bars: &[Bar]) -> i64 {
    let of = |bar: &Bar| match picture.together {
        Together::Stacked => bar.values.iter().sum(),
        Together::Beside => bar.values.iter().copied().max().unwrap_or(0),
    };
    bars.iter().map(of).max().unwrap_or(0)
}

/// The distance of the marks: 1, 2 or 5 and noughts, so that there are at most five of them.
fn step(highest: i64) -> i64 {
    let mut tens = 1;
    loop {
        for step in [tens, 2 * tens, 5 * tens] {
            if highest <= 5 * step {
                return step;
            }
        }
        tens *= 10;
    }
}

/// Which bars have a label, so that they don't lie upon each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Labels {
    /// Every bar's, one row high and one low by turns.
    InTwoRows,
    /// Each so manieth bar's, in one row.
    Every(usize),
}

impl Labels {
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a small number above 0"
    )]
    fn of(letters: usize, slot: f64) -> Self {
        match ((letters as f64 * LETTER + 6.0) / slot).ceil().max(1.0) as usize {
            2 => Self::InTwoRows,
            every => Self::Every(every),
        }
    }

    /// How far below the bars the label of this one stands; none where it has none.
    fn below(self, place: usize) -> Option<f64> {
        match self {
            Self::InTwoRows if place % 2 == 1 => Some(34.0),
            Self::InTwoRows => Some(18.0),
            Self::Every(every) => place.is_multiple_of(every).then_some(18.0),
        }
    }
}

/// Where the middle of the label stands, so that the sheet's edge doesn't cut it off.
#[expect(clippy::cast_precision_loss, reason = "a few letters")]
fn within(sheet: &Sheet, middle: f64, label: &str) -> f64 {
    let half = label.chars().count() as f64 * LETTER / 2.0;
    middle.min(sheet.width - half).max(half)
}

/// Coordinates with one digit.
fn short(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exercises::{ALL, Student};
    use crate::grade::PRACTICE_KEY;
    use crate::pages::words::{EN, KO};

    #[test]
    fn marks_are_round_and_few() {
        assert_eq!([0, 5, 6, 23, 51, 1000].map(step), [1, 1, 2, 5, 20, 200]);
    }

    #[test]
    fn labels_never_lie_upon_each_other() {
        assert_eq!(Labels::of(11, 13.0), Labels::Every(7));
        assert_eq!(Labels::of(1, 50.0), Labels::Every(1));
        assert_eq!(Labels::of(12, 80.0), Labels::InTwoRows);
        let rows = [0, 1, 2].map(|place| Labels::InTwoRows.below(place));
        assert_eq!(
            rows,
            [Some(18.0), Some(34.0), Some(18.0)],
            "neighbours stand in different rows"
        );
    }

    #[test]
    fn the_right_answer_of_each_exercise_is_a_plot_with_axes_and_a_table_of_the_same_numbers() {
        for exercise in ALL {
            let student = Student {
                key: PRACTICE_KEY.into(),
                id: "kim".into(),
            };
            let truth = exercise.lesson(&student).unwrap().truth();
            let (picture, bars) = (&exercise.picture, (exercise.picture.bars)(&truth));
            let name = exercise.name;
            assert!(
                bars.len() > 1 && bars.iter().any(|bar| bar.values.iter().sum::<i64>() > 0),
                "{name}: {bars:?}"
            );
            assert!(
                bars.iter().all(|bar| bar.values.len() == picture.series.len()),
                "{name}"
            );
            assert!(
                bars.iter().flat_map(|bar| &bar.values).all(|value| *value >= 0),
                "{name}"
            );
            for words in [&KO, &EN] {
                let drawn = figure(words, picture, &bars).into_string();
                for text in [picture.title, picture.x, picture.y] {
                    assert!(drawn.contains(text.in_language(words.code)), "{name}");
                }
                assert_eq!(drawn.matches("<tr>").count(), bars.len() + 1, "{name}");
                let parts = bars.len() * picture.series.len() * Sheet::ALL.len();
                assert_eq!(
                    drawn.matches("<rect class=\"series-").count(),
                    parts + legend(picture),
                    "{name}"
                );
                assert!(!drawn.contains("NaN") && !drawn.contains("height=\"-"), "{name}");
            }
        }
    }

    fn legend(picture: &Picture) -> usize {
        Some(picture.series.len()).filter(|count| *count > 1).unwrap_or(0)
    }

    #[test]
    fn the_edge_cuts_no_label_off() {
        let [desks, _] = Sheet::ALL;
        let at = |middle: f64, label: &str| within(&desks, middle, label).to_string();
        assert_eq!(
            [at(700.0, "abcd"), at(700.0, "abcdefgh"), at(10.0, "abcd")],
            ["700", "690", "15"]
        );
    }

    #[test]
    fn on_a_phone_fewer_bars_have_labels_and_none_lies_upon_another() {
        let slots = Sheet::ALL.map(|sheet| (sheet.right() - LEFT) / 48.0);
        let [Labels::Every(desks), Labels::Every(phones)] = slots.map(|slot| Labels::of(5, slot)) else {
            panic!("the hours of two days have one row of labels");
        };
        assert!(desks < phones, "{desks} {phones}");
    }

    #[test]
    fn what_has_no_rows_has_no_plot() {
        assert_eq!(figure(&EN, &ALL[0].picture, &[]).into_string(), "");
    }
}
