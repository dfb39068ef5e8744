//! `/data/schemas/{event}.json`: what the program itself encodes by, made from the same types.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use schemas::{EventType, generate};

/// Made once, when somebody first asks: nothing in them changes.
static SCHEMAS: LazyLock<BTreeMap<&'static str, String>> = LazyLock::new(|| {
    EventType::ALL
        .into_iter()
        .map(|event_type| (event_type.name(), generate::file_text(event_type)))
        .collect()
});

/// The JSON Schema in the file of this name, such as `view.json`.
#[must_use]
pub fn schema(file: &str) -> Option<&'static str> {
    let schema = SCHEMAS.get(file.strip_suffix(".json")?);
    schema.map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema_address;

    #[test]
    fn every_type_of_event_has_its_schema_where_the_drawer_links_to() {
        for event_type in EventType::ALL {
            let address = schema_address(event_type);
            let file = address.strip_prefix("/data/schemas/").expect("a file");
            assert_eq!(schema(file), Some(generate::file_text(event_type).as_str()));
        }
        assert_eq!(schema("view"), None);
        assert_eq!(schema("nothing.json"), None);
    }
}
