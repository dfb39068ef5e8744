//! Search: from what was typed to the products that were meant, best first.
//!
//! Promises: answers in under 5 ms for 300 products and under 30 ms for 100,000 (`cargo bench -p shop --bench search`); both languages
//! are searched at once; slips, half-typed syllables, initials (`ㅎㄷㅍ`), decomposed Hangul, the wrong keyboard, missing spaces,
//! plurals and synonyms find what was meant, and what was mended is said. At most 8 words of a query count.
//!
//! An index in memory of own code, about 600 lines, built in milliseconds from the catalogue: tantivy would bring 100 crates and no Hangul.
//! Not for: texts longer than a product's, languages other than the shop's two, catalogues that change while the shop runs.

mod everyday;
mod keys;
mod mark;
mod meaning;
mod near;
mod synonyms;
mod vocabulary;

use keys::Word;
use meaning::Meaning;
use vocabulary::{Builder, Place, Posting, Vocabulary};

pub use mark::Marks;
pub use synonyms::Synonyms;

/// The words of a query that count.
const MOST_WORDS: usize = 8;
/// Words that say nothing about a product.
const EMPTY_WORDS: [&str; 14] = [
    "a", "an", "and", "any", "for", "in", "my", "of", "on", "some", "the", "to", "with", "or",
];

/// A product's texts, in both languages.
#[derive(Debug, Clone, Copy)]
pub(super) struct Texts<'a> {
    pub(super) names: [&'a str; 2],
    pub(super) categories: [&'a str; 2],
    pub(super) descriptions: [&'a str; 2],
}

/// Everything that can be searched for.
#[derive(Debug, Clone, Default)]
pub(super) struct Index {
    vocabulary: Vocabulary,
    products: usize,
}

/// What a query found.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Found {
    /// The places of the products in the catalogue, the best first.
    pub(super) products: Vec<usize>,
    /// Whether every word of the query fits each of them; otherwise they are those that most words fit.
    pub(super) every_word: bool,
    /// The query as it was understood, when that is not as it was typed.
    pub(super) mended: Option<String>,
    /// What may have been meant, when what was typed stands in descriptions only.
    pub(super) rather: Option<String>,
    pub(super) marks: Marks,
}

impl Index {
    /// Of the products in the order of the catalogue.
    pub(super) fn of<'a>(products: impl Iterator<Item = Texts<'a>>, synonyms: &Synonyms) -> Self {
        let mut builder = Builder::default();
        let mut count = 0;
        for (product, texts) in (0..).zip(products) {
            count += 1;
            add_product(&mut builder, product, &texts, synonyms);
        }
        Self {
            vocabulary: builder.finish(),
            products: count,
        }
    }

    /// What `text` means; nothing for a text without words.
    pub(super) fn find(&self, text: &str) -> Found {
        let words = self.without_needless_spaces(text, words_that_count(text));
        let meanings: Vec<Vec<Meaning>> = words.iter().map(|word| meaning::of(word, &self.vocabulary)).collect();
        let mut found = Found {
            mended: in_other_words(&words, &meanings, |meaning| meaning.mended.as_deref()),
            rather: in_other_words(&words, &meanings, |meaning| meaning.rather.as_deref()),
            ..Found::default()
        };
        let meanings: Vec<Meaning> = meanings.into_iter().flatten().collect();
        (found.products, found.every_word) = self.best(&meanings);
        for meaning in meanings {
            let marks = if meaning.initials {
                &mut found.marks.initials
            } else {
                &mut found.marks.words
            };
            marks.extend(meaning.marked);
        }
        found
    }

    /// Two neighbours are one word where the catalogue writes them as one: `tea pot`.
    fn without_needless_spaces<'a>(&self, text: &'a str, words: Vec<Word<'a>>) -> Vec<Word<'a>> {
        let mut kept: Vec<Word<'a>> = Vec::with_capacity(words.len());
        for word in words {
            let whole = kept.last().map(|before| joined(text, before, &word));
            match whole.filter(|whole| self.vocabulary.has_one_word(&whole.keys)) {
                Some(whole) => {
                    kept.pop();
                    kept.push(whole);
                }
                None => kept.push(word),
            }
        }
        kept
    }

    /// The products that the most meanings fit in what they are called, and of those the ones that the most fit anywhere, by how well
    /// they fit; whether it is all. A handbag is nearer to `red bag` than sweets whose text speaks of red and of a bag.
    fn best(&self, meanings: &[Meaning]) -> (Vec<usize>, bool) {
        let mut scores = vec![0.0_f32; self.products];
        // How many fit in names, categories and synonyms; whether the last does, which says what the thing is; how many at all.
        let mut fitting = vec![(0_usize, false, 0_usize); self.products];
        let mut of_meaning = vec![0.0_f32; self.products];
        for (place, meaning) in meanings.iter().enumerate() {
            let mut touched = Vec::new();
            for &(term, quality) in &meaning.terms {
                for posting in &self.vocabulary.term(term).postings {
                    let at = posting.product as usize;
                    if of_meaning[at] == 0.0 {
                        touched.push(at);
                    }
                    of_meaning[at] = of_meaning[at].max(quality * posting.place.weight());
                }
            }
            for at in touched {
                let score = std::mem::take(&mut of_meaning[at]);
                scores[at] += score;
                let names_it = score > Place::Description.weight();
                fitting[at].0 += usize::from(names_it);
                fitting[at].1 |= score > Place::Category.weight() && place + 1 == meanings.len();
                fitting[at].2 += 1;
            }
        }
        let most = fitting.iter().copied().max().unwrap_or_default();
        let mut products: Vec<usize> = (0..self.products)
            .filter(|&at| most.2 > 0 && fitting[at] == most)
            .collect();
        products.sort_by(|&one, &other| scores[other].total_cmp(&scores[one]));
        (products, most.2 == meanings.len())
    }
}

