//! Whether a user agent says that it is a crawler: by a kept list of how they call themselves, never by how often they ask.
//!
//! Bounds: at most 500 characters are looked at, in time that rises with them only (the expressions know no backtracking). Who lies about
//! its name is taken for a person.

use std::sync::LazyLock;

use regex::bytes::{Regex, RegexBuilder};

const PATTERNS: &str = include_str!("../../crawlers/patterns.txt");
/// So much may the compiled expression take, in bytes.
const LARGEST: usize = 32 * 1024 * 1024;

/// None when the list holds what is no expression: a test sees to it that it never does.
static CRAWLERS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let lines: Vec<&str> = PATTERNS.lines().filter(|line| !line.is_empty()).collect();
    RegexBuilder::new(&lines.join("|"))
        .unicode(false)
        .size_limit(LARGEST)
        .build()
        .inspect_err(
            |error| tracing::error!(%error, "The list of crawlers can't be read: no event is marked as a crawler's"),
        )
        .ok()
});

/// Reads the list; the first request would wait for it otherwise.
pub(super) fn prepare() {
    LazyLock::force(&CRAWLERS);
}

/// Whether the name is a crawler's.
pub(super) fn is_crawler(user_agent: &str) -> bool {
    CRAWLERS
        .as_ref()
        .is_some_and(|crawlers| crawlers.is_match(user_agent.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crawlers_are_recognised_by_their_names() {
        for name in [
            "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
            "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
            "Mozilla/5.0 (compatible; Yeti/1.1; +https://naver.me/spd)",
            "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
            "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
            "curl/8.5.0",
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/141.0.0.0 Safari/537.36",
        ] {
            assert!(is_crawler(name), "{name}");
        }
    }

    #[test]
    fn browsers_are_not_crawlers() {
        for name in [
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:144.0) Gecko/20100101 Firefox/144.0",
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36",
            "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/138.0 Mobile Safari/537.36 KAKAOTALK/25.5.0",
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Whale/4.30.0 Safari/537.36",
            "Unknown",
            "",
        ] {
            assert!(!is_crawler(name), "{name}");
        }
    }
}
