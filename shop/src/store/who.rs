//! Whose cart, whose order; and the secrets that open them.

use std::fmt;

use schemas::UserId;

use crate::domain::{Field, PersonName, VisitorId};
use crate::store::StoreError;

/// Who a cart belongs to, and the orders made of it: a browser, or once signed in the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CartOwner {
    Visitor(VisitorId),
    Account(UserId),
}

impl CartOwner {
    /// The account of whoever is signed in, otherwise the visitor.
    #[must_use]
    pub fn of(visitor: VisitorId, user: Option<UserId>) -> Self {
        user.map_or(Self::Visitor(visitor), Self::Account)
    }

    /// The key in the tables.
    pub(super) fn key(self) -> String {
        match self {
            Self::Visitor(visitor) => format!("visitor/{}", visitor.hex()),
            Self::Account(user) => format!("account/{user}"),
        }
    }
}

macro_rules! secret {
    ($(#[$doc:meta])* $name:ident, $bytes:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq)]
        pub struct $name(pub [u8; $bytes]);

        impl $name {
            /// Lower-case hex digits, two a byte.
            #[must_use]
            pub fn hex(&self) -> String {
                hex::encode(self.0)
            }

            /// Reads the digits.
            #[must_use]
            pub fn from_hex(digits: &str) -> Option<Self> {
                let plain = |digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f');
                let mut bytes = [0; $bytes];
                let is_read = digits.bytes().all(plain) && hex::decode_to_slice(digits, &mut bytes).is_ok();
                is_read.then_some(Self(bytes))
            }
        }

        /// Kept out of logs.
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    };
}

secret!(
    /// Stands in the checkout page's form (random, made with the page): the same token makes the same order, once.
    CheckoutToken,
    16
);
secret!(
    /// The sign-in cookie: random, and the database keeps a hash of it only.
    SignInToken,
    32
);

/// Somebody who is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    pub user: UserId,
    pub name: PersonName,
}

/// A sign-in that has just begun: the cookie to set, and who it is.
#[derive(Debug, Clone)]
pub struct NewSignIn {
    pub token: SignInToken,
    pub who: SignedIn,
}

/// What was typed to sign in; anything that matches no account is refused in the same time.
#[derive(Clone, Copy)]
pub struct Credentials<'a> {
    pub email: &'a str,
    pub password: &'a str,
}

/// The statuses that the page will answer with, for the events: they are recorded before it does.
#[derive(Debug, Clone, Copy)]
pub struct Answers {
    pub accepted: u16,
    pub refused: u16,
}

/// What the database says somebody is called.
pub(super) fn name_from_row(user: i64, name: &str) -> Result<PersonName, StoreError> {
    PersonName::parse(Field::Name, name).map_err(|wrong| StoreError::impossible("person", user, wrong))
}
