//! One secret wherever something can be put: each field of each form, each parameter and fragment of each address, headers, and every
//! address that the client script tells of.

use schemas::Clock;
use serde_json::{Value, json};

use crate::world::planter::Planter;

pub const PLANT: &str = "Planted-Anywhere-3c6f21e8";

/// Pages with forms, as a guest and signed in.
const PAGES: [&str; 12] = [
    "/",
    "/products/",
    "/products/101",
    "/search?q=tea",
    "/cart",
    "/checkout",
    "/wishlist",
    "/orders",
    "/login",
    "/signup",
    "/privacy",
    "/account",
];

/// Whatever answers a GET and comes to an end.
const ADDRESSES: [&str; 32] = [
    "/",
    "/products/",
    "/products/101",
    "/products/1",
    "/search",
    "/search/suggest",
    "/cart",
    "/checkout",
    "/wishlist",
    "/orders",
    "/orders/1",
    "/signup",
    "/login",
    "/account",
    "/account/data",
    "/privacy",
    "/robots.txt",
    "/sitemap.xml",
    "/favicon.ico",
    "/pictures/1fad6.svg",
    "/api/my-events",
    "/data",
    "/data/topics/shop.view",
    "/data/messages/shop.view/0/0",
    "/data/search",
    "/data/consumer",
    "/data/documents",
    "/data/asyncapi.yaml",
    "/healthz",
    "/readyz",
    "/metrics",
    "/no/such/page",
];

/// Parameters that mean something, but for those in which words are asked for (`q`, `utm_source`, ...), and what other sites use.
const PARAMETERS: [&str; 15] = [
    "category",
    "price_from",
    "price_to",
    "in_stock",
    "sort",
    "page",
    "order",
    "lang",
    "placed",
    "from",
    "next",
    "password",
    "token",
    "session",
    "code",
];

/// Fields in which words are asked for: what stands in them is kept where it belongs.
const FOR_WORDS: [&str; 2] = ["q", "name"];

pub async fn plants(person: &mut Planter, shop: &str) {
    for page in PAGES {
        for form in forms(&person.get(page).await) {
            fills(person, &form).await;
        }
    }
    for address in ADDRESSES {
        asks(person, address).await;
    }
    let told = told(shop);
    person.tell("/api/log/events", &told).await;
    // Nor what is refused.
    person
        .tell("/api/log/events", &json!([{ "kind": PLANT, "page": PLANT }]))
        .await;
    person
        .tell(
            &format!("/api/log/click-event?token={PLANT}"),
            &json!({ "page": { "token": PLANT } }),
        )
        .await;
}

/// The form once for each field, the secret in that one.
async fn fills(person: &mut Planter, form: &Form) {
    for (planted, (name, _)) in form.fields.iter().enumerate() {
        if FOR_WORDS.contains(&name.as_str()) {
            continue;
        }
        let value = |place: usize, value: &'_ str| {
            if place == planted {
                PLANT.to_owned()
            } else {
                value.to_owned()
            }
        };
        let fields: Vec<(String, String)> = form
            .fields
            .iter()
            .enumerate()
            .map(|(place, (name, text))| (name.clone(), value(place, text)))
            .collect();
        let fields: Vec<(&str, &str)> = fields
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        person.post(&format!("{}?token={PLANT}", form.action), &fields).await;
    }
}

async fn asks(person: &mut Planter, address: &str) {
    let query: Vec<String> = PARAMETERS.iter().map(|name| format!("{name}={PLANT}")).collect();
    let referrer = format!("http://{PLANT}:{PLANT}@elsewhere.example/reset?token={PLANT}&category={PLANT}#{PLANT}");
    let bearer = format!("Bearer {PLANT}");
    let trace = format!("00-{PLANT}-{PLANT}-01");
    let headers = [
        ("referer", referrer.as_str()),
        ("authorization", bearer.as_str()),
        ("traceparent", trace.as_str()),
        ("accept-language", PLANT),
        ("x-request-id", PLANT),
        ("x-forwarded-for", PLANT),
        ("forwarded", PLANT),
        ("sec-purpose", PLANT),
        ("sec-gpc", PLANT),
        ("x-part", PLANT),
        ("if-none-match", PLANT),
    ];
    person
        .get_with(&format!("{address}?{}&{PLANT}=1&{PLANT}", query.join("&")), &headers)
        .await;
    // Instead of the browser's own cookies.
    let cookies = [
        "visit", "sign_in", "language", "theme", "drawer", "consent", "looked", "known", "other",
    ];
    let cookies: Vec<String> = cookies.iter().map(|name| format!("{name}={PLANT}")).collect();
    person
        .get_with(address, &[("cookie", &cookies.join("; ")), ("host", "shop.example")])
        .await;
}

