//! The store on real databases: SQLite always, PostgreSQL when `DE_SHOP_TEST_POSTGRES` is the URL of a server's database from which
//! others may be made (each test makes one of its own).

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod world;

mod adoption;
mod carts;
mod checkout;
mod journal_marks;
mod opening;
mod people;
mod products;
mod rebuild;
