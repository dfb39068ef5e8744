//! What every word on the pages means: one sentence each. Nothing is defined anywhere else.

/// A word and its meaning, shown behind "?".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Definition {
    /// Its anchor on the page of definitions.
    pub id: &'static str,
    pub term: &'static str,
    pub meaning: &'static str,
}

macro_rules! definitions {
    ($($name:ident $id:literal $term:literal $meaning:literal;)+) => {
        $(pub const $name: Definition = Definition { id: $id, term: $term, meaning: $meaning };)+
        /// All of them, in the order in which they build on each other.
        pub const ALL: &[Definition] = &[$($name),+];
    };
}

definitions! {
    ORDER "order" "Order of events" "By timestamp, then by the source's sequence; where two shops give the same, their names decide.";
    RANGE "range" "Range" "Whole days in the time zone of the sink, first and last included; a session belongs to the range in which it begins, an event to the range in which it happens.";
    COMPLETE "complete" "Complete up to" "The sink has written everything up to the positions of the topics that stand below; the newest of these events is of this time.";
    LATE "late" "Late" "An event that came after a newer one of its partition, by more than a minute; it counts in its own day like any other.";
    SESSION "session" "Session" "All events with one session id; the shop begins a new one after 30 minutes of silence.";
    VISITOR "visitor" "Visitor" "The visitor id of the session's events, or the session itself where they name none.";
    NEW "new" "New visitor" "A visitor whose first session that the table still holds begins in the range; all others are returning.";
    BOT "bot" "Bot" "A session in which any event is marked as a crawler's by the shop; left out unless the filter lets it in.";
    LANGUAGE "language" "Language" "The language of the session's first page or search.";
    DEVICE "device" "Device" "Phone, tablet or desktop by the session's first user agent that tells.";
    CAMPAIGN "campaign" "Campaign" "Source, medium and campaign of the session's first view.";
    VIEW "view" "View" "A page that was shown: an event of type view.";
    ORDERS "orders" "Orders" "Orders placed in the range; those cancelled later still count, and are told beside.";
    REVENUE "revenue" "Revenue" "The totals of the orders placed in the range, delivery included, in KRW; cancelled ones are not taken off.";
    AVERAGE_ORDER "average-order" "Average order" "Revenue divided by orders.";
    CONVERSION "conversion" "Conversion" "Sessions begun in the range with at least one order, divided by all sessions begun in it.";
    STEP "step" "Step" "A session reaches a step when an event of it happens at or after the step before (closed), or anywhere in the session (open).";
    EXIT "exit" "Exit" "The last view of a session, whenever it happened: each session with views has exactly one.";
    BOUNCE "bounce" "Bounce" "A session with exactly one view, counted for the page of that view.";
    ENTRY "entry" "Entry" "The first view of a session.";
    SEEN "seen" "Seen" "A product's tile was seen in a list: one for each tile of an impression.";
    CLICKED "clicked" "Clicked" "A click on something that belongs to the product.";
    ADDED "added" "Added" "Events of type cart_add for the product.";
    SOLD "sold" "Orders with it" "Orders placed in the range that hold the product.";
    PRODUCT_REVENUE "product-revenue" "Revenue of a product" "Quantity times unit price over the lines of the orders placed in the range; delivery belongs to no product.";
    VIEW_TO_ORDER "view-to-order" "View to order" "Sessions that viewed the product in the range and placed an order with it there, divided by sessions that viewed it.";
    SEARCH "search" "Search" "An event of type search for the first page of results or a later one; queries are compared trimmed and in small letters.";
    REFINED "refined" "Refined" "The same session asked for something else within 60 seconds.";
    SEARCH_CLICK "search-click" "Clicked after" "A search is clicked when the session's next view or click, before any other search, is of a product.";
    SEARCH_ORDER "search-order" "Ordered after" "Sessions that searched for it and placed an order afterwards.";
    VITAL "vital" "Web Vitals" "As visitors' browsers measured them; good and poor by Google's thresholds: LCP 2.5 and 4 s, INP 200 and 500 ms, CLS 0.1 and 0.25, FCP 1.8 and 3 s, TTFB 0.8 and 1.8 s.";
    PERCENTILE "percentile" "Percentile" "Of all values the smallest that at least this share does not exceed; exact, not estimated.";
    EXPOSED "exposed" "Exposed" "Visitors who were shown exactly one variant of the experiment by chance; bots, forced variants and visitors who saw several are left out and counted.";
    OUTCOME "outcome" "Outcome of a visitor" "Orders and revenue of an exposed visitor from the first exposure to the end of the range.";
    MISMATCH "mismatch" "Sample-ratio mismatch" "The sequential multinomial test of Lindon and Malek with a Dirichlet prior of concentration 1,000: below .01 the split is not what was planned, and no winner is named; it may be looked at any time.";
    INTERVAL "interval" "Difference" "Relative to the first variant, with a 95 % interval by Welch and the delta method for one look, and by the asymptotic confidence sequence of Waudby-Smith et al. for looking every day (N* = 5,000).";
    PAST "past" "Visitors' own past" "Pages looked at in visits before the first that shows the experiment, as far back as the table goes; CUPED (Deng et al. 2013) takes off of each outcome what it tells, which changes no difference and makes its interval narrower. The past of the variants must be alike (any time, 99 %), otherwise no interval is shown.";
    DETECTABLE "detectable" "Detectable" "The smallest relative effect on conversion that a test for one look (5 %) finds in 80 % of experiments with so many visitors; still needed are the visitors of both variants for an effect of 5 %.";
    RETENTION "retention" "Retention" "Visitors by the week (from Monday) of their first session in the table, and the share of them with a session in each week after.";
    REQUEST "request" "Request" "A request that the shop finished in the range, by the lines of app-DATE.log that this sink has committed; crawlers' visits are left out unless the filter lets them in, requests of no known visit count unless a filter asks who it was.";
    PROCESSING "processing" "Processing time" "From the request's arrival at the shop to its answer, by the shop's own clock; percentiles are exact.";
    SERVER_ERROR "server-error" "Error" "A request that was answered with a status of 500 or more; its cause is the innermost of the errors that the line names.";
    ADDRESS "address" "Address" "Where requests came from, as the shop was allowed to keep it; one that sends far more than others in a minute is a program.";
    ACTIVE "active" "Active time" "Visible, focused and not idle, as the browser tells it when the page is left.";
    SCROLL "scroll" "Scroll depth" "How far down the page was seen at most, in percent of its height.";
    FRUSTRATION "frustration" "Rage and dead clicks" "The third click or a later one within a second in one spot; a click after which nothing happened for a second.";
    CHANCE "chance" "By chance" "How often two ranges without a true difference differ as much: the p-value of Welch's test for their conversions, for one look.";
    MEANWHILE "meanwhile" "Meanwhile" "Products that were sold out at any time of the range or changed their price in it, and hours or days whose LCP is more than one and a half times that of the median one.";
    MIX "mix" "Taken apart" "The change of conversion is the sum over the segments of the change of their share times how far their conversion is from the whole (mix) and of the change of their steps times their share (rate), both at the mean of the two ranges.";
}
