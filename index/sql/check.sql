-- SPDX-FileCopyrightText: The Earshot authors
-- SPDX-License-Identifier: Apache-2.0

-- @check-files
SELECT id, uuid, client, outcome, file, file_sha256, file_bytes, audio_ms, started_us, audio_offset_ms,
  sample_rate_hz, channels, consent_state
FROM call WHERE id > :after AND id >= :from AND id < :until AND (:client IS NULL OR client = :client)
ORDER BY id LIMIT :most

-- @check-file
SELECT id, uuid, client, outcome, file, file_sha256, file_bytes, audio_ms, started_us, audio_offset_ms,
  sample_rate_hz, channels, consent_state
FROM call WHERE uuid = :uuid

-- @check-place
SELECT file FROM call WHERE uuid = :uuid

-- @check-sum
SELECT count(*), coalesce(sum(file_bytes), 0) FROM call
WHERE id >= :from AND id < :until AND (:client IS NULL OR client = :client)

-- Rows that say otherwise than "ok" are what is wrong.

-- @check-quick
PRAGMA quick_check(10)

-- @check-integrity
PRAGMA integrity_check(10)

-- @check-references
SELECT "table", rowid, parent FROM pragma_foreign_key_check LIMIT 10

-- The full text keeps what it was given in a table of its own, one row a call.

-- @check-text-absent
SELECT c.uuid FROM call c WHERE NOT EXISTS (SELECT 1 FROM call_text_content t WHERE t.id = c.id) LIMIT 10

-- @check-text-stray
SELECT t.id FROM call_text_content t WHERE NOT EXISTS (SELECT 1 FROM call c WHERE c.id = t.id) LIMIT 10

-- @check-text-page
SELECT id, c0, c1, c2, c3, c4, c5 FROM call_text_content WHERE id > :after ORDER BY id LIMIT 1000

-- @check-text-found
SELECT 1 FROM call_text WHERE call_text MATCH :words AND rowid = :call
