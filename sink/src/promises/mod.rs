//! Tests of what the sink promises below Kafka: batches into files, table and books, on SQLite, and on PostgreSQL where
//! `DE_SHOP_TEST_POSTGRES` holds the URL of a server on which databases may be created.

mod commit;
mod compression;
mod damage;
mod marks;
mod migration;
mod product;
mod repetition;
mod retention;
mod world;
