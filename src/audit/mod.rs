//! stub
mod calendar;
mod judge;
mod ledger;
mod mark;
mod message;
mod sequences;
mod verdict;
