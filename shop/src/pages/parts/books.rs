//! The open books of a product: a plot of its real looks and additions, with a sentence above that says what it shows.

use maud::{Markup, html};
use time::Date;

use super::super::Frame;
use crate::domain::books::Counts;

/// What the plot shows.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BooksView {
    /// The oldest day first.
    pub days: Vec<(Date, Counts)>,
    /// Since when looks are counted, in the shopper's words.
    pub since: String,
    pub hue: u16,
}

const SLOT: u32 = 40;
const HEIGHT: u32 = 120;
/// Room on the left for the number of the axis, and below for the days.
const LEFT: u32 = 36;
const BELOW: u32 = 24;
/// A day with one look doesn't look like a rush.
const LEAST_TOP: u32 = 4;

#[must_use]
pub fn books(frame: &Frame<'_>, shown: &BooksView) -> Markup {
    let service = frame.service();
    let sum = |count: fn(&Counts) -> u32| shown.days.iter().map(|(_, counts)| count(counts)).sum::<u32>();
    let (looks, adds, orders) = (sum(|day| day.looks), sum(|day| day.adds), sum(|day| day.orders));
    let said = (service.books_say)(looks, adds, orders);
    html! {
        section class={ "books hue-" (shown.hue) } aria-labelledby="books" {
            div.section-head {
                h2 #books { (service.books) }
                a href="/data" { (service.books_more) }
            }
            @if looks + adds + orders == 0 {
                p { (service.books_empty) }
            } @else {
                p { (said) }
                (plot(frame, &shown.days, &said))
            }
            p.small { ((service.books_note)(&shown.since)) }
        }
    }
}

/// Two bars a day, looks and additions, under one axis.
fn plot(frame: &Frame<'_>, days: &[(Date, Counts)], said: &str) -> Markup {
    let service = frame.service();
    let top = days
        .iter()
        .map(|(_, day)| day.looks.max(day.adds))
        .max()
        .unwrap_or(0)
        .max(LEAST_TOP);
    let height = |count: u32| count * (HEIGHT - 20) / top;
    let width = LEFT + SLOT * u32::try_from(days.len()).unwrap_or(0);
    let ends = [(days.first(), LEFT, "start"), (days.last(), width, "end")];
    html! {
        svg.plot role="img" aria-label=(said) viewBox={ "0 0 " (width) " " (HEIGHT + BELOW) } {
            line x1=(LEFT) y1=(HEIGHT) x2=(width) y2=(HEIGHT) {}
            line.fine x1=(LEFT) y1=(HEIGHT - height(top)) x2=(width) y2=(HEIGHT - height(top)) {}
            text x=(LEFT - 8) y=(HEIGHT - height(top) + 5) text-anchor="end" { (top) }
            text x=(LEFT - 8) y=(HEIGHT + 5) text-anchor="end" { "0" }
            @for (x, (_, day)) in (LEFT..).step_by(SLOT as usize).zip(days) {
                rect.looks x=(x + 6) y=(HEIGHT - height(day.looks)) width="16" height=(height(day.looks)) rx="2" {}
                rect.adds x=(x + 24) y=(HEIGHT - height(day.adds)) width="10" height=(height(day.adds)) rx="2" {}
            }
            @for (day, x, anchor) in ends {
                @if let Some((date, _)) = day { text x=(x) y=(HEIGHT + BELOW - 5) text-anchor=(anchor) { ((service.day)(*date)) } }
            }
        }
        p.small.key aria-hidden="true" { span.looks {} (service.looks) " " span.adds {} (service.adds) }
    }
}
