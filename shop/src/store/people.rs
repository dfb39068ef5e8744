//! Accounts and the persons behind them.

use schemas::UserId;
use schemas::events::{Login, LoginFailed, LoginFailure, SignInMethod, Signup};
use sqlx::{AnyConnection, Row};

use crate::domain::account::{NewAccount, composed};
use crate::domain::{Email, Field, FieldError, Language, Problem, VisitorId};
use crate::observe::Occasion;
use crate::store::event_store::Counter;
use crate::store::fact::{Fact, Stream};
use crate::store::projection::{account, orders};
use crate::store::recording;
use crate::store::recording_always;
use crate::store::who::name_from_row;
use crate::store::{
    Answers, CartOwner, Credentials, NewSignIn, NotDone, SignedIn, Store, StoreError, belongings, cart, sign_in,
};

impl Store {
    /// Opens an account and signs in; the visitor's cart, wish list and orders become the account's. Records `signup`, `login` and perhaps `cart_merge` and
    /// `wish_merge`.
    pub async fn sign_up(
        &self,
        occasion: &Occasion,
        visitor: VisitorId,
        account: &NewAccount,
        language: Language,
        status: u16,
    ) -> Result<NewSignIn, NotDone<FieldError>> {
        let hash = self.0.hasher.hash(account.password.as_bytes()).await?;
        recording!(self, |connection| {
            if person(connection, account.email.as_str()).await?.is_some() {
                return Err(NotDone::Refused(FieldError {
                    field: Field::Email,
                    problem: Problem::Taken,
                }));
            }
            let user = UserId(Counter::Account.next(connection).await?);
            keep_person(connection, user, account, (&hash, language)).await?;
            let occasion = as_user(occasion, user);
            let signup = Signup {
                language: language.code().into(),
            };
            let signup = Fact::new(Stream::Account(user), 1, occasion.at, signup);
            self.recorder(&occasion, status).record(connection, &signup).await?;
            let who = SignedIn {
                user,
                name: account.name.clone(),
            };
            let let_in = self.let_in(connection, &occasion, visitor, who, SignInMethod::Signup, status);
            Ok(let_in.await?)
        })
    }

    /// Signs in; the visitor's cart and wish list go into the account's, and the visitor's orders are the account's. Records `login` and perhaps `cart_merge`, or `login_failed`.
    pub async fn sign_in(
        &self,
        occasion: &Occasion,
        visitor: VisitorId,
        typed: Credentials<'_>,
        answers: Answers,
    ) -> Result<NewSignIn, NotDone<LoginFailure>> {
        // What is no address is nobody's; looking for it all the same takes the same time.
        let email = Email::parse(typed.email).map_or_else(|_| String::new(), |email| email.as_str().to_owned());
        let person = person(&mut *self.0.database.read().await?, &email).await?;
        let hash = person.as_ref().map(|person| person.password_hash.clone());
        let right = self.is_password(typed.password, hash).await?;
        let Some(person) = person.filter(|_| right) else {
            let failure = LoginFailure::Credentials;
            self.record_sign_in_refused(occasion, failure, answers.refused).await?;
            return Err(NotDone::Refused(failure));
        };
        let known = as_user(occasion, person.who.user);
        let (method, status) = (SignInMethod::Password, answers.accepted);
        let let_in = recording!(self, |connection| {
            if !is_still(connection, &person).await? {
                return Err(NotDone::Refused(LoginFailure::Credentials));
            }
            let let_in = self.let_in(connection, &known, visitor, person.who.clone(), method, status);
            Ok(let_in.await?)
        });
        if let Err(NotDone::Refused(failure)) = let_in {
            self.record_sign_in_refused(occasion, failure, answers.refused).await?;
        }
        let_in
    }

    /// Whether it was typed so, in whichever form of Unicode; accounts from before passwords were composed keep theirs as it was typed.
    pub(super) async fn is_password(&self, typed: &str, hash: Option<String>) -> Result<bool, StoreError> {
        let composed = composed(typed);
        Ok(self.0.hasher.verify(composed.as_bytes(), hash.clone()).await?
            || (composed != typed && self.0.hasher.verify(typed.as_bytes(), hash).await?))
    }

    /// Records a `login_failed`: also for the caller who refuses before looking, after too many tries.
    pub async fn record_sign_in_refused(
        &self,
        occasion: &Occasion,
        why: LoginFailure,
        status: u16,
    ) -> Result<(), StoreError> {
        let recorder = self.recorder(occasion, status);
        let fact = Fact::new(Stream::Nobody, 0, occasion.at, LoginFailed { reason: why });
        recording_always!(self, |connection| recorder.record(connection, &fact).await)
    }

