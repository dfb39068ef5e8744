use std::borrow::Cow;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::OrderId;

/// An account was opened; who it is stands in the shop's own tables only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Signup<'a> {
    /// The language the account was opened in: `ko` or `en`.
    #[serde(borrow)]
    pub language: Cow<'a, str>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Login {
    /// How somebody signed in.
    pub method: SignInMethod,
    /// Orders that this browser had placed as a guest: the account's from now on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub orders: Vec<OrderId>,
}

/// Nothing that was typed is kept: people type passwords into the wrong field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LoginFailed {
    /// Why it was refused.
    pub reason: LoginFailure,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Logout {}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum SignInMethod {
    /// E-mail and password.
    Password,
    /// Right after sign-up.
    Signup,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum LoginFailure {
    /// Unknown account or wrong password: not told apart.
    Credentials,
    /// Too many tries; refused before looking.
    RateLimited,
}
