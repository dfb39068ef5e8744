//! Dead letters: what the sink refused, as it came, with the reason and the coordinates in headers.
//!
//! Promises: a letter is acknowledged by all replicas before the position moves over its message. It is delivered once, also
//! through a crash: before letters are sent, the books note from where in the dead-letter topic to look; who takes over looks
//! there and doesn't send again what it finds. Only a sink that was stopped (SIGSTOP) in that very moment, and
//! continues after another took over, can send one twice: therefore readers take the coordinates in the headers as the
//! letter's identity ([`Letter::origin`]), and every command does so. What is decided about a letter ([`Resolution`]) is
//! written behind it; nothing is ever taken out of the topic.

mod choice;
mod discard;
mod headers;
mod id;
mod json;
mod letter;
mod list;
mod mend;
mod producer;
mod reader;
mod redrive;
mod resolution;
mod resource;
mod survey;

/// Letters that are worked on at a time.
const CHUNK: usize = 100;

pub use choice::{Choice, Filter};
pub use discard::{Discard, Discarded, discard};
pub use headers::own;
pub use id::{LetterId, LetterIdError};
pub(crate) use letter::DeadLetter;
pub use letter::{Letter, Origin};
pub use list::{Listing, list, show};
pub(crate) use producer::DeadLetters;
pub(crate) use reader::delivered;
pub use redrive::{Redrive, Redriven, redrive};
pub use resolution::{Outcome, Resolution};
