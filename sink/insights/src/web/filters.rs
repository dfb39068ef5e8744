//! The filters of a page: a form whose answer is an address.

use std::collections::BTreeSet;

use maud::{Markup, html};

use crate::figures::{Analysis, Segment};
use crate::scope::Scope;

/// The choices of a list: value and name.
type Choices<'a> = &'a [(&'a str, &'a str)];

pub(super) fn form(scope: &Scope<'_>, analysis: Analysis, path: &str) -> Markup {
    let question = scope.question;
    let given = |name: &str| question.own(name).unwrap_or_default();
    let (from, to) = (scope.range.first.to_string(), scope.range.last.to_string());
    let campaigns = campaigns(scope);
    let variants = variants(scope);
    html! {
        p.ranges {
            @for (days, name) in [("1", "Newest day"), ("7", "7 days"), ("30", "30 days")] {
                @let current = question.own("from").is_none() && question.own("to").is_none() && question.own("days").unwrap_or("7") == days;
                a href=(question.here(path, &[("days", days), ("from", ""), ("to", "")])) aria-current=[current.then_some("true")] { (name) }
            }
        }
        details.filters open[narrowed(scope)] {
            summary { "Range and filters" @if narrowed(scope) { " (some are set)" } }
            form action=(path) method="get" {
                label { "From" input type="date" name="from" value=(from); }
                label { "To" input type="date" name="to" value=(to); }
                (choose("language", "Language", given("language"), &[("", "All"), ("ko", "Korean"), ("en", "English"), ("unknown", "Unknown")]))
                (choose("device", "Device", given("device"), &[("", "All"), ("phone", "Phone"), ("tablet", "Tablet"), ("desktop", "Desktop"), ("unknown", "Unknown")]))
                (choose("visitors", "Visitors", given("visitors"), &[("", "All"), ("new", "New"), ("returning", "Returning")]))
                (choose("campaign", "Campaign", given("campaign"), &as_choices(&campaigns)))
                (choose("variant", "Variant", given("variant"), &as_choices(&variants)))
                (choose("bots", "Bots", given("bots"), &[("", "Left out"), ("in", "Counted in")]))
                (own(scope, analysis))
                @if let Some(as_of) = question.own("as_of") { input type="hidden" name="as_of" value=(as_of); }
                button.primary type="submit" { "Show" }
            }
        }
    }
}

/// What only one analysis can be asked.
fn own(scope: &Scope<'_>, analysis: Analysis) -> Markup {
    let given = |name: &str| scope.question.own(name).unwrap_or_default().to_owned();
    let split = || {
        choose(
            "split",
            "Split by",
            &given("split"),
            &Segment::ALL.map(|segment| (segment.name(), segment.name())),
        )
    };
    let page = || {
        let page = scope.question.own("page").unwrap_or("products.detail").to_owned();
        html! { label { "Page" input name="page" value=(page); } }
    };
    match analysis {
        Analysis::Overview => split(),
        Analysis::Funnel => html! {
            label.wide { "Steps: any, an event type, or view:PAGE, with commas" input name="steps" value=(given("steps")) placeholder="any,view:products.detail,cart_add,view:checkout.index,order_placed"; }
            (choose("order", "Order", &given("order"), &[("", "Closed: one after the other"), ("open", "Open: in any order")]))
            (choose("within", "Within", &given("within"), &[("", "A session"), ("1", "1 day of a visitor"), ("7", "7 days of a visitor"), ("30", "30 days of a visitor")]))
            (split())
        },
        Analysis::Journeys => page(),
        Analysis::Attention => html! {
            (page())
            (choose("viewport", "Clicks on", &given("viewport"), &[("", "Wider screens"), ("phone", "Phones")]))
        },
        Analysis::Experiments => html! {
            label { "Experiment" input name="experiment" value=(given("experiment")); }
            label { "Planned weights" input name="planned" value=(given("planned")) placeholder="control:9,loud:1"; }
        },
        _ => html! {},
    }
}

fn narrowed(scope: &Scope<'_>) -> bool {
    [
        "language",
        "device",
        "visitors",
        "campaign",
        "variant",
        "bots",
        "steps",
        "order",
        "within",
        "page",
        "viewport",
        "split",
        "experiment",
        "planned",
    ]
    .iter()
    .any(|name| scope.question.own(name).is_some())
}

fn choose(name: &str, label: &str, chosen: &str, choices: Choices<'_>) -> Markup {
    html! {
        label { (label)
            select name=(name) {
                @for (value, shown) in choices {
                    option value=(value) selected[*value == chosen] { (shown) }
                }
            }
        }
    }
}

fn as_choices(names: &BTreeSet<String>) -> Vec<(&str, &str)> {
    std::iter::once(("", "All"))
        .chain(names.iter().map(|name| (name.as_str(), name.as_str())))
        .collect()
}

/// The campaigns that the log knows, a hundred at most.
fn campaigns(scope: &Scope<'_>) -> BTreeSet<String> {
    let symbols: BTreeSet<_> = scope.log.campaigns.iter().copied().collect();
    symbols
        .into_iter()
        .take(100)
        .map(|symbol| scope.log.names.text(symbol).to_owned())
        .filter(|name| !name.is_empty())
        .collect()
}

/// The variants that were shown, as the address writes them.
fn variants(scope: &Scope<'_>) -> BTreeSet<String> {
    let both: BTreeSet<_> = scope
        .log
        .exposures
        .iter()
        .map(|seen| (seen.experiment, seen.variant))
        .collect();
    let name =
        |(experiment, variant)| format!("{}:{}", scope.log.names.text(experiment), scope.log.names.text(variant));
    both.into_iter().take(100).map(name).collect()
}
