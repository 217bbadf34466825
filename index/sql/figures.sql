-- SPDX-FileCopyrightText: The Earshot authors
-- SPDX-License-Identifier: Apache-2.0

-- @figures-last
SELECT max(id) FROM call

-- @figures-day
SELECT count(*), coalesce(sum(audio_ms), 0) FROM call WHERE id BETWEEN :from AND :until

-- @figures-bytes
SELECT coalesce(sum(file_bytes), 0) FROM call INDEXED BY call_bytes WHERE file_bytes > 0

-- @figures-week
SELECT coalesce(sum(file_bytes), 0), count(*) FROM call INDEXED BY call_bytes
WHERE file_bytes > 0 AND id BETWEEN :from AND :until

-- @figures-first
SELECT min(id) FROM call INDEXED BY call_bytes WHERE file_bytes > 0

-- @recent-media
SELECT count(*), coalesce(sum(heard = 1), 0), coalesce(sum(expected), 0), coalesce(sum(lost), 0) FROM (
  SELECT count(DISTINCT s.leg) FILTER (WHERE s.received > 0) AS heard, sum(s.expected) AS expected, sum(s.lost) AS lost
  FROM (SELECT id FROM call INDEXED BY call_disposition
    WHERE disposition = 'answered' AND id >= :since AND original_sha256 IS NULL ORDER BY id DESC LIMIT :most) r
  LEFT JOIN stream s ON s.call = r.id GROUP BY r.id)

-- @recent-trouble
SELECT coalesce(sum(outcome_reason = 'interrupted'), 0), coalesce(sum(dropped_packets > 0), 0),
  coalesce(sum(dropped_packets), 0)
FROM call WHERE id >= :since

-- @quick-check
PRAGMA quick_check(1)
