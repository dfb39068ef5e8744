//! What a rebuild says of itself.

/// What a rebuild did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RebuildReport {
    /// Facts read.
    pub facts: u64,
    /// Carts, orders and accounts there are now.
    pub carts: i64,
    pub orders: i64,
    pub accounts: i64,
    /// Rows that stood otherwise than the facts say, in all projections.
    pub mended: u64,
}
