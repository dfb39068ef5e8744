//! The shop for the pages under `/insights` that run beside it: how its experiments are split, and its pages drawn again.
//!
//! The walls stay: the insights know a trait of their own, the shop its page functions, and only here is both known. A page is made from
//! what events tell and from what the table `product` says of that moment; what neither tells (stock to the piece, the open books of a
//! product, what lies in a cart) is not on it.

use std::sync::{Arc, OnceLock};

use insights::{PageThen, ProductThen};
use schemas::ProductId;
use shop::domain::{
    Catalogue, Category, Drawer, Experiments, Filter, Language, ListingQuery, PageNumber, Product, Sort, StockLevels,
    Theme, Won,
};
use shop::pages::home::HomePage;
use shop::pages::listing::ListingPage;
use shop::pages::parts::books::BooksView;
use shop::pages::parts::narrow::Spot;
use shop::pages::parts::tile::Tile;
use shop::pages::product::ProductPage;
use shop::pages::{self, Frame};
use shop::shop::ROOMS;
use shop::store::Store;
use uuid::Uuid;

/// The shop, once it is open: the pages beside it are served from the same moment on.
pub(crate) struct Templates {
    store: OnceLock<Store>,
    experiments: Experiments,
}

impl Templates {
    pub(crate) fn new(experiments: Experiments) -> Arc<Self> {
        Arc::new(Self {
            store: OnceLock::new(),
            experiments,
        })
    }

    /// Only the first shop counts: there is one.
    pub(crate) fn open(&self, store: Store) {
        let _ = self.store.set(store);
    }
}

impl insights::Shop for Templates {
    fn planned(&self, experiment: &str) -> Vec<(String, f64)> {
        let weights = self.experiments.weights(experiment).into_iter();
        weights
            .map(|(variant, weight)| (variant.to_owned(), f64::from(weight)))
            .collect()
    }

    fn draw(&self, page: &PageThen) -> Option<String> {
        let catalogue = self.store.get()?.catalogue();
        let language = Language::ALL.into_iter().find(|one| one.code() == page.language)?;
        let then = Then::new(&catalogue, page);
        let drawn = match page.endpoint.as_str() {
            "home.index" => then.home(language),
            "products.index" => then.listing(language),
            "products.detail" => then.product(language)?,
            _ => return None,
        };
        Some(without_scripts(&drawn.into_string()))
    }
}

/// The shop at a moment.
struct Then<'a> {
    catalogue: &'a Catalogue,
    page: &'a PageThen,
    /// What was on the page, as it was called and cost then.
    products: Vec<Product>,
}

impl<'a> Then<'a> {
    fn new(catalogue: &'a Catalogue, page: &'a PageThen) -> Self {
        let known = |id: i64| catalogue.product(ProductId(id)).cloned();
        let products = page.products().into_iter().filter_map(|id| {
            let mut product = known(id)?;
            if let Some(ProductThen {
                name, name_ko, price, ..
            }) = page.then.get(&id)
            {
                product.name.en.clone_from(name);
                product.name.ko.clone_from(name_ko);
                product.price = Won(*price);
            }
            Some(product)
        });
        Self {
            catalogue,
            page,
            products: products.collect(),
        }
    }

