//! Every route and everything around it, on one screen.

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use tower_http::catch_panic::CatchPanicLayer;

use super::error::{PageError, panicked};
use super::{
    account, appearance, assets, auth, cart, checkout, client_events, compressed, data, data_stream, data_token,
    experiments, home, language, limits, listed, my_events, operations, orders, own_data, pictures, privacy, products,
    record, search, security, suggest, wishes,
};
use crate::web::Site;

/// The shop as a service, and with it the pages of other rooms (`/insights`, `/classroom`).
pub fn router(site: Site, rooms: Router) -> Router {
    let routes = Router::new()
        .route("/", get(home::index))
        .route("/products", get(products::without_slash))
        .route("/robots.txt", get(listed::robots))
        .route("/sitemap.xml", get(listed::sitemap))
        .route("/favicon.ico", get(listed::favicon))
        .route("/products/", get(products::index))
        .route("/products/{id}", get(products::detail))
        .route("/search", get(search::index))
        .route("/search/suggest", get(suggest::index))
        .route("/cart", get(cart::index))
        .route("/cart/add", post(cart::add))
        .route("/cart/update", post(cart::update))
        .route("/cart/remove", post(cart::remove))
        .route("/cart/later", post(cart::later))
        .route("/cart/checkout", post(cart::checkout))
        .route("/wishlist", get(wishes::index))
        .route("/wishlist/add", post(wishes::add))
        .route("/wishlist/remove", post(wishes::remove))
        .route("/wishlist/to-cart", post(wishes::to_cart))
        .route("/checkout", get(checkout::index).post(checkout::place))
        .route("/orders", get(orders::index))
        .route("/orders/{id}", get(orders::detail))
        .route("/orders/{id}/cancel", post(orders::cancel))
        .route("/orders/{id}/again", post(orders::again))
        .route("/signup", get(auth::signup_page).post(auth::signup))
        .route("/login", get(auth::login_page).post(auth::login))
        .route("/logout", post(auth::logout))
        .route("/account", get(account::index))
        .route("/account/data", get(own_data::download))
        .route("/account/name", post(account::rename))
        .route("/account/password", post(account::change_password))
        .route("/account/delete", post(account::delete))
        .route("/privacy", get(privacy::index).post(privacy::choose))
        .route("/language", post(language::choose))
        .route("/theme", post(appearance::theme))
        .route("/drawer", post(appearance::drawer))
        .route("/data", get(data::index))
        .route("/data/live", get(data::live))
        .route("/data/topics/{topic}", get(data::topic))
        .route("/data/tail", get(data::tail))
        .route("/data/tail/stream", get(data_stream::tail))
        .route("/data/messages/{topic}/{partition}/{offset}", get(data::message))
        .route("/data/search", get(data::search))
        .route("/data/search.jsonl", get(data_stream::search))
        .route("/data/consumer", get(data::consumer))
        .route("/data/consumer/groups", get(data::groups))
        .route("/data/documents", get(data::documents))
        .route("/data/schemas/{file}", get(data::schema))
        .route("/data/asyncapi.yaml", get(data::asyncapi))
        .route("/data/contract.yaml", get(data::contract))
        .route("/llms.txt", get(data::llms))
        .route("/data/recipes/{*file}", get(data::recipe))
        .route("/data/token", post(data_token::show))
        .route("/data/{*rest}", get(data::nothing))
        .route("/api/my-events", get(my_events::index))
        .route("/experiments/{experiment}/{variant}", get(experiments::force))
        .route("/api/log/events", post(client_events::events))
        .route("/api/log/dwell-time", post(client_events::dwell_time))
        .route("/api/log/click-event", post(client_events::click_event))
        .route("/static/{version}/{file}", get(assets::file))
        .route("/pictures/{file}", get(pictures::picture))
        .route("/healthz", get(operations::healthz))
        .route("/readyz", get(operations::readyz))
        .route("/metrics", get(operations::metrics))
        .fallback(async || PageError::NotFound)
        .method_not_allowed_fallback(async || PageError::WrongMethod);

    // The first one is the first to see a request. One stack, not one layer after another: each of those would be boxed, and
    // copied for every request with all that lies below it.
    let around = (
        compressed::as_it_goes(),
        security::headers(site.manners.public_url.is_https()),
        from_fn(compressed::whole),
        from_fn_with_state(site.clone(), record::around),
        CatchPanicLayer::custom(panicked),
        from_fn_with_state(site.clone(), limits::around),
        limits::of_bodies(),
    );
    routes.with_state(site).merge(rooms).layer(around)
}
