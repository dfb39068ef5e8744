//! Passwords: Argon2id, 19 MiB, 2 passes, 1 lane (OWASP's password storage cheat sheet), away from the runtime's threads.
//!
//! At most as many at a time as there are processors, so that a crowd at the door costs time and not memory. An unknown account costs the
//! same time as a wrong password.

use std::sync::Arc;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use tokio::sync::Semaphore;

use crate::store::StoreError;

/// Verified against when there is no account: the hash of a password that nobody has, with the same parameters.
const NOBODYS: &str = "$argon2id$v=19$m=19456,t=2,p=1$ZGUtc2hvcC1ub2JvZHkh$PSZxKDLqRQbnwJEJLFLrQkBEFOrnDf0aAqMAKSRLZZ4";

#[derive(Debug, Clone)]
pub(super) struct Hasher(Arc<Semaphore>);

impl Hasher {
    pub(super) fn new() -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Self(Arc::new(Semaphore::new(processors)))
    }

    /// The hash to keep, with its salt and parameters.
    pub(super) async fn hash(&self, password: &[u8]) -> Result<String, StoreError> {
        let password = password.to_vec();
        self.on_a_thread(move || {
            let hash = Argon2::default().hash_password(&password).map_err(failed)?;
            Ok(hash.to_string())
        })
        .await
    }

    /// Whether `password` is the one that was hashed; never, but as slowly, where there is no hash.
    pub(super) async fn verify(&self, password: &[u8], hash: Option<String>) -> Result<bool, StoreError> {
        let password = password.to_vec();
        self.on_a_thread(move || {
            let known = hash.is_some();
            let hash = hash.unwrap_or_else(|| NOBODYS.to_owned());
            let hash = PasswordHash::new(&hash).map_err(failed)?;
            Ok(Argon2::default().verify_password(&password, &hash).is_ok() && known)
        })
        .await
    }

    async fn on_a_thread<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let turn = Arc::clone(&self.0).acquire_owned().await.map_err(failed)?;
        let work = move || {
            let outcome = work();
            drop(turn);
            outcome
        };
        tokio::task::spawn_blocking(work).await.map_err(failed)?
    }
}

fn failed(error: impl std::fmt::Display) -> StoreError {
    StoreError::PasswordHash(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobodys_hash_costs_what_a_real_one_costs() {
        let real = Argon2::default().hash_password(b"x").expect("a hash");
        let nobodys = PasswordHash::new(NOBODYS).expect("a hash");
        assert_eq!(
            (real.algorithm, real.version, &real.params),
            (nobodys.algorithm, nobodys.version, &nobodys.params)
        );
        assert_eq!(real.hash.map(|hash| hash.len()), nobodys.hash.map(|hash| hash.len()));
    }

    #[tokio::test]
    async fn only_the_right_password_opens() {
        let hasher = Hasher::new();
        let hash = hasher.hash(b"correct horse").await.expect("a hash");
        assert!(
            hasher
                .verify(b"correct horse", Some(hash.clone()))
                .await
                .expect("an answer")
        );
        assert!(!hasher.verify(b"wrong horse", Some(hash)).await.expect("an answer"));
        assert!(!hasher.verify(b"correct horse", None).await.expect("an answer"));
    }
}
