-- SPDX-FileCopyrightText: The Earshot authors
-- SPDX-License-Identifier: Apache-2.0
--
-- Version 2: calls of other systems (imported recordings, telephone system's logs, transcripts), who set what
-- (mapping, corrections), clients, and what people keep for their work (saved searches, lists, drafts).

ALTER TABLE call ADD COLUMN pbx_id TEXT;              -- the call's id in the telephone system (Asterisk: uniqueid)
ALTER TABLE call ADD COLUMN business_id TEXT;         -- ticket, order or customer number, by a mapping rule
ALTER TABLE call ADD COLUMN original_name TEXT;       -- of an imported recording: its file's name,
ALTER TABLE call ADD COLUMN original_sha256 TEXT;     -- its digest as it came
ALTER TABLE call ADD COLUMN original_format TEXT;     -- and its format
ALTER TABLE call ADD COLUMN dropped_packets INTEGER;  -- by the kernel while the call was open; NULL: not a live call
ALTER TABLE call ADD COLUMN raised_ms INTEGER;        -- speech raised above the speaker's own level, all legs
ALTER TABLE call ADD COLUMN repeats INTEGER;          -- calls of the same caller that began in the seven days before
ALTER TABLE call ADD COLUMN mapping_json TEXT;        -- [{field, value, rule, input}]: which rule set what
ALTER TABLE leg ADD COLUMN raised_ms INTEGER;

-- 0 to 100, NULL when a part was not measured: talk-over up to 30 (full at 10 % of the audio), dead air up to 20
-- (full at 25 %), raised speech up to 30 (full at 10 %), repeats up to 20 (full at three).
ALTER TABLE call ADD COLUMN tension REAL GENERATED ALWAYS AS (
  CASE WHEN audio_ms > 0 THEN
    30.0 * min(1.0, talk_over_ms / (0.10 * audio_ms)) + 20.0 * min(1.0, dead_air_ms / (0.25 * audio_ms))
    + 30.0 * min(1.0, raised_ms / (0.10 * audio_ms)) + 20.0 * min(1.0, repeats / 3.0)
  END) VIRTUAL;

CREATE INDEX call_pbx_id ON call (pbx_id) WHERE pbx_id IS NOT NULL;
CREATE INDEX call_business_id ON call (business_id COLLATE NOCASE) WHERE business_id IS NOT NULL;
CREATE INDEX call_original ON call (original_sha256) WHERE original_sha256 IS NOT NULL;
-- Bytes of recordings, summed without touching the rows.
CREATE INDEX call_bytes ON call (id, file_bytes) WHERE file_bytes > 0;
CREATE INDEX call_repeated ON call (id, repeats) WHERE repeats > 0;
CREATE INDEX call_dead_air ON call (id, dead_air_ms) WHERE dead_air_ms > 0;
CREATE INDEX call_talked_over ON call (id, talk_over_ms) WHERE talk_over_ms > 0;
-- In the order of a figure: for searches that sort by it and that many calls match.
CREATE INDEX call_by_duration ON call (duration_ms) WHERE duration_ms IS NOT NULL;
CREATE INDEX call_by_score ON call (score) WHERE score IS NOT NULL;
CREATE INDEX call_by_tension ON call (tension) WHERE tension IS NOT NULL;
-- Calls that nobody answered, or that were not recorded, have no such figure: seen without their rows.
DROP INDEX call_disposition;
DROP INDEX call_outcome;
CREATE INDEX call_disposition ON call (disposition, id, duration_ms, audio_ms);
CREATE INDEX call_outcome ON call (outcome, id, duration_ms, audio_ms);
CREATE INDEX call_group ON call (group_id) WHERE group_id IS NOT NULL;

-- Taking an entry out of the directory leaves it readable.
ALTER TABLE agent ADD COLUMN removed_us INTEGER;
ALTER TABLE agent ADD COLUMN removed_by TEXT;
-- Hours of the week by the local clock; NULL all three: always.
ALTER TABLE agent ADD COLUMN shift_days INTEGER;      -- bit 0: Sunday … bit 6: Saturday
ALTER TABLE agent ADD COLUMN shift_start_min INTEGER; -- after midnight
ALTER TABLE agent ADD COLUMN shift_end_min INTEGER;   -- not after the start: of the next day
-- Calls of the extension from this id on are not yet found by what was put in or taken out; NULL: all are.
ALTER TABLE agent ADD COLUMN renew_from INTEGER;
-- Who a call is found by: taken away and asked for by call.
CREATE INDEX call_people ON call_facet (call) WHERE kind = 'person';
CREATE INDEX agent_renew ON agent (id) WHERE renew_from IS NOT NULL;
UPDATE agent SET renew_from = ifnull(from_us - 43200000000, 0);

CREATE TABLE client (
  id INTEGER PRIMARY KEY,
  client TEXT NOT NULL UNIQUE,      -- as calls carry it
  name TEXT,                        -- for people, any script
  latin_name TEXT,
  actor TEXT NOT NULL,
  added_us INTEGER NOT NULL
) STRICT;

-- A wrong value that a person, a corrected directory or a log of the telephone system put right.
CREATE TABLE correction (
  id INTEGER PRIMARY KEY,
  call INTEGER NOT NULL REFERENCES call (id),
  segment INTEGER,                  -- NULL: of the call itself
  field TEXT NOT NULL,              -- name of the member in JSON
  old TEXT,
  new TEXT,
  reason TEXT,
  source TEXT NOT NULL,             -- person, remap, queue-log, cdr
  actor TEXT NOT NULL,
  at_us INTEGER NOT NULL
) STRICT;
CREATE INDEX correction_call ON correction (call);

CREATE TABLE transcript (
  call INTEGER NOT NULL REFERENCES call (id),
  n INTEGER NOT NULL,
  start_ms INTEGER NOT NULL,        -- in the file
  end_ms INTEGER NOT NULL,
  speaker TEXT,
  text TEXT NOT NULL,
  PRIMARY KEY (call, n)
) STRICT, WITHOUT ROWID;

-- The lines of a telephone system's queue log as they were; a line that is read twice is there once.
CREATE TABLE queue_event (
  id INTEGER PRIMARY KEY,
  at_us INTEGER NOT NULL,
  pbx_id TEXT NOT NULL,             -- NONE for those of no call
  queue TEXT NOT NULL,
  agent TEXT NOT NULL,
  event TEXT NOT NULL,
  data TEXT NOT NULL,               -- the further fields as they stood, with | between them
  UNIQUE (at_us, pbx_id, queue, agent, event, data)
) STRICT;
CREATE INDEX queue_event_call ON queue_event (pbx_id, at_us);

CREATE TABLE saved_search (
  actor TEXT NOT NULL,
  name TEXT NOT NULL,
  name_key TEXT NOT NULL,           -- folded
  params_json TEXT NOT NULL,
  at_us INTEGER NOT NULL,
  PRIMARY KEY (actor, name_key)
) STRICT, WITHOUT ROWID;

-- An evaluator's list of calls to score, and what has been begun of them.
CREATE TABLE worklist (
  evaluator TEXT NOT NULL,
  position INTEGER NOT NULL,
  round INTEGER NOT NULL,           -- the planning it came with; the highest one is the present list
  call INTEGER NOT NULL REFERENCES call (id),
  actor TEXT NOT NULL,              -- who put it there
  added_us INTEGER NOT NULL,
  done_us INTEGER,                  -- when it was scored or skipped
  skip_reason TEXT,                 -- NULL: not skipped
  PRIMARY KEY (evaluator, position)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX worklist_call ON worklist (evaluator, call);

CREATE TABLE draft (
  evaluator TEXT NOT NULL,
  call INTEGER NOT NULL REFERENCES call (id),
  rubric_id TEXT NOT NULL,
  answers TEXT NOT NULL,            -- the text of an answers file, as far as it goes
  position_ms INTEGER,              -- where the listener was
  at_us INTEGER NOT NULL,
  PRIMARY KEY (evaluator, call, rubric_id)
) STRICT, WITHOUT ROWID;

-- The full text once more, with what was said.
CREATE VIRTUAL TABLE call_text_2 USING fts5 (
  names, numbers, notes, tags, comments, transcript, tokenize = 'earshot', columnsize = 0, prefix = '2 3'
);
INSERT INTO call_text_2 (rowid, names, numbers, notes, tags, comments)
  SELECT rowid, names, numbers, notes, tags, comments FROM call_text;
DROP TABLE call_text;
ALTER TABLE call_text_2 RENAME TO call_text;

UPDATE call SET repeats = CASE
  WHEN direction NOT IN ('inbound', 'unknown') OR caller_key IS NULL
    OR caller_key IN ('@anonymous', '@unknown', '@restricted', '@private') THEN 0
  ELSE (SELECT count(*) FROM (SELECT 1 FROM call e
    WHERE e.caller_key = call.caller_key AND e.id BETWEEN call.id - 604800000000 AND call.id - 1
      AND e.direction IN ('inbound', 'unknown') AND (e.group_id IS NULL OR e.group_id IS NOT call.group_id)
    LIMIT 1000)) END;

CREATE TRIGGER correction_no_update BEFORE UPDATE ON correction
  BEGIN SELECT raise(ABORT, 'correction is append-only'); END;
CREATE TRIGGER correction_no_delete BEFORE DELETE ON correction
  BEGIN SELECT raise(ABORT, 'correction is append-only'); END;
CREATE TRIGGER queue_event_no_update BEFORE UPDATE ON queue_event
  BEGIN SELECT raise(ABORT, 'queue_event is append-only'); END;
CREATE TRIGGER queue_event_no_delete BEFORE DELETE ON queue_event
  BEGIN SELECT raise(ABORT, 'queue_event is append-only'); END;