fn words_that_count(text: &str) -> Vec<Word<'_>> {
    let mut words = keys::words(text);
    let is_empty = |word: &Word<'_>| EMPTY_WORDS.contains(&word.text.to_lowercase().as_str());
    if !words.iter().all(is_empty) {
        words.retain(|word| !is_empty(word));
    }
    words.truncate(MOST_WORDS);
    words
}

/// The query with the words that `change` changes; none when it changes none.
fn in_other_words<'a>(
    words: &[Word<'_>],
    meanings: &'a [Vec<Meaning>],
    change: impl Fn(&'a Meaning) -> Option<&'a str>,
) -> Option<String> {
    let changed = |meanings: &'a Vec<Meaning>| meanings.iter().find_map(&change);
    meanings.iter().any(|meanings| changed(meanings).is_some()).then(|| {
        let spelled = words.iter().zip(meanings);
        let spelled = spelled.map(|(word, meanings)| changed(meanings).unwrap_or(word.text).to_owned());
        spelled.collect::<Vec<_>>().join(" ")
    })
}

fn add_product(builder: &mut Builder, product: u32, texts: &Texts<'_>, synonyms: &Synonyms) {
    let mut add = |word: &Word<'_>, place| builder.add(word, Posting { product, place });
    for name in texts.names {
        let words = keys::words(name);
        let head = head(name, &words);
        for (at, word) in words.iter().enumerate() {
            let place = if at == head { Place::Head } else { Place::Name };
            add(word, place);
            add_singular(word, &mut |word| add(word, place));
        }
        let plain = |word: &Word<'_>| !word.keys.iter().any(|key| key.is_numeric());
        for pair in words.windows(2).filter(|pair| pair.iter().all(plain)) {
            add(&joined(name, &pair[0], &pair[1]), Place::Name);
        }
        for (phrase, names_it) in synonyms.of(&words, Some(head)) {
            let place = if names_it { Place::HeadSynonym } else { Place::Synonym };
            for word in &keys::words(phrase) {
                add(word, place);
            }
        }
    }
    for category in texts.categories {
        let words = keys::words(category);
        for word in &words {
            add(word, Place::Category);
            add_singular(word, &mut |word| add(word, Place::Category));
        }
        for (phrase, _) in synonyms.of(&words, None) {
            for word in &keys::words(phrase) {
                add(word, Place::Category);
            }
        }
    }
    for word in texts.descriptions.into_iter().flat_map(keys::words) {
        add(&word, Place::Description);
    }
}

/// Who types one battery finds batteries.
fn add_singular(word: &Word<'_>, add: &mut impl FnMut(&Word<'_>)) {
    let Some(keys) = keys::singular(&word.keys) else {
        return;
    };
    let spelled: String = keys.iter().collect();
    let singular = Word {
        text: &spelled,
        start: 0,
        origins: (0..keys.len()).collect(),
        keys,
    };
    if spelled.is_ascii() {
        add(&singular);
    }
}

/// Two neighbours without their space: `T-shirt` is found by `tshirt`.
fn joined<'a>(name: &'a str, one: &Word<'a>, other: &Word<'a>) -> Word<'a> {
    let apart = other.start - one.start;
    let mut word = Word {
        text: &name[one.start..other.start + other.text.len()],
        start: one.start,
        keys: [one.keys.as_slice(), &other.keys].concat(),
        origins: one
            .origins
            .iter()
            .copied()
            .chain(other.origins.iter().map(|at| apart + at))
            .collect(),
    };
    word.keys.truncate(keys::LONGEST);
    word.origins.truncate(keys::LONGEST);
    word
}

/// Words that say how many, or how much of it there is in a box, and not what it is: `스피커 한 쌍`, `Ballpoint Pen 0.5 mm`.
const MEASURES: [&str; 33] = [
    "개", "권", "그릇", "네", "다섯", "두", "롤", "벌", "세", "세트", "쌍", "알", "여섯", "열", "열두", "자루", "장",
    "조각", "줌", "켤레", "키트", "통", "한", "cm", "g", "kg", "kit", "l", "m", "mm", "pair", "set", "w",
];

/// The place of the word that says what the thing is: the last before a comma, `with` or `for`, that is neither number nor measure.
fn head(name: &str, words: &[Word<'_>]) -> usize {
    let main = name.split(',').next().unwrap_or(name);
    let main = [" with ", " for ", " in "]
        .into_iter()
        .fold(main, |main, stop| main.split(stop).next().unwrap_or(main));
    let is_word = |word: &Word<'_>| word.start < main.len() && !word.keys.iter().any(|key| key.is_numeric());
    let is_thing = |word: &Word<'_>| is_word(word) && !MEASURES.contains(&word.text.to_lowercase().as_str());
    let last = words.iter().rposition(is_thing);
    last.or_else(|| words.iter().rposition(is_word)).unwrap_or(0)
}

#[cfg(test)]
mod tests;
