//! The words of the shop, each with the products it speaks of, and the ways to look them up.

use std::cmp::Ordering;
use std::collections::HashMap;

use super::keys::{self, Word};
use super::near::{self, Reach};

/// Where a word stands; the later, the more it says about the product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    Description,
    Category,
    Synonym,
    Name,
    /// Another word for what the thing is: who wants flowers wants a bouquet rather than flower cards.
    HeadSynonym,
    /// The word that says what the thing is: `Headphones` of `Wireless Headphones, 30 h`.
    Head,
}

impl Place {
    pub(super) const fn weight(self) -> f32 {
        match self {
            Self::Description => 1.0,
            Self::Category => 4.0,
            Self::Synonym => 9.0,
            Self::Name => 10.0,
            Self::HeadSynonym => 11.0,
            Self::Head => 14.0,
        }
    }
}

/// A product, by its place in the catalogue, and where the word stands in it at best.
#[derive(Debug, Clone, Copy)]
pub(super) struct Posting {
    pub(super) product: u32,
    pub(super) place: Place,
}

/// A word, with all that is known about it.
#[derive(Debug, Clone)]
pub(super) struct Term {
    keys: Box<[char]>,
    /// As bits.
    beginnings: u64,
    initials: Box<[char]>,
    /// As the catalogue writes it.
    pub(super) spelled: Box<str>,
    /// By product.
    pub(super) postings: Vec<Posting>,
    /// The best of all its places.
    pub(super) place: Option<Place>,
}

impl Term {
    /// It stands anywhere but in descriptions.
    fn is_strong(&self) -> bool {
        self.place > Some(Place::Description)
    }

    fn has_numbers(&self) -> bool {
        self.keys.iter().any(|key| key.is_numeric())
    }

    /// Whether what stands from this key on may be looked up; where [`fit`] would never let it pass there is no need to.
    fn can_be_entered_at(&self, from: u8) -> bool {
        let (begins, rest) = (self.beginnings >> from & 1 == 1, &self.keys[usize::from(from)..]);
        let long = rest.len() > 3 || rest.iter().all(|key| keys::is_hangul(*key));
        from == 0 || self.is_strong() && begins && !self.has_numbers() && long
    }
}

/// How a looked-up word stands in a term, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fit {
    Whole,
    /// It begins the term and ends with a character.
    Beginning,
    /// It ends the term, as the noun ends a Korean compound.
    Ending,
    Inside,
    /// It begins the term, and ends within a syllable.
    HalfTyped,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Match {
    pub(super) term: usize,
    pub(super) fit: Fit,
    /// How much of the term was typed, up to 1.
    pub(super) share: f32,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Vocabulary {
    /// By keys.
    terms: Vec<Term>,
    /// Every term, and its ends that may be looked up, sorted.
    endings: Vec<(u32, u8)>,
    /// The same of the initials.
    initials: Vec<(u32, u8)>,
    /// The terms that stand anywhere but in descriptions and are no numbers; a slip is mended to one of these.
    strong: Vec<u32>,
}

impl Vocabulary {
    pub(super) fn term(&self, at: usize) -> &Term {
        &self.terms[at]
    }

    /// Whether a name or its synonym is written with these keys, in one word.
    pub(super) fn has_one_word(&self, typed: &[char]) -> bool {
        let found = self.terms.binary_search_by(|term| (*term.keys).cmp(typed));
        found.is_ok_and(|at| {
            let term = &self.terms[at];
            term.is_strong() && term.spelled.chars().all(char::is_alphanumeric)
        })
    }

    /// The terms in which these keys stand.
    pub(super) fn holding(&self, typed: &[char]) -> Vec<Match> {
        let from = |&(term, offset): &(u32, u8)| &self.terms[term as usize].keys[usize::from(offset)..];
        let range = beginning_with(&self.endings, from, typed);
        let found = range.iter().filter_map(|&(at, offset)| {
            let (term, offset) = (&self.terms[at as usize], usize::from(offset));
            let fit = fit(term, offset, typed)?;
            Some(matched(at, fit, typed.len(), term.keys.len()))
        });
        found.collect()
    }

    /// The terms in whose initials these consonants stand.
    pub(super) fn with_initials(&self, typed: &[char]) -> Vec<Match> {
        let from = |&(term, offset): &(u32, u8)| &self.terms[term as usize].initials[usize::from(offset)..];
        let range = beginning_with(&self.initials, from, typed);
        let found = range.iter().map(|&(at, offset)| {
            let length = self.terms[at as usize].initials.len();
            let fit = match offset {
                0 if length == typed.len() => Fit::Whole,
                0 => Fit::Beginning,
                _ => Fit::Inside,
            };
            matched(at, fit, typed.len(), length)
        });
        found.collect()
    }

    /// The terms outside of descriptions within reach of these keys, and how many slips away.
    pub(super) fn near(&self, typed: &[char], reach: Reach) -> Vec<(usize, usize)> {
        let keys = |at: usize| &*self.terms[self.strong[at] as usize].keys;
        let near = near::within(keys, self.strong.len(), typed, reach);
        near.into_iter()
            .map(|(at, slips)| (self.strong[at] as usize, slips))
            .collect()
    }
}

#[expect(clippy::cast_precision_loss, reason = "words have at most 64 keys")]
fn matched(term: u32, fit: Fit, typed: usize, whole: usize) -> Match {
    Match {
        term: term as usize,
        fit,
        share: typed as f32 / whole.max(1) as f32,
    }
}

fn beginning_with<'a, 'b>(
    sorted: &'a [(u32, u8)],
    keys: impl Fn(&(u32, u8)) -> &'b [char],
    typed: &[char],
) -> &'a [(u32, u8)] {
    let beginning = |entry: &(u32, u8)| {
        let keys = keys(entry);
        keys[..keys.len().min(typed.len())].cmp(typed)
    };
    let first = sorted.partition_point(|entry| beginning(entry) == Ordering::Less);
    let count = sorted[first..].partition_point(|entry| beginning(entry) == Ordering::Equal);
    &sorted[first..first + count]
}

