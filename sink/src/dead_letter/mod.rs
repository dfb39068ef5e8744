//! Dead letters: what the sink refused, as it came, with the reason and the coordinates in headers.
//!
//! Promises: a letter is acknowledged by all replicas before the position moves over its message. It is delivered once, also
//! through a crash: before letters are sent, the books note from where in the dead-letter topic to look; who takes over looks
//! there and doesn't send again what it finds. Only a sink that was stopped (SIGSTOP) in that very moment, and
//! continues after another took over, can send one twice: therefore readers take the coordinates in the headers as the
//! letter's identity ([`Letter::origin`]), and `list` and `redrive` do so.

mod letter;
mod list;
mod producer;
mod reader;
mod redrive;
mod resource;

pub(crate) use letter::DeadLetter;
pub use letter::{Letter, Origin};
pub use list::list;
pub(crate) use producer::DeadLetters;
pub(crate) use reader::delivered;
pub use redrive::{Choice, Redriven, redrive};