/// One event of each kind, as a script would send them whose page was opened with a secret in its address.
fn told(shop: &str) -> Value {
    let now = Clock::system().now().to_string();
    let page = format!("/reset?token={PLANT}&category={PLANT}#{PLANT}");
    let whole = format!("{}{page}", shop.replace("//", &format!("//{PLANT}:{PLANT}@")));
    let with = |kind: &str, sequence: u64, more: Value| {
        let mut event = json!({ "kind": kind, "page": page, "at": now, "sent_at": now, "tab": { "id": "t", "sequence": sequence }, "token": PLANT });
        if let (Some(event), Value::Object(more)) = (event.as_object_mut(), more) {
            event.extend(more);
        }
        event
    };
    let place = json!({ "x_percent": 1, "y_percent": 1, "page_x_percent": 1, "page_y_percent": 1 });
    let mut click = with(
        "click",
        1,
        json!({ "element": "a", "text": "Reset", "href": whole, "value": PLANT }),
    );
    if let (Some(click), Value::Object(place)) = (click.as_object_mut(), place) {
        click.extend(place);
    }
    json!([
        click,
        with(
            "dwell",
            2,
            json!({
                "entered_at": now, "left_at": now, "active_ms": 0, "visible_ms": 0, "total_ms": 0, "scroll_depth_percent": 1,
                "end_reason": "navigated", "next_page": page,
            })
        ),
        with(
            "impression",
            3,
            json!({ "list": "popular", "tiles": [{ "product_id": 101, "position": 1 }] })
        ),
        with("page_performance", 4, json!({ "navigation": "navigate" })),
        with(
            "form_abandoned",
            5,
            json!({ "form": page, "fields": ["email"], "last_field": "email", "spent_ms": 1 })
        ),
        with(
            "error",
            6,
            json!({
                "message": format!("GET {whole} failed; {page} said {whole}"),
                "source": format!("/static/main.js?key={PLANT}:12:3"),
            })
        ),
    ])
}

/// A form that changes something, and what stands in its fields.
struct Form {
    action: String,
    fields: Vec<(String, String)>,
}

fn forms(page: &str) -> Vec<Form> {
    let forms = page.split("<form ").skip(1);
    let posted = forms.filter_map(|form| {
        let form = form.split("</form>").next()?;
        let (head, inside) = form.split_once('>')?;
        let action = attribute(head, "action")?;
        // Who signs out, or has no account any more, fills no further form.
        let goes = ["/logout", "/account/delete"].contains(&action.as_str());
        (head.contains("method=\"post\"") && !goes).then_some(())?;
        let mut fields: Vec<(String, String)> = Vec::new();
        for tag in inside.split('<').filter_map(|tag| tag.split('>').next()) {
            if let Some(name) = attribute(tag, "name")
                && !fields.iter().any(|(known, _)| *known == name)
            {
                fields.push((name, attribute(tag, "value").unwrap_or_default()));
            }
        }
        Some(Form { action, fields })
    });
    posted.collect()
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag
        .split_once(&format!(" {name}=\""))
        .or_else(|| tag.split_once(&format!("{name}=\"")))?;
    rest.split('"').next().map(|value| value.replace("&amp;", "&"))
}

#[test]
fn each_field_of_each_form_is_found_once() {
    let page = "<form class=\"x\" action=\"/a\" method=\"post\"><input name=\"one\" value=\"1\"><select name=\"two\"></select>\
                <button name=\"one\" value=\"2\"></button></form><form action=\"/find\"><input name=\"q\"></form>";
    let found = forms(page);
    let [form] = found.as_slice() else {
        panic!("one form that changes something, not {}", found.len());
    };
    assert_eq!(form.action, "/a");
    assert_eq!(
        form.fields,
        [("one".to_owned(), "1".to_owned()), ("two".to_owned(), String::new())]
    );
}
