//! A page that many see alike, drawn once: the two ids in which it differs from one showing to the next have slots.

use maud::{Markup, PreEscaped};
use schemas::EventId;
use uuid::Uuid;

use super::Frame;

/// A page with slots for its view's id and for its forms' token.
#[derive(Debug)]
pub struct Template {
    text: String,
    /// In the order of the text.
    slots: Vec<Slot>,
}

/// Where an id stands, in bytes.
#[derive(Debug)]
struct Slot {
    at: usize,
    id: Id,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Id {
    View,
    FormToken,
}

/// Of an id in a page: hyphenated.
const LENGTH: usize = uuid::fmt::Hyphenated::LENGTH;

impl Template {
    /// Has the page drawn with two ids that stand nowhere else.
    #[must_use]
    pub fn of(frame: &Frame<'_>, draw: impl FnOnce(&Frame<'_>) -> Markup) -> Self {
        let (view, form_token) = (Uuid::new_v4(), Uuid::new_v4());
        let marked = Frame {
            view: frame.view.map(|_| EventId(view)),
            form_token,
            ..*frame
        };
        let text = draw(&marked).into_string();
        let (view, form_token) = (view.to_string(), form_token.to_string());
        let found =
            |id: Id, mark: &str| -> Vec<Slot> { text.match_indices(mark).map(|(at, _)| Slot { at, id }).collect() };
        let mut slots = found(Id::View, &view);
        slots.extend(found(Id::FormToken, &form_token));
        slots.sort_by_key(|slot| slot.at);
        Self { text, slots }
    }

    /// The page as `frame` names it.
    #[must_use]
    pub fn shown(&self, frame: &Frame<'_>) -> Markup {
        let (mut view, mut form_token) = (Uuid::encode_buffer(), Uuid::encode_buffer());
        let view = frame
            .view
            .map_or(Uuid::nil(), |view| view.0)
            .hyphenated()
            .encode_lower(&mut view);
        let form_token = frame.form_token.hyphenated().encode_lower(&mut form_token);
        let mut page = String::with_capacity(self.text.len());
        let mut from = 0;
        for Slot { at, id } in &self.slots {
            page.push_str(&self.text[from..*at]);
            page.push_str(match id {
                Id::View => view,
                Id::FormToken => form_token,
            });
            from = at + LENGTH;
        }
        page.push_str(&self.text[from..]);
        PreEscaped(page)
    }

    /// Of the page.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.text.len()
    }
}

#[cfg(test)]
mod tests {
    use maud::html;

    use super::*;

    fn frame(view: Option<u128>, form_token: u128) -> Frame<'static> {
        Frame {
            view: view.map(|view| EventId(Uuid::from_u128(view))),
            form_token: Uuid::from_u128(form_token),
            ..Frame::sample()
        }
    }

    fn draw(frame: &Frame<'_>) -> Markup {
        let form = frame.form_token.hyphenated().to_string();
        html! { p data-view=[frame.view] { "before " (form) " between " (form) " behind" } }
    }

    #[test]
    fn a_template_shows_what_would_have_been_drawn() {
        let kept = Template::of(&frame(Some(1), 2), draw);
        for shown in [frame(Some(3), 4), frame(Some(u128::MAX), 0)] {
            assert_eq!(kept.shown(&shown).into_string(), draw(&shown).into_string());
        }
        let unobserved = Template::of(&frame(None, 2), draw);
        let shown = frame(None, 5);
        assert_eq!(unobserved.shown(&shown).into_string(), draw(&shown).into_string());
    }

    #[test]
    fn ids_that_a_visitor_writes_stay_as_they_are() {
        let written = Uuid::from_u128(2).hyphenated().to_string();
        let draw = |_: &Frame<'_>| html! { p { (written) } };
        let kept = Template::of(&frame(Some(1), 2), draw);
        assert_eq!(
            kept.shown(&frame(Some(3), 4)).into_string(),
            format!("<p>{written}</p>")
        );
    }
}
