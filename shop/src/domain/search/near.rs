//! Words that are a slip away: the optimal string alignment distance (insert, leave out, change, swap two neighbours; Damerau 1964),
//! bounded, over all words of a sorted list at once.
//!
//! Neighbours in the list share their beginnings, so the rows of a shared beginning are computed once, and a beginning that is already
//! too far off is skipped with all that follow it: a walk over a trie, without the trie. Own code, because strsim compares two strings
//! from scratch, unbounded, and knows no beginnings.

/// How far a word may be off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reach {
    /// Slips.
    pub(super) most: usize,
    /// Whether being near the beginning of a word is enough.
    pub(super) beginnings: bool,
}

/// The places in `sorted` (ascending, without doubles) of the words within reach of `typed`, and how many slips each is away.
pub(super) fn within<'a>(
    sorted: impl Fn(usize) -> &'a [char],
    count: usize,
    typed: &[char],
    reach: Reach,
) -> Vec<(usize, usize)> {
    let mut walk = Walk {
        typed,
        reach,
        rows: vec![(0..=typed.len()).collect()],
        word: Vec::new(),
    };
    let mut found = Vec::new();
    let mut at = 0;
    while at < count {
        let word = sorted(at);
        match walk.step(word) {
            Step::Distance(slips) if slips <= reach.most => found.push((at, slips)),
            Step::Distance(_) => {}
            Step::TooFar(length) => {
                at = after_beginning(&sorted, at, count, length);
                continue;
            }
        }
        at += 1;
    }
    found
}

/// The first place behind `at` whose word doesn't share its first `length` keys.
fn after_beginning<'a>(sorted: impl Fn(usize) -> &'a [char], at: usize, count: usize, length: usize) -> usize {
    let beginning = &sorted(at)[..length];
    let (mut low, mut high) = (at + 1, count);
    while low < high {
        let middle = low.midpoint(high);
        if sorted(middle).starts_with(beginning) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

enum Step {
    Distance(usize),
    /// All words with this word's first so many keys are out of reach.
    TooFar(usize),
}

struct Walk<'a> {
    typed: &'a [char],
    reach: Reach,
    /// One for each key of `word`, and one for nothing; `rows[i][j]` is the distance of its first i keys from the first j typed.
    rows: Vec<Vec<usize>>,
    word: Vec<char>,
}

impl Walk<'_> {
    fn step(&mut self, word: &[char]) -> Step {
        let shared = self
            .word
            .iter()
            .zip(word)
            .take_while(|(one, other)| one == other)
            .count();
        self.word.truncate(shared);
        self.rows.truncate(shared + 1);
        for &key in &word[shared..] {
            self.word.push(key);
            let row = self.next_row();
            let nearest = row.iter().min().copied().unwrap_or(0);
            self.rows.push(row);
            if nearest > self.reach.most && !self.reach.beginnings {
                return Step::TooFar(self.word.len());
            }
            if nearest > self.reach.most {
                break;
            }
        }
        let last = |row: &Vec<usize>| row[self.typed.len()];
        let whole = self.rows.last().map_or(usize::MAX, last);
        let slips = if self.reach.beginnings {
            self.rows.iter().map(last).min().unwrap_or(whole)
        } else {
            whole
        };
        if slips > self.reach.most && self.rows.len() <= word.len() {
            return Step::TooFar(self.word.len());
        }
        Step::Distance(slips)
    }

    fn next_row(&self) -> Vec<usize> {
        let depth = self.word.len();
        let (key, before) = (self.word[depth - 1], &self.rows[depth - 1]);
        let mut row = Vec::with_capacity(before.len());
        row.push(depth);
        for (j, &typed) in self.typed.iter().enumerate() {
            let mut cost = (before[j] + usize::from(typed != key))
                .min(before[j + 1] + 1)
                .min(row[j] + 1);
            let swapped = depth > 1 && j > 0 && self.typed[j - 1] == key && self.word[depth - 2] == typed;
            if swapped {
                cost = cost.min(self.rows[depth - 2][j - 1] + 1);
            }
            row.push(cost);
        }
        row
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(words: &[&str], typed: &str, most: usize, beginnings: bool) -> Vec<(String, usize)> {
        let mut sorted: Vec<Vec<char>> = words.iter().map(|word| word.chars().collect()).collect();
        sorted.sort();
        let typed: Vec<char> = typed.chars().collect();
        let near = within(|at| &sorted[at], sorted.len(), &typed, Reach { most, beginnings });
        near.into_iter()
            .map(|(at, slips)| (sorted[at].iter().collect(), slips))
            .collect()
    }

    #[test]
    fn each_slip_counts_one() {
        let words = ["headphones", "headphone", "head", "teapot", "heads"];
        for slip in ["headphnes", "headphonees", "hesdphones", "haedphones"] {
            assert_eq!(found(&words, slip, 1, false), [("headphones".to_owned(), 1)], "{slip}");
        }
        assert_eq!(found(&words, "haed", 1, false), [("head".to_owned(), 1)]);
        assert!(found(&words, "tepto", 1, false).is_empty());
    }

    #[test]
    fn a_beginning_may_be_enough() {
        let words = ["headphones", "headset", "teapot"];
        assert_eq!(found(&words, "haedph", 1, true), [("headphones".to_owned(), 1)]);
        assert_eq!(found(&words, "haed", 1, true).len(), 2);
    }

    #[test]
    fn the_walk_finds_what_comparing_one_by_one_finds() {
        let letters = ['a', 'b', 'c'];
        let mut words = vec![String::new()];
        for _ in 0..5 {
            let longer: Vec<String> = words
                .iter()
                .flat_map(|word| letters.map(|letter| format!("{word}{letter}")))
                .collect();
            words.extend(longer);
        }
        words.sort();
        words.dedup();
        let all: Vec<&str> = words.iter().map(String::as_str).collect();
        for typed in ["abc", "cabba", "bb", "acbca"] {
            let walked = found(&all, typed, 2, false);
            let one_by_one: Vec<(String, usize)> = all
                .iter()
                .filter_map(|word| found(&[word], typed, 2, false).into_iter().next())
                .collect();
            assert_eq!(walked, one_by_one, "{typed}");
            assert!(walked.iter().all(|(word, slips)| (word == typed) == (*slips == 0)));
        }
    }
}
