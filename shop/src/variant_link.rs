//! Links that show a variant to whoever opens them, for testing: only the shop can make them.
//!
//! The signature is HMAC-SHA-256 with the key that signs cookies, over the names behind a prefix that no cookie begins with, so that
//! neither passes for the other. A link stays good for as long as the shop's key; what it shows, the browser forgets after a day.

use cookie::Key;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::domain::experiment::{Experiment, Variant};

/// The path and query of the link.
#[must_use]
pub fn address(key: &Key, experiment: Experiment, variant: Variant) -> String {
    let digest = signed(key, experiment, variant).finalize().into_bytes();
    let (experiment, variant) = (experiment.name(), variant.name());
    format!("/experiments/{experiment}/{variant}?sig={}", hex::encode(digest))
}

/// Whether the shop made the link with this `sig`.
#[must_use]
pub fn is_genuine(key: &Key, experiment: Experiment, variant: Variant, sig: &str) -> bool {
    let bytes = hex::decode(sig);
    bytes.is_ok_and(|bytes| signed(key, experiment, variant).verify_slice(&bytes).is_ok())
}

fn signed(key: &Key, experiment: Experiment, variant: Variant) -> Hmac<Sha256> {
    let text = format!("variant-link:{}:{}", experiment.name(), variant.name());
    // A whole block, filled up with zeros as HMAC does it, so that no length can be wrong.
    let mut block = [0; 64];
    block.iter_mut().zip(key.signing()).for_each(|(to, from)| *to = *from);
    Hmac::<Sha256>::new(&block.into()).chain_update(text)
}
