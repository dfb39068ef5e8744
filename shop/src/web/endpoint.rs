//! What the shop answers: each handler with its route and its name in the logs, the seed's.

use std::collections::HashMap;
use std::sync::LazyLock;

use axum::http::Method;

macro_rules! endpoints {
    ($($name:ident $method:ident $route:literal $logged:literal),+ $(,)?) => {
        /// A handler of the shop.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Endpoint { $($name),+ }

        impl Endpoint {
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The name in `endpoint`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $logged),+ }
            }

            /// The pattern of its addresses.
            #[must_use]
            pub const fn route(self) -> &'static str {
                match self { $(Self::$name => $route),+ }
            }

            #[must_use]
            pub const fn method(self) -> Method {
                match self { $(Self::$name => Method::$method),+ }
            }
        }
    };
}

endpoints! {
    HomeIndex        GET  "/"                     "home.index",
    ProductsAddress  GET  "/products"             "products.index",
    ProductsIndex    GET  "/products/"            "products.index",
    ProductsDetail   GET  "/products/{id}"        "products.detail",
    ProductsSearch   GET  "/search"               "products.search",
    ProductsSuggest  GET  "/search/suggest"       "products.suggest",
    CartIndex        GET  "/cart"                 "cart.index",
    CartAdd          POST "/cart/add"             "cart.add",
    CartUpdate       POST "/cart/update"          "cart.update",
    CartRemove       POST "/cart/remove"          "cart.remove",
    CartCheckout     POST "/cart/checkout"        "cart.checkout",
    CartLater        POST "/cart/later"           "cart.save_for_later",
    WishesIndex      GET  "/wishlist"             "wishlist.index",
    WishesAdd        POST "/wishlist/add"         "wishlist.add",
    WishesRemove     POST "/wishlist/remove"      "wishlist.remove",
    WishesToCart     POST "/wishlist/to-cart"     "wishlist.to_cart",
    CheckoutIndex    GET  "/checkout"             "checkout.index",
    CheckoutPlace    POST "/checkout"             "checkout.place",
    OrdersIndex      GET  "/orders"               "orders.index",
    OrdersDetail     GET  "/orders/{id}"          "orders.detail",
    OrdersCancel     POST "/orders/{id}/cancel"   "orders.cancel",
    OrdersAgain      POST "/orders/{id}/again"    "orders.again",
    SignupPage       GET  "/signup"               "auth.signup",
    Signup           POST "/signup"               "auth.signup",
    LoginPage        GET  "/login"                "auth.login",
    Login            POST "/login"                "auth.login",
    Logout           POST "/logout"               "auth.logout",
    AccountIndex     GET  "/account"              "account.index",
    AccountData      GET  "/account/data"         "account.data",
    AccountName      POST "/account/name"         "account.name",
    AccountPassword  POST "/account/password"     "account.password",
    AccountDelete    POST "/account/delete"       "account.delete",
    PrivacyIndex     GET  "/privacy"              "privacy.index",
    PrivacyChoose    POST "/privacy"              "privacy.choose",
    Language         POST "/language"             "home.language",
    Theme            POST "/theme"                "home.theme",
    Drawer           POST "/drawer"               "home.drawer",
    DataIndex        GET  "/data"                 "data.index",
    DataLive         GET  "/data/live"            "data.live",
    DataTopic        GET  "/data/topics/{topic}"  "data.topic",
    DataTail         GET  "/data/tail"            "data.tail",
    DataTailStream   GET  "/data/tail/stream"     "data.tail_stream",
    DataMessage      GET  "/data/messages/{topic}/{partition}/{offset}" "data.message",
    DataSearch       GET  "/data/search"          "data.search",
    DataSearchLines  GET  "/data/search.jsonl"    "data.search_lines",
    DataConsumer     GET  "/data/consumer"        "data.consumer",
    DataGroups       GET  "/data/consumer/groups" "data.groups",
    DataDocuments    GET  "/data/documents"       "data.documents",
    DataSchema       GET  "/data/schemas/{file}"  "data.schema",
    DataAsyncapi     GET  "/data/asyncapi.yaml"   "data.asyncapi",
    DataContract     GET  "/data/contract.yaml"   "data.contract",
    Llms             GET  "/llms.txt"             "data.llms",
    DataRecipe       GET  "/data/recipes/{*file}" "data.recipe",
    DataToken        POST "/data/token"           "data.token",
    DataNothing      GET  "/data/{*rest}"         "data.nothing",
    MyEvents         GET  "/api/my-events"        "api.my_events",
    ExperimentsForce GET  "/experiments/{experiment}/{variant}" "experiments.force",
    LogEvents        POST "/api/log/events"       "api.log_events",
    LogDwellTime     POST "/api/log/dwell-time"   "api.log_dwell_time",
    LogClickEvent    POST "/api/log/click-event"  "api.log_click_event",
    Robots           GET  "/robots.txt"           "static.robots",
    Sitemap          GET  "/sitemap.xml"          "static.sitemap",
    Favicon          GET  "/favicon.ico"          "static.favicon",
    Static           GET  "/static/{version}/{file}" "static.file",
    Picture          GET  "/pictures/{file}"      "static.picture",
    Healthz          GET  "/healthz"              "ops.healthz",
    Readyz           GET  "/readyz"               "ops.readyz",
    Metrics          GET  "/metrics"              "ops.metrics",
}

