-- Wish lists; what things cost when they were put into a cart; the facts of a session, for the visitor to see.
CREATE INDEX event_of_session ON event (session_id, id) WHERE session_id IS NOT NULL;

-- KRW for one; null where no fact says it. Carts that are older than this column know it after `shop rebuild`.
ALTER TABLE cart_line ADD COLUMN unit_price BIGINT;

CREATE TABLE wishes (
    owner TEXT PRIMARY KEY,              -- visitor/HEX or account/ID
    version BIGINT NOT NULL
);
CREATE TABLE wish (
    owner TEXT NOT NULL,
    product_id BIGINT NOT NULL,
    position BIGINT NOT NULL,           -- in the order in which they were added
    quantity BIGINT NOT NULL CHECK (quantity BETWEEN 1 AND 99),
    PRIMARY KEY (owner, product_id)
);

ALTER TABLE person ADD COLUMN language TEXT; -- null: never chosen
