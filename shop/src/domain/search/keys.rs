//! A text as it is typed: words, and of each word its keystrokes.
//!
//! Hangul is taken apart as the Korean standard keyboard (dubeolsik) types it, so that a half-typed syllable is the beginning of a whole
//! one (`헤드ㅍ` of `헤드폰`), a slip of one key is one key's distance, and what was typed on the wrong keyboard is the same keys under
//! other letters (`gpemvhs`). Composed and decomposed forms (a Mac's file names), full-width letters, capitals and accents are alike.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Longer words are cut: nothing in a shop is longer.
pub(super) const LONGEST: usize = 64;

const LEADS: [char; 19] = [
    'ㄱ', 'ㄲ', 'ㄴ', 'ㄷ', 'ㄸ', 'ㄹ', 'ㅁ', 'ㅂ', 'ㅃ', 'ㅅ', 'ㅆ', 'ㅇ', 'ㅈ', 'ㅉ', 'ㅊ', 'ㅋ', 'ㅌ', 'ㅍ', 'ㅎ',
];
const VOWELS: [char; 21] = [
    'ㅏ', 'ㅐ', 'ㅑ', 'ㅒ', 'ㅓ', 'ㅔ', 'ㅕ', 'ㅖ', 'ㅗ', 'ㅘ', 'ㅙ', 'ㅚ', 'ㅛ', 'ㅜ', 'ㅝ', 'ㅞ', 'ㅟ', 'ㅠ', 'ㅡ',
    'ㅢ', 'ㅣ',
];
const TAILS: [char; 27] = [
    'ㄱ', 'ㄲ', 'ㄳ', 'ㄴ', 'ㄵ', 'ㄶ', 'ㄷ', 'ㄹ', 'ㄺ', 'ㄻ', 'ㄼ', 'ㄽ', 'ㄾ', 'ㄿ', 'ㅀ', 'ㅁ', 'ㅂ', 'ㅄ', 'ㅅ',
    'ㅆ', 'ㅇ', 'ㅈ', 'ㅊ', 'ㅋ', 'ㅌ', 'ㅍ', 'ㅎ',
];
/// The letters on the keys of the Korean standard keyboard; capitals where the shift key makes a difference.
const LAYOUT: [(char, char); 33] = [
    ('q', 'ㅂ'),
    ('w', 'ㅈ'),
    ('e', 'ㄷ'),
    ('r', 'ㄱ'),
    ('t', 'ㅅ'),
    ('y', 'ㅛ'),
    ('u', 'ㅕ'),
    ('i', 'ㅑ'),
    ('o', 'ㅐ'),
    ('p', 'ㅔ'),
    ('a', 'ㅁ'),
    ('s', 'ㄴ'),
    ('d', 'ㅇ'),
    ('f', 'ㄹ'),
    ('g', 'ㅎ'),
    ('h', 'ㅗ'),
    ('j', 'ㅓ'),
    ('k', 'ㅏ'),
    ('l', 'ㅣ'),
    ('z', 'ㅋ'),
    ('x', 'ㅌ'),
    ('c', 'ㅊ'),
    ('v', 'ㅍ'),
    ('b', 'ㅠ'),
    ('n', 'ㅜ'),
    ('m', 'ㅡ'),
    ('Q', 'ㅃ'),
    ('W', 'ㅉ'),
    ('E', 'ㄸ'),
    ('R', 'ㄲ'),
    ('T', 'ㅆ'),
    ('O', 'ㅒ'),
    ('P', 'ㅖ'),
];

/// A word of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word<'a> {
    /// As it stands there.
    pub(super) text: &'a str,
    /// Where it begins, in bytes.
    pub(super) start: usize,
    /// At least one, at most [`LONGEST`].
    pub(super) keys: Vec<char>,
    /// For each key, where in `text` its character begins, in bytes.
    pub(super) origins: Vec<usize>,
}

impl Word<'_> {
    /// The keys that begin a character, as bits.
    pub(super) fn beginnings(&self) -> u64 {
        (0..self.keys.len())
            .filter(|&at| at == 0 || self.origins[at] != self.origins[at - 1])
            .fold(0, |bits, at| bits | 1 << at)
    }

    /// The first consonant of each syllable; nothing where anything else stands in the word.
    pub(super) fn initials(&self) -> Vec<char> {
        let syllables = self.text.chars().all(|c| ('가'..='힣').contains(&c) || c == ' ');
        let beginnings = self.beginnings();
        let initial = |(at, key): (usize, &char)| (beginnings >> at & 1 == 1).then_some(*key);
        if syllables {
            self.keys.iter().enumerate().filter_map(initial).collect()
        } else {
            Vec::new()
        }
    }
}

