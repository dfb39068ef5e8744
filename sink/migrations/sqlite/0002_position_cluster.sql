-- The cluster that the offset belongs to, as Kafka names itself; null until a sink has asked. An offset of one cluster means nothing in another.
ALTER TABLE sink_position ADD COLUMN cluster TEXT;
