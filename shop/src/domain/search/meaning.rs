//! What somebody meant by a word: as it is typed, with the keyboard in the other language, or with a slip.
//!
//! The first way that finds anything counts: as typed (whole, beginning, end or middle of a word, or its initials), as two words that lack
//! their space (unless one slip explains it), on the other keyboard, with 1 slip in 4 to 6 keys (Hangul: to 8) or 2 in more, with 1 slip
//! in the beginning of a word.

use super::everyday;
use super::keys::{self, Word};
use super::near::Reach;
use super::vocabulary::{Fit, Match, Place, Vocabulary};

/// A word, understood.
#[derive(Debug, Clone, Default)]
pub(super) struct Meaning {
    /// The terms that are meant, and how well each fits, up to 1.
    pub(super) terms: Vec<(usize, f32)>,
    /// What is to be marked where it stands.
    pub(super) marked: Vec<Vec<char>>,
    /// Whether `marked` are initials.
    pub(super) initials: bool,
    /// How it is spelled, when it was not taken as typed.
    pub(super) mended: Option<String>,
    /// How many keys were off.
    slips: usize,
    /// A word of names close by, when this one stands in descriptions only.
    pub(super) rather: Option<String>,
}

/// The meanings of one word: two when it lacks a space; an empty one when nobody knows.
pub(super) fn of(word: &Word<'_>, vocabulary: &Vocabulary) -> Vec<Meaning> {
    let known = as_typed(word, vocabulary).or_else(|| by_initials(word, vocabulary));
    if let Some(mut meaning) = known {
        let weak = |&(term, _): &(usize, f32)| vocabulary.term(term).place <= Some(Place::Description);
        // A word that stands there as it was typed is right.
        let is_word = |&(term, quality): &(usize, f32)| quality >= 1.0 && vocabulary.term(term).place.is_some();
        if meaning.terms.iter().all(weak) && !meaning.terms.iter().any(is_word) && !everyday::is_right(word.text) {
            let near = nearest(word, vocabulary, false).filter(|near| near.slips == 1);
            meaning.rather = near.and_then(|near| near.mended);
        }
        return vec![meaning];
    }
    let is_right = everyday::is_right(word.text);
    let slip = nearest(word, vocabulary, false).filter(|_| !is_right);
    if slip.as_ref().is_none_or(|slip| slip.slips > 1)
        && let Some(two) = in_two(word, vocabulary)
    {
        return two;
    }
    let mended = on_other_keyboard(word, vocabulary)
        .or(slip)
        .or_else(|| nearest(word, vocabulary, true).filter(|_| !is_right));
    vec![mended.unwrap_or_default()]
}

fn as_typed(word: &Word<'_>, vocabulary: &Vocabulary) -> Option<Meaning> {
    let mut marked = vec![word.keys.clone()];
    marked.extend(keys::singular(&word.keys));
    let mut matches: Vec<Match> = marked.iter().flat_map(|keys| vocabulary.holding(keys)).collect();
    // A syllable that is whole somewhere is not the half of another.
    if matches.iter().any(|found| found.fit < Fit::HalfTyped) {
        matches.retain(|found| found.fit < Fit::HalfTyped);
    }
    (!matches.is_empty()).then(|| Meaning {
        terms: matches.iter().map(|found| (found.term, quality(*found))).collect(),
        marked,
        ..Meaning::default()
    })
}

fn by_initials(word: &Word<'_>, vocabulary: &Vocabulary) -> Option<Meaning> {
    if !word.keys.iter().all(|key| keys::is_consonant(*key)) {
        return None;
    }
    let matches = vocabulary.with_initials(&word.keys);
    (!matches.is_empty()).then(|| Meaning {
        terms: matches.iter().map(|found| (found.term, quality(*found))).collect(),
        marked: vec![word.keys.clone()],
        initials: true,
        ..Meaning::default()
    })
}

