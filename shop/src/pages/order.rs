//! One order, and the list of them.

use maud::{Markup, html};

use super::Frame;
use super::assets::Asset;
use super::layout::{self, Head};
use super::parts::asked::asked;
use super::parts::field::alert;
use super::parts::lines::{LineView, Sums, lines, sums};
use super::parts::tile::{form_token, picture};
use super::parts::timeline::{Progress, timeline};
use crate::domain::Won;
use crate::domain::calendar::Stage;

/// What an order's page shows.
pub struct OrderPage<'a> {
    pub id: i64,
    /// In the shopper's words, such as `2026-03-14 12:30`.
    pub placed_at: String,
    /// The same for machines.
    pub placed_at_machine: String,
    pub cancelled: bool,
    /// Until when it can be cancelled; none when it can't.
    pub cancel_until: Option<String>,
    /// How far it has come; none of what was cancelled.
    pub progress: Option<Progress>,
    /// Right after it was placed.
    pub just_placed: bool,
    pub lines: Vec<LineView<'a>>,
    pub sums: Sums,
    /// Name, phone, postcode and address, one line each; empty once they are erased.
    pub delivered_to: Vec<String>,
    pub alert: Option<&'a str>,
}

#[must_use]
pub fn order(frame: &Frame<'_>, shown: &OrderPage<'_>) -> Markup {
    let words = frame.words();
    let orders = &words.orders;
    let number = (orders.number)(shown.id);
    let content = html! {
        @if shown.just_placed && !shown.cancelled {
            (thanks(frame, shown.id))
        }
        h1 { (number) }
        (alert(shown.alert))
        @if let Some(progress) = &shown.progress { (timeline(frame, progress)) }
        dl.facts {
            div { dt { (orders.placed_at) } dd { time datetime=(shown.placed_at_machine) { (shown.placed_at) } } }
            @if shown.cancelled { div { dt { (orders.state) } dd { (state(frame, None)) } } }
            div { dt { (words.checkout.payment) } dd { (words.checkout.on_delivery) } }
        }
        @if shown.cancelled { p { (orders.cancelled_text) } }
        div.with-summary {
            section aria-labelledby="items" {
                h2 #items { (orders.items) }
                (lines(frame, &shown.lines))
            }
            aside.summary {
                (sums(frame, &shown.sums))
                @if !shown.delivered_to.is_empty() {
                    h2 { (orders.delivered_to) }
                    address data-private { @for line in &shown.delivered_to { span { (line) } br; } }
                }
                form action={ "/orders/" (shown.id) "/again" } method="post" {
                    (form_token(frame))
                    (asked(frame, None))
                    button.wide type="submit" data-cart-action="add" { (orders.again) }
                }
                (cancelling(frame, shown))
            }
        }
        p.to-orders { a href="/orders" { (orders.to_orders) } }
    };
    let head = Head {
        title: &number,
        hidden: true,
        extras: &[Asset::Keep],
        ..Head::default()
    };
    layout::page_with(frame, &head, &content)
}

/// A guest's order is found again in this browser only, until an account has it.
fn thanks(frame: &Frame<'_>, id: i64) -> Markup {
    let words = frame.words();
    let orders = &words.orders;
    html! {
        div.thanks {
            p.thanks-title { (orders.thanks) }
            @if frame.signed_in {
                p { (orders.thanks_text) }
            } @else {
                p { (orders.thanks_guest) " " a href={ "/signup?next=/orders/" (id) } { (words.account.sign_up) } }
            }
        }
    }
}

fn cancelling(frame: &Frame<'_>, shown: &OrderPage<'_>) -> Markup {
    let orders = &frame.words().orders;
    html! {
        @if let Some(until) = &shown.cancel_until {
            p.quiet-text { ((orders.cancel_hint)(until)) }
            // What can't be taken back is asked, without a script.
            details.asking {
                summary.button.wide { (orders.cancel) }
                form action={ "/orders/" (shown.id) "/cancel" } method="post" {
                    (asked(frame, None))
                    p { (orders.cancel_question) }
                    button.wide.danger type="submit" { (orders.cancel_yes) }
                }
            }
        }
    }
}

/// The stage that it is at; none once it is cancelled.
fn state(frame: &Frame<'_>, stage: Option<Stage>) -> Markup {
    html! {
        @if let Some(stage) = stage { span.note.good { (frame.service().stage(stage)) } }
        @else { span.note.sold-out { (frame.words().orders.cancelled) } }
    }
}

/// An order in the list.
pub struct OrderRow<'a> {
    pub id: i64,
    /// The first lines: what the order is recognised by.
    pub first: Vec<LineView<'a>>,
    pub placed_at: String,
    /// None once it is cancelled.
    pub stage: Option<Stage>,
    pub total: Won,
    /// How many things.
    pub things: u32,
    /// How many different ones.
    pub kinds: usize,
}

/// What one remembers an order by: `Blue Porcelain Teapot and 2 more`.
fn named(frame: &Frame<'_>, row: &OrderRow<'_>) -> String {
    let name = row.first.first().map_or("–", |line| line.name);
    match row.kinds.saturating_sub(1) {
        0 => name.to_owned(),
        more => (frame.words().orders.and_more)(name, more),
    }
}

#[must_use]
pub fn orders(frame: &Frame<'_>, rows: &[OrderRow<'_>]) -> Markup {
    let words = frame.words();
    let orders = &words.orders;
    let content = html! {
        h1 { (orders.title) }
        @if rows.is_empty() {
            div.empty { p.lead { (orders.none) } a.button.primary href="/products/" { (words.cart.go_on) } }
        } @else {
            ul.orders {
                @for row in rows {
                    li {
                        a.order-row href={ "/orders/" (row.id) } {
                            span.order-pictures { @for line in &row.first { (picture(line.picture, line.hue)) } }
                            span {
                                span.order-number { (named(frame, row)) }
                                span.quiet-text { ((orders.number)(row.id)) " · " (row.placed_at) " · " ((words.browse.products)(row.things as usize)) }
                            }
                            (state(frame, row.stage))
                            span.line-sum { (row.total.text(frame.language)) }
                        }
                    }
                }
            }
        }
        @if !frame.signed_in { p.quiet-text { (orders.guest_hint) } }
    };
    layout::page(frame, orders.title, &content)
}
