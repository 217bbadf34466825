-- SPDX-FileCopyrightText: The Earshot authors
-- SPDX-License-Identifier: Apache-2.0

-- @client-put
INSERT INTO client (client, name, latin_name, actor, added_us)
VALUES (:client, :name, :latin_name, :actor, :added_us)
ON CONFLICT (client) DO UPDATE SET name = ifnull(excluded.name, name),
  latin_name = ifnull(excluded.latin_name, latin_name), actor = excluded.actor, added_us = excluded.added_us

-- @client-list
WITH known (client) AS (
  SELECT client FROM client UNION SELECT client FROM call
  UNION SELECT client FROM agent WHERE client IS NOT NULL AND removed_us IS NULL)
SELECT k.client, c.name, c.latin_name, c.id IS NOT NULL, (SELECT count(*) FROM call x WHERE x.client = k.client),
  (SELECT max(x.id) FROM call x WHERE x.client = k.client)
FROM known k LEFT JOIN client c ON c.client = k.client ORDER BY k.client

-- @client-is-there
SELECT 1 FROM client WHERE client = :client UNION ALL SELECT 1 FROM call WHERE client = :client LIMIT 1

-- @client-names
SELECT client, name, latin_name FROM client
