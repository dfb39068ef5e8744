//! The events in memory: a few dozen bytes each, in order within their sessions, so that every analysis is one walk over them.
//!
//! All pages share these sets. They are the same on SQLite and PostgreSQL because neither database counts anything: it only gives rows.

mod arrange;
mod details;
mod dictionary;
mod entities;
mod event;
mod intake;
mod kinds;
mod layout;
mod log;
mod places;
mod sessions;
mod text;

pub use details::{Click, Dwell, Exposure, Form, Impression, Line, Performance};
pub use dictionary::{Dictionary, Symbol};
pub use entities::{Entities, Entity};
pub use event::{Event, EventIndex, SessionIndex};
pub use kinds::{Entry, Kinds};
pub use log::{Log, Partition};
pub use places::Places;
pub use sessions::{Arranged, Facts, Visitor};
pub use text::{device_name, is_phone, language_name, page_of_path};