/// None for what stands in the term by chance: short pieces, and whatever doesn't begin a word of running text, where Korean words end
/// in particles (`나라면` is no `라면`).
fn fit(term: &Term, offset: usize, typed: &[char]) -> Option<Fit> {
    let end = offset + typed.len();
    let at_character = end == term.keys.len() || term.beginnings >> end & 1 == 1;
    let hangul = typed.iter().all(|key| keys::is_hangul(*key));
    let strong = term.is_strong();
    match (offset, end == term.keys.len()) {
        (0, true) => Some(Fit::Whole),
        (0, false) if at_character => Some(Fit::Beginning),
        (0, false) => Some(Fit::HalfTyped),
        (_, true) if strong && (hangul || typed.len() > 3) => Some(Fit::Ending),
        (_, false) if strong && at_character && typed.len() > 3 => Some(Fit::Inside),
        _ => None,
    }
}

/// Gathers the words of all products; products come in the order of their places.
#[derive(Debug, Default)]
pub(super) struct Builder(HashMap<Vec<char>, Term>);

impl Builder {
    pub(super) fn add(&mut self, word: &Word<'_>, posting: Posting) {
        let term = self.0.entry(word.keys.clone()).or_insert_with(|| Term {
            keys: word.keys.as_slice().into(),
            beginnings: word.beginnings(),
            initials: word.initials().into(),
            spelled: word.text.to_lowercase().into(),
            postings: Vec::new(),
            place: None,
        });
        term.place = term.place.max(Some(posting.place));
        match term.postings.last_mut() {
            Some(last) if last.product == posting.product => last.place = last.place.max(posting.place),
            _ => term.postings.push(posting),
        }
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "a word has at most 64 keys, a shop less than 4 billion words"
    )]
    pub(super) fn finish(self) -> Vocabulary {
        let mut terms: Vec<Term> = self.0.into_values().collect();
        terms.sort_unstable_by(|one, other| one.keys.cmp(&other.keys));
        let entries = |lengths: &dyn Fn(&Term) -> Vec<u8>| {
            let of_term = |(at, term): (usize, &Term)| lengths(term).into_iter().map(move |offset| (at as u32, offset));
            terms.iter().enumerate().flat_map(of_term).collect::<Vec<_>>()
        };
        let mut endings = entries(&|term| {
            (0..term.keys.len() as u8)
                .filter(|from| term.can_be_entered_at(*from))
                .collect()
        });
        let mut initials = entries(&|term| (0..term.initials.len() as u8).collect());
        let from = |&(term, offset): &(u32, u8)| &terms[term as usize].keys[usize::from(offset)..];
        endings.sort_unstable_by(|one, other| from(one).cmp(from(other)).then(one.cmp(other)));
        let from = |&(term, offset): &(u32, u8)| &terms[term as usize].initials[usize::from(offset)..];
        initials.sort_unstable_by(|one, other| from(one).cmp(from(other)).then(one.cmp(other)));
        let strong = |at: &u32| terms[*at as usize].is_strong() && !terms[*at as usize].has_numbers();
        let strong = (0..terms.len() as u32).filter(strong).collect();
        Vocabulary {
            terms,
            endings,
            initials,
            strong,
        }
    }
}
