-- SPDX-FileCopyrightText: The Earshot authors
-- SPDX-License-Identifier: Apache-2.0

-- @correction-insert
INSERT INTO correction (call, segment, field, old, new, reason, source, actor, at_us)
VALUES (:call, :segment, :field, :old, :new, :reason, :source, :actor, :at_us)

-- @correction-list
SELECT call, ifnull(segment, -1), field, old, new, reason, source, actor, at_us FROM correction
WHERE call = :call ORDER BY id

-- @correction-keys
UPDATE call SET caller_key = :caller_key, callee_key = :callee_key WHERE id = :call

-- @segment-first
INSERT INTO segment (call, n, start_ms) SELECT :call, 0, 0
WHERE NOT EXISTS (SELECT 1 FROM segment WHERE call = :call)

-- @correction-moved
SELECT r.call, ifnull(r.segment, -1), r.field, r.old, r.new, r.reason, r.source, r.actor, r.at_us
FROM correction r JOIN call c ON c.id = r.call
WHERE r.id > (SELECT max(id) FROM correction) - 5000 AND r.field = 'file' AND c.file = r.new AND r.old <> r.new

-- @call-file
SELECT file FROM call WHERE id = :call