/// The words of a text: letters and digits, with apostrophes passed over.
pub(super) fn words(text: &str) -> Vec<Word<'_>> {
    let inside = |c: char| c.is_alphanumeric() || is_silent(c);
    let mut words = Vec::new();
    let mut rest = 0;
    while let Some(from) = text[rest..].find(inside).map(|at| rest + at) {
        let to = text[from..].find(|c| !inside(c)).map_or(text.len(), |at| from + at);
        let mut word = Word {
            text: &text[from..to],
            start: from,
            keys: Vec::new(),
            origins: Vec::new(),
        };
        for (at, c) in word.text.char_indices() {
            press(c, &mut word.keys);
            word.origins.resize(word.keys.len(), at);
        }
        word.keys.truncate(LONGEST);
        word.origins.truncate(LONGEST);
        if !word.keys.is_empty() {
            words.push(word);
        }
        rest = to;
    }
    words
}

/// Part of a word, but typed by no key of its own.
fn is_silent(c: char) -> bool {
    matches!(c, '\'' | '’') || is_combining_mark(c)
}

/// The keys that type one character.
fn press(c: char, keys: &mut Vec<char>) {
    let part = |table: &[char], first: char| table.get((c as usize).wrapping_sub(first as usize)).copied();
    if c.is_ascii() {
        keys.extend(c.is_ascii_alphanumeric().then(|| c.to_ascii_lowercase()));
    } else if ('가'..='힣').contains(&c) {
        let place = c as usize - '가' as usize;
        keys.push(LEADS[place / 588]);
        press_jamo(VOWELS[place % 588 / 28], keys);
        if let Some(tail) = (place % 28).checked_sub(1) {
            press_jamo(TAILS[tail], keys);
        }
    } else if ('\u{3131}'..='\u{3163}').contains(&c) {
        press_jamo(c, keys);
    } else if let Some(jamo) = part(&LEADS, '\u{1100}')
        .or_else(|| part(&VOWELS, '\u{1161}'))
        .or_else(|| part(&TAILS, '\u{11a8}'))
    {
        press_jamo(jamo, keys);
    } else {
        press_folded(c, keys);
    }
}

/// Two keys for the letters that the keyboard lacks.
fn press_jamo(jamo: char, keys: &mut Vec<char>) {
    let pair = match jamo {
        'ㅘ' => ['ㅗ', 'ㅏ'],
        'ㅙ' => ['ㅗ', 'ㅐ'],
        'ㅚ' => ['ㅗ', 'ㅣ'],
        'ㅝ' => ['ㅜ', 'ㅓ'],
        'ㅞ' => ['ㅜ', 'ㅔ'],
        'ㅟ' => ['ㅜ', 'ㅣ'],
        'ㅢ' => ['ㅡ', 'ㅣ'],
        'ㄳ' => ['ㄱ', 'ㅅ'],
        'ㄵ' => ['ㄴ', 'ㅈ'],
        'ㄶ' => ['ㄴ', 'ㅎ'],
        'ㄺ' => ['ㄹ', 'ㄱ'],
        'ㄻ' => ['ㄹ', 'ㅁ'],
        'ㄼ' => ['ㄹ', 'ㅂ'],
        'ㄽ' => ['ㄹ', 'ㅅ'],
        'ㄾ' => ['ㄹ', 'ㅌ'],
        'ㄿ' => ['ㄹ', 'ㅍ'],
        'ㅀ' => ['ㄹ', 'ㅎ'],
        'ㅄ' => ['ㅂ', 'ㅅ'],
        single => return keys.push(single),
    };
    keys.extend(pair);
}

/// Full-width, accented and capital letters lose what makes them special.
fn press_folded(c: char, keys: &mut Vec<char>) {
    for plain in std::iter::once(c).nfkd().filter(|c| !is_combining_mark(*c)) {
        if is_jamo(plain) || plain.is_ascii() {
            press(plain, keys);
        } else {
            keys.extend(plain.to_lowercase().filter(|c| c.is_alphanumeric()));
        }
    }
}

fn is_jamo(c: char) -> bool {
    ('\u{1100}'..='\u{11ff}').contains(&c)
}

pub(super) fn is_hangul(key: char) -> bool {
    ('\u{3131}'..='\u{3163}').contains(&key)
}

pub(super) fn is_consonant(key: char) -> bool {
    ('\u{3131}'..='\u{314e}').contains(&key)
}

