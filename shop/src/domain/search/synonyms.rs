//! Words that mean the same thing in a shop. A product that one of them names is found by all of them.

use std::collections::{BTreeMap, HashMap};

use super::keys::{self, Word};

/// Groups of words, and of phrases of several words, of both languages.
#[derive(Debug, Clone, Default)]
pub struct Synonyms {
    groups: Vec<Vec<String>>,
    /// By the keys of a phrase's first word.
    by_first: HashMap<Vec<char>, Vec<Phrase>>,
}

#[derive(Debug, Clone)]
struct Phrase {
    group: usize,
    /// The keys of the words after the first.
    rest: Vec<Vec<char>>,
}

impl Synonyms {
    #[must_use]
    pub fn new(groups: Vec<Vec<String>>) -> Self {
        let mut by_first = HashMap::<_, Vec<Phrase>>::new();
        for (group, phrases) in groups.iter().enumerate() {
            for phrase in phrases {
                let mut words = keys::words(phrase).into_iter().map(|word| word.keys);
                if let Some(first) = words.next() {
                    let rest = words.collect();
                    by_first.entry(first).or_default().push(Phrase { group, rest });
                }
            }
        }
        Self { groups, by_first }
    }

    /// Everything that means the same as anything in `name`, and whether it means its word `head`, which says what the thing is.
    pub(super) fn of(&self, name: &[Word<'_>], head: Option<usize>) -> Vec<(&str, bool)> {
        let mut groups = BTreeMap::new();
        for (at, word) in name.iter().enumerate() {
            for first in self.beginnings_of_phrases(word) {
                let phrases = self.by_first.get(&first).into_iter().flatten();
                for phrase in phrases.filter(|phrase| follows(&name[at + 1..], &phrase.rest)) {
                    let ends_at = at + phrase.rest.len();
                    *groups.entry(phrase.group).or_default() |= head == Some(ends_at);
                }
            }
        }
        let phrases = |(group, names_it): (usize, bool)| {
            let group = self.groups[group].iter();
            group.map(move |phrase| (phrase.as_str(), names_it))
        };
        groups.into_iter().flat_map(phrases).collect()
    }

    /// A word itself, its singular, and, as Korean compounds end in what they are (`찻주전자`), its ends from the second syllable on;
    /// not those of a word that stands in the list itself: `운동화`, trainers, are no `동화`, a tale.
    fn beginnings_of_phrases(&self, word: &Word<'_>) -> Vec<Vec<char>> {
        let mut forms = vec![word.keys.clone()];
        forms.extend(keys::singular(&word.keys));
        if word.keys.iter().all(|key| keys::is_hangul(*key)) && !self.lists(&word.keys) {
            let beginnings = word.beginnings();
            let ends =
                (1..word.keys.len()).filter(|at| beginnings >> at & 1 == 1 && (beginnings >> at).count_ones() > 1);
            forms.extend(ends.map(|at| word.keys[at..].to_vec()));
        }
        forms
    }

    fn lists(&self, word: &[char]) -> bool {
        let phrases = self.by_first.get(word).into_iter().flatten();
        phrases.into_iter().any(|phrase| phrase.rest.is_empty())
    }
}

fn follows(words: &[Word<'_>], wanted: &[Vec<char>]) -> bool {
    let same = |word: &Word<'_>, wanted: &Vec<char>| {
        word.keys == *wanted || keys::singular(&word.keys).is_some_and(|singular| singular == *wanted)
    };
    words.len() >= wanted.len() && words.iter().zip(wanted).all(|(word, wanted)| same(word, wanted))
}
