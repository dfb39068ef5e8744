//! The two languages of the shop, and texts that exist in both.

use serde::{Deserialize, Serialize};

/// A language the shop speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Language {
    Ko,
    En,
}

impl Language {
    pub const ALL: [Self; 2] = [Self::Ko, Self::En];

    /// The code in `lang`, in the cookie and in events.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Ko => "ko",
            Self::En => "en",
        }
    }

    /// In the language itself.
    #[must_use]
    pub const fn own_name(self) -> &'static str {
        match self {
            Self::Ko => "한국어",
            Self::En => "English",
        }
    }

    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.code() == code)
    }

    /// What a browser's `Accept-Language` likes best of what the shop speaks; Korean when it likes neither.
    ///
    /// RFC 9110, section 12.5.4: `ko-KR,ko;q=0.9,en;q=0.8`; of two with the same weight the first wins, and `q=0` means never.
    #[must_use]
    pub fn best_of(accept_language: &str) -> Self {
        let mut best = (Self::Ko, 0.0);
        for range in accept_language.split(',') {
            let mut parts = range.split(';').map(str::trim);
            let Some(language) = parts.next().and_then(Self::from_tag) else {
                continue;
            };
            let weight = parts
                .find_map(|part| part.strip_prefix("q="))
                .map_or(1.0, |q| q.parse().unwrap_or(0.0_f32));
            if weight > best.1 {
                best = (language, weight);
            }
        }
        best.0
    }

    /// The language of a tag such as `en-GB`.
    fn from_tag(tag: &str) -> Option<Self> {
        let primary = tag.split('-').next().unwrap_or(tag);
        Self::from_code(&primary.to_ascii_lowercase())
    }
}

/// A text in every language of the shop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Localized {
    pub ko: String,
    pub en: String,
}

impl Localized {
    #[must_use]
    pub fn text(&self, language: Language) -> &str {
        match language {
            Language::Ko => &self.ko,
            Language::En => &self.en,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_browsers_favourite_wins() {
        for (header, language) in [
            ("ko-KR,ko;q=0.9,en;q=0.8", Language::Ko),
            ("en-GB", Language::En),
            ("de-DE,de;q=0.9,EN;q=0.5", Language::En),
            ("en;q=0.3, ko;q=0.7", Language::Ko),
            ("en, ko", Language::En),
        ] {
            assert_eq!(Language::best_of(header), language, "{header}");
        }
    }

    #[test]
    fn a_browser_that_likes_neither_gets_korean() {
        for header in ["", "fr", "en;q=0", ";;;,,,q=", "*"] {
            assert_eq!(Language::best_of(header), Language::Ko, "{header}");
        }
    }
}
