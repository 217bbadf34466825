-- SPDX-FileCopyrightText: The Earshot authors
-- SPDX-License-Identifier: Apache-2.0

-- @agent-overlap
SELECT name FROM agent
WHERE extension_key = :extension_key
  AND (:until_us IS NULL OR from_us IS NULL OR from_us < :until_us)
  AND (:from_us IS NULL OR until_us IS NULL OR until_us > :from_us)
LIMIT 1

-- @agent-insert
INSERT INTO agent (extension, extension_key, name, latin_name, words, team, client, language, from_us, until_us,
  actor, added_us)
VALUES (:extension, :extension_key, :name, :latin_name, :words, :team, :client, :language, :from_us, :until_us,
  :actor, :added_us)

-- @agent-list
SELECT extension, name, latin_name, team, client, language, from_us, until_us FROM agent
ORDER BY extension_key, from_us

-- @agent-find
SELECT extension, name, latin_name, team, client, language, from_us, until_us FROM agent
WHERE extension_key = :extension_key
  AND (from_us IS NULL OR from_us <= :at_us) AND (until_us IS NULL OR until_us > :at_us)
LIMIT 1

-- @agent-words
SELECT words, extension_key, from_us, until_us FROM agent

-- @person-words
SELECT value FROM person

-- @audit-insert
INSERT INTO audit (at_us, actor, operation, params_json, result, call_uuid)
VALUES (:at_us, :actor, :operation, :params_json, :result, :call_uuid)

-- @audit-list
SELECT at_us, actor, operation, params_json, result, call_uuid FROM audit ORDER BY id DESC LIMIT :limit
