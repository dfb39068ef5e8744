//! What is recorded, in plain words.

use maud::{Markup, html};

use super::{Frame, layout};

#[must_use]
pub fn privacy(frame: &Frame<'_>) -> Markup {
    let privacy = &frame.words().privacy;
    let content = html! {
        article.text {
            h1 { (privacy.title) }
            p.lead { (privacy.lead) }
            @for section in privacy.sections {
                h2 { (section.heading) }
                @for paragraph in section.text { p { (paragraph) } }
            }
        }
    };
    layout::page(frame, privacy.title, &content)
}
