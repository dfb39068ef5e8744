-- The truth: what happened to carts, orders and accounts. Rows are added, and marked once they are in the journal; nothing else.
CREATE TABLE event (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    instance TEXT NOT NULL,              -- whose journal it goes to
    stream TEXT,                         -- cart/OWNER, order/ID, account/ID; null for facts about nobody (login_failed)
    version BIGINT,                     -- within the stream, from 1, rising
    event_type TEXT NOT NULL,
    event_id TEXT NOT NULL UNIQUE,
    session_id TEXT,
    happened_at BIGINT NOT NULL,        -- microseconds since 1970, UTC
    trace_parent TEXT,
    data TEXT NOT NULL,                  -- the event as it travels, without its source
    cart_emptied TEXT,                   -- the owner whose cart went into this order, or into this other cart
    checkout TEXT UNIQUE,                -- owner and token of the checkout page
    journal_sequence BIGINT,            -- its place in the journal, once it is there
    UNIQUE (stream, version)
);
CREATE INDEX event_not_in_journal ON event (instance, id) WHERE journal_sequence IS NULL;
CREATE INDEX event_in_journal ON event (instance, journal_sequence) WHERE journal_sequence IS NOT NULL;

CREATE FUNCTION event_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'facts are never changed or deleted';
END
$$;
CREATE TRIGGER event_is_never_deleted BEFORE DELETE ON event FOR EACH ROW EXECUTE FUNCTION event_is_final();
CREATE TRIGGER event_is_never_changed
BEFORE UPDATE OF id, instance, stream, version, event_type, event_id, session_id, happened_at, trace_parent, data, cart_emptied, checkout ON event
FOR EACH ROW EXECUTE FUNCTION event_is_final();

-- Projections of the facts: rebuilt by `shop rebuild`.
CREATE TABLE cart (
    owner TEXT PRIMARY KEY,              -- visitor/HEX or account/ID
    version BIGINT NOT NULL
);
CREATE TABLE cart_line (
    owner TEXT NOT NULL,
    product_id BIGINT NOT NULL,
    position BIGINT NOT NULL,           -- in the order in which they were added
    quantity BIGINT NOT NULL CHECK (quantity BETWEEN 1 AND 99),
    PRIMARY KEY (owner, product_id)
);
CREATE TABLE orders (
    id BIGINT PRIMARY KEY,
    owner TEXT NOT NULL,
    placed_at BIGINT NOT NULL,
    delivery_fee BIGINT NOT NULL,
    total BIGINT NOT NULL,
    payment TEXT NOT NULL,
    cancelled_at BIGINT,
    version BIGINT NOT NULL
);
CREATE INDEX orders_of_owner ON orders (owner, id);
CREATE TABLE order_line (
    order_id BIGINT NOT NULL,
    position BIGINT NOT NULL,
    product_id BIGINT NOT NULL,
    quantity BIGINT NOT NULL,
    unit_price BIGINT NOT NULL,
    PRIMARY KEY (order_id, position)
);
CREATE TABLE account (
    id BIGINT PRIMARY KEY,
    language TEXT NOT NULL,
    signed_up_at BIGINT NOT NULL,
    sign_ins BIGINT NOT NULL,
    last_sign_in_at BIGINT,
    version BIGINT NOT NULL
);
CREATE TABLE stock (
    product_id BIGINT PRIMARY KEY,
    units BIGINT NOT NULL CHECK (units >= 0)
);

-- What is sold: filled at the first start.
CREATE TABLE category (
    id BIGINT PRIMARY KEY,
    slug TEXT NOT NULL UNIQUE,
    name_ko TEXT NOT NULL,
    name_en TEXT NOT NULL,
    description_ko TEXT NOT NULL,
    description_en TEXT NOT NULL,
    hue BIGINT NOT NULL,
    picture TEXT NOT NULL
);
CREATE TABLE product (
    id BIGINT PRIMARY KEY,
    category_id BIGINT NOT NULL REFERENCES category (id),
    name_ko TEXT NOT NULL,
    name_en TEXT NOT NULL,
    description_ko TEXT NOT NULL,
    description_en TEXT NOT NULL,
    price BIGINT NOT NULL,
    first_stock BIGINT NOT NULL,        -- before the first order
    picture TEXT NOT NULL,
    added TEXT NOT NULL                  -- YYYY-MM-DD
);

-- Persons: nothing of this is in any fact.
CREATE TABLE person (
    account_id BIGINT PRIMARY KEY,
    email TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    password_hash TEXT NOT NULL
);
CREATE TABLE sign_in (
    token_hash BYTEA PRIMARY KEY,         -- SHA-256
    account_id BIGINT NOT NULL REFERENCES person (account_id) ON DELETE CASCADE,
    begun_at BIGINT NOT NULL,
    last_used_at BIGINT NOT NULL
);
CREATE INDEX sign_in_of_account ON sign_in (account_id);
CREATE TABLE delivery (
    order_id BIGINT PRIMARY KEY,
    recipient TEXT NOT NULL,
    phone TEXT NOT NULL,
    postcode TEXT NOT NULL,
    address TEXT NOT NULL,
    address_detail TEXT,
    note TEXT
);

-- What several shops share.
CREATE TABLE counter (
    name TEXT PRIMARY KEY,
    value BIGINT NOT NULL
);
CREATE TABLE secret (
    name TEXT PRIMARY KEY,
    value BYTEA NOT NULL
);