/// The handlers of each route: every request asks.
static BY_ROUTE: LazyLock<HashMap<&str, Vec<Endpoint>>> = LazyLock::new(|| {
    let mut handlers: HashMap<&str, Vec<Endpoint>> = HashMap::new();
    for endpoint in Endpoint::ALL.iter().copied() {
        handlers.entry(endpoint.route()).or_default().push(endpoint);
    }
    handlers
});

impl Endpoint {
    /// The handler of a request; HEAD is answered by GET's.
    #[must_use]
    pub fn of(method: &Method, route: &str) -> Option<Self> {
        let method = if *method == Method::HEAD { &Method::GET } else { method };
        let mut handlers = BY_ROUTE.get(route)?.iter().copied();
        handlers.find(|endpoint| endpoint.method() == *method)
    }

    /// Files and the operators' pages leave no events: they say nothing about people, and health checks would bury what does. Nor do
    /// suggestions: what is typed and not sent is nobody's business. Nor do the drawer and what is live under `/data`, which would show
    /// themselves to themselves for ever.
    #[must_use]
    pub const fn is_recorded(self) -> bool {
        !matches!(
            self,
            Self::Static
                | Self::Robots
                | Self::Sitemap
                | Self::Favicon
                | Self::Picture
                | Self::ProductsSuggest
                | Self::MyEvents
                | Self::DataLive
                | Self::DataTailStream
                | Self::DataSearchLines
                | Self::DataGroups
                | Self::Healthz
                | Self::Readyz
                | Self::Metrics
        )
    }

    /// Pages that are about products and not about a person.
    #[must_use]
    pub const fn shows_products(self) -> bool {
        matches!(
            self,
            Self::HomeIndex | Self::ProductsIndex | Self::ProductsDetail | Self::ProductsSearch
        )
    }

    /// Programs read the answer: errors are JSON, not a page.
    #[must_use]
    pub const fn is_api(self) -> bool {
        matches!(self, Self::LogEvents | Self::LogDwellTime | Self::LogClickEvent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_endpoint_is_found_by_its_method_and_route() {
        for endpoint in Endpoint::ALL {
            assert_eq!(Endpoint::of(&endpoint.method(), endpoint.route()), Some(*endpoint));
        }
        assert_eq!(Endpoint::of(&Method::HEAD, "/"), Some(Endpoint::HomeIndex));
        assert_eq!(Endpoint::of(&Method::DELETE, "/"), None);
    }
}
