-- SPDX-FileCopyrightText: The Earshot authors
-- SPDX-License-Identifier: Apache-2.0

-- @transcript-clear
DELETE FROM transcript WHERE call = :call

-- @transcript-insert
INSERT INTO transcript (call, n, start_ms, end_ms, speaker, text)
VALUES (:call, :n, :start_ms, :end_ms, :speaker, :text)

-- @transcript-list
SELECT start_ms, end_ms, speaker, text FROM transcript WHERE call = :call ORDER BY n

-- @text-transcript
SELECT text FROM transcript WHERE call = :call ORDER BY n

-- Texts of a call with their moments, to see where words were found.

-- @match-notes
SELECT text, position_ms FROM note WHERE call = :call ORDER BY id

-- @match-comments
SELECT f.note, f.start_ms FROM flag f
WHERE f.call = :call AND NOT EXISTS (SELECT 1 FROM flag_removal r WHERE r.flag = f.id)
UNION ALL
SELECT json_extract(j.value, '$.text'), json_extract(j.value, '$.at_ms') FROM evaluation e, json_each(e.comments_json) j
WHERE e.call = :call AND j.type = 'object'
UNION ALL
SELECT json_extract(j.value, '$.comment'), NULL FROM evaluation e, json_each(e.answers_json) j
WHERE e.call = :call AND j.type = 'object'

-- @match-transcript
SELECT text, start_ms FROM transcript WHERE call = :call ORDER BY n
