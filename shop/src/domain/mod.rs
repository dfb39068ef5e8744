//! The shop's rules, pure: no I/O, no clock, no randomness; what they need is passed in, what they decide is returned as an event.
//!
//! Limits: 1 to 99 of a product and at most 100 lines in a cart or on a wish list; 24 products a page; delivery is free from 50,000 KRW.

pub mod account;
pub mod appearance;
pub mod belongings;
pub mod books;
pub mod calendar;
pub mod cart;
pub mod catalogue;
pub mod command;
pub mod consent;
pub mod delivery;
pub mod drawing;
pub mod experiment;
pub mod field;
pub mod language;
pub mod looked;
pub mod money;
pub mod offer;
pub mod order;
pub mod placement;
pub mod popular_queries;
pub mod quantity;
pub mod search;
pub mod stock;
pub mod trends;
pub mod visit;
pub mod wishes;

pub use account::{Email, Password, PersonName};
pub use appearance::{Drawer, Theme};
pub use belongings::Belongings;
pub use cart::{Cart, CartError};
pub use catalogue::{
    Catalogue, Category, Facets, Filter, Listing, ListingQuery, Measure, PageNumber, PriceRange, Product, Ranking,
    Searched, Sort,
};
pub use command::Command;
pub use consent::Consent;
pub use delivery::Delivery;
pub use experiment::{Experiment, Experiments, Forced, Trial, Variant};
pub use field::{Field, FieldError, Problem};
pub use language::{Language, Localized};
pub use looked::Looked;
pub use money::Won;
pub use offer::Offer;
pub use order::{CancelError, Order, OrderError, OrderState};
pub use placement::Placement;
pub use popular_queries::PopularQueries;
pub use quantity::Quantity;
pub use search::{Marks, Synonyms};
pub use stock::StockLevels;
pub use visit::{Visit, VisitorId};
pub use wishes::Wishes;
