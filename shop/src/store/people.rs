//! Accounts and the persons behind them.

use schemas::UserId;
use schemas::events::LoginFailure;

use crate::domain::account::NewAccount;
use crate::domain::{Email, FieldError, Language, VisitorId};
use crate::observe::Occasion;
use crate::store::{Answers, Credentials, NewSignIn, Store, StoreError};

impl Store {
    /// Opens an account and signs in; the visitor's cart becomes the account's. Records `signup`, `login` and perhaps `cart_merge`.
    pub async fn sign_up(
        &self,
        occasion: &Occasion,
        visitor: VisitorId,
        account: &NewAccount,
        language: Language,
        status: u16,
    ) -> Result<Result<NewSignIn, FieldError>, StoreError> {
        todo!()
    }

    /// Signs in; the visitor's cart goes into the account's. Records `login` and perhaps `cart_merge`, or `login_failed`.
    pub async fn sign_in(
        &self,
        occasion: &Occasion,
        visitor: VisitorId,
        typed: Credentials<'_>,
        answers: Answers,
    ) -> Result<Result<NewSignIn, LoginFailure>, StoreError> {
        todo!()
    }

    /// Records a `login_failed` that was refused before looking, for too many tries.
    pub async fn record_sign_in_refused(
        &self,
        occasion: &Occasion,
        why: LoginFailure,
        status: u16,
    ) -> Result<(), StoreError> {
        todo!()
    }

    /// The address that `user` signs in with; none for an account that is gone.
    pub async fn email_of(&self, user: UserId) -> Result<Option<Email>, StoreError> {
        todo!()
    }
}