/// The keys that were meant if the keyboard was in the other language; none when the word holds anything else.
pub(super) fn other_layout(word: &Word<'_>) -> Option<Vec<char>> {
    let to_korean = |c: char| {
        let named = |name: char| LAYOUT.iter().find(|(latin, _)| *latin == name).map(|(_, jamo)| *jamo);
        named(c).or_else(|| named(c.to_ascii_lowercase()))
    };
    let to_latin = |key: char| {
        let named = LAYOUT.iter().find(|(_, jamo)| *jamo == key);
        named.map(|(latin, _)| latin.to_ascii_lowercase())
    };
    if word.text.chars().all(|c| c.is_ascii_alphabetic()) {
        word.text.chars().take(LONGEST).map(to_korean).collect()
    } else {
        word.keys.iter().map(|key| to_latin(*key)).collect()
    }
}

/// An English word without its plural: `teapots` and `teapot` are alike, `glass` stays.
pub(super) fn singular(keys: &[char]) -> Option<Vec<char>> {
    let ends =
        |end: &str| keys.len() > end.len() + 2 && end.chars().rev().eq(keys.iter().rev().take(end.len()).copied());
    let without = |count: usize| keys[..keys.len() - count].to_vec();
    if ends("ss") || ends("us") || ends("is") {
        None
    } else if ends("ies") {
        let mut word = without(3);
        word.push('y');
        Some(word)
    } else if ["ches", "shes", "xes", "sses"].into_iter().any(ends) {
        Some(without(2))
    } else {
        ends("s").then(|| without(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str) -> String {
        words(text).into_iter().flat_map(|word| word.keys).collect()
    }

    #[test]
    fn a_syllable_is_taken_apart_as_it_is_typed() {
        assert_eq!(keys("헤드폰"), "ㅎㅔㄷㅡㅍㅗㄴ");
        assert_eq!(keys("읽과값"), "ㅇㅣㄹㄱㄱㅗㅏㄱㅏㅂㅅ");
        assert_eq!(keys("헤드ㅍ"), "ㅎㅔㄷㅡㅍ");
        assert_eq!(keys("ㄳ"), "ㄱㅅ");
    }

    #[test]
    fn forms_that_look_alike_are_the_same_keys() {
        let decomposed: String = "찻주전자 값".nfd().collect();
        assert_eq!(keys(&decomposed), keys("찻주전자 값"));
        assert_eq!(keys("ＴＥＡ"), "tea");
        assert_eq!(keys("Piñata"), "pinata");
        assert_eq!(keys(&"Äpfel".nfd().collect::<String>()), "apfel");
        assert_eq!(keys("ﾡ"), "ㄱ");
    }

    #[test]
    fn words_end_where_letters_end() {
        let found = words("Chef's T-shirt, 26cm·차");
        let texts: Vec<&str> = found.iter().map(|word| word.text).collect();
        assert_eq!(texts, ["Chef's", "T", "shirt", "26cm", "차"]);
        assert_eq!(found[2].start, 9);
        assert!(words(" ·’– ").is_empty());
    }

    #[test]
    fn initials_are_those_of_syllables() {
        assert_eq!(words("헤드폰")[0].initials(), ['ㅎ', 'ㄷ', 'ㅍ']);
        assert!(words("26cm")[0].initials().is_empty());
    }

    #[test]
    fn the_other_keyboard_has_the_same_keys() {
        let other = |text: &str| other_layout(&words(text)[0]).map(|keys| keys.into_iter().collect::<String>());
        assert_eq!(other("gpemvhs").as_deref(), Some("ㅎㅔㄷㅡㅍㅗㄴ"));
        assert_eq!(other("Rkr").as_deref(), Some("ㄲㅏㄱ"));
        assert_eq!(other("ㅅㄷㅁㅔㅐㅅ").as_deref(), Some("teapot"));
        assert_eq!(other("ㅠㅐㅐㅏ"), Some("book".to_owned()));
        assert_eq!(other("26cm"), None);
    }

    #[test]
    fn plurals_lose_their_end() {
        let one = |text: &str| singular(&words(text)[0].keys).map(|keys| keys.into_iter().collect::<String>());
        assert_eq!(one("teapots").as_deref(), Some("teapot"));
        assert_eq!(one("batteries").as_deref(), Some("battery"));
        assert_eq!(one("brushes").as_deref(), Some("brush"));
        assert_eq!(one("glasses").as_deref(), Some("glass"));
        for same in ["glass", "cactus", "tennis", "as", "teapot"] {
            assert_eq!(one(same), None, "{same}");
        }
    }
}
