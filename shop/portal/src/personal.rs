//! Which fields are about a person, and how they are hidden from everybody else.
//!
//! The session id is not among them: it stands on every topic as the key, and opens nothing.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde_json::Value;

/// Fields about a person, by their path: what the contract's table calls personal in any type.
static PERSONAL: LazyLock<BTreeSet<&'static str>> = LazyLock::new(|| schemas::fields::personal().collect());

/// What stands in place of a hidden value.
pub(crate) const HIDDEN: &str = "•••";

/// Whether the field at this path is about a person.
#[must_use]
pub fn is_personal(path: &str) -> bool {
    PERSONAL.iter().any(|personal| {
        let rest = path.strip_prefix(personal);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    })
}

/// The message as this reader may see it: whole when it is of the reader's own session.
#[must_use]
pub fn masked(value: &Value, own_session: Option<&str>) -> Value {
    let mut shown = value.clone();
    let session = value.get("session_id").and_then(Value::as_str);
    if session.is_none() || session != own_session {
        for path in PERSONAL.iter() {
            hide(&mut shown, path);
        }
    }
    shown
}

fn hide(value: &mut Value, path: &str) {
    let found = path.split('.').try_fold(value, |value, name| value.get_mut(name));
    match found {
        None | Some(Value::Null) => {}
        Some(Value::Object(fields)) => fields.values_mut().for_each(|field| *field = HIDDEN.into()),
        Some(field) => *field = HIDDEN.into(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_stranger_sees_no_address_and_the_visitor_their_own() {
        let value = json!({
            "session_id": "aa", "ip_address": "203.0.113.7", "user_id": 5, "referrer": null, "http": {"ip": "203.0.113.7", "path": "/"},
            "form": {"quantity": "2"}
        });
        let shown = masked(&value, Some("bb"));
        assert!(!shown.to_string().contains("203.0.113.7"), "{shown}");
        assert_eq!(shown["user_id"], HIDDEN);
        assert_eq!(shown["form"]["quantity"], HIDDEN);
        assert_eq!(shown["referrer"], Value::Null, "nothing is nothing");
        assert_eq!(shown["http"]["path"], "/");
        assert_eq!(masked(&value, Some("aa")), value);
        assert_ne!(masked(&json!({"ip_address": "x"}), None)["ip_address"], "x");
    }

    #[test]
    fn what_lies_within_a_personal_field_is_personal() {
        assert!(is_personal("form.quantity"));
        assert!(is_personal("ip_address"));
        assert!(!is_personal("format"));
        assert!(!is_personal("session_id"));
        assert!(is_personal("visitor_id") && is_personal("http.ip"));
    }
}
