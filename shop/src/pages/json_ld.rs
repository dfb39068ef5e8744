//! Schema.org data for search engines, as JSON-LD. A data block is not run, so the content security policy lets it stand.

use serde_json::{Value, json};

use super::Frame;
use crate::domain::{Category, Product};

/// Safe inside of a script element: JSON knows no `<` outside of strings, and in strings it is escaped.
fn written(data: &Value) -> String {
    data.to_string().replace('<', "\\u003c")
}

/// The shop, and how it is searched.
#[must_use]
pub fn shop(frame: &Frame<'_>) -> String {
    let words = frame.words();
    let url = frame.public_url;
    written(&json!({
        "@context": "https://schema.org",
        "@type": "WebSite",
        "name": words.shop,
        "description": words.finding.home_description,
        "url": format!("{url}/"),
        "inLanguage": frame.language.code(),
        "potentialAction": {
            "@type": "SearchAction",
            "target": { "@type": "EntryPoint", "urlTemplate": format!("{url}/search?q={{query}}") },
            "query-input": "required name=query",
        },
    }))
}

/// A product on offer, and the way to it.
#[must_use]
pub fn product(frame: &Frame<'_>, product: &Product, category: &Category, left: u32) -> String {
    let url = frame.public_url;
    let name = product.name.text(frame.language);
    let address = format!("{url}/products/{}", product.id);
    let availability = if left > 0 { "InStock" } else { "OutOfStock" };
    let step = |position: u32, name: &str, address: &str| json!({ "@type": "ListItem", "position": position, "name": name, "item": format!("{url}{address}") });
    written(&json!([
        {
            "@context": "https://schema.org",
            "@type": "Product",
            "name": name,
            "description": product.description.text(frame.language),
            "sku": product.id.to_string(),
            "category": category.name.text(frame.language),
            "image": format!("{url}/pictures/{}.svg", product.picture),
            "url": address,
            "offers": {
                "@type": "Offer",
                "price": product.price.0,
                "priceCurrency": "KRW",
                "availability": format!("https://schema.org/{availability}"),
                "url": address,
            },
        },
        {
            "@context": "https://schema.org",
            "@type": "BreadcrumbList",
            "itemListElement": [
                step(1, frame.words().frame.all_products, "/products/"),
                step(2, category.name.text(frame.language), &format!("/products/?category={}", category.id)),
                step(3, name, &format!("/products/{}", product.id)),
            ],
        },
    ]))
}
