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
