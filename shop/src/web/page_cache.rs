//! Pages that many visitors see alike, drawn once and kept. The key of a page is all that it shows, so what is kept can't be out of date.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use maud::Markup;

use super::page::Page;
use crate::domain::Catalogue;
use crate::pages::home::HomeKey;
use crate::pages::listing::ListingKey;
use crate::pages::product::ProductKey;
use crate::pages::{Frame, FrameKey, Template};

/// Bytes of pages that are kept: some six hundred pages. In gzip they take a quarter more, which is not counted.
const MOST: usize = 16 * 1024 * 1024;

/// What a page shows, beside its frame.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) enum Content {
    Home(HomeKey),
    Listing(ListingKey),
    Product(ProductKey),
}

#[derive(Debug, Default)]
pub(super) struct PageCache(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    /// What was sold when they were drawn: names, prices, categories.
    catalogue: Option<Arc<Catalogue>>,
    pages: HashMap<(FrameKey, Content), Arc<Template>>,
    bytes: usize,
}

impl PageCache {
    /// The page of this frame and content, which `draw` draws when nobody has seen it yet.
    pub(super) fn page(
        &self,
        catalogue: &Arc<Catalogue>,
        (frame, content): (&Frame<'_>, Content),
        draw: impl FnOnce(&Frame<'_>) -> Markup,
    ) -> Page {
        let key = (FrameKey::of(frame), content);
        let known = self.kept().of(catalogue).get(&key).cloned();
        if let Some(page) = known {
            return Page::kept(page.shown(frame));
        }
        let page = Arc::new(Template::of(frame, draw));
        self.kept().keep(catalogue, key, Arc::clone(&page));
        Page::new(page.shown(frame))
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    /// The pages of a catalogue; those of another one are forgotten.
    fn of(&mut self, catalogue: &Arc<Catalogue>) -> &mut HashMap<(FrameKey, Content), Arc<Template>> {
        if !self
            .catalogue
            .as_ref()
            .is_some_and(|known| Arc::ptr_eq(known, catalogue))
        {
            *self = Self {
                catalogue: Some(Arc::clone(catalogue)),
                ..Self::default()
            };
        }
        &mut self.pages
    }

    fn keep(&mut self, catalogue: &Arc<Catalogue>, key: (FrameKey, Content), page: Arc<Template>) {
        if self.bytes + page.bytes() > MOST {
            // Those that are seen often are back at once.
            *self = Self::default();
        }
        let bytes = page.bytes();
        if self.of(catalogue).insert(key, page).is_none() {
            self.bytes += bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use maud::PreEscaped;

    use super::*;
    use crate::pages::home::HomePage;

    fn empty_home() -> Content {
        Content::Home(HomeKey::of(&HomePage {
            featured: None,
            categories: &[],
            popular: Vec::new(),
            popular_is_known: false,
            recent: Vec::new(),
            for_you: Vec::new(),
            gifts: Vec::new(),
            small: Vec::new(),
            newest: Vec::new(),
        }))
    }

    /// How often a page is drawn when the front page is asked for at each of these addresses.
    fn drawn(cache: &PageCache, catalogue: &Arc<Catalogue>, addresses: &[String], bytes: usize) -> usize {
        let mut times = 0;
        for here in addresses {
            cache.page(
                catalogue,
                (
                    &Frame {
                        here,
                        ..Frame::sample()
                    },
                    empty_home(),
                ),
                |_| {
                    times += 1;
                    PreEscaped("x".repeat(bytes))
                },
            );
        }
        times
    }

    #[test]
    fn what_shows_the_same_is_drawn_once_and_anew_when_something_else_is_sold() {
        let (cache, catalogue) = (PageCache::default(), Arc::default());
        let addresses = ["/", "/", "/?page=2", "/"].map(str::to_owned);
        assert_eq!(drawn(&cache, &catalogue, &addresses, 10), 2);
        assert_eq!(drawn(&cache, &catalogue, &addresses, 10), 0);
        assert_eq!(drawn(&cache, &Arc::default(), &addresses, 10), 2, "another catalogue");
    }

    #[test]
    fn however_many_addresses_are_asked_for_the_cache_stays_small() {
        let (cache, catalogue) = (PageCache::default(), Arc::default());
        let addresses: Vec<String> = (0..100).map(|number| format!("/?page={number}")).collect();
        assert_eq!(drawn(&cache, &catalogue, &addresses, MOST / 10), 100);
        let kept = cache.kept();
        let bytes: usize = kept.pages.values().map(|page| page.bytes()).sum();
        assert!(bytes <= MOST && bytes == kept.bytes, "{bytes} bytes");
    }
}