    fn frame(&self, language: Language) -> Frame<'_> {
        Frame {
            language,
            here: &self.page.path,
            language_in_address: None,
            answers_a_form: false,
            categories: self.catalogue.categories(),
            query: "",
            cart_count: 0,
            wished: &[],
            form_token: Uuid::nil(),
            signed_in: false,
            observed: true,
            theme: Theme::System,
            drawer: Drawer::There,
            view: None,
            endpoint: &self.page.endpoint,
            public_url: "",
            rooms: &ROOMS,
        }
    }

    fn one(&self, id: i64) -> Option<&Product> {
        self.products.iter().find(|product| product.id.0 == id)
    }

    fn category(&self, product: &Product) -> Option<&Category> {
        self.catalogue.category(product.category)
    }

    /// The tiles of a list that were seen.
    fn tiles(&self, list: &str) -> Vec<Tile<'_>> {
        let found = self.page.lists.iter().find(|(name, _)| name == list);
        let products = found.into_iter().flat_map(|(_, products)| products);
        let tile = |id: &i64| {
            let product = self.one(*id)?;
            Some(Tile {
                product,
                hue: self.category(product).map_or(0, |category| category.hue),
                left: left(self.page.then.get(id)),
                is_new: false,
            })
        };
        products.filter_map(tile).collect()
    }

    fn product(&self, language: Language) -> Option<maud::Markup> {
        let product = self.one(self.page.product?)?;
        let category = self.category(product)?;
        let frame = self.frame(language);
        let shown = ProductPage {
            product,
            category,
            left: left(self.page.then.get(&product.id.0)),
            next: self.tiles("next"),
            next_is_known: true,
            together: self.tiles("together"),
            add: frame.words().browse.add,
            quantity: "1",
            error: None,
            wished: false,
            // The day is counted from a moment that no event tells: that of the order.
            arrives: "–",
            books: BooksView {
                days: Vec::new(),
                since: String::new(),
                hue: category.hue,
            },
            from: None,
        };
        Some(pages::product::product(&frame, &shown))
    }

    fn listing(&self, language: Language) -> maud::Markup {
        let tiles = self.tiles("listing");
        let category = self.page.category.and_then(|id| {
            let mut all = self.catalogue.categories().iter();
            all.find(|category| category.id.0 == id)
        });
        let filter = Filter {
            category: category.map(|category| category.id),
            ..Filter::default()
        };
        let query = ListingQuery {
            filter,
            sort: Sort::default(),
            page: PageNumber::FIRST,
        };
        let whole = self.catalogue.listing(&query, &StockLevels::default(), language);
        let shown = ListingPage {
            spot: Spot {
                query: None,
                filter,
                sort: None,
                page: 1,
                order: None,
            },
            usual: Sort::default(),
            categories: self.catalogue.categories(),
            category,
            facets: &whole.facets,
            pages: whole.pages.get(),
            total: whole.total,
            tiles,
        };
        pages::listing::listing(&self.frame(language), &shown)
    }

    fn home(&self, language: Language) -> maud::Markup {
        let shown = HomePage {
            featured: self.tiles("featured").into_iter().next(),
            categories: self.catalogue.categories(),
            popular: self.tiles("popular"),
            popular_is_known: true,
            recent: self.tiles("recent"),
            for_you: self.tiles("for-you"),
            gifts: self.tiles("gifts"),
            small: self.tiles("small"),
            newest: self.tiles("newest"),
        };
        pages::home::home(&self.frame(language), &shown)
    }
}

/// Pieces in stock, as far as the class tells: few, none, or more than few.
fn left(then: Option<&ProductThen>) -> u32 {
    match then.map(|then| then.stock.as_str()) {
        Some("sold_out") => 0,
        Some("low") => shop::domain::stock::FEW,
        _ => 100,
    }
}

/// What a template brings along to run or to tell search engines: neither has a place in a page that is only looked at.
fn without_scripts(page: &str) -> String {
    let (mut kept, mut rest) = (String::with_capacity(page.len()), page);
    while let Some(begin) = rest.find("<script") {
        kept.push_str(&rest[..begin]);
        let end = rest[begin..]
            .find("</script>")
            .map(|end| begin + end + "</script>".len());
        rest = end.map_or("", |end| &rest[end..]);
    }
    kept.push_str(rest);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_without_its_scripts_is_whole_but_for_them() {
        let page = "<head><script src=\"a\" defer></script><title>t</title><script type=\"x\">{}</script></head><body>b</body>";
        assert_eq!(without_scripts(page), "<head><title>t</title></head><body>b</body>");
        assert_eq!(without_scripts("<p>cut <script>"), "<p>cut ");
    }
}
