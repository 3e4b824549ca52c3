-- The registration procedure: entities, registrations, applications, verifications, history, numbers given.
-- Moments are microseconds since 1970 in UTC.

CREATE TABLE entity (
  entity_number TEXT PRIMARY KEY,
  document_type TEXT NOT NULL,
  document_number TEXT NOT NULL,
  province TEXT NOT NULL,
  is_active INTEGER NOT NULL,
  blacklisted INTEGER NOT NULL,
  last_sequence INTEGER NOT NULL,
  created_at {bigint} NOT NULL
) {strict};

-- One living entity per operator; an entity that was cancelled keeps its number for ever.
CREATE UNIQUE INDEX entity_operator ON entity (document_number) WHERE is_active = 1;

CREATE TABLE registration (
  number TEXT PRIMARY KEY,
  entity_number TEXT NOT NULL REFERENCES entity (entity_number),
  sequence INTEGER NOT NULL,
  standing TEXT NOT NULL,
  blacklisted INTEGER NOT NULL,
  operator_account TEXT NOT NULL,
  evidence TEXT NOT NULL,
  form TEXT NOT NULL,
  persons {blob},
  persons_of TEXT NOT NULL,
  persons_kept TEXT NOT NULL,
  observed_at {bigint} NOT NULL,
  approved_at {bigint} NOT NULL
) {strict};

CREATE INDEX registration_sequence ON registration (entity_number, sequence);

-- The last serial of a province and year; numbers are never given twice.
CREATE TABLE serial (
  series TEXT PRIMARY KEY,
  last_serial INTEGER NOT NULL
) {strict};

CREATE TABLE application (
  id TEXT PRIMARY KEY,
  purpose TEXT NOT NULL,
  state TEXT NOT NULL,
  form TEXT NOT NULL,
  form_digest TEXT NOT NULL,
  persons {blob},
  persons_of TEXT NOT NULL,
  persons_kept TEXT NOT NULL,
  operator_account TEXT NOT NULL,
  taken_in_by TEXT NOT NULL,
  province TEXT NOT NULL,
  number TEXT,
  entity_number TEXT,
  access_provider TEXT NOT NULL,
  next_account TEXT NOT NULL,
  sms_until {bigint},
  review_from {bigint},
  notes TEXT NOT NULL,
  revision INTEGER NOT NULL,
  created_at {bigint} NOT NULL,
  updated_at {bigint} NOT NULL
) {strict};

CREATE INDEX application_state ON application (state, id);
CREATE INDEX application_number ON application (number);
CREATE INDEX application_entity ON application (entity_number);

CREATE TABLE verification (
  id {identity},
  application TEXT NOT NULL REFERENCES application (id),
  subject TEXT NOT NULL,
  method TEXT NOT NULL,
  passed INTEGER NOT NULL,
  evidence TEXT NOT NULL,
  note TEXT NOT NULL,
  form_digest TEXT NOT NULL,
  verified_by TEXT NOT NULL,
  verified_at {bigint} NOT NULL
) {strict};

CREATE INDEX verification_application ON verification (application, id);

CREATE TABLE history (
  id {identity},
  at {bigint} NOT NULL,
  role TEXT NOT NULL,
  name TEXT NOT NULL,
  step TEXT NOT NULL,
  before_state TEXT NOT NULL,
  after_state TEXT NOT NULL,
  application TEXT NOT NULL,
  number TEXT NOT NULL,
  note TEXT NOT NULL
) {strict};

CREATE INDEX history_application ON history (application, id);
CREATE INDEX history_number ON history (number, id);
