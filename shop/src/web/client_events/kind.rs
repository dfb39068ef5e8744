//! An event of any kind, which says in `kind` what it is.

use serde::Deserialize;

use super::fields::read_fields;
use super::times::Received;
use super::{Dated, Refused, click, dwell, page, script_error};

#[derive(Deserialize)]
struct Kinded {
    kind: Kind,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Dwell,
    Click,
    Impression,
    PagePerformance,
    FormAbandoned,
    Error,
}

/// Reads, checks and dates an event of the kind that it names.
pub(super) fn read<'a>(json: &'a str, received: &Received) -> Result<Dated<'a>, Refused> {
    match read_fields::<Kinded>(json)?.kind {
        Kind::Dwell => dwell::read(json, received),
        Kind::Click => click::read(json, received),
        Kind::Impression => page::impression(json, received),
        Kind::PagePerformance => page::performance(json, received),
        Kind::FormAbandoned => page::form_abandoned(json, received),
        Kind::Error => script_error::read(json, received),
    }
}
