//! What somebody changes about the own account: name, language, password; and its end.

use schemas::UserId;
use sqlx::Row;

use crate::domain::{Language, Password, PersonName};
use crate::store::database::{transaction, transaction_always};
use crate::store::projection::account;
use crate::store::{NotDone, SignInToken, Store, StoreError, sign_in};

/// What was typed to change a password.
#[derive(Debug, Clone, Copy)]
pub struct PasswordChange<'a> {
    pub current: &'a str,
    pub new: &'a Password,
}

/// The password that was typed is not the account's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WrongPassword;

impl Store {
    /// What the shop calls the person from now on.
    pub async fn rename(&self, user: UserId, name: &PersonName) -> Result<(), StoreError> {
        transaction_always!(self.0.database, |connection| {
            let renamed = sqlx::query("UPDATE person SET name = $1 WHERE account_id = $2");
            renamed.bind(name.as_str()).bind(user.0).execute(connection).await?;
            Ok(())
        })
    }

    /// The language that the person reads, in whichever browser.
    pub async fn speak(&self, user: UserId, language: Language) -> Result<(), StoreError> {
        transaction_always!(self.0.database, |connection| {
            let chosen = sqlx::query("UPDATE person SET language = $1 WHERE account_id = $2");
            chosen.bind(language.code()).bind(user.0).execute(connection).await?;
            Ok(())
        })
    }

    /// The language that the person chose; none when never.
    pub async fn language_of(&self, user: UserId) -> Result<Option<Language>, StoreError> {
        let row = sqlx::query("SELECT language FROM person WHERE account_id = $1")
            .bind(user.0)
            .fetch_optional(&mut *self.0.database.read().await?)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let code: Option<String> = row.try_get("language")?;
        let parse =
            |code: String| Language::from_code(&code).ok_or_else(|| StoreError::impossible("person", user, code));
        code.map(parse).transpose()
    }

    /// Sets a new password, if the current one is right: every sign-in of the account ends, and this one begins anew.
    pub async fn change_password(
        &self,
        user: UserId,
        change: PasswordChange<'_>,
    ) -> Result<SignInToken, NotDone<WrongPassword>> {
        let Some(before) = self.right_password(user, change.current).await? else {
            return Err(NotDone::Refused(WrongPassword));
        };
        let hash = self.0.hasher.hash(change.new.as_bytes()).await?;
        let now = self.0.clock.now();
        transaction!(self.0.database, |connection| {
            // Whoever signs in with the old one at this moment is waited for, and is out then.
            account::lock(connection, user).await?;
            // Only in the place of the one that was checked.
            let changed =
                sqlx::query("UPDATE person SET password_hash = $1 WHERE account_id = $2 AND password_hash = $3")
                    .bind(hash.as_str())
                    .bind(user.0)
                    .bind(before.as_str())
                    .execute(&mut *connection)
                    .await?;
            if changed.rows_affected() == 0 {
                return Err(NotDone::Refused(WrongPassword));
            }
            let ended = sqlx::query("DELETE FROM sign_in WHERE account_id = $1");
            ended.bind(user.0).execute(&mut *connection).await?;
            Ok(sign_in::begin(connection, user, now).await?)
        })
    }

    /// Erases the person behind an account, if the password is right; see [`Store::erase_person`].
    pub async fn delete_account(&self, user: UserId, password: &str) -> Result<(), NotDone<WrongPassword>> {
        if self.right_password(user, password).await?.is_none() {
            return Err(NotDone::Refused(WrongPassword));
        }
        Ok(self.erase_person(user).await?)
    }

    /// The hash of the account's password, if `typed` is that password.
    async fn right_password(&self, user: UserId, typed: &str) -> Result<Option<String>, StoreError> {
        let row = sqlx::query("SELECT password_hash FROM person WHERE account_id = $1")
            .bind(user.0)
            .fetch_optional(&mut *self.0.database.read().await?)
            .await?;
        let hash: Option<String> = row.map(|row| row.try_get("password_hash")).transpose()?;
        let right = self.is_password(typed, hash.clone()).await?;
        Ok(hash.filter(|_| right))
    }
}
