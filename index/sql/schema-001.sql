-- SPDX-FileCopyrightText: The Earshot authors
-- SPDX-License-Identifier: Apache-2.0
--
-- Version 1. Everything hangs on call.id, which is the moment the call started (microseconds UTC, moved up by
-- as little as possible when taken): every index therefore carries time order, "newest first" is a walk
-- backwards, and a range of dates is a range of ids, in the full text too.
-- Moments end in _us, lengths in _ms; NULL stands for "not known".

PRAGMA application_id = 1163085908; -- "ESHT"

CREATE TABLE schema_history (
  version INTEGER PRIMARY KEY,
  applied_us INTEGER NOT NULL,
  program TEXT NOT NULL
) STRICT;

CREATE TABLE call (
  id INTEGER PRIMARY KEY,
  uuid TEXT NOT NULL UNIQUE CHECK (length(uuid) = 36),
  uuid_tail TEXT NOT NULL,          -- the last twelve digits of uuid, backwards: finds ids by their ends
  group_id TEXT,
  call_id TEXT,
  source_key TEXT,
  source TEXT,
  client TEXT NOT NULL,
  direction TEXT NOT NULL CHECK (direction IN ('inbound', 'outbound', 'internal', 'unknown')),
  caller TEXT,
  callee TEXT,
  caller_key TEXT,                  -- number: digits backwards; anything else: '@' and the folded text
  callee_key TEXT,
  caller_uri TEXT,
  callee_uri TEXT,
  caller_name TEXT,
  callee_name TEXT,
  disposition TEXT NOT NULL CHECK (disposition IN ('answered', 'missed', 'abandoned', 'busy', 'failed')),
  sip_status INTEGER NOT NULL,
  outcome TEXT NOT NULL CHECK (outcome IN ('recorded', 'partial', 'none')),
  outcome_reason TEXT,
  started_us INTEGER NOT NULL,
  answered_us INTEGER,
  ended_us INTEGER,
  ended_by TEXT,
  duration_ms INTEGER,
  audio_offset_ms INTEGER,
  audio_ms INTEGER,
  wait_ms INTEGER,
  hold_ms INTEGER,
  file TEXT,
  file_sha256 TEXT,
  file_bytes INTEGER,
  codec TEXT,
  sample_rate_hz INTEGER NOT NULL,
  channels INTEGER NOT NULL,
  consent_state TEXT NOT NULL
    CHECK (consent_state IN ('unknown', 'requested', 'given', 'refused', 'withdrawn', 'expired')),
  talk_over_ms INTEGER,
  dead_air_ms INTEGER,
  greeting_ms INTEGER,
  missing_ms INTEGER,
  score REAL                        -- of the latest evaluation that has one
) STRICT;

CREATE UNIQUE INDEX call_source_key ON call (source_key) WHERE source_key IS NOT NULL;
CREATE INDEX call_uuid_tail ON call (uuid_tail);
CREATE INDEX call_caller ON call (caller_key);
CREATE INDEX call_callee ON call (callee_key);
CREATE INDEX call_client ON call (client);
CREATE INDEX call_direction ON call (direction);
CREATE INDEX call_disposition ON call (disposition);
CREATE INDEX call_outcome ON call (outcome);
CREATE INDEX call_consent ON call (consent_state);
-- Partial indexes in time order: a walk along one meets only calls that qualify, or nearly.
CREATE INDEX call_missing ON call (id) WHERE missing_ms > 0;
CREATE INDEX call_scored ON call (id, score) WHERE score IS NOT NULL;
CREATE INDEX call_lasting_0 ON call (id, duration_ms) WHERE duration_ms >= 0;
CREATE INDEX call_lasting_60 ON call (id, duration_ms) WHERE duration_ms >= 60000;
CREATE INDEX call_lasting_300 ON call (id, duration_ms) WHERE duration_ms >= 300000;
CREATE INDEX call_lasting_900 ON call (id, duration_ms) WHERE duration_ms >= 900000;
CREATE INDEX call_lasting_3600 ON call (id, duration_ms) WHERE duration_ms >= 3600000;

