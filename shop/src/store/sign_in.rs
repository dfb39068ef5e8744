//! Who is signed in: a random token in a cookie, its hash in the table.

use std::time::Duration;

use schemas::events::Logout;
use schemas::{Timestamp, UserId};
use sha2::{Digest, Sha256};
use sqlx::{AnyConnection, Row};

use crate::observe::Occasion;
use crate::store::database::transaction_always;
use crate::store::fact::{Fact, Stream};
use crate::store::projection::account;
use crate::store::recording_always;
use crate::store::who::name_from_row;
use crate::store::{SignInToken, SignedIn, Store, StoreError};

/// A sign-in that is not used for so long is over.
const IDLE: Duration = Duration::from_hours(30 * 24);
/// How often its use is written down.
const NOTED: Duration = Duration::from_hours(1);

impl Store {
    /// Who comes with this token; none when it is unknown, signed out, or unused for 30 days.
    pub async fn signed_in(&self, token: SignInToken) -> Result<Option<SignedIn>, StoreError> {
        let now = self.0.clock.now();
        let row = sqlx::query(
            "SELECT p.account_id, p.name, s.last_used_at FROM sign_in s JOIN person p ON p.account_id = s.account_id
             WHERE s.token_hash = $1 AND s.last_used_at > $2",
        )
        .bind(hash(token))
        .bind(before(now, IDLE).unix_micros())
        .fetch_optional(&mut *self.0.database.read().await?)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let (user, name): (i64, String) = (row.try_get("account_id")?, row.try_get("name")?);
        let last_used: i64 = row.try_get("last_used_at")?;
        if last_used <= before(now, NOTED).unix_micros()
            && let Err(error) = self.note_use(token, now).await
        {
            // Not worth a page: it is tried again with the next one.
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "the use of a sign-in couldn't be noted"
            );
        }
        Ok(Some(SignedIn {
            user: UserId(user),
            name: name_from_row(user, &name)?,
        }))
    }

    /// Ends the sign-in and records `logout`; a token that opens nothing is fine, and no fact.
    pub async fn sign_out(&self, occasion: &Occasion, token: SignInToken, status: u16) -> Result<(), StoreError> {
        recording_always!(self, |connection| {
            let user: Option<i64> =
                sqlx::query_scalar("DELETE FROM sign_in WHERE token_hash = $1 RETURNING account_id")
                    .bind(hash(token))
                    .fetch_optional(&mut *connection)
                    .await?;
            let Some(user) = user.map(UserId) else { return Ok(()) };
            let occasion = Occasion {
                user_id: Some(user),
                ..occasion.clone()
            };
            let version = account::lock(connection, user).await? + 1;
            let fact = Fact::new(Stream::Account(user), version, occasion.at, Logout {});
            self.recorder(&occasion, status).record(connection, &fact).await
        })
    }

    /// Ends a sign-in without a word: its browser has a new one.
    pub async fn forget_sign_in(&self, token: SignInToken) -> Result<(), StoreError> {
        transaction_always!(self.0.database, |connection| {
            let ended = sqlx::query("DELETE FROM sign_in WHERE token_hash = $1");
            ended.bind(hash(token)).execute(connection).await?;
            Ok(())
        })
    }

    async fn note_use(&self, token: SignInToken, now: Timestamp) -> Result<(), StoreError> {
        recording_always!(self, |connection| {
            sqlx::query("UPDATE sign_in SET last_used_at = $1 WHERE token_hash = $2")
                .bind(now.unix_micros())
                .bind(hash(token))
                .execute(connection)
                .await?;
            Ok(())
        })
    }
}

/// A new token for `user`; sign-ins of the same account that are over are swept away.
pub(super) async fn begin(
    connection: &mut AnyConnection,
    user: UserId,
    now: Timestamp,
) -> Result<SignInToken, StoreError> {
    let token = SignInToken(rand::random());
    sqlx::query("DELETE FROM sign_in WHERE account_id = $1 AND last_used_at <= $2")
        .bind(user.0)
        .bind(before(now, IDLE).unix_micros())
        .execute(&mut *connection)
        .await?;
    sqlx::query("INSERT INTO sign_in (token_hash, account_id, begun_at, last_used_at) VALUES ($1, $2, $3, $3)")
        .bind(hash(token))
        .bind(user.0)
        .bind(now.unix_micros())
        .execute(connection)
        .await?;
    Ok(token)
}

/// A random token of 32 bytes can't be guessed, so a fast hash is enough.
fn hash(token: SignInToken) -> Vec<u8> {
    Sha256::digest(token.0).to_vec()
}

fn before(now: Timestamp, span: Duration) -> Timestamp {
    now.plus_micros(i64::try_from(span.as_micros()).map_or(i64::MIN, |micros| -micros))
}
