//! A page that many see alike, drawn once: the two ids in which it differs from one showing to the next have slots.

use std::io;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use maud::Markup;
use schemas::EventId;
use uuid::Uuid;

use super::Frame;
use crate::gzip;

/// A page with slots for its view's id and for its forms' token.
#[derive(Debug)]
pub struct Template {
    /// What stands around the slots: one more than there are slots.
    pieces: Vec<Bytes>,
    slots: Vec<Id>,
    /// The pieces as they stand in gzip, once somebody has wanted it.
    packed: OnceLock<Vec<Bytes>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Id {
    View,
    FormToken,
}

/// Of an id in a page: hyphenated.
const LENGTH: u16 = 36;

/// A template and the ids of one showing.
#[derive(Debug, Clone)]
pub struct Shown {
    template: Arc<Template>,
    view: Bytes,
    form_token: Bytes,
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
        let mut found: Vec<(usize, Id)> = Vec::new();
        for (id, mark) in [(Id::View, view), (Id::FormToken, form_token)] {
            found.extend(text.match_indices(&mark.to_string()).map(|(at, _)| (at, id)));
        }
        let text = Bytes::from(text);
        found.sort_unstable_by_key(|(at, _)| *at);
        let begins = std::iter::once(0).chain(found.iter().map(|(at, _)| at + usize::from(LENGTH)));
        let ends = found.iter().map(|(at, _)| *at).chain([text.len()]);
        Self {
            pieces: begins.zip(ends).map(|(begin, end)| text.slice(begin..end)).collect(),
            slots: found.iter().map(|(_, id)| *id).collect(),
            packed: OnceLock::new(),
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
        let pieces: usize = self.pieces.iter().map(Bytes::len).sum();
        pieces + self.slots.len() * usize::from(LENGTH)
    }

    /// Of two who are the first at once, one did it in vain.
    fn packed(&self) -> io::Result<&[Bytes]> {
        if let Some(packed) = self.packed.get() {
            return Ok(packed);
        }
        let packed = gzip::in_pieces(&self.pieces, LENGTH)?;
        Ok(self.packed.get_or_init(|| packed))
    }
}

impl Shown {
    /// The page, one piece behind the other.
    #[must_use]
    pub fn plain(&self) -> Vec<Bytes> {
        self.filled(&self.template.pieces)
    }

    /// The same, in gzip: compressed at the first time only.
    pub fn gzip(&self) -> io::Result<Vec<Bytes>> {
        let mut pieces = self.filled(self.template.packed()?);
        pieces.push(gzip::trailer(&self.plain()));
        Ok(pieces)
    }

    fn filled(&self, pieces: &[Bytes]) -> Vec<Bytes> {
        let mut filled = Vec::with_capacity(2 * pieces.len());
        let mut slots = self.template.slots.iter();
        for piece in pieces {
            filled.push(piece.clone());
            filled.extend(slots.next().map(|id| match id {
                Id::View => self.view.clone(),
                Id::FormToken => self.form_token.clone(),
            }));
        }
        filled
    }
}

fn digits(id: Uuid) -> Bytes {
    Bytes::copy_from_slice(id.hyphenated().encode_lower(&mut Uuid::encode_buffer()).as_bytes())
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
        String::from_utf8(shown.plain().concat()).unwrap()
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
            let gzip = Arc::clone(&kept).shown(&other).gzip().unwrap().concat();
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
