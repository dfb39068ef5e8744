//! Somebody who types things where they don't belong, and remembers the sign-in tokens that were handed out.

use std::collections::BTreeSet;

use serde_json::Value;

pub struct Planter {
    http: reqwest::Client,
    shop: String,
    /// Every sign-in token that was set as a cookie.
    pub tokens: BTreeSet<String>,
}

impl Planter {
    pub fn of(shop: &str) -> Self {
        let http = reqwest::Client::builder()
            .cookie_store(true)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .expect("an HTTP client is made");
        Self {
            http,
            shop: shop.to_owned(),
            tokens: BTreeSet::new(),
        }
    }

    /// Whatever the answer is, as long as there is one and the shop is not broken by it.
    pub async fn post(&mut self, path: &str, form: &[(&str, &str)]) {
        let request = self.http.post(format!("{}{path}", self.shop)).form(form);
        self.send(request).await;
    }

    pub async fn get(&mut self, path: &str) -> String {
        let request = self.http.get(format!("{}{path}", self.shop));
        self.send(request).await
    }

    /// With headers that the browser, or somebody else, puts there.
    pub async fn get_with(&mut self, path: &str, headers: &[(&str, &str)]) -> String {
        let mut request = self.http.get(format!("{}{path}", self.shop));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request).await
    }

    pub async fn tell(&mut self, path: &str, json: &Value) {
        let request = self.http.post(format!("{}{path}", self.shop)).json(json);
        self.send(request).await;
    }

    pub async fn checkout_token(&mut self) -> String {
        let page = self.get("/checkout").await;
        let token = page.split("name=\"token\" value=\"").nth(1);
        let token = token.and_then(|rest| rest.split('"').next());
        token.expect("the checkout form has a token").to_owned()
    }

    async fn send(&mut self, request: reqwest::RequestBuilder) -> String {
        let response = request.send().await.expect("the shop answers");
        assert!(!response.status().is_server_error(), "{response:?}");
        for cookie in response.cookies().filter(|cookie| cookie.name().starts_with("sign_in")) {
            // The signature stands before the token's 64 digits.
            let digits = cookie.value().len().checked_sub(64).map(|at| &cookie.value()[at..]);
            let token = digits.filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
            self.tokens.extend(token.map(str::to_owned));
        }
        response.text().await.expect("the answer is text")
    }
}
