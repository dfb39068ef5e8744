//! Ids in markup: they need no escaping, and a page of tiles holds a hundred of them and more.

use maud::Render;
use uuid::Uuid;

#[derive(Debug, Clone, Copy)]
pub(in crate::pages) struct Id(pub Uuid);

impl Render for Id {
    fn render_to(&self, page: &mut String) {
        page.push_str(self.0.hyphenated().encode_lower(&mut Uuid::encode_buffer()));
    }
}
