//! Somebody who shops, and keeps the list of what was answered: the count that is independent of the system under test.

use std::collections::BTreeMap;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, StatusCode};
use schemas::EventType;
use serde_json::json;

/// A request that the shop answered, and the activities that must therefore be recorded (beside the request's own two lines).
#[derive(Debug, Clone)]
pub struct Answered {
    pub request_id: String,
    pub activities: Vec<EventType>,
}

pub struct Visitor {
    http: reqwest::Client,
    shop: String,
    pub answered: Vec<Answered>,
    clicks: u64,
}

/// The shop did not answer, or with an error of its own: it, or what it needs, is dead or dying, and owes nothing. Says why.
#[derive(Debug)]
pub struct Unanswered(pub String);

pub struct Page {
    pub status: StatusCode,
    pub text: String,
    location: String,
}

impl Page {
    fn leads_to(&self, path: &str) -> bool {
        self.location == path
    }

    /// Enough of it for the message of a failed test.
    fn beginning(&self) -> &str {
        let end = self.text.char_indices().nth(400).map_or(self.text.len(), |(at, _)| at);
        &self.text[..end]
    }
}

impl Visitor {
    pub fn of(shop: &str) -> Self {
        Self::with_headers(shop, HeaderMap::new())
    }

    /// A browser that sends Global Privacy Control with every request.
    pub fn with_privacy_control(shop: &str) -> Self {
        let control = (HeaderName::from_static("sec-gpc"), HeaderValue::from_static("1"));
        Self::with_headers(shop, HeaderMap::from_iter([control]))
    }

    fn with_headers(shop: &str, headers: HeaderMap) -> Self {
        let http = reqwest::Client::builder()
            .default_headers(headers)
            .cookie_store(true)
            .redirect(reqwest::redirect::Policy::none())
            .timeout(std::time::Duration::from_secs(20))
            .build()
            .expect("an HTTP client is made");
        Self {
            http,
            shop: shop.to_owned(),
            answered: Vec::new(),
            clicks: 0,
        }
    }

    /// Somebody else takes over, with a session of their own (so perhaps in another partition), and goes on with the same list.
    pub fn makes_way(&mut self) {
        self.http = Self::of(&self.shop).http;
    }

    pub async fn looks_at(&mut self, product: u32) -> Result<Page, Unanswered> {
        self.get(&format!("/products/{product}"), &[EventType::View]).await
    }

    pub async fn opens(&mut self, path: &str) -> Result<Page, Unanswered> {
        self.get(path, &[EventType::View]).await
    }

    /// Follows a link that only leads on; the path where it leads to.
    pub async fn is_sent_on_from(&mut self, path: &str) -> Result<String, Unanswered> {
        let (page, request_id) = send(self.http.get(self.url(path))).await?;
        assert_eq!(page.status, StatusCode::SEE_OTHER, "GET {path}: {}", page.beginning());
        let activities = vec![];
        self.answered.push(Answered { request_id, activities });
        Ok(page.location)
    }

    pub async fn searches(&mut self, query: &str) -> Result<Page, Unanswered> {
        let path = format!("/search?q={query}");
        self.get(&path, &[EventType::Search]).await
    }

    pub async fn adds(&mut self, product: u32, quantity: u16) -> Result<Page, Unanswered> {
        let form = [("product_id", product.to_string()), ("quantity", quantity.to_string())];
        self.post("/cart/add", &form, &[EventType::CartAdd]).await
    }

    pub async fn removes(&mut self, product: u32) -> Result<Page, Unanswered> {
        self.post(
            "/cart/remove",
            &[("product_id", product.to_string())],
            &[EventType::CartRemove],
        )
        .await
    }

    /// Puts the product into the cart and orders it.
    pub async fn buys(&mut self, product: u32) -> Result<Page, Unanswered> {
        self.adds(product, 1).await?;
        let checkout = self.opens("/checkout").await?;
        self.post("/checkout", &checkout_form(&checkout.text), &[EventType::OrderPlaced])
            .await
    }

    pub async fn signs_up(&mut self, email: &str, password: &str) -> Result<Page, Unanswered> {
        let form = [
            ("email", email),
            ("name", "김하늘"),
            ("password", password),
            ("password_again", password),
        ];
        let form = form.map(|(name, value)| (name, value.to_owned()));
        self.post("/signup", &form, &[EventType::Signup, EventType::Login])
            .await
    }

    /// One click event, as the client script sends it.
    pub async fn clicks(&mut self) -> Result<Page, Unanswered> {
        self.click(&[EventType::Click]).await
    }

    /// The same of somebody who allows only what is necessary: answered, and not recorded.
    pub async fn clicks_unheard(&mut self) -> Result<Page, Unanswered> {
        self.click(&[]).await
    }

    async fn click(&mut self, recorded: &[EventType]) -> Result<Page, Unanswered> {
        self.clicks += 1;
        let now = schemas::Clock::system().now().to_string();
        let click = json!({
            "page": "/", "element": "a.tile", "text": "Tea", "x_percent": 12.5, "y_percent": 44.4,
            "page_x_percent": 12.5, "page_y_percent": 18.0, "cart_action": null, "product_id": null, "href": "/products/?category=2",
            "tab": { "id": "testtab1", "sequence": self.clicks }, "at": now, "sent_at": now,
        });
        let request = self.http.post(self.url("/api/log/click-event")).json(&click);
        self.answer(request, recorded).await
    }

