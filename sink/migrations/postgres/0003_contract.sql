-- Who, on which page, and whether it is a crawler: null in rows of older messages, and where it is not known.
ALTER TABLE user_activity_log ADD COLUMN visitor_id TEXT;
ALTER TABLE user_activity_log ADD COLUMN page_view_id UUID;
ALTER TABLE user_activity_log ADD COLUMN bot BOOLEAN;

-- What each product was called and cost, and from when until when (a slowly changing dimension of type 2).
CREATE TABLE product (
    product_id  BIGINT      NOT NULL,
    name_ko     TEXT        NOT NULL,
    name_en     TEXT        NOT NULL,
    category_id BIGINT      NOT NULL,
    category_ko TEXT        NOT NULL,
    category_en TEXT        NOT NULL,
    price       BIGINT      NOT NULL,
    currency    TEXT        NOT NULL,
    stock_class TEXT        NOT NULL,
    valid_from  TIMESTAMPTZ NOT NULL,
    -- The moment from which another row holds; null: this one holds now.
    valid_to    TIMESTAMPTZ,
    PRIMARY KEY (product_id, valid_from)
);
