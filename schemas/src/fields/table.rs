//! The table of the fields: one line each. What they mean stands at the types (`events/`, `record.rs`), what they look like in `examples/`.

use super::{Facts, Origin, Unit};
use crate::EventType;

/// What is said about one field.
#[derive(Debug)]
pub(super) struct Row {
    /// Of which types; of all, when it names none.
    pub(super) types: &'static [EventType],
    pub(super) path: &'static str,
    pub(super) facts: Facts,
}

macro_rules! fields {
    ($($path:literal $unit:ident $origin:ident $personal:literal $since:literal [$($of:ident)*])+) => {
        pub(super) const ROWS: &[Row] = &[$(Row {
            types: &[$(EventType::$of),*],
            path: $path,
            facts: Facts { unit: Unit::$unit, origin: Origin::$origin, personal: $personal, since: $since },
        }),+];
    };
}

// Where two lines have the same path, the first that names a message's type speaks of it.
fields! {
    // path                           unit         from    personal since   types (all, when none is named)

    // Every message.
    "timestamp"                      Utc          Browser false "0.1.0" [Dwell Click Impression PagePerformance FormAbandoned]
    "timestamp"                      Utc          Shop    false "0.1.0" []
    "session_id"                     Unitless     Cookie  false "0.1.0" []
    "visitor_id"                     Unitless     Cookie  true  "0.2.0" []
    "event_type"                     Unitless     Shop    false "0.1.0" []
    "user_id"                        Unitless     Shop    true  "0.1.0" []
    "entity_type"                    Unitless     Shop    false "0.1.0" []
    "entity_id"                      Unitless     Shop    false "0.1.0" []
    "endpoint"                       Unitless     Shop    false "0.1.0" []
    "method"                         Unitless     Request false "0.1.0" []
    "path"                           Unitless     Request false "0.1.0" []
    "args"                           Unitless     Request false "0.1.0" []
    "form"                           Unitless     Request true  "0.1.0" []
    "ip_address"                     Unitless     Request true  "0.1.0" []
    "user_agent"                     Unitless     Request true  "0.1.0" []
    "bot"                            Unitless     Shop    false "0.2.0" []
    "purpose"                        Unitless     Request false "0.2.0" []
    "referrer"                       Unitless     Request true  "0.1.0" []
    "response_status"                Unitless     Shop    false "0.1.0" []
    "event_id"                       Unitless     Shop    false "0.1.0" []
    "request_id"                     Unitless     Shop    false "0.1.0" []
    "page_view_id"                   Unitless     Browser false "0.2.0" [Dwell Click Impression PagePerformance FormAbandoned]
    "page_view_id"                   Unitless     Request false "0.2.0" [CartAdd CartRemove CartUpdate WishAdd WishRemove OrderPlaced OrderCancelled]
    "page_view_id"                   Unitless     Shop    false "0.2.0" []
    "schema_version"                 Unitless     Shop    false "0.1.0" []
    "source.instance"                Unitless     Journal false "0.1.0" []
    "source.sequence"                Unitless     Journal false "0.1.0" []

    // Lines of the application.
    "level"                          Unitless     Shop    false "0.1.0" []
    "message"                        Unitless     Shop    false "0.1.0" []
    "module"                         Unitless     Shop    false "0.1.0" []
    "phase"                          Unitless     Shop    false "0.1.0" []
    "error"                          Unitless     Shop    false "0.1.0" []
    "fields"                         Unitless     Shop    false "0.1.0" []
    "http.method"                    Unitless     Request false "0.1.0" []
    "http.path"                      Unitless     Request false "0.1.0" []
    "http.ip"                        Unitless     Request true  "0.1.0" []
    "http.endpoint"                  Unitless     Shop    false "0.1.0" []
    "http.route"                     Unitless     Shop    false "0.1.0" []
    "http.status"                    Unitless     Shop    false "0.1.0" []
    "performance.processing_time_ms" Milliseconds Shop    false "0.1.0" []

    // What was shown, and what was asked.
    "details.page"                   Unitless     Shop    false "0.1.0" [View]
    "details.product_id"             Unitless     Shop    false "0.1.0" [View]
    "details.category_id"            Unitless     Shop    false "0.1.0" [View]
    "details.sort"                   Unitless     Request false "0.1.0" [View]
    "details.page_number"            Unitless     Request false "0.1.0" [View]
    "details.language"               Unitless     Shop    false "0.1.0" [View Search]
    "details.campaign.source"        Unitless     Request false "0.2.0" [View]
    "details.campaign.medium"        Unitless     Request false "0.2.0" [View]
    "details.campaign.campaign"      Unitless     Request false "0.2.0" [View]
    "details.campaign.term"          Unitless     Request false "0.2.0" [View]
    "details.campaign.content"       Unitless     Request false "0.2.0" [View]
    "details.query"                  Unitless     Request false "0.1.0" [Search]
    "details.filters"                Unitless     Request false "0.1.0" [Search]
    "details.page_number"            Unitless     Request false "0.1.0" [Search]
    "details.result_count"           Pieces       Shop    false "0.1.0" [Search]

    // Carts, wish lists and orders.
    "details.product_id"             Unitless     Request false "0.1.0" [CartAdd CartRemove CartUpdate WishAdd WishRemove]
    "details.quantity"               Pieces       Request false "0.1.0" [CartAdd CartUpdate]
    "details.quantity"               Pieces       Shop    false "0.1.0" [CartRemove WishAdd]
    "details.cart_quantity"          Pieces       Shop    false "0.1.0" [CartAdd]
    "details.previous_quantity"      Pieces       Shop    false "0.1.0" [CartUpdate]
    "details.unit_price"             Won          Shop    false "0.1.0" [CartAdd CartUpdate WishAdd]
    "details.list"                   Unitless     Request false "0.2.0" [CartAdd]
    "details.position"               Unitless     Request false "0.2.0" [CartAdd]
    "details.search_id"              Unitless     Request false "0.2.0" [CartAdd]
    "details.reason"                 Unitless     Shop    false "0.1.0" [CartRemove WishRemove]
    "details.origin"                 Unitless     Shop    false "0.1.0" [WishAdd]
    "details.merged[].product_id"    Unitless     Shop    false "0.1.0" [CartMerge WishMerge]
    "details.merged[].quantity"      Pieces       Shop    false "0.1.0" [CartMerge WishMerge]
    "details.merged[].unit_price"    Won          Shop    false "0.1.0" [CartMerge]
    "details.items[].product_id"     Unitless     Shop    false "0.1.0" [CartMerge WishMerge OrderPlaced OrderCancelled]
    "details.items[].quantity"       Pieces       Shop    false "0.1.0" [CartMerge WishMerge OrderPlaced OrderCancelled]
    "details.items[].unit_price"     Won          Shop    false "0.1.0" [CartMerge OrderPlaced OrderCancelled]
    "details.order_id"               Unitless     Shop    false "0.1.0" [OrderPlaced OrderCancelled]
    "details.delivery_fee"           Won          Shop    false "0.1.0" [OrderPlaced]
    "details.total"                  Won          Shop    false "0.1.0" [OrderPlaced OrderCancelled]
    "details.payment_method"         Unitless     Request false "0.1.0" [OrderPlaced]

    // Accounts and experiments.
    "details.language"               Unitless     Shop    false "0.1.0" [Signup]
    "details.method"                 Unitless     Shop    false "0.1.0" [Login]
    "details.orders"                 Unitless     Shop    false "0.2.0" [Login]
    "details.reason"                 Unitless     Shop    false "0.1.0" [LoginFailed]
    "details"                        Unitless     Shop    false "0.1.0" [Logout]
    "details.experiment"             Unitless     Shop    false "0.1.0" [Exposure]
    "details.variant"                Unitless     Shop    false "0.1.0" [Exposure]
    "details.forced"                 Unitless     Shop    false "0.1.0" [Exposure]

    // What the client script tells.
    "details.page"                   Unitless     Browser false "0.1.0" [Dwell Click Impression PagePerformance FormAbandoned]
    "details.page_endpoint"          Unitless     Browser false "0.2.0" [Dwell Click Impression PagePerformance FormAbandoned]
    "details.tab.id"                 Unitless     Browser false "0.1.0" [Dwell Click Impression PagePerformance FormAbandoned]
    "details.tab.sequence"           Unitless     Browser false "0.1.0" [Dwell Click Impression PagePerformance FormAbandoned]
    "details.client.at"              Utc          Browser false "0.1.0" [Dwell Click Impression PagePerformance FormAbandoned]
    "details.client.sent_at"         Utc          Browser false "0.1.0" [Dwell Click Impression PagePerformance FormAbandoned]
    "details.client.skew_ms"         Milliseconds Shop    false "0.1.0" [Dwell Click Impression PagePerformance FormAbandoned]
    "details.entered_at"             Utc          Browser false "0.1.0" [Dwell]
    "details.left_at"                Utc          Browser false "0.1.0" [Dwell]
    "details.active_ms"              Milliseconds Browser false "0.1.0" [Dwell]
    "details.visible_ms"             Milliseconds Browser false "0.1.0" [Dwell]
    "details.total_ms"               Milliseconds Browser false "0.1.0" [Dwell]
    "details.scroll_depth_percent"   Percent      Browser false "0.1.0" [Dwell]
    "details.end_reason"             Unitless     Browser false "0.1.0" [Dwell]
    "details.next_page"              Unitless     Browser false "0.1.0" [Dwell]
    "details.element"                Unitless     Browser false "0.1.0" [Click]
    "details.text"                   Unitless     Browser false "0.1.0" [Click]
    "details.cart_action"            Unitless     Browser false "0.1.0" [Click]
    "details.product_id"             Unitless     Browser false "0.1.0" [Click]
    "details.href"                   Unitless     Browser false "0.1.0" [Click]
    "details.frustration"            Unitless     Browser false "0.1.0" [Click]
    "details.x_percent"              Percent      Browser false "0.1.0" [Click]
    "details.y_percent"              Percent      Browser false "0.1.0" [Click]
    "details.page_x_percent"         Percent      Browser false "0.1.0" [Click]
    "details.page_y_percent"         Percent      Browser false "0.1.0" [Click]
    "details.element_name"           Unitless     Browser false "0.2.0" [Click]
    "details.list"                   Unitless     Browser false "0.2.0" [Click]
    "details.position"               Unitless     Browser false "0.2.0" [Click]
    "details.search_id"              Unitless     Browser false "0.2.0" [Click]
    "details.element_x_percent"      Percent      Browser false "0.2.0" [Click]
    "details.element_y_percent"      Percent      Browser false "0.2.0" [Click]
    "details.viewport_width"         CssPixels    Browser false "0.2.0" [Click]
    "details.viewport_height"        CssPixels    Browser false "0.2.0" [Click]
    "details.page_height"            CssPixels    Browser false "0.2.0" [Click]
    "details.list"                   Unitless     Browser false "0.1.0" [Impression]
    "details.tiles[].product_id"     Unitless     Browser false "0.1.0" [Impression]
    "details.tiles[].position"       Unitless     Browser false "0.1.0" [Impression]
    "details.navigation"             Unitless     Browser false "0.1.0" [PagePerformance]
    "details.cls"                    Unitless     Browser false "0.1.0" [PagePerformance]
    "details.ttfb_ms"                Milliseconds Browser false "0.1.0" [PagePerformance]
    "details.fcp_ms"                 Milliseconds Browser false "0.1.0" [PagePerformance]
    "details.lcp_ms"                 Milliseconds Browser false "0.1.0" [PagePerformance]
    "details.inp_ms"                 Milliseconds Browser false "0.1.0" [PagePerformance]
    "details.form"                   Unitless     Browser false "0.1.0" [FormAbandoned]
    "details.fields"                 Unitless     Browser false "0.1.0" [FormAbandoned]
    "details.last_field"             Unitless     Browser false "0.1.0" [FormAbandoned]
    "details.spent_ms"               Milliseconds Browser false "0.1.0" [FormAbandoned]

    // What is sold.
    "details.product_id"             Unitless     Shop    false "0.2.0" [Product]
    "details.name_ko"                Unitless     Shop    false "0.2.0" [Product]
    "details.name_en"                Unitless     Shop    false "0.2.0" [Product]
    "details.category_id"            Unitless     Shop    false "0.2.0" [Product]
    "details.category_ko"            Unitless     Shop    false "0.2.0" [Product]
    "details.category_en"            Unitless     Shop    false "0.2.0" [Product]
    "details.currency"               Unitless     Shop    false "0.2.0" [Product]
    "details.stock_class"            Unitless     Shop    false "0.2.0" [Product]
    "details.price"                  Won          Shop    false "0.2.0" [Product]
    "details.valid_from"             Utc          Shop    false "0.2.0" [Product]
}
