//! Accounts: what is known of them without the person.

use schemas::{Details, UserId};
use sqlx::{AnyConnection, Row};

use crate::store::StoreError;
use crate::store::fact::{Fact, Stream};

pub(in crate::store) async fn apply(connection: &mut AnyConnection, fact: &Fact<'_>) -> Result<(), StoreError> {
    let Stream::Account(user) = fact.stream else {
        return Ok(());
    };
    match &fact.details {
        Details::Signup(signup) => {
            sqlx::query(
                "INSERT INTO account (id, language, signed_up_at, sign_ins, version) VALUES ($1, $2, $3, 0, $4)",
            )
            .bind(user.0)
            .bind(signup.language.as_ref())
            .bind(fact.at.unix_micros())
            .bind(fact.version)
            .execute(connection)
            .await?;
        }
        details => {
            let signed_in = matches!(details, Details::Login(_));
            let advanced = sqlx::query(
                "UPDATE account SET version = $1, sign_ins = sign_ins + $2, last_sign_in_at = COALESCE($3, last_sign_in_at)
                 WHERE id = $4 AND version = $1 - 1",
            )
            .bind(fact.version)
            .bind(i64::from(signed_in))
            .bind(signed_in.then_some(fact.at.unix_micros()))
            .bind(user.0)
            .execute(connection)
            .await?;
            if advanced.rows_affected() == 0 {
                return Err(StoreError::Conflict);
            }
        }
    }
    Ok(())
}

/// The version of the account, for whose next fact everybody else now waits until the transaction ends.
pub(in crate::store) async fn lock(connection: &mut AnyConnection, user: UserId) -> Result<i64, StoreError> {
    let row = sqlx::query("UPDATE account SET version = version WHERE id = $1 RETURNING version")
        .bind(user.0)
        .fetch_optional(connection)
        .await?;
    let row = row.ok_or_else(|| StoreError::impossible("account", user, "a person without an account"))?;
    Ok(row.try_get("version")?)
}
