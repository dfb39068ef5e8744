//! How large a thing is beside the others, so that a sofa and a push pin don't fill the same square.

/// Of a picture on its ground.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Size {
    /// Fits into a hand, with room to spare.
    Small,
    Usual,
    /// Larger than a chair.
    Large,
}

/// By the pictures' code points; each stands for the same kind of thing wherever it is used.
const SMALL: [&str; 26] = [
    "1f4cc", "1f4cd", "1f4ce", "1f330", "1f36a", "1f36c", "1f3b2", "1f45b", "1f485", "1f50b", "1f50c", "1f516",
    "1f5b1", "1f5b2", "1f95c", "1f9b4", "1f9c2", "1f9f7", "1fa79", "1fa80", "1fa9b", "1faa1", "1fad2", "1fad8",
    "1fadb", "1fab6",
];
const LARGE: [&str; 21] = [
    "1f3b9", "1f332", "1f34b", "1f6b2", "1f6c1", "1f6cb", "1f6cf", "1f6f4", "1f6f6", "1f6f7", "1fa89", "1fa91",
    "1fa9c", "26f1", "26f2", "26fa", "1f5a5", "1f4fa", "1f3bb", "1f52d", "1f3fa",
];

impl Size {
    pub(super) fn of(code_point: &str) -> Self {
        if SMALL.contains(&code_point) {
            Self::Small
        } else if LARGE.contains(&code_point) {
            Self::Large
        } else {
            Self::Usual
        }
    }

    /// What it adds to the class of the picture's ground.
    pub(super) const fn class(self) -> &'static str {
        match self {
            Self::Small => " is-small",
            Self::Usual => "",
            Self::Large => " is-large",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sofa_is_larger_than_a_push_pin() {
        assert_eq!(Size::of("1f6cb"), Size::Large);
        assert_eq!(Size::of("1f4cc"), Size::Small);
        assert_eq!(Size::of("1fad6"), Size::Usual);
        assert!(SMALL.iter().all(|small| !LARGE.contains(small)));
    }
}
