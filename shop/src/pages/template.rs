//! A page that many see alike, drawn once: the two ids in which it differs from one showing to the next have slots.

use std::io;
use std::sync::{Arc, OnceLock};

use maud::Markup;
use schemas::EventId;
use uuid::Uuid;
use uuid::fmt::Hyphenated;

use super::Frame;
use crate::gzip::{self, WithSlots};

/// A page with slots for its view's id and for its forms' token.
#[derive(Debug)]
pub struct Template {
    text: String,
    /// In the order of the text.
    slots: Vec<Slot>,
    /// The same in gzip, once somebody has wanted it.
    gzip: OnceLock<WithSlots>,
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

/// An id in a page: hyphenated.
type Digits = [u8; Hyphenated::LENGTH];

/// A template and the ids of one showing.
#[derive(Debug, Clone)]
pub struct Shown {
    template: Arc<Template>,
    view: Digits,
    form_token: Digits,
}

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
        let found = |id: Id, mark: Uuid| -> Vec<Slot> {
            let places = text
                .match_indices(&mark.to_string())
                .map(|(at, _)| at)
                .collect::<Vec<_>>();
            places.into_iter().map(|at| Slot { at, id }).collect()
        };
        let mut slots = found(Id::View, view);
        slots.extend(found(Id::FormToken, form_token));
        slots.sort_by_key(|slot| slot.at);
        Self {
            text,
            slots,
            gzip: OnceLock::new(),
        }
    }

    /// The page as `frame` names it.
    #[must_use]
    pub fn shown(self: Arc<Self>, frame: &Frame<'_>) -> Shown {
        Shown {
            template: self,
            view: digits(frame.view.map_or(Uuid::nil(), |view| view.0)),
            form_token: digits(frame.form_token),
        }
    }

    /// Of the page, before it is compressed.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.text.len()
    }

    /// Of two who are the first at once, one compresses it in vain.
    fn gzip(&self) -> io::Result<&WithSlots> {
        if let Some(known) = self.gzip.get() {
            return Ok(known);
        }
        let slots = self.slots.iter().map(|slot| slot.at..slot.at + Hyphenated::LENGTH);
        let gzip = WithSlots::of(&self.text, slots)?;
        Ok(self.gzip.get_or_init(|| gzip))
    }
}

impl Shown {
    /// The page, as UTF-8.
    #[must_use]
    pub fn plain(&self) -> Vec<u8> {
        let mut page = self.template.text.clone().into_bytes();
        for Slot { at, id } in &self.template.slots {
            page[*at..*at + Hyphenated::LENGTH].copy_from_slice(self.digits(*id));
        }
        page
    }

    /// The same, in gzip: compressed at the first time only.
    pub fn gzip(&self) -> io::Result<Vec<u8>> {
        let Template { text, slots, .. } = &*self.template;
        let gzip = self.template.gzip()?;
        let mut file = Vec::with_capacity(gzip.bytes.len() + gzip::TRAILER);
        file.extend_from_slice(&gzip.bytes);
        let mut pieces = Vec::with_capacity(2 * slots.len() + 1);
        let mut from = 0;
        for (Slot { at, id }, place) in slots.iter().zip(&gzip.slots) {
            let digits = self.digits(*id);
            file[*place..*place + Hyphenated::LENGTH].copy_from_slice(digits);
            pieces.extend([&text.as_bytes()[from..*at], digits]);
            from = at + Hyphenated::LENGTH;
        }
        pieces.push(&text.as_bytes()[from..]);
        file.extend(gzip::trailer(&pieces));
        Ok(file)
    }

    const fn digits(&self, id: Id) -> &Digits {
        match id {
            Id::View => &self.view,
            Id::FormToken => &self.form_token,
        }
    }
}

fn digits(id: Uuid) -> Digits {
    let mut digits = [0; Hyphenated::LENGTH];
    id.hyphenated().encode_lower(&mut digits);
    digits
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::GzDecoder;
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

    fn text(shown: &Shown) -> String {
        String::from_utf8(shown.plain()).unwrap()
    }

    #[test]
    fn a_template_shows_what_would_have_been_drawn() {
        let kept = Arc::new(Template::of(&frame(Some(1), 2), draw));
        for other in [frame(Some(3), 4), frame(Some(u128::MAX), 0)] {
            let shown = Arc::clone(&kept).shown(&other);
            assert_eq!(text(&shown), draw(&other).into_string());
            assert_eq!(text(&shown).len(), kept.bytes());
        }
        let unobserved = Arc::new(Template::of(&frame(None, 2), draw));
        let other = frame(None, 5);
        assert_eq!(text(&unobserved.shown(&other)), draw(&other).into_string());
    }

    #[test]
    fn in_gzip_it_is_the_same_page_each_time() {
        let kept = Arc::new(Template::of(&frame(Some(1), 2), draw));
        for other in [frame(Some(3), 4), frame(Some(u128::MAX), 0), frame(Some(3), 4)] {
            let gzip = Arc::clone(&kept).shown(&other).gzip().unwrap();
            let mut unpacked = String::new();
            GzDecoder::new(gzip.as_slice()).read_to_string(&mut unpacked).unwrap();
            assert_eq!(unpacked, draw(&other).into_string());
        }
    }

    #[test]
    fn ids_that_a_visitor_writes_stay_as_they_are() {
        let written = Uuid::from_u128(2).hyphenated().to_string();
        let draw = |_: &Frame<'_>| html! { p { (written) } };
        let kept = Arc::new(Template::of(&frame(Some(1), 2), draw));
        assert_eq!(text(&kept.shown(&frame(Some(3), 4))), format!("<p>{written}</p>"));
    }
}