fn on_other_keyboard(word: &Word<'_>, vocabulary: &Vocabulary) -> Option<Meaning> {
    let typed = keys::other_layout(word)?;
    let mut matches = vocabulary.holding(&typed);
    let meant =
        |found: &Match| found.fit <= Fit::Beginning && vocabulary.term(found.term).place > Some(Place::Description);
    matches.retain(meant);
    let best = matches
        .iter()
        .min_by(|one, other| one.fit.cmp(&other.fit).then(other.share.total_cmp(&one.share)))?;
    Some(Meaning {
        mended: Some(vocabulary.term(best.term).spelled.to_string()),
        terms: matches
            .iter()
            .map(|found| (found.term, quality(*found) * 0.9))
            .collect(),
        marked: vec![typed],
        ..Meaning::default()
    })
}

/// Two words that lack their space, each known.
fn in_two(word: &Word<'_>, vocabulary: &Vocabulary) -> Option<Vec<Meaning>> {
    let hangul = word.keys.iter().all(|key| keys::is_hangul(*key));
    let beginnings = word.beginnings();
    let places = (1..word.keys.len()).filter(|at| beginnings >> at & 1 == 1);
    let known = |keys: &[char]| {
        let short = if hangul { 2 } else { 3 };
        let found = vocabulary.holding(keys).into_iter().filter(|found| {
            let fits = found.fit == Fit::Whole || hangul && keys.len() > 3 && found.fit == Fit::Beginning;
            fits && vocabulary.term(found.term).place > Some(Place::Description)
        });
        let terms: Vec<(usize, f32)> = found.map(|found| (found.term, quality(found))).collect();
        (keys.len() >= short && !terms.is_empty()).then(|| Meaning {
            terms,
            marked: vec![keys.to_vec()],
            ..Meaning::default()
        })
    };
    let best = |meaning: &Meaning| meaning.terms.iter().map(|(_, quality)| *quality).fold(0.0, f32::max);
    places
        .filter_map(|at| Some([known(&word.keys[..at])?, known(&word.keys[at..])?]))
        .max_by(|one, other| {
            let sum = |two: &[Meaning; 2]| two.iter().map(best).sum::<f32>();
            sum(one).total_cmp(&sum(other))
        })
        .map(Vec::from)
}

/// The words that are the fewest slips away.
fn nearest(word: &Word<'_>, vocabulary: &Vocabulary, beginnings: bool) -> Option<Meaning> {
    let slips = slips(&word.keys)?;
    let most = if beginnings { slips.min(1) } else { slips };
    // Few words are one slip away, and they are found much sooner.
    let near = (1..=most)
        .map(|most| vocabulary.near(&word.keys, Reach { most, beginnings }))
        .find(|near| !near.is_empty())?;
    let fewest = near.iter().map(|(_, slips)| *slips).min()?;
    let nearest: Vec<usize> = near
        .into_iter()
        .filter(|(_, slips)| *slips == fewest)
        .map(|(term, _)| term)
        .collect();
    let likeliest = nearest.iter().copied().max_by_key(|&at| {
        let term = vocabulary.term(at);
        (term.place, term.postings.len())
    })?;
    let spelled = &vocabulary.term(likeliest).spelled;
    let quality = if fewest > 1 { 0.5 } else { 0.7 };
    Some(Meaning {
        mended: Some(spelled.to_string()),
        slips: fewest,
        terms: nearest.into_iter().map(|term| (term, quality)).collect(),
        marked: keys::words(spelled).into_iter().map(|word| word.keys).collect(),
        ..Meaning::default()
    })
}

/// How many slips a word of this length may have: a short one has too many neighbours, a number none.
fn slips(typed: &[char]) -> Option<usize> {
    let hangul = typed.iter().any(|key| keys::is_hangul(*key));
    let numbers = typed.iter().any(|key| key.is_numeric());
    match typed.len() {
        _ if numbers => None,
        0..4 => None,
        4..7 => Some(1),
        7..9 if hangul => Some(1),
        _ => Some(2),
    }
}

fn quality(found: Match) -> f32 {
    match found.fit {
        Fit::Whole => 1.0,
        Fit::Beginning | Fit::Ending => 0.4 + 0.35 * found.share,
        Fit::Inside => 0.25 + 0.2 * found.share,
        Fit::HalfTyped => 0.3 + 0.3 * found.share,
    }
}
