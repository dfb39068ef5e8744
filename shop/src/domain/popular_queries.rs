//! What many people search for, and nobody's own words.
//!
//! A query is told only once [`ENOUGH`] different visitors have asked it within [`WEEK`], so that what one person typed (a name, a number)
//! is never shown to another; and only whoever asks with consent is counted. The caller passes in only queries of which every word was
//! found as it stands, so nobody can plant words that the catalogue doesn't hold.
//!
//! Bounds: [`MOST`] queries with up to [`COUNTED`] visitors each, about 1 MiB. In memory: a restart forgets them.

use std::collections::HashMap;

use schemas::Timestamp;

use crate::domain::{Language, VisitorId};

/// How many different visitors must have asked.
pub const ENOUGH: usize = 5;
const WEEK: i64 = 7 * 24 * 3600 * 1_000_000; // microseconds
const MOST: usize = 2000;
/// Visitors that are counted of one query: more don't make it more popular.
const COUNTED: usize = 50;
/// In characters: what is longer is no query that many people have in common.
const LONGEST: usize = 40;

#[derive(Debug, Default)]
pub struct PopularQueries(HashMap<(Language, String), Vec<Asked>>);

/// Who asked, and when for the last time.
#[derive(Debug, Clone, Copy)]
struct Asked {
    by: VisitorId,
    at: Timestamp,
}

impl PopularQueries {
    pub fn asked(&mut self, language: Language, query: &str, asked_by: VisitorId, at: Timestamp) {
        let Some(query) = common(query) else { return };
        let key = (language, query);
        if self.0.len() >= MOST && !self.0.contains_key(&key) {
            self.make_room(at);
        }
        let visitors = self.0.entry(key).or_default();
        match visitors.iter_mut().find(|asked| asked.by == asked_by) {
            Some(asked) => asked.at = at,
            None => visitors.push(Asked { by: asked_by, at }),
        }
        if visitors.len() > COUNTED {
            visitors.remove(0);
        }
    }

    /// The queries that most visitors have asked within a week, the first `most` of them.
    #[must_use]
    pub fn top(&self, language: Language, now: Timestamp, most: usize) -> Vec<String> {
        let of_language = self.0.iter().filter(|((asked_in, _), _)| *asked_in == language);
        let counted = of_language.map(|((_, query), visitors)| (lately(visitors, now), query));
        let mut top: Vec<(usize, &String)> = counted.filter(|(count, _)| *count >= ENOUGH).collect();
        top.sort_by(|(one, query), (other, than)| other.cmp(one).then_with(|| query.cmp(than)));
        top.into_iter().take(most).map(|(_, query)| query.clone()).collect()
    }

    /// What nobody has asked for a week goes; if that is not enough, what fewer than [`ENOUGH`] visitors have asked; and then everything.
    fn make_room(&mut self, now: Timestamp) {
        for needed in [1, ENOUGH, COUNTED + 1] {
            self.0.retain(|_, visitors| lately(visitors, now) >= needed);
            if self.0.len() < MOST {
                return;
            }
        }
    }
}

fn lately(visitors: &[Asked], now: Timestamp) -> usize {
    let recent = |asked: &&Asked| now.unix_micros() - asked.at.unix_micros() < WEEK;
    visitors.iter().filter(recent).count()
}

/// As it is compared and shown: one space between words, no capitals; none when it looks like what only one person would type.
fn common(query: &str) -> Option<String> {
    let words: Vec<&str> = query.split_whitespace().collect();
    let query = words.join(" ").to_lowercase();
    let digits = query.chars().filter(char::is_ascii_digit).count();
    let fits = !query.is_empty() && query.chars().count() <= LONGEST && digits <= 4 && !query.contains('@');
    fits.then_some(query)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn visitor(number: u8) -> VisitorId {
        VisitorId([number; 16])
    }

    fn day(number: i64) -> Timestamp {
        Timestamp::from_unix_micros_saturating(number * 24 * 3600 * 1_000_000)
    }

    #[test]
    fn a_query_is_told_once_five_visitors_have_asked_it_and_not_before() {
        let mut queries = PopularQueries::default();
        for number in 0..4 {
            queries.asked(Language::En, " Tea  pot", visitor(number), day(1));
            queries.asked(Language::En, "tea pot", visitor(number), day(1));
        }
        assert!(
            queries.top(Language::En, day(1), 4).is_empty(),
            "four visitors, however often"
        );
        queries.asked(Language::En, "tea pot", visitor(4), day(1));
        assert_eq!(queries.top(Language::En, day(1), 4), ["tea pot"]);
        assert!(queries.top(Language::Ko, day(1), 4).is_empty(), "in their language");
        assert!(
            queries.top(Language::En, day(9), 4).is_empty(),
            "a week later it is forgotten"
        );
    }

    #[test]
    fn what_more_visitors_ask_stands_first() {
        let mut queries = PopularQueries::default();
        for number in 0..7 {
            queries.asked(Language::Ko, "찻잔", visitor(number), day(1));
            if number < 6 {
                queries.asked(Language::Ko, "연필", visitor(number), day(1));
            }
        }
        assert_eq!(queries.top(Language::Ko, day(2), 4), ["찻잔", "연필"]);
        assert_eq!(queries.top(Language::Ko, day(2), 1), ["찻잔"]);
    }

    #[test]
    fn what_only_one_person_would_type_is_not_counted() {
        for own in ["", " ", "010-1234-5678", "mina@example.com", &"a".repeat(41)] {
            assert_eq!(common(own), None, "{own}");
        }
        assert_eq!(common("A5 Notebook").as_deref(), Some("a5 notebook"));
    }

    #[test]
    fn however_many_queries_there_are_the_room_stays_bounded() {
        let mut queries = PopularQueries::default();
        for number in 0..ENOUGH {
            queries.asked(
                Language::En,
                "tea",
                visitor(u8::try_from(number).expect("small")),
                day(1),
            );
        }
        for number in 0..3 * MOST {
            queries.asked(Language::En, &format!("word {}", letters(number)), visitor(1), day(1));
        }
        assert!(queries.0.len() <= MOST);
        assert_eq!(queries.top(Language::En, day(1), 4), ["tea"], "what many ask stays");
    }

    fn letters(mut number: usize) -> String {
        let mut text = String::new();
        while number > 0 {
            text.push(char::from(b'a' + u8::try_from(number % 26).expect("below 26")));
            number /= 26;
        }
        text
    }
}
