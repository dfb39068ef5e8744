//! Texts as they stand on a page: what is between backticks is code.

use maud::{Markup, html};

/// The text with `<code>` where it has backticks; everything in it is escaped.
pub(crate) fn prose(text: &str) -> Markup {
    html! {
        @for (place, part) in text.split('`').enumerate() {
            @if place % 2 == 0 { (part) } @else { code { (part) } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_between_backticks_is_code_and_all_is_escaped() {
        assert_eq!(
            prose("Leave out `click`, <b> and `a<b`.").into_string(),
            "Leave out <code>click</code>, &lt;b&gt; and <code>a&lt;b</code>."
        );
        assert_eq!(prose("nothing").into_string(), "nothing");
    }
}
