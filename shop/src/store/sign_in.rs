//! Who is signed in: a random token in a cookie, its hash in the table.

use crate::observe::Occasion;
use crate::store::{SignInToken, SignedIn, Store, StoreError};

impl Store {
    /// Who comes with this token; none when it is unknown, signed out, or unused for 30 days.
    pub async fn signed_in(&self, token: SignInToken) -> Result<Option<SignedIn>, StoreError> {
        todo!()
    }

    /// Ends the sign-in and records `logout`; a token that opens nothing is fine, and no fact.
    pub async fn sign_out(&self, occasion: &Occasion, token: SignInToken, status: u16) -> Result<(), StoreError> {
        todo!()
    }
}
