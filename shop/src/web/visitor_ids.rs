//! What visitors are called in events: HMAC-SHA-256 of the visitor's cookie with the key that signs cookies, the first 16 bytes.
//!
//! The cookie's own id opens a cart, so it is in no event. Whoever reads the topics can tell that two visits are one browser's, and can't
//! get back to the cookie without the shop's key; a shop with another key calls everybody otherwise.

use cookie::Key;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::domain::VisitorId;

/// No cookie begins with it, so that no signature passes for a visitor id.
const PREFIX: &[u8] = b"visitor-id:";

/// Makes the ids; the key is prepared once.
#[derive(Clone)]
pub(super) struct VisitorIds(Hmac<Sha256>);

impl VisitorIds {
    pub(super) fn new(key: &Key) -> Self {
        // A whole block, filled up with zeros as HMAC does it, so that no length can be wrong.
        let mut block = [0; 64];
        block.iter_mut().zip(key.signing()).for_each(|(to, from)| *to = *from);
        Self(Hmac::<Sha256>::new(&block.into()).chain_update(PREFIX))
    }

    /// The same for the same visitor and key, for ever.
    pub(super) fn of(&self, visitor: VisitorId) -> schemas::VisitorId {
        let digest = self.0.clone().chain_update(visitor.0).finalize().into_bytes();
        let mut id = [0; 16];
        id.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
        schemas::VisitorId(id)
    }
}

impl std::fmt::Debug for VisitorIds {
    /// Without the key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("VisitorIds(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(key: u8) -> VisitorIds {
        VisitorIds::new(&Key::from(&[key; 64]))
    }

    #[test]
    fn a_visitor_is_called_the_same_every_time_and_nobody_else_is() {
        let (one, other) = (VisitorId([1; 16]), VisitorId([2; 16]));
        assert_eq!(ids(7).of(one), ids(7).of(one));
        assert_ne!(ids(7).of(one), ids(7).of(other));
    }

    #[test]
    fn without_the_shops_key_nothing_leads_from_the_id_to_the_cookie() {
        use sha2::Digest;
        let visitor = VisitorId([1; 16]);
        let id = ids(7).of(visitor).0;
        assert_ne!(id, visitor.0);
        // What somebody who guesses cookies could compute without the key.
        let guesses = [
            visitor.0.to_vec(),
            visitor.hex().into_bytes(),
            [PREFIX, &visitor.0].concat(),
        ];
        for guess in guesses {
            assert_ne!(Sha256::digest(guess)[..16], id);
        }
        assert_ne!(ids(8).of(visitor).0, id, "another key, another id");
    }
}
