//! Accounts: what a person may type to open one, and to come back.

use std::fmt;

use unicode_normalization::UnicodeNormalization as _;

use crate::domain::field::{Field, FieldError, Problem};

/// An e-mail address in the form in which it is compared: trimmed, lower case.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Email(String);

impl Email {
    /// RFC 5321, section 4.5.3.1.3.
    pub const MAX: usize = 254;

    /// Checks the shape only (`someone@example.org`); whether somebody reads it, a letter would tell.
    pub fn parse(typed: &str) -> Result<Self, FieldError> {
        let line = Field::Email.line(typed, Self::MAX)?.to_lowercase();
        let shaped = line.split_once('@').is_some_and(|(local, domain)| {
            let labels_are_filled = domain.contains('.') && domain.split('.').all(|label| !label.is_empty());
            !local.is_empty() && !domain.contains('@') && labels_are_filled
        });
        if shaped && !line.contains(char::is_whitespace) {
            Ok(Self(line))
        } else {
            Err(Field::Email.refused(Problem::NotAnEmail))
        }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Kept out of logs.
impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Email(..)")
    }
}

/// A password as typed; it is hashed and then forgotten.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

impl Password {
    /// In characters.
    pub const MIN: usize = 8;
    /// In characters.
    pub const MAX: usize = 128;

    /// Length is the only rule (NIST SP 800-63B, section 3.1.1.2); nothing is trimmed. Composed (NFC), as the section asks for: devices
    /// differ in how they send an `é` or a `한`.
    pub fn parse(typed: &str) -> Result<Self, FieldError> {
        let composed = composed(typed);
        match composed.chars().count() {
            0 => Err(Field::Password.refused(Problem::Missing)),
            length if length < Self::MIN => Err(Field::Password.refused(Problem::TooShort { min: Self::MIN })),
            length if length > Self::MAX => Err(Field::Password.refused(Problem::TooLong { max: Self::MAX })),
            _ => Ok(Self(composed)),
        }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// Kept out of logs.
impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}

/// What is typed, in the form that is hashed.
pub(crate) fn composed(password: &str) -> String {
    password.nfc().collect()
}

/// What the shop calls somebody.
#[derive(Clone, PartialEq, Eq)]
pub struct PersonName(String);

impl PersonName {
    /// In characters.
    pub const MAX: usize = 60;

    /// `field` is the one it was typed into: a name of one's own, or a recipient's.
    pub fn parse(field: Field, typed: &str) -> Result<Self, FieldError> {
        field.line(typed, Self::MAX).map(Self)
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Kept out of logs.
impl fmt::Debug for PersonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonName(..)")
    }
}

/// Somebody who wants an account, checked.
#[derive(Debug, Clone)]
pub struct NewAccount {
    pub email: Email,
    pub password: Password,
    pub name: PersonName,
}

impl NewAccount {
    /// Everything that is wrong, in the order of the form's fields.
    pub fn parse(email: &str, password: &str, name: &str) -> Result<Self, Vec<FieldError>> {
        match (
            Email::parse(email),
            Password::parse(password),
            PersonName::parse(Field::Name, name),
        ) {
            (Ok(email), Ok(password), Ok(name)) => Ok(Self { email, password, name }),
            (email, password, name) => Err(super::field::all_errors([email.err(), password.err(), name.err()])),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_compared_in_one_form() {
        assert_eq!(
            Email::parse("  Mina@Example.ORG ").expect("an address").as_str(),
            "mina@example.org"
        );
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for typed in ["mina", "mina@", "@example.org", "a@b", "a@b.", "a b@c.de", "a@b@c.de"] {
            assert_eq!(
                Email::parse(typed),
                Err(Field::Email.refused(Problem::NotAnEmail)),
                "{typed}"
            );
        }
        assert_eq!(Email::parse("  "), Err(Field::Email.refused(Problem::Missing)));
        assert_eq!(
            Email::parse("a\u{7}@b.de"),
            Err(Field::Email.refused(Problem::Unreadable))
        );
    }

    #[test]
    fn a_password_is_measured_in_characters() {
        assert!(Password::parse("여덟글자비밀번호").is_ok());
        assert_eq!(
            Password::parse("1234567"),
            Err(Field::Password.refused(Problem::TooShort { min: 8 }))
        );
        assert_eq!(
            Password::parse(&"x".repeat(129)),
            Err(Field::Password.refused(Problem::TooLong { max: 128 }))
        );
    }

    #[test]
    fn what_is_typed_on_two_devices_is_the_same() {
        let (composed, apart) = (
            "비밀번호\u{e9}\u{e9}\u{e9}\u{e9}",
            "비밀번호e\u{301}e\u{301}e\u{301}e\u{301}",
        );
        let apart: String = apart.nfd().collect();
        assert_eq!(Password::parse(composed), Password::parse(&apart));
        let (email, name) = (
            Email::parse("jos\u{e9}@x.org"),
            PersonName::parse(Field::Name, "\u{1112}\u{1161}\u{11ab}"),
        );
        assert_eq!(email, Email::parse("jose\u{301}@x.org"));
        assert_eq!(name.expect("a name").as_str(), "한");
    }

    #[test]
    fn a_form_says_all_that_is_wrong_at_once() {
        let errors = NewAccount::parse("mina", "short", "").expect_err("three errors");
        assert_eq!(
            errors.iter().map(|error| error.field).collect::<Vec<_>>(),
            [Field::Email, Field::Password, Field::Name]
        );
    }

    #[test]
    fn nothing_of_a_person_is_printed_by_accident() {
        let account = NewAccount::parse("mina@example.org", "correct horse", "Mina").expect("an account");
        let printed = format!("{account:?}");
        assert!(
            !printed.contains("mina") && !printed.contains("Mina") && !printed.contains("horse"),
            "{printed}"
        );
    }
}
