//! Writes a JSON object member by member: the same bytes as `serde_json` (a test compares them) at a quarter of its cost.
//!
//! Names are copied as they stand, ids and moments are written digit by digit, and text that needs no escaping is copied whole.

use serde::Serialize;
use uuid::Uuid;

use crate::Timestamp;
use crate::pairs::Fields;

/// The name of a member as it stands behind another one.
macro_rules! name {
    ($name:literal) => {
        concat!(",\"", $name, "\":")
    };
}

pub(crate) use name;

/// An object under way at the end of the bytes.
pub(crate) struct Object<'o>(&'o mut Vec<u8>);

impl<'o> Object<'o> {
    pub(crate) fn begin(out: &'o mut Vec<u8>) -> Self {
        out.push(b'{');
        Self(out)
    }

    pub(crate) fn end(self) {
        self.0.push(b'}');
    }

    /// `name` comes from [`name!`]; its comma is left out before the first member.
    fn name(&mut self, name: &'static str) {
        let is_first = self.0.last() == Some(&b'{');
        self.0.extend_from_slice(&name.as_bytes()[usize::from(is_first)..]);
    }

    pub(crate) fn text(&mut self, name: &'static str, text: &str) -> Result<(), serde_json::Error> {
        self.name(name);
        string(self.0, text)
    }

    pub(crate) fn text_or_null(&mut self, name: &'static str, text: Option<&str>) -> Result<(), serde_json::Error> {
        match text {
            Some(text) => self.text(name, text),
            None => self.null(name),
        }
    }

    /// Text that needs no escaping, whatever it says.
    pub(crate) fn plain(&mut self, name: &'static str, text: &[u8]) {
        self.name(name);
        self.0.push(b'"');
        self.0.extend_from_slice(text);
        self.0.push(b'"');
    }

    pub(crate) fn plain_or_null(&mut self, name: &'static str, text: Option<&str>) -> Result<(), serde_json::Error> {
        match text {
            Some(text) => {
                self.plain(name, text.as_bytes());
                Ok(())
            }
            None => self.null(name),
        }
    }

    pub(crate) fn moment(&mut self, name: &'static str, at: Timestamp) {
        self.plain(name, &at.digits());
    }

    pub(crate) fn uuid(&mut self, name: &'static str, id: Uuid) {
        let mut digits = Uuid::encode_buffer();
        self.plain(name, id.hyphenated().encode_lower(&mut digits).as_bytes());
    }

    pub(crate) fn number(&mut self, name: &'static str, number: impl itoa::Integer) {
        self.name(name);
        self.0.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
    }

    pub(crate) fn number_or_null(
        &mut self,
        name: &'static str,
        number: Option<impl itoa::Integer>,
    ) -> Result<(), serde_json::Error> {
        match number {
            Some(number) => {
                self.number(name, number);
                Ok(())
            }
            None => self.null(name),
        }
    }

    pub(crate) fn fields(&mut self, name: &'static str, fields: &Fields<'_>) -> Result<(), serde_json::Error> {
        self.name(name);
        if fields.is_empty() {
            self.0.extend_from_slice(b"{}");
            return Ok(());
        }
        serde_json::to_writer(&mut *self.0, fields)
    }

    /// Any other value, by its `Serialize`.
    pub(crate) fn value(&mut self, name: &'static str, value: &impl Serialize) -> Result<(), serde_json::Error> {
        self.name(name);
        serde_json::to_writer(&mut *self.0, value)
    }

    /// An object within this one.
    pub(crate) fn object(&mut self, name: &'static str) -> Object<'_> {
        self.name(name);
        Object::begin(self.0)
    }

    #[expect(clippy::unnecessary_wraps, reason = "the last arm of a match that may fail")]
    fn null(&mut self, name: &'static str) -> Result<(), serde_json::Error> {
        self.name(name);
        self.0.extend_from_slice(b"null");
        Ok(())
    }
}

fn string(out: &mut Vec<u8>, text: &str) -> Result<(), serde_json::Error> {
    // All bytes, without stopping at the first that needs it, so that the compiler looks at many at once.
    let needs_escape = |byte: u8| u8::from(byte < b' ' || matches!(byte, b'"' | b'\\'));
    if text.bytes().fold(0, |found, byte| found | needs_escape(byte)) != 0 {
        return serde_json::to_writer(out, text);
    }
    out.push(b'"');
    out.extend_from_slice(text.as_bytes());
    out.push(b'"');
    Ok(())
}
