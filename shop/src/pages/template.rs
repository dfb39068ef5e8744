//! A page that many see alike, drawn once: the two ids in which it differs from one showing to the next have slots.

use std::io;
use std::ops::Range;
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
    gzip: OnceLock<Gzip>,
}

/// A file but for its end, with slots for the first view's id and the first token: what stands further below refers to them.
#[derive(Debug)]
struct Gzip {
    bytes: Vec<u8>,
    slots: Vec<Slot>,
}

/// Where an id stands, in bytes.
#[derive(Debug, Clone, Copy)]
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
const LENGTH: usize = Hyphenated::LENGTH;
type Digits = [u8; LENGTH];

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
        let mut slots = Vec::new();
        for (id, mark) in [(Id::View, view), (Id::FormToken, form_token)] {
            let mark = mark.to_string();
            slots.extend(text.match_indices(&mark).map(|(at, _)| Slot { at, id }));
        }
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
    fn gzip(self: &Arc<Self>) -> io::Result<&Gzip> {
        if let Some(known) = self.gzip.get() {
            return Ok(known);
        }
        let mut firsts: Vec<Slot> = Vec::new();
        for slot in &self.slots {
            if firsts.iter().all(|first| first.id != slot.id) {
                firsts.push(*slot);
            }
        }
        let mut gzip = self.compressed(&firsts)?;
        let [view, form_token] = [Uuid::new_v4(), Uuid::new_v4()].map(digits);
        let tried = Shown {
            template: Arc::clone(self),
            view,
            form_token,
        };
        if gzip::decompressed(&tried.written_into(&gzip)).ok() != Some(tried.plain()) {
            // Something was not compressed as a reference.
            gzip = self.compressed(&self.slots)?;
        }
        Ok(self.gzip.get_or_init(|| gzip))
    }

    fn compressed(&self, slots: &[Slot]) -> io::Result<Gzip> {
        let mut text = self.text.clone().into_bytes();
        for slot in &self.slots {
            text[slot.range()].copy_from_slice(&gzip::filler::<LENGTH>(slot.id as usize));
        }
        let WithSlots { bytes, slots: places } = WithSlots::of(&text, slots.iter().map(Slot::range))?;
        let slots = places.into_iter().zip(slots).map(|(at, slot)| Slot { at, id: slot.id });
        Ok(Gzip {
            bytes,
            slots: slots.collect(),
        })
    }
}

impl Slot {
    const fn range(&self) -> Range<usize> {
        self.at..self.at + LENGTH
    }
}

impl Shown {
    /// The page, as UTF-8.
    #[must_use]
    pub fn plain(&self) -> Vec<u8> {
        let mut page = self.template.text.clone().into_bytes();
        for slot in &self.template.slots {
            page[slot.range()].copy_from_slice(self.digits(slot.id));
        }
        page
    }

    /// The same, in gzip: compressed at the first time only.
    pub fn gzip(&self) -> io::Result<Vec<u8>> {
        Ok(self.written_into(self.template.gzip()?))
    }

    fn written_into(&self, gzip: &Gzip) -> Vec<u8> {
        let mut file = Vec::with_capacity(gzip.bytes.len() + gzip::TRAILER);
        file.extend_from_slice(&gzip.bytes);
        for slot in &gzip.slots {
            file[slot.range()].copy_from_slice(self.digits(slot.id));
        }
        let Template { text, slots, .. } = &*self.template;
        let mut pieces = Vec::with_capacity(2 * slots.len() + 1);
        let mut from = 0;
        for slot in slots {
            pieces.extend([&text.as_bytes()[from..slot.at], self.digits(slot.id)]);
            from = slot.range().end;
        }
        pieces.push(&text.as_bytes()[from..]);
        file.extend(gzip::trailer(&pieces));
        file
    }

    const fn digits(&self, id: Id) -> &Digits {
        match id {
            Id::View => &self.view,
            Id::FormToken => &self.form_token,
        }
    }
}

fn digits(id: Uuid) -> Digits {
    let mut digits = [0; LENGTH];
    id.hyphenated().encode_lower(&mut digits);
    digits
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

    /// Each showing in gzip is that page; how many slots it needs for that.
    fn slots_in_gzip(draw: fn(&Frame<'_>) -> Markup) -> usize {
        let kept = Arc::new(Template::of(&frame(Some(1), 2), draw));
        for other in [frame(Some(3), 4), frame(Some(u128::MAX), 0), frame(Some(3), 4)] {
            let gzip = Arc::clone(&kept).shown(&other).gzip().unwrap();
            let page = String::from_utf8(gzip::decompressed(&gzip).unwrap()).unwrap();
            assert_eq!(page, draw(&other).into_string());
        }
        kept.gzip().unwrap().slots.len()
    }

    #[test]
    fn in_gzip_it_is_the_same_page_each_time_and_ids_that_stand_often_are_there_once() {
        assert_eq!(slots_in_gzip(draw), 2);
        let shelf = |frame: &Frame<'_>| html! { @for number in 0..200 { (number) (draw(frame)) } };
        assert_eq!(slots_in_gzip(shelf), 2);
        // Further than gzip looks back.
        let far_apart = |frame: &Frame<'_>| html! { (draw(frame)) ("x".repeat(40_000)) (draw(frame)) };
        assert_eq!(slots_in_gzip(far_apart), 6);
    }

    #[test]
    fn ids_that_a_visitor_writes_stay_as_they_are() {
        let written = Uuid::from_u128(2).hyphenated().to_string();
        let draw = |_: &Frame<'_>| html! { p { (written) } };
        let kept = Arc::new(Template::of(&frame(Some(1), 2), draw));
        assert_eq!(text(&kept.shown(&frame(Some(3), 4))), format!("<p>{written}</p>"));
    }
}