    /// One step of an endless stroll through the shop: the same for the same number.
    pub async fn strolls(&mut self, step: u32) -> Result<Page, Unanswered> {
        let product = 100 * (1 + step % 12) + 1 + step % 20;
        match step % 7 {
            0 => self.opens("/").await,
            1 | 2 => self.looks_at(product).await,
            3 => self.searches("tea").await,
            4 => self.clicks().await,
            5 => self.opens(&format!("/products/?category={}", 1 + step % 12)).await,
            _ => self.buys_something(product).await,
        }
    }

    async fn buys_something(&mut self, product: u32) -> Result<Page, Unanswered> {
        let form = [("product_id", product.to_string()), ("quantity", "1".into())];
        let added = self.tries("/cart/add", &form, EventType::CartAdd).await?;
        if added.status != StatusCode::SEE_OTHER {
            return Ok(added);
        }
        let (checkout, request_id) = send(self.http.get(self.url("/checkout"))).await?;
        // An order that seemed unanswered may have emptied the cart only now; then the shop leads back to it.
        let activities = if checkout.status.is_success() {
            vec![EventType::View]
        } else {
            vec![]
        };
        self.answered.push(Answered { request_id, activities });
        if !checkout.status.is_success() {
            return Ok(checkout);
        }
        self.tries("/checkout", &checkout_form(&checkout.text), EventType::OrderPlaced)
            .await
    }

    /// What is sold out is answered with the reason, and no fact.
    async fn tries(&mut self, path: &str, form: &[(&str, String)], fact: EventType) -> Result<Page, Unanswered> {
        let (page, request_id) = self.request(Method::POST, path, form).await?;
        let activities = match page.status {
            StatusCode::SEE_OTHER if page.leads_to("/cart") && fact == EventType::OrderPlaced => vec![],
            StatusCode::SEE_OTHER => vec![fact],
            StatusCode::UNPROCESSABLE_ENTITY => vec![],
            other => panic!("POST {path}: {other} {}", page.beginning()),
        };
        self.answered.push(Answered { request_id, activities });
        Ok(page)
    }

    pub async fn get(&mut self, path: &str, activities: &[EventType]) -> Result<Page, Unanswered> {
        let request = self.http.get(self.url(path));
        self.answer(request, activities).await
    }

    pub async fn post(
        &mut self,
        path: &str,
        form: &[(&str, String)],
        activities: &[EventType],
    ) -> Result<Page, Unanswered> {
        let (page, request_id) = self.request(Method::POST, path, form).await?;
        assert_eq!(page.status, StatusCode::SEE_OTHER, "POST {path}: {}", page.beginning());
        self.answered.push(Answered {
            request_id,
            activities: activities.to_vec(),
        });
        Ok(page)
    }

    /// Sends `body` as it is and checks nothing.
    pub async fn sends(&self, path: &str, content_type: &str, body: String) -> Result<Page, Unanswered> {
        let request = self
            .http
            .post(self.url(path))
            .header("content-type", content_type)
            .body(body);
        send(request).await.map(|(page, _)| page)
    }

    async fn request(&self, method: Method, path: &str, form: &[(&str, String)]) -> Result<(Page, String), Unanswered> {
        send(self.http.request(method, self.url(path)).form(form)).await
    }

    async fn answer(&mut self, request: reqwest::RequestBuilder, activities: &[EventType]) -> Result<Page, Unanswered> {
        let (page, request_id) = send(request).await?;
        assert!(page.status.is_success(), "{}: {}", page.status, page.beginning());
        self.answered.push(Answered {
            request_id,
            activities: activities.to_vec(),
        });
        Ok(page)
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.shop)
    }
}

async fn send(request: reqwest::RequestBuilder) -> Result<(Page, String), Unanswered> {
    let unanswered = |error: reqwest::Error| Unanswered(error.to_string());
    let response = request.send().await.map_err(unanswered)?;
    let header = |name: &str| {
        response
            .headers()
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
            .to_owned()
    };
    let (status, request_id, location) = (response.status(), header("x-request-id"), header("location"));
    let text = response.text().await.map_err(unanswered)?;
    let page = Page { status, text, location };
    if status.is_server_error() {
        return Err(Unanswered(format!("{status}: {}", page.beginning())));
    }
    Ok((page, request_id))
}

/// What the checkout page's form sends: its hidden fields, and an address.
fn checkout_form(page: &str) -> Vec<(&'static str, String)> {
    let typed: BTreeMap<&'static str, &str> = [
        ("recipient", "김하늘"),
        ("phone", "010-1234-5678"),
        ("postcode", "03187"),
        ("address", "서울특별시 종로구 세종대로 1"),
        ("payment", "on_delivery"),
    ]
    .into();
    let token = page
        .split("name=\"token\" value=\"")
        .nth(1)
        .and_then(|rest| rest.split('"').next())
        .expect("the checkout form has a token");
    typed
        .into_iter()
        .map(|(name, value)| (name, value.to_owned()))
        .chain([("token", token.to_owned())])
        .collect()
}
