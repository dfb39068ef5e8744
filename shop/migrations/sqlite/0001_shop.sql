-- The truth: what happened to carts, orders and accounts. Rows are added, and marked once they are in the journal; nothing else.
CREATE TABLE event (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    instance TEXT NOT NULL,              -- whose journal it goes to
    stream TEXT,                         -- cart/OWNER, order/ID, account/ID; null for facts about nobody (login_failed)
    version INTEGER,                     -- within the stream, from 1, rising
    event_type TEXT NOT NULL,
    event_id TEXT NOT NULL UNIQUE,
    session_id TEXT,
    happened_at INTEGER NOT NULL,        -- microseconds since 1970, UTC
    trace_parent TEXT,
    data TEXT NOT NULL,                  -- the event as it travels, without its source
    cart_emptied TEXT,                   -- the owner whose cart went into this order, or into this other cart
    checkout TEXT UNIQUE,                -- owner and token of the checkout page
    journal_sequence INTEGER,            -- its place in the journal, once it is there
    UNIQUE (stream, version)
) STRICT;
CREATE INDEX event_not_in_journal ON event (instance, id) WHERE journal_sequence IS NULL;
CREATE INDEX event_in_journal ON event (instance, journal_sequence) WHERE journal_sequence IS NOT NULL;

CREATE TRIGGER event_is_never_deleted BEFORE DELETE ON event
BEGIN
    SELECT RAISE(ABORT, 'facts are never deleted');
END;
CREATE TRIGGER event_is_never_changed
BEFORE UPDATE OF id, instance, stream, version, event_type, event_id, session_id, happened_at, trace_parent, data, cart_emptied, checkout ON event
BEGIN
    SELECT RAISE(ABORT, 'facts are never changed');
END;

-- Projections of the facts: rebuilt by `shop rebuild`.
CREATE TABLE cart (
    owner TEXT PRIMARY KEY,              -- visitor/HEX or account/ID
    version INTEGER NOT NULL
) STRICT;
CREATE TABLE cart_line (
    owner TEXT NOT NULL,
    product_id INTEGER NOT NULL,
    position INTEGER NOT NULL,           -- in the order in which they were added
    quantity INTEGER NOT NULL CHECK (quantity BETWEEN 1 AND 99),
    PRIMARY KEY (owner, product_id)
) STRICT;
CREATE TABLE orders (
    id INTEGER PRIMARY KEY,
    owner TEXT NOT NULL,
    placed_at INTEGER NOT NULL,
    delivery_fee INTEGER NOT NULL,
    total INTEGER NOT NULL,
    payment TEXT NOT NULL,
    cancelled_at INTEGER,
    version INTEGER NOT NULL
) STRICT;
CREATE INDEX orders_of_owner ON orders (owner, id);
CREATE TABLE order_line (
    order_id INTEGER NOT NULL,
    position INTEGER NOT NULL,
    product_id INTEGER NOT NULL,
    quantity INTEGER NOT NULL,
    unit_price INTEGER NOT NULL,
    PRIMARY KEY (order_id, position)
) STRICT;
CREATE TABLE account (
    id INTEGER PRIMARY KEY,
    language TEXT NOT NULL,
    signed_up_at INTEGER NOT NULL,
    sign_ins INTEGER NOT NULL,
    last_sign_in_at INTEGER,
    version INTEGER NOT NULL
) STRICT;
CREATE TABLE stock (
    product_id INTEGER PRIMARY KEY,
    units INTEGER NOT NULL CHECK (units >= 0)
) STRICT;

-- What is sold: filled at the first start.
CREATE TABLE category (
    id INTEGER PRIMARY KEY,
    slug TEXT NOT NULL UNIQUE,
    name_ko TEXT NOT NULL,
    name_en TEXT NOT NULL,
    description_ko TEXT NOT NULL,
    description_en TEXT NOT NULL,
    hue INTEGER NOT NULL,
    picture TEXT NOT NULL
) STRICT;
CREATE TABLE product (
    id INTEGER PRIMARY KEY,
    category_id INTEGER NOT NULL REFERENCES category (id),
    name_ko TEXT NOT NULL,
    name_en TEXT NOT NULL,
    description_ko TEXT NOT NULL,
    description_en TEXT NOT NULL,
    price INTEGER NOT NULL,
    first_stock INTEGER NOT NULL,        -- before the first order
    picture TEXT NOT NULL,
    added TEXT NOT NULL                  -- YYYY-MM-DD
) STRICT;

-- Persons: nothing of this is in any fact.
CREATE TABLE person (
    account_id INTEGER PRIMARY KEY,
    email TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    password_hash TEXT NOT NULL
) STRICT;
CREATE TABLE sign_in (
    token_hash BLOB PRIMARY KEY,         -- SHA-256
    account_id INTEGER NOT NULL REFERENCES person (account_id) ON DELETE CASCADE,
    begun_at INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL
) STRICT;
CREATE INDEX sign_in_of_account ON sign_in (account_id);
CREATE TABLE delivery (
    order_id INTEGER PRIMARY KEY,
    recipient TEXT NOT NULL,
    phone TEXT NOT NULL,
    postcode TEXT NOT NULL,
    address TEXT NOT NULL,
    address_detail TEXT,
    note TEXT
) STRICT;

-- What several shops share.
CREATE TABLE counter (
    name TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT;
CREATE TABLE secret (
    name TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT;
