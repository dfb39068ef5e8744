//! Where an order goes.

use std::fmt;

use crate::domain::PersonName;
use crate::domain::field::{Field, FieldError, Problem, all_errors};

/// An address as it was typed, before it is checked.
#[derive(Clone, Copy, Default)]
pub struct DeliveryForm<'a> {
    pub recipient: &'a str,
    pub phone: &'a str,
    pub postcode: &'a str,
    pub address: &'a str,
    pub address_detail: &'a str,
    pub note: &'a str,
}

/// Who gets the parcel, where; kept in a table of its own, never in an event.
#[derive(Clone, PartialEq, Eq)]
pub struct Delivery {
    pub recipient: PersonName,
    /// Digits only, perhaps a + before them.
    pub phone: String,
    /// Five digits, as in Korea.
    pub postcode: String,
    pub address: String,
    pub address_detail: Option<String>,
    /// For whoever brings it.
    pub note: Option<String>,
}

impl Delivery {
    /// In characters, each of the three lines of text.
    pub const MAX_LINE: usize = 200;

    /// Everything that is wrong, in the order of the form's fields.
    pub fn parse(form: DeliveryForm<'_>) -> Result<Self, Vec<FieldError>> {
        let recipient = PersonName::parse(Field::Recipient, form.recipient);
        let phone = phone(form.phone);
        let postcode = postcode(form.postcode);
        let address = Field::Address.line(form.address, Self::MAX_LINE);
        let address_detail = Field::AddressDetail.optional_line(form.address_detail, Self::MAX_LINE);
        let note = Field::Note.optional_line(form.note, Self::MAX_LINE);
        match (recipient, phone, postcode, address, address_detail, note) {
            (Ok(recipient), Ok(phone), Ok(postcode), Ok(address), Ok(address_detail), Ok(note)) => Ok(Self {
                recipient,
                phone,
                postcode,
                address,
                address_detail,
                note,
            }),
            (recipient, phone, postcode, address, address_detail, note) => Err(all_errors([
                recipient.err(),
                phone.err(),
                postcode.err(),
                address.err(),
                address_detail.err(),
                note.err(),
            ])),
        }
    }
}

impl Delivery {
    /// As Koreans write it, `010-1234-5678`; other numbers as they are kept.
    #[must_use]
    pub fn written_phone(&self) -> String {
        let digits = self.phone.as_str();
        let parts = match (digits.len(), digits.starts_with("02")) {
            _ if !digits.starts_with('0') => return digits.to_owned(),
            (9, true) => [2, 3],
            (10, true) => [2, 4],
            (10, false) => [3, 3],
            (11, false) => [3, 4],
            _ => return digits.to_owned(),
        };
        let (area, rest) = digits.split_at(parts[0]);
        let (exchange, line) = rest.split_at(parts[1]);
        format!("{area}-{exchange}-{line}")
    }
}

/// Kept out of logs.
impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Delivery(..)")
    }
}

/// 9 to 15 digits (15: ITU-T E.164), with spaces, hyphens, dots and brackets dropped.
fn phone(typed: &str) -> Result<String, FieldError> {
    let line = Field::Phone.line(typed, 40)?;
    let phone: String = line
        .chars()
        .filter(|c| !matches!(c, ' ' | '-' | '.' | '(' | ')'))
        .collect();
    let digits = phone.strip_prefix('+').unwrap_or(&phone);
    if (9..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        Ok(phone)
    } else {
        Err(Field::Phone.refused(Problem::NotAPhone))
    }
}

fn postcode(typed: &str) -> Result<String, FieldError> {
    let line = Field::Postcode.line(typed, 40)?;
    if line.len() == 5 && line.bytes().all(|byte| byte.is_ascii_digit()) {
        Ok(line)
    } else {
        Err(Field::Postcode.refused(Problem::NotAPostcode))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORM: DeliveryForm<'static> = DeliveryForm {
        recipient: "김미나",
        phone: "010-1234-5678",
        postcode: "04524",
        address: "서울특별시 중구 세종대로 110",
        address_detail: "",
        note: " 문 앞에 놓아 주세요 ",
    };

    #[test]
    fn a_phone_is_kept_as_digits_and_an_empty_line_as_none() {
        let delivery = Delivery::parse(FORM).expect("an address");
        assert_eq!(delivery.phone, "01012345678");
        assert_eq!(delivery.written_phone(), "010-1234-5678");
        for (kept, written) in [
            ("0212345678", "02-1234-5678"),
            ("0311234567", "031-123-4567"),
            ("+821012345678", "+821012345678"),
        ] {
            let delivery = Delivery {
                phone: kept.to_owned(),
                ..delivery.clone()
            };
            assert_eq!(delivery.written_phone(), written);
        }
        assert_eq!(delivery.address_detail, None);
        assert_eq!(delivery.note.as_deref(), Some("문 앞에 놓아 주세요"));
    }

    #[test]
    fn each_field_says_what_is_wrong_with_it() {
        let form = DeliveryForm {
            recipient: "",
            phone: "call me",
            postcode: "1234",
            ..FORM
        };
        let errors = Delivery::parse(form).expect_err("three errors");
        let expected = [
            Field::Recipient.refused(Problem::Missing),
            Field::Phone.refused(Problem::NotAPhone),
            Field::Postcode.refused(Problem::NotAPostcode),
        ];
        assert_eq!(errors, expected);
    }
}
