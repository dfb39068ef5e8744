//! Line drawings that only repeat what the text beside them says.

use maud::Render;

pub(in crate::pages) const SEARCH: &str = r#"<circle cx="11" cy="11" r="7"/><path d="m20 20-4-4"/>"#;
pub(in crate::pages) const PERSON: &str = r#"<circle cx="12" cy="8" r="4"/><path d="M4 21c0-4 3.5-6 8-6s8 2 8 6"/>"#;
pub(in crate::pages) const HALF: &str =
    r#"<circle cx="12" cy="12" r="9"/><path d="M12 3v18a9 9 0 0 0 0-18Z" fill="currentColor"/>"#;
pub(in crate::pages) const BASKET: &str = r#"<path d="M3 9h18l-2 11H5L3 9Z"/><path d="m8 9 3-6M16 9l-3-6"/>"#;

pub(in crate::pages) const HEART: &str = r#"<path d="M12 20C5 15 3 12 3 8.5 3 6 5 4 7.5 4 9.5 4 11 5 12 7c1-2 2.5-3 4.5-3C19 4 21 6 21 8.5 21 12 19 15 12 20Z"/>"#;
pub(in crate::pages) const GRID: &str = r#"<rect x="4" y="4" width="6" height="6" rx="1"/><rect x="14" y="4" width="6" height="6" rx="1"/><rect x="4" y="14" width="6" height="6" rx="1"/><rect x="14" y="14" width="6" height="6" rx="1"/>"#;
pub(in crate::pages) const SLIDERS: &str =
    r#"<path d="M4 8h9M17 8h3M4 16h3M11 16h9"/><circle cx="15" cy="8" r="2"/><circle cx="9" cy="16" r="2"/>"#;

/// A line drawing that only repeats what the text beside it says.
pub(in crate::pages) const fn icon(paths: &'static str) -> Icon {
    Icon { paths }
}

/// Written straight into the page: there is one on every tile.
#[derive(Debug, Clone, Copy)]
pub(in crate::pages) struct Icon {
    paths: &'static str,
}

impl Render for Icon {
    fn render_to(&self, page: &mut String) {
        page.push_str(r#"<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">"#);
        page.push_str(self.paths);
        page.push_str("</svg>");
    }
}
