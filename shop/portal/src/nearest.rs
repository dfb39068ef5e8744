//! The name that somebody may have meant.

/// Below this likeness a name is no help.
const LIKE: f64 = 0.6;

/// The known name that is most like this one.
pub(crate) fn nearest<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let typed = typed.to_lowercase();
    let likeness = |name: &str| {
        let bare = name.strip_prefix("shop.").unwrap_or(name);
        strsim::jaro_winkler(&typed, name).max(strsim::jaro_winkler(&typed, bare))
    };
    let rated = known.into_iter().map(|name| (likeness(name), name));
    let best = rated.max_by(|(one, _), (other, _)| one.total_cmp(other));
    best.filter(|(likeness, _)| *likeness >= LIKE).map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use schemas::Topic;

    use super::*;

    #[test]
    fn a_slip_of_the_finger_leads_to_the_topic() {
        let topics = || Topic::ALL.map(Topic::name);
        assert_eq!(nearest("shop.veiw", topics()), Some("shop.view"));
        assert_eq!(nearest("orders", topics()), Some("shop.order"));
        assert_eq!(nearest("Dead-Letters", topics()), Some("shop.dead-letter"));
        assert_eq!(nearest("한글", topics()), None);
    }
}
