//! What can be wrong with a field of a form: closed sets, so that every page has a sentence for each, in each language.

use unicode_normalization::UnicodeNormalization as _;

/// A field that a person fills in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Field {
    Email,
    Password,
    Name,
    Recipient,
    Phone,
    Postcode,
    Address,
    AddressDetail,
    Note,
}

impl Field {
    pub const ALL: [Self; 9] = [
        Self::Email,
        Self::Password,
        Self::Name,
        Self::Recipient,
        Self::Phone,
        Self::Postcode,
        Self::Address,
        Self::AddressDetail,
        Self::Note,
    ];

    /// The field's name in the form.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Password => "password",
            Self::Name => "name",
            Self::Recipient => "recipient",
            Self::Phone => "phone",
            Self::Postcode => "postcode",
            Self::Address => "address",
            Self::AddressDetail => "address_detail",
            Self::Note => "note",
        }
    }
}

/// Why what was typed won't do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    Missing,
    /// In characters.
    TooShort {
        min: usize,
    },
    /// In characters.
    TooLong {
        max: usize,
    },
    NotAnEmail,
    /// Digits, with spaces and hyphens between, perhaps a + before: 9 to 15 digits.
    NotAPhone,
    /// Five digits.
    NotAPostcode,
    /// Control characters don't belong into a single line.
    Unreadable,
    /// Somebody signed up with this address already.
    Taken,
}

/// One field and what is wrong with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("field `{}`: {problem:?}", .field.name())]
pub struct FieldError {
    pub field: Field,
    pub problem: Problem,
}

impl Field {
    pub(super) const fn refused(self, problem: Problem) -> FieldError {
        FieldError { field: self, problem }
    }

    /// A single line, trimmed: 1 to `max` characters, none of them a control character.
    ///
    /// In the composed form (NFC): an `é` or a `한` that one device composes and another takes apart is the same.
    pub(super) fn line(self, typed: &str, max: usize) -> Result<String, FieldError> {
        let composed: String = typed.nfc().collect();
        let line = composed.trim();
        if line.is_empty() {
            Err(self.refused(Problem::Missing))
        } else if line.chars().count() > max {
            Err(self.refused(Problem::TooLong { max }))
        } else if line.chars().any(char::is_control) {
            Err(self.refused(Problem::Unreadable))
        } else {
            Ok(line.to_owned())
        }
    }

    /// As [`Field::line`], but it may be left empty.
    pub(super) fn optional_line(self, typed: &str, max: usize) -> Result<Option<String>, FieldError> {
        if typed.trim().is_empty() {
            Ok(None)
        } else {
            self.line(typed, max).map(Some)
        }
    }
}

/// All that is wrong, in the order of the fields.
pub(super) fn all_errors<const N: usize>(errors: [Option<FieldError>; N]) -> Vec<FieldError> {
    errors.into_iter().flatten().collect()
}