CREATE TABLE segment (
  call INTEGER NOT NULL REFERENCES call (id),
  n INTEGER NOT NULL,
  agent TEXT,
  agent_name TEXT,                  -- as known when the call was stored
  team TEXT,
  queue TEXT,
  start_ms INTEGER,
  end_ms INTEGER,
  PRIMARY KEY (call, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE leg (
  call INTEGER NOT NULL REFERENCES call (id),
  n INTEGER NOT NULL,
  role TEXT NOT NULL,
  filled_ms INTEGER,
  drift_ppm REAL,
  speech_ms INTEGER,
  greeting_ms INTEGER,
  loudness_lufs REAL,
  PRIMARY KEY (call, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE stream (
  call INTEGER NOT NULL,
  leg INTEGER NOT NULL,
  n INTEGER NOT NULL,
  ssrc INTEGER NOT NULL,
  codec TEXT NOT NULL,
  source TEXT NOT NULL,
  expected INTEGER NOT NULL,
  received INTEGER NOT NULL,
  lost INTEGER NOT NULL,
  late INTEGER NOT NULL,
  duplicate INTEGER NOT NULL,
  reordered INTEGER NOT NULL,
  undecodable INTEGER NOT NULL,
  problem TEXT NOT NULL,
  PRIMARY KEY (call, leg, n),
  FOREIGN KEY (call, leg) REFERENCES leg (call, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE gap (
  call INTEGER NOT NULL REFERENCES call (id),
  n INTEGER NOT NULL,
  leg INTEGER NOT NULL,
  start_ms INTEGER NOT NULL,
  length_ms INTEGER NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (call, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE event (
  call INTEGER NOT NULL REFERENCES call (id),
  n INTEGER NOT NULL,
  at_ms INTEGER NOT NULL,
  kind TEXT NOT NULL,
  leg INTEGER NOT NULL,             -- -1: the whole call
  detail TEXT,
  PRIMARY KEY (call, n)
) STRICT, WITHOUT ROWID;

-- Stretches of the file: speech of a leg, talk-over and dead air of the call (leg -1). Each interval is two
-- unsigned LEB128 numbers: milliseconds from the end of the one before to its start, and its length.
CREATE TABLE activity (
  call INTEGER NOT NULL REFERENCES call (id),
  kind TEXT NOT NULL CHECK (kind IN ('speech', 'talk-over', 'dead-air')),
  leg INTEGER NOT NULL,
  intervals BLOB NOT NULL,
  PRIMARY KEY (call, kind, leg)
) STRICT, WITHOUT ROWID;

-- What a call has several of and is searched for by equality, folded, in its present state: agents by
-- extension ('agent') and by the name stored with the call ('person'), queues, tags, active flags.
CREATE TABLE call_facet (
  kind TEXT NOT NULL CHECK (kind IN ('agent', 'person', 'queue', 'tag', 'flag')),
  value TEXT NOT NULL,
  call INTEGER NOT NULL REFERENCES call (id),
  PRIMARY KEY (kind, value, call)
) STRICT, WITHOUT ROWID;

-- Each agent's name that calls carry: few rows, read through when an agent is searched for by words.
CREATE TABLE person (
  value TEXT PRIMARY KEY            -- as in call_facet: folded words with a space between them
) STRICT, WITHOUT ROWID;

CREATE TABLE consent (
  id INTEGER PRIMARY KEY,
  call INTEGER NOT NULL REFERENCES call (id),
  at_us INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('requested', 'given', 'refused', 'withdrawn', 'expired')),
  source TEXT NOT NULL,
  notice TEXT,
  version TEXT,
  detail TEXT,
  actor TEXT,
  offset_ms INTEGER,
  recorded_us INTEGER NOT NULL
) STRICT;
CREATE INDEX consent_call ON consent (call, at_us);

CREATE TABLE note (
  id INTEGER PRIMARY KEY,
  call INTEGER NOT NULL REFERENCES call (id),
  text TEXT NOT NULL,
  position_ms INTEGER,
  actor TEXT NOT NULL,
  at_us INTEGER NOT NULL
) STRICT;
CREATE INDEX note_call ON note (call);

CREATE TABLE tag_event (
  id INTEGER PRIMARY KEY,
  call INTEGER NOT NULL REFERENCES call (id),
  value TEXT NOT NULL,              -- folded
  tag TEXT NOT NULL,                -- as written
  added INTEGER NOT NULL CHECK (added IN (0, 1)),
  actor TEXT NOT NULL,
  at_us INTEGER NOT NULL
) STRICT;
CREATE INDEX tag_event_call ON tag_event (call, value);

CREATE TABLE flag (
  id INTEGER PRIMARY KEY,
  call INTEGER NOT NULL REFERENCES call (id),
  value TEXT NOT NULL,              -- folded
  flag TEXT NOT NULL,               -- as written
  note TEXT,
  start_ms INTEGER,
  end_ms INTEGER,
  actor TEXT NOT NULL,
  at_us INTEGER NOT NULL
) STRICT;
CREATE INDEX flag_call ON flag (call);

CREATE TABLE flag_removal (
  flag INTEGER PRIMARY KEY REFERENCES flag (id),
  reason TEXT,
  actor TEXT NOT NULL,
  at_us INTEGER NOT NULL
) STRICT;

CREATE TABLE rubric_text (
  sha256 TEXT PRIMARY KEY,
  text TEXT NOT NULL
) STRICT;

CREATE TABLE rubric (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL,
  version TEXT NOT NULL,
  sha256 TEXT NOT NULL REFERENCES rubric_text (sha256),
  actor TEXT NOT NULL,
  at_us INTEGER NOT NULL,
  UNIQUE (id, version)
) STRICT;

CREATE TABLE evaluation (
  id INTEGER PRIMARY KEY,
  uuid TEXT NOT NULL UNIQUE,
  call INTEGER NOT NULL REFERENCES call (id),
  segment INTEGER NOT NULL,
  agent TEXT,
  evaluator TEXT NOT NULL,
  at_us INTEGER NOT NULL,
  rubric_id TEXT NOT NULL,
  rubric_version TEXT NOT NULL,
  rubric_title TEXT,
  rubric_sha256 TEXT NOT NULL REFERENCES rubric_text (sha256),
  answers_json TEXT NOT NULL,
  comments_json TEXT NOT NULL,
  score REAL,
  score_raw REAL,
  critical_failed INTEGER NOT NULL,
  passed INTEGER NOT NULL
) STRICT;
CREATE INDEX evaluation_call ON evaluation (call, at_us);

CREATE TABLE agent (
  id INTEGER PRIMARY KEY,
  extension TEXT NOT NULL,
  extension_key TEXT NOT NULL,      -- folded
  name TEXT NOT NULL,
  latin_name TEXT,
  words TEXT NOT NULL,              -- of both names, folded, with a space between them
  team TEXT,
  client TEXT,
  language TEXT,
  from_us INTEGER,
  until_us INTEGER,
  actor TEXT NOT NULL,
  added_us INTEGER NOT NULL
) STRICT;
CREATE INDEX agent_extension ON agent (extension_key, from_us);

CREATE TABLE audit (
  id INTEGER PRIMARY KEY,
  at_us INTEGER NOT NULL,
  actor TEXT NOT NULL,
  operation TEXT NOT NULL,
  params_json TEXT,
  result TEXT NOT NULL,
  call_uuid TEXT
) STRICT;

-- rowid = call.id. Prefixes of two and three letters have an index of their own: a word's beginning such as 20*
-- fits most calls, and gathering all of them took seconds where one page was wanted. The tokenizer is ours (fold-tokenizer.c); the sqlite3 shell loads it as earshot_fold.so.
CREATE VIRTUAL TABLE call_text USING fts5 (
  names, numbers, notes, tags, comments, tokenize = 'earshot', columnsize = 0, prefix = '2 3'
);

-- What people and calls once said stays as it was said; a change is another row.
CREATE TRIGGER consent_no_update BEFORE UPDATE ON consent
  BEGIN SELECT raise(ABORT, 'consent is append-only'); END;
CREATE TRIGGER consent_no_delete BEFORE DELETE ON consent
  BEGIN SELECT raise(ABORT, 'consent is append-only'); END;
CREATE TRIGGER note_no_update BEFORE UPDATE ON note
  BEGIN SELECT raise(ABORT, 'note is append-only'); END;
CREATE TRIGGER note_no_delete BEFORE DELETE ON note
  BEGIN SELECT raise(ABORT, 'note is append-only'); END;
CREATE TRIGGER tag_event_no_update BEFORE UPDATE ON tag_event
  BEGIN SELECT raise(ABORT, 'tag_event is append-only'); END;
CREATE TRIGGER tag_event_no_delete BEFORE DELETE ON tag_event
  BEGIN SELECT raise(ABORT, 'tag_event is append-only'); END;
CREATE TRIGGER flag_no_update BEFORE UPDATE ON flag
  BEGIN SELECT raise(ABORT, 'flag is append-only'); END;
CREATE TRIGGER flag_no_delete BEFORE DELETE ON flag
  BEGIN SELECT raise(ABORT, 'flag is append-only'); END;
CREATE TRIGGER flag_removal_no_update BEFORE UPDATE ON flag_removal
  BEGIN SELECT raise(ABORT, 'flag_removal is append-only'); END;
CREATE TRIGGER flag_removal_no_delete BEFORE DELETE ON flag_removal
  BEGIN SELECT raise(ABORT, 'flag_removal is append-only'); END;
CREATE TRIGGER rubric_text_no_update BEFORE UPDATE ON rubric_text
  BEGIN SELECT raise(ABORT, 'rubric_text is append-only'); END;
CREATE TRIGGER rubric_text_no_delete BEFORE DELETE ON rubric_text
  BEGIN SELECT raise(ABORT, 'rubric_text is append-only'); END;
CREATE TRIGGER rubric_no_update BEFORE UPDATE ON rubric
  BEGIN SELECT raise(ABORT, 'rubric is append-only'); END;
CREATE TRIGGER rubric_no_delete BEFORE DELETE ON rubric
  BEGIN SELECT raise(ABORT, 'rubric is append-only'); END;
CREATE TRIGGER evaluation_no_update BEFORE UPDATE ON evaluation
  BEGIN SELECT raise(ABORT, 'evaluation is append-only'); END;
CREATE TRIGGER evaluation_no_delete BEFORE DELETE ON evaluation
  BEGIN SELECT raise(ABORT, 'evaluation is append-only'); END;
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
  BEGIN SELECT raise(ABORT, 'audit is append-only'); END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
  BEGIN SELECT raise(ABORT, 'audit is append-only'); END;