    /// The address that `user` signs in with; none for an account that is gone.
    pub async fn email_of(&self, user: UserId) -> Result<Option<Email>, StoreError> {
        let email: Option<String> = sqlx::query_scalar("SELECT email FROM person WHERE account_id = $1")
            .bind(user.0)
            .fetch_optional(&mut *self.0.database.read().await?)
            .await?;
        let parse = |email: String| Email::parse(&email).map_err(|wrong| StoreError::impossible("person", user, wrong));
        email.map(parse).transpose()
    }

    /// Erases the person behind an account, everywhere: address, name, password, sign-ins, where orders went. The facts stay, about nobody.
    pub async fn erase_person(&self, user: UserId) -> Result<(), StoreError> {
        let owner = CartOwner::Account(user).key();
        recording_always!(self, |connection| {
            // An order that is being placed is waited for, and none is placed afterwards.
            account::lock(connection, user).await?;
            sqlx::query("DELETE FROM delivery WHERE order_id IN (SELECT id FROM orders WHERE owner = $1)")
                .bind(owner.as_str())
                .execute(&mut *connection)
                .await?;
            sqlx::query("DELETE FROM person WHERE account_id = $1")
                .bind(user.0)
                .execute(connection)
                .await?;
            Ok(())
        })?;
        self.0.database.forget().await
    }

    /// The part of signing in that comes after the door: the fact with the guest's orders, the cart, the wish list, the token.
    async fn let_in(
        &self,
        connection: &mut AnyConnection,
        occasion: &Occasion,
        visitor: VisitorId,
        who: SignedIn,
        method: SignInMethod,
        status: u16,
    ) -> Result<NewSignIn, StoreError> {
        let recorder = self.recorder(occasion, status);
        let (from, into) = (CartOwner::Visitor(visitor), CartOwner::Account(who.user));
        let version = account::lock(connection, who.user).await? + 1;
        let login = Login {
            method,
            orders: orders::guests(connection, &from.key()).await?,
        };
        let login = Fact::new(Stream::Account(who.user), version, occasion.at, login);
        recorder.record(connection, &login).await?;
        cart::pour(connection, recorder, from, into).await?;
        belongings::pour_wishes(connection, recorder, from, into).await?;
        let token = sign_in::begin(connection, who.user, self.0.clock.now()).await?;
        Ok(NewSignIn { token, who })
    }
}

/// The same occasion, once it is known who it is.
fn as_user(occasion: &Occasion, user: UserId) -> Occasion {
    Occasion {
        user_id: Some(user),
        ..occasion.clone()
    }
}

struct Person {
    who: SignedIn,
    password_hash: String,
}

async fn person(connection: &mut AnyConnection, email: &str) -> Result<Option<Person>, StoreError> {
    let row = sqlx::query("SELECT account_id, name, password_hash FROM person WHERE email = $1")
        .bind(email)
        .fetch_optional(connection)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let (user, name): (i64, String) = (row.try_get("account_id")?, row.try_get("name")?);
    let who = SignedIn {
        user: UserId(user),
        name: name_from_row(user, &name)?,
    };
    Ok(Some(Person {
        who,
        password_hash: row.try_get("password_hash")?,
    }))
}

/// Whether the password that was checked is the account's to this moment; nobody changes it before the transaction ends.
async fn is_still(connection: &mut AnyConnection, person: &Person) -> Result<bool, StoreError> {
    account::lock(connection, person.who.user).await?;
    let same: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM person WHERE account_id = $1 AND password_hash = $2")
        .bind(person.who.user.0)
        .bind(person.password_hash.as_str())
        .fetch_one(connection)
        .await?;
    Ok(same == 1)
}

/// Whether the account is somebody's; it stays so until the transaction ends.
pub(super) async fn is_somebodys(connection: &mut AnyConnection, user: UserId) -> Result<bool, StoreError> {
    account::lock(connection, user).await?;
    let persons: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM person WHERE account_id = $1")
        .bind(user.0)
        .fetch_one(connection)
        .await?;
    Ok(persons == 1)
}

async fn keep_person(
    connection: &mut AnyConnection,
    user: UserId,
    account: &NewAccount,
    (hash, language): (&str, Language),
) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO person (account_id, email, name, password_hash, language) VALUES ($1, $2, $3, $4, $5)")
        .bind(user.0)
        .bind(account.email.as_str())
        .bind(account.name.as_str())
        .bind(hash)
        .bind(language.code())
        .execute(connection)
        .await?;
    Ok(())
}
