-- SPDX-FileCopyrightText: The Earshot authors
-- SPDX-License-Identifier: Apache-2.0

-- @saved-put
INSERT OR REPLACE INTO saved_search (actor, name, name_key, params_json, at_us)
VALUES (:actor, :name, :name_key, :params_json, :at_us)

-- @saved-get
SELECT name, params_json, at_us FROM saved_search WHERE actor = :actor AND name_key = :name_key

-- @saved-list
SELECT name, params_json, at_us FROM saved_search WHERE actor = :actor ORDER BY name_key

-- @saved-remove
DELETE FROM saved_search WHERE actor = :actor AND name_key = :name_key
