//! Schema.org data for search engines, as JSON-LD. A data block is not run, so the content security policy lets it stand.
//!
//! Every product page carries it, so it is written from borrowed parts rather than by way of a tree of values.

use serde::Serialize;

use super::Frame;
use crate::domain::{Category, Product};

const CONTEXT: &str = "https://schema.org";

#[derive(Serialize)]
struct Thing<'a, T> {
    #[serde(rename = "@context", skip_serializing_if = "str::is_empty")]
    context: &'static str,
    #[serde(rename = "@type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    name: &'a str,
    #[serde(flatten)]
    rest: T,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shop<'a> {
    description: &'a str,
    url: &'a str,
    in_language: &'a str,
    potential_action: Thing<'a, SearchAction>,
}

#[derive(Serialize)]
struct SearchAction {
    target: String,
    #[serde(rename = "query-input")]
    query_input: &'static str,
}

#[derive(Serialize)]
struct Offered<'a> {
    description: &'a str,
    sku: String,
    category: &'a str,
    image: String,
    url: &'a str,
    offers: Thing<'a, Offer<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Offer<'a> {
    price: i64,
    price_currency: &'static str,
    availability: &'static str,
    url: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Trail<'a> {
    item_list_element: [Thing<'a, Step>; 3],
}

#[derive(Serialize)]
struct Step {
    position: u8,
    item: String,
}

/// Safe inside of a script element: JSON knows no `<` outside of strings, and in strings it is escaped.
fn written(data: &impl Serialize) -> String {
    // Texts and numbers under fixed names can't fail to be written; a page without its data would still be a page.
    serde_json::to_string(data).unwrap_or_default().replace('<', "\\u003c")
}

/// The shop, and how it is searched.
#[must_use]
pub fn shop(frame: &Frame<'_>) -> String {
    let words = frame.words();
    let url = frame.public_url;
    written(&Thing {
        context: CONTEXT,
        kind: "WebSite",
        name: words.shop,
        rest: Shop {
            description: words.finding.home_description,
            url: &format!("{url}/"),
            in_language: frame.language.code(),
            potential_action: Thing {
                context: "",
                kind: "SearchAction",
                name: "",
                rest: SearchAction {
                    target: format!("{url}/search?q={{query}}"),
                    query_input: "required name=query",
                },
            },
        },
    })
}

/// A product on offer, and the way to it.
#[must_use]
pub fn product(frame: &Frame<'_>, product: &Product, category: &Category, left: u32) -> String {
    let url = frame.public_url;
    let name = product.name.text(frame.language);
    let address = &format!("{url}/products/{}", product.id);
    let step = |position, name, item| Thing {
        context: "",
        kind: "ListItem",
        name,
        rest: Step { position, item },
    };
    let offer = Offer {
        price: product.price.0,
        price_currency: "KRW",
        availability: if left > 0 {
            "https://schema.org/InStock"
        } else {
            "https://schema.org/OutOfStock"
        },
        url: address,
    };
    let offered = Thing {
        context: CONTEXT,
        kind: "Product",
        name,
        rest: Offered {
            description: product.description.text(frame.language),
            sku: product.id.to_string(),
            category: category.name.text(frame.language),
            image: format!("{url}/pictures/{}.png", product.picture),
            url: address,
            offers: Thing {
                context: "",
                kind: "Offer",
                name: "",
                rest: offer,
            },
        },
    };
    let trail = Thing {
        context: CONTEXT,
        kind: "BreadcrumbList",
        name: "",
        rest: Trail {
            item_list_element: [
                step(1, frame.words().frame.all_products, format!("{url}/products/")),
                step(
                    2,
                    category.name.text(frame.language),
                    format!("{url}/products/?category={}", category.id),
                ),
                step(3, name, address.clone()),
            ],
        },
    };
    written(&(offered, trail))
}
