//! Texts by name, as addresses and forms hold them.

use std::borrow::Cow;
use std::collections::BTreeMap;

/// Names and values of a query string or of an allow-listed form.
pub type Fields<'a> = BTreeMap<Cow<'a, str>, Cow<'a, str>>;
