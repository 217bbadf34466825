-- SPDX-FileCopyrightText: The Earshot authors
-- SPDX-License-Identifier: Apache-2.0

-- @draft-put
INSERT INTO draft (evaluator, call, rubric_id, answers, position_ms, at_us)
VALUES (:evaluator, :call, :rubric_id, :answers, :position_ms, :at_us)
ON CONFLICT (evaluator, call, rubric_id)
DO UPDATE SET answers = excluded.answers, position_ms = excluded.position_ms, at_us = excluded.at_us

-- @draft-get
SELECT rubric_id, answers, position_ms, at_us FROM draft
WHERE evaluator = :evaluator AND call = :call AND (:rubric_id IS NULL OR rubric_id = :rubric_id)
ORDER BY at_us DESC LIMIT 1

-- @draft-drop
DELETE FROM draft WHERE evaluator = :evaluator AND call = :call AND rubric_id = :rubric_id

-- @worklist-round
SELECT coalesce(max(round), 0) FROM worklist WHERE evaluator = :evaluator

-- @worklist-clear
DELETE FROM worklist WHERE evaluator = :evaluator AND done_us IS NULL

-- What stays on the list is not wanted again, nor what the evaluator judged already.

-- @worklist-wants
SELECT NOT EXISTS (SELECT 1 FROM worklist w
    WHERE w.evaluator = :evaluator AND w.call = :call AND (:keep OR w.done_us IS NOT NULL))
  AND NOT EXISTS (SELECT 1 FROM evaluation e WHERE e.call = :call AND e.evaluator = :evaluator)

-- @worklist-insert
INSERT INTO worklist (evaluator, position, round, call, actor, added_us)
SELECT :evaluator, coalesce(max(position), 0) + 1, :round, :call, :actor, :added_us
FROM worklist WHERE evaluator = :evaluator

-- @worklist-list
SELECT w.call, c.uuid, w.actor, w.added_us, w.done_us, w.skip_reason,
  EXISTS (SELECT 1 FROM draft d WHERE d.evaluator = w.evaluator AND d.call = w.call)
FROM worklist w JOIN call c ON c.id = w.call
WHERE w.evaluator = :evaluator AND w.round = (SELECT max(round) FROM worklist WHERE evaluator = :evaluator)
ORDER BY w.position

-- @worklist-finish
UPDATE worklist SET done_us = :done_us, skip_reason = :skip_reason
WHERE evaluator = :evaluator AND call = :call AND done_us IS NULL
