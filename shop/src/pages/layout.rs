//! What surrounds every page: head, header, footer.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::assets::Asset;
use super::{Frame, drawer, footer, header};
use crate::domain::{Consent, Drawer, Language, Theme};

/// What a page tells those who list it: search engines, and whoever is sent its address.
#[derive(Debug, Clone, Copy, Default)]
pub struct Head<'a> {
    pub title: &'a str,
    /// One or two sentences; the shop's own when empty.
    pub description: &'a str,
    /// Path and query of the one address of this content; this page's path when empty.
    pub canonical: &'a str,
    /// A picture, by its address in the shop.
    pub picture: Option<&'a str>,
    /// Schema.org data about the page, as JSON that is safe inside of a script element: see [`json_ld`](super::json_ld).
    pub data: Option<&'a str>,
    /// Not for search engines: the results of a search are for who searched.
    pub hidden: bool,
    /// Styles and scripts beside those of every page.
    pub extras: &'a [Asset],
}

/// A whole page around `content`, which brings its own `h1`.
#[must_use]
pub fn page(frame: &Frame<'_>, title: &str, content: &Markup) -> Markup {
    let description = format!("{title}. {}", frame.words().finding.home_description);
    let head = Head {
        title,
        description: &description,
        ..Head::default()
    };
    page_with(frame, &head, content)
}

/// A page that is found from outside.
#[must_use]
pub fn page_with(frame: &Frame<'_>, head: &Head<'_>, content: &Markup) -> Markup {
    let words = frame.words();
    let has_drawer = frame.drawer != Drawer::Gone;
    html! {
        (DOCTYPE)
        html lang=(words.code) data-consent=(consent(frame).code()) data-theme=[chosen(frame.theme)]
            data-here=[frame.answers_a_form.then_some(frame.here)]
            data-view=[frame.view] data-endpoint=[frame.view.filter(|_| !frame.answers_a_form).map(|_| frame.endpoint)]
            data-drawer=[(frame.drawer == Drawer::Open).then_some(frame.drawer.code())] {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                (colours(frame.theme))
                (about(frame, head))
                link rel="icon" href=(Asset::Icon.address()) type="image/svg+xml";
                link rel="stylesheet" href=(Asset::Style.address());
                script src=(Asset::Script.address()) defer {}
                @for extra in head.extras { (extra_part(*extra)) }
            }
            body {
                a.skip href="#main" { (words.frame.skip) }
                (header::header(frame))
                main #main tabindex="-1" { (content) }
                (footer::footer(frame))
                @if has_drawer { (drawer::of(frame.language)) }
            }
        }
    }
}

fn extra_part(asset: Asset) -> Markup {
    html! {
        @if asset.content_type().starts_with("text/css") { link rel="stylesheet" href=(asset.address()); }
        @else { script src=(asset.address()) defer {} }
    }
}

/// Title, description, the one address, the same page in the other language, and the same for whoever shares it.
fn about(frame: &Frame<'_>, head: &Head<'_>) -> Markup {
    let words = frame.words();
    let path = frame.here.split('?').next().unwrap_or("/");
    let canonical = if head.canonical.is_empty() {
        path
    } else {
        head.canonical
    };
    let url = frame.public_url;
    let joint = if canonical.contains('?') { '&' } else { '?' };
    let in_language = |language: Language| format!("{canonical}{joint}lang={}", language.code());
    let own = frame
        .language_in_address
        .map_or_else(|| canonical.to_owned(), in_language);
    let description = if head.description.is_empty() {
        words.finding.home_description
    } else {
        head.description
    };
    html! {
        title { (head.title) " · " (words.shop) }
        meta name="description" content=(description);
        @if head.hidden {
            meta name="robots" content="noindex";
        } @else {
            link rel="canonical" href={ (url) (own) };
            @for language in Language::ALL {
                link rel="alternate" hreflang=(language.code()) href={ (url) (canonical) (joint) "lang=" (language.code()) };
            }
            link rel="alternate" hreflang="x-default" href={ (url) (canonical) };
            meta property="og:site_name" content=(words.shop);
            meta property="og:type" content=(if head.picture.is_some() { "product" } else { "website" });
            meta property="og:title" content=(head.title);
            meta property="og:description" content=(description);
            meta property="og:url" content={ (url) (own) };
            meta property="og:locale" content=(match frame.language { Language::Ko => "ko_KR", Language::En => "en_GB" });
            @if let Some(picture) = head.picture { meta property="og:image" content={ (url) (picture) }; }
        }
        @if let Some(data) = head.data { script type="application/ld+json" { (PreEscaped(data)) } }
    }
}

/// The theme, when it is not the system's.
fn chosen(theme: Theme) -> Option<&'static str> {
    (theme != Theme::System).then(|| theme.code())
}

/// The colours of what the browser draws itself, and of its bars: the paper of `main.css`.
fn colours(theme: Theme) -> Markup {
    const LIGHT: &str = "#fcfaf6";
    const DARK: &str = "#111419";
    html! {
        @match theme {
            Theme::System => {
                meta name="color-scheme" content="light dark";
                meta name="theme-color" content=(LIGHT) media="(prefers-color-scheme: light)";
                meta name="theme-color" content=(DARK) media="(prefers-color-scheme: dark)";
            }
            Theme::Light => { meta name="color-scheme" content="light"; meta name="theme-color" content=(LIGHT); }
            Theme::Dark => { meta name="color-scheme" content="dark"; meta name="theme-color" content=(DARK); }
        }
    }
}

const fn consent(frame: &Frame<'_>) -> Consent {
    if frame.observed {
        Consent::Everything
    } else {
        Consent::Necessary
    }
}
