-- Roles: what the server says of each member (0 where it has not said), what owners wrote in members' records, and
-- why the server refused a change.
ALTER TABLE member ADD COLUMN role INTEGER NOT NULL DEFAULT 0;
ALTER TABLE member_record ADD COLUMN role TEXT;
ALTER TABLE refusal ADD COLUMN reason TEXT;
