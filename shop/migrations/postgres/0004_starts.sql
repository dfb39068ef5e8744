-- How often a shop of this name was started: one that runs and finds a later start than its own shares its name with a second shop.
ALTER TABLE shop_instance ADD COLUMN starts BIGINT NOT NULL DEFAULT 0;
