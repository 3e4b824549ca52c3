-- What the registry says: about itself, and about each registration.
-- Moments are microseconds since 1970 in UTC.

CREATE TABLE meta (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) {strict};

CREATE TABLE record (
  number {text} PRIMARY KEY,
  entity_number {text} NOT NULL,
  observed_at {bigint} NOT NULL,
  source TEXT NOT NULL,
  body TEXT NOT NULL,
  checksum {bigint} NOT NULL
) {strict};

CREATE INDEX record_entity ON record (entity_number);

-- From a document and package, or a domain, to the numbers that have them.
CREATE TABLE record_key (
  key {bigint} NOT NULL,
  number {text} NOT NULL REFERENCES record (number),
  PRIMARY KEY (key, number)
) {strict};

CREATE INDEX record_key_number ON record_key (number);
