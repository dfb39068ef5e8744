//! The words of a product's views: whole, from near, beside something known.

use crate::domain::Language;
use crate::domain::drawing::Known;

pub struct Views {
    /// Of the product's name.
    pub of: fn(&str) -> String,
    pub near: &'static str,
    pub near_of: fn(&str) -> String,
    /// The size in centimetres, and what lies beside it.
    pub beside: fn(f32, Known) -> String,
}

impl Views {
    #[must_use]
    pub const fn of(language: Language) -> &'static Self {
        match language {
            Language::Ko => &KO,
            Language::En => &EN,
        }
    }
}

static KO: Views = Views {
    of: |name| format!("{name} 그림"),
    near: "가까이에서",
    near_of: |name| format!("가까이에서 본 {name}"),
    beside: |cm, known| {
        let other = match known {
            Known::Coin => "500원 동전",
            Known::Phone => "휴대폰",
            Known::Person => "사람",
        };
        format!("긴 쪽이 약 {cm}cm예요. 옆은 {other}({}cm)이에요.", known.cm())
    },
};

static EN: Views = Views {
    of: |name| format!("Pictures of {name}"),
    near: "Close up",
    near_of: |name| format!("{name}, close up"),
    beside: |cm, known| {
        let other = match known {
            Known::Coin => "a 500 won coin",
            Known::Phone => "a phone",
            Known::Person => "a person",
        };
        format!("About {cm} cm at its longest, beside {other} of {} cm", known.cm())
    },
};
