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
