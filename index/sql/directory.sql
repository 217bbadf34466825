-- SPDX-FileCopyrightText: The Earshot authors
-- SPDX-License-Identifier: Apache-2.0

-- @agent-overlap
SELECT id, extension, name, latin_name, team, client, language, from_us, until_us, shift_days, shift_start_min,
  shift_end_min, actor, added_us, removed_by, removed_us
FROM agent
WHERE extension_key = :extension_key AND removed_us IS NULL
  AND (:until_us IS NULL OR from_us IS NULL OR from_us < :until_us)
  AND (:from_us IS NULL OR until_us IS NULL OR until_us > :from_us)
ORDER BY from_us

-- renew_from: half a day earlier, for calls that came to the extension later.

-- @agent-insert
INSERT INTO agent (extension, extension_key, name, latin_name, words, team, client, language, from_us, until_us,
  shift_days, shift_start_min, shift_end_min, actor, added_us, renew_from)
VALUES (:extension, :extension_key, :name, :latin_name, :words, :team, :client, :language, :from_us, :until_us,
  :shift_days, :shift_start_min, :shift_end_min, :actor, :added_us, ifnull(:from_us - 43200000000, 0))

-- @agent-remove
UPDATE agent SET removed_us = :removed_us, removed_by = :removed_by,
  renew_from = ifnull(from_us - 43200000000, 0)
WHERE id = :id AND removed_us IS NULL

-- @agent-list
SELECT id, extension, name, latin_name, team, client, language, from_us, until_us, shift_days, shift_start_min,
  shift_end_min, actor, added_us, removed_by, removed_us
FROM agent WHERE removed_us IS NULL OR :history
ORDER BY extension_key, from_us, shift_start_min, id

-- @agent-find
SELECT id, extension, name, latin_name, team, client, language, from_us, until_us, shift_days, shift_start_min,
  shift_end_min, actor, added_us, removed_by, removed_us
FROM agent
WHERE extension_key = :extension_key AND removed_us IS NULL
  AND (from_us IS NULL OR from_us <= :at_us) AND (until_us IS NULL OR until_us > :at_us)

-- Calls that have not learnt a name yet are found as a range; those of shifts wait until they have.

-- @agent-words
SELECT words, extension_key, max(ifnull(from_us, 0), renew_from), until_us FROM agent
WHERE renew_from IS NOT NULL AND removed_us IS NULL AND shift_days IS NULL

-- All entries of one extension together: a call is brought up to date once, however many of them changed.

-- @agent-renewing
SELECT extension_key, min(renew_from), CASE WHEN count(until_us) = count(*) THEN max(until_us) END FROM agent
WHERE renew_from IS NOT NULL
  AND extension_key = (SELECT extension_key FROM agent WHERE renew_from IS NOT NULL ORDER BY id LIMIT 1)
GROUP BY extension_key

-- @agent-renew-calls
SELECT call FROM call_facet
WHERE kind = 'agent' AND value = :extension_key AND call >= :renew_from
  AND (:until_us IS NULL OR call < :until_us)
ORDER BY call LIMIT :limit

-- @agent-renewed
UPDATE agent SET renew_from = CASE WHEN :renew_from IS NOT NULL THEN max(renew_from, :renew_from) END
WHERE extension_key = :extension_key AND renew_from IS NOT NULL

-- @person-words
SELECT value FROM person

-- @audit-insert
INSERT INTO audit (at_us, actor, operation, params_json, result, call_uuid)
VALUES (:at_us, :actor, :operation, :params_json, :result, :call_uuid)

-- @audit-list
SELECT at_us, actor, operation, params_json, result, call_uuid FROM audit ORDER BY id DESC LIMIT :limit

-- @remap-unknown
SELECT s.agent, c.started_us, s.start_ms, c.started_us FROM segment s JOIN call c ON c.id = s.call
WHERE s.call >= :from AND s.call < :until AND s.agent IS NOT NULL AND s.agent_name IS NULL
ORDER BY s.call, s.n

-- The client follows the last agent of a call, unless a mapping rule or a person set it.

-- @remap-segments
SELECT s.call, s.n, s.agent, s.agent_name, s.team, s.start_ms, c.started_us, c.client,
  NOT EXISTS (SELECT 1 FROM segment l WHERE l.call = s.call AND l.n > s.n AND l.agent IS NOT NULL)
  AND NOT EXISTS (SELECT 1 FROM correction r WHERE r.call = s.call AND r.field = 'client' AND r.source = 'person')
  AND NOT EXISTS (SELECT 1 FROM json_each(CASE WHEN json_valid(c.mapping_json) THEN c.mapping_json ELSE '[]' END) j
    WHERE j.value ->> 'field' = 'client' AND ifnull(j.value ->> 'outcome', 'set') = 'set'
      AND j.value ->> 'rule' NOT IN ('directory', 'default'))
FROM segment s JOIN call c ON c.id = s.call
WHERE s.call >= :from AND s.call < :until AND s.agent IS NOT NULL
ORDER BY s.call, s.n
