//! Words that mean the same thing in a shop. A product that one of them names is found by all of them.

use std::collections::{BTreeSet, HashMap};

use super::keys::{self, Word};

/// Groups of words, and of phrases of several words, of both languages.
#[derive(Debug, Clone, Default)]
pub struct Synonyms {
    groups: Vec<Vec<String>>,
    /// By the keys of a phrase's first word: the group, and the keys of the words that follow.
    by_first: HashMap<Vec<char>, Vec<(usize, Vec<Vec<char>>)>>,
}

impl Synonyms {
    #[must_use]
    pub fn new(groups: Vec<Vec<String>>) -> Self {
        let mut by_first: HashMap<_, Vec<_>> = HashMap::new();
        for (group, phrases) in groups.iter().enumerate() {
            for phrase in phrases {
                let mut words = keys::words(phrase).into_iter().map(|word| word.keys);
                if let Some(first) = words.next() {
                    by_first.entry(first).or_default().push((group, words.collect()));
                }
            }
        }
        Self { groups, by_first }
    }

    /// Everything that means the same as anything in `name`.
    pub(super) fn of(&self, name: &[Word<'_>]) -> Vec<&str> {
        let mut groups = BTreeSet::new();
        for (at, word) in name.iter().enumerate() {
            for first in beginnings_of_phrases(word) {
                let phrases = self.by_first.get(&first).into_iter().flatten();
                let here = phrases.filter(|(_, rest)| follows(&name[at + 1..], rest));
                groups.extend(here.map(|(group, _)| *group));
            }
        }
        let phrases = groups.into_iter().flat_map(|group| &self.groups[group]);
        phrases.map(String::as_str).collect()
    }
}

/// A word itself, its singular, and, as Korean compounds end in what they are (`찻주전자`), its ends from the second syllable on.
fn beginnings_of_phrases(word: &Word<'_>) -> Vec<Vec<char>> {
    let mut forms = vec![word.keys.clone()];
    forms.extend(keys::singular(&word.keys));
    if word.keys.iter().all(|key| keys::is_hangul(*key)) {
        let beginnings = word.beginnings();
        let ends = (1..word.keys.len()).filter(|at| beginnings >> at & 1 == 1 && (beginnings >> at).count_ones() > 1);
        forms.extend(ends.map(|at| word.keys[at..].to_vec()));
    }
    forms
}

fn follows(words: &[Word<'_>], wanted: &[Vec<char>]) -> bool {
    let same = |word: &Word<'_>, wanted: &Vec<char>| {
        word.keys == *wanted || keys::singular(&word.keys).is_some_and(|singular| singular == *wanted)
    };
    words.len() >= wanted.len() && words.iter().zip(wanted).all(|(word, wanted)| same(word, wanted))
}
