//! What of a name was searched for, so that a page can mark it.

use std::ops::Range;

use super::keys::{self, Word};

/// What a query means, to be found again in what it found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Marks {
    pub(super) words: Vec<Vec<char>>,
    pub(super) initials: Vec<Vec<char>>,
}

impl Marks {
    /// The parts of `text` that were searched for, in bytes, in order, apart from each other; characters are never cut.
    #[must_use]
    pub fn spans(&self, text: &str) -> Vec<Range<usize>> {
        if self.words.is_empty() && self.initials.is_empty() {
            return Vec::new();
        }
        keys::words(text).iter().filter_map(|word| self.span(word)).collect()
    }

    fn span(&self, word: &Word<'_>) -> Option<Range<usize>> {
        let longest = |spans: &mut dyn Iterator<Item = Range<usize>>| spans.max_by_key(Range::len);
        longest(&mut self.words.iter().filter_map(|typed| span_of_keys(word, typed)))
            .or_else(|| longest(&mut self.initials.iter().filter_map(|typed| span_of_initials(word, typed))))
    }
}

fn span_of_keys(word: &Word<'_>, typed: &[char]) -> Option<Range<usize>> {
    let beginnings = word.beginnings();
    let short = typed.len() < 4 && !typed.iter().all(|key| keys::is_hangul(*key));
    let from = word
        .keys
        .windows(typed.len().max(1))
        .enumerate()
        .position(|(at, window)| window == typed && beginnings >> at & 1 == 1 && (at == 0 || !short))?;
    let (first, last) = (word.origins[from], word.origins[from + typed.len() - 1]);
    Some(word.start + first..word.start + after_character(word.text, last))
}

fn span_of_initials(word: &Word<'_>, typed: &[char]) -> Option<Range<usize>> {
    let from = word
        .initials()
        .windows(typed.len().max(1))
        .position(|window| window == typed)?;
    let mut characters = word.text.char_indices().skip(from);
    let (first, _) = characters.next()?;
    let last = characters.nth(typed.len().checked_sub(2)?).map_or(first, |(at, _)| at);
    Some(word.start + first..word.start + after_character(word.text, last))
}

/// Where the character ends that begins at `at`, with the marks that belong to it.
fn after_character(text: &str, at: usize) -> usize {
    let mut rest = text[at..].char_indices().skip(1);
    let next = rest.find(|(_, c)| !unicode_normalization::char::is_combining_mark(*c));
    next.map_or(text.len(), |(length, _)| at + length)
}
