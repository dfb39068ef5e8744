//! An event in words, as its visitor reads it in the drawer: `You looked at Blue Porcelain Teapot`.
//!
//! Reads the event as it stands on its topic, so it works for whatever was recorded; what it doesn't know it calls by its type.
//! With the request that led to it, under which the drawer lists it.

use schemas::{EventType, ProductId, Unsealed};
use serde::{Deserialize, Serialize};

use crate::domain::{Catalogue, Language};
use crate::pages::words::Told;

/// What the words need of an event's details; each kind has some of it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Details {
    product_id: Option<i64>,
    quantity: Option<u32>,
    query: Option<String>,
    result_count: Option<u32>,
    page: Option<String>,
    text: Option<String>,
    order_id: Option<i64>,
    total_ms: Option<u64>,
    list: Option<String>,
    experiment: Option<String>,
    variant: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Event {
    /// Of an activity; a line about a request has them in `http`.
    method: String,
    path: String,
    http: Http,
    request_id: String,
    details: Details,
}

/// An event in words, and the request that led to it.
#[derive(Debug, Serialize)]
pub(super) struct Said {
    #[serde(rename = "said")]
    words: String,
    /// Empty for an event that no request led to.
    request_id: String,
    /// `GET /products/101`
    request: String,
}

impl Said {
    /// The drawer was opened or closed: of no interest to whoever looks at it.
    pub(super) fn is_the_drawers_own(&self) -> bool {
        self.request == "POST /drawer"
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Http {
    method: String,
    path: String,
}

pub(super) fn said(catalogue: &Catalogue, language: Language, event: &Unsealed) -> Said {
    let read: Event = serde_json::from_slice(&event.json).unwrap_or_default();
    let (method, path) = match event.event_type {
        EventType::Request => (&read.http.method, &read.http.path),
        _ => (&read.method, &read.path),
    };
    let request = format!("{method} {path}");
    Said {
        words: in_words(catalogue, language, event.event_type, &read),
        request_id: read.request_id,
        request,
    }
}

fn in_words(catalogue: &Catalogue, language: Language, event_type: EventType, event: &Event) -> String {
    let words = Told::of(language);
    let Event {
        path, http, details, ..
    } = event;
    let product = details.product_id.and_then(|id| catalogue.product(ProductId(id)));
    let name = product.map(|product| product.name.text(language));
    let path = path.as_str();
    let page = details.page.as_deref().unwrap_or(path);
    match (event_type, name) {
        (EventType::Request, _) => format!("{} {}", http.method, http.path),
        (EventType::View, Some(name)) => (words.looked_at)(name),
        (EventType::View, None) => (words.opened)(path),
        (EventType::Search, _) => {
            let query = details.query.as_deref().unwrap_or_default();
            (words.searched)(query, details.result_count.unwrap_or_default())
        }
        (EventType::CartAdd, Some(name)) => (words.added)(name, details.quantity.unwrap_or(1)),
        (EventType::CartUpdate, Some(name)) => (words.changed)(name, details.quantity.unwrap_or_default()),
        (EventType::CartRemove, Some(name)) => (words.removed)(name),
        (EventType::OrderPlaced, _) => (words.ordered)(details.order_id.unwrap_or_default()),
        (EventType::OrderCancelled, _) => (words.cancelled)(details.order_id.unwrap_or_default()),
        (EventType::Dwell, _) => (words.stayed)(page, details.total_ms.unwrap_or_default() / 1000),
        (EventType::Click, _) => {
            (words.clicked)(details.text.as_deref().filter(|text| !text.is_empty()).unwrap_or(page))
        }
        (EventType::WishAdd, Some(name)) => (words.wished)(name),
        (EventType::WishRemove, Some(name)) => (words.unwished)(name),
        (EventType::PagePerformance, _) => (words.measured)(page),
        (EventType::Exposure, _) => {
            let said = |text: &Option<String>| text.clone().unwrap_or_default();
            (words.exposed)(&said(&details.experiment), &said(&details.variant))
        }
        (EventType::Impression, _) => (words.saw_list)(details.list.as_deref().unwrap_or_default()),
        (kind, _) => kind.name().to_owned(),
    }
}
