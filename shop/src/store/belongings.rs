//! Cart and wish list together: loaded, and changed by commands.

use std::fmt;

use schemas::Timestamp;
use sha2::{Digest, Sha256};
use sqlx::AnyConnection;
use uuid::Uuid;

use crate::domain::belongings::is_about_wishes;
use crate::domain::wishes::merge;
use crate::domain::{Belongings, CartError, Command, Offer, Wishes};
use crate::observe::Occasion;
use crate::store::event_store::Recorder;
use crate::store::fact::{Fact, Stream};
use crate::store::projection::{cart, wishes};
use crate::store::recording;
use crate::store::{CartOwner, NotDone, Store, StoreError};

impl Store {
    /// What the owner wishes for; empty for an owner who never did.
    pub async fn wishes_of(&self, owner: CartOwner) -> Result<Wishes, StoreError> {
        wishes::load(&mut *self.0.database.read().await?, &owner.key()).await
    }

    /// Cart and wish list.
    pub async fn belongings_of(&self, owner: CartOwner) -> Result<Belongings, StoreError> {
        load(&mut *self.0.database.read().await?, &owner.key()).await
    }

    /// Decides what comes of a command and records all of it in one transaction, as answered with `status`; returns what the owner has
    /// then.
    ///
    /// It is decided again when somebody else was faster, and not at all when the same `form` was sent before, as [`FormToken`] says.
    pub async fn carry_out(
        &self,
        occasion: &Occasion,
        owner: CartOwner,
        command: &Command,
        (status, form): (u16, Option<FormToken>),
    ) -> Result<Belongings, NotDone<CartError>> {
        let owner = owner.key();
        let recorder = self.recorder(occasion, status);
        recording!(self, |connection| {
            cart::lock(connection, &owner).await?;
            wishes::lock(connection, &owner).await?;
            let mut now = load(connection, &owner).await?;
            let mut sent = form.as_ref().map(|form| form.keys(&owner, occasion.at));
            if let Some(keys) = &sent
                && recorded_before(connection, keys).await?
            {
                return Ok(now);
            }
            let (catalogue, stock) = (self.catalogue(), self.stock());
            let offer = Offer {
                catalogue: &catalogue,
                stock: &stock,
            };
            for details in command.decide(&now, offer).map_err(NotDone::Refused)? {
                let (stream, version) = if is_about_wishes(&details) {
                    (Stream::Wishes(owner.clone()), now.wishes.version)
                } else {
                    (Stream::Cart(owner.clone()), now.cart.version)
                };
                let fact = Fact {
                    checkout: sent.take().map(|[now, _]| now),
                    ..Fact::new(stream, version + 1, occasion.at, details)
                };
                recorder.record(connection, &fact).await?;
                now = now.after(&fact.details);
            }
            Ok(now)
        })
    }
}

/// What a form of a page carries, so that sending it twice (a double click on a slow line) does once what it says.
///
/// A page's own token is a UUID. Whoever goes back without scripts and sends the very same once more can't be told from a double click
/// within some seconds, and means another wish later. The script names each click anew: sent again, however late, it is the same click.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormToken {
    name: String,
    is_one_click: bool,
}

impl FormToken {
    /// Long enough for every script's random number, short enough for an index.
    const LONGEST: usize = 64;
    /// How long the same form of a page is a repetition and not another wish.
    const SAME_FOR: i64 = 10_000_000; // microseconds

    /// `token` is what was sent, `what` tells the page's forms apart; none for a form without a token.
    #[must_use]
    pub fn of(token: &str, what: impl fmt::Display) -> Option<Self> {
        let plain = token.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        // What was sent is not kept: anything may have slipped into the field.
        (plain && (1..=Self::LONGEST).contains(&token.len())).then(|| {
            let digest = Sha256::digest(token);
            Self {
                name: format!("{}/{what}", hex::encode(&digest[..16])),
                is_one_click: Uuid::try_parse(token).is_err(),
            }
        })
    }

    /// What marks it; a page's in this span of time, and in the one before.
    fn keys(&self, owner: &str, at: Timestamp) -> [String; 2] {
        let span = at.unix_micros().div_euclid(Self::SAME_FOR);
        [span, span - 1].map(|span| {
            let name = &self.name;
            if self.is_one_click {
                format!("{owner}/click/{name}")
            } else {
                format!("{owner}/form/{name}/{span}")
            }
        })
    }
}

async fn recorded_before(connection: &mut AnyConnection, keys: &[String; 2]) -> Result<bool, StoreError> {
    let [now, before] = keys;
    let times: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM event WHERE checkout IN ($1, $2)")
        .bind(now.as_str())
        .bind(before.as_str())
        .fetch_one(connection)
        .await?;
    Ok(times > 0)
}

async fn load(connection: &mut AnyConnection, owner: &str) -> Result<Belongings, StoreError> {
    Ok(Belongings {
        cart: cart::load(&mut *connection, owner).await?,
        wishes: wishes::load(connection, owner).await?,
    })
}

/// Puts what is on one wish list on another, within a transaction.
pub(super) async fn pour_wishes(
    connection: &mut AnyConnection,
    recorder: Recorder<'_>,
    from: CartOwner,
    into: CartOwner,
) -> Result<(), StoreError> {
    let (from, into) = (from.key(), into.key());
    wishes::lock(connection, &from).await?;
    wishes::lock(connection, &into).await?;
    let brought = wishes::load(connection, &from).await?;
    let own = wishes::load(connection, &into).await?;
    let Some(merged) = merge(&brought, &own) else {
        return Ok(());
    };
    let fact = Fact::new(Stream::Wishes(into), own.version + 1, recorder.occasion.at, merged);
    let fact = Fact {
        emptied: Some(from),
        ..fact
    };
    recorder.record(connection, &fact).await
}
