-- SPDX-FileCopyrightText: The Earshot authors
-- SPDX-License-Identifier: Apache-2.0
--
-- Pieces of a search, put together by search.c. Exactly one criterion drives: its index gives the ids, newest
-- first. The others test each call met. A '#' stands for the number of an alternative (an agent may have had
-- several extensions). Alternatives are joined by UNION, whose ordered merge drops calls met twice.

-- @drive-all
SELECT c.id AS id FROM call c WHERE c.id BETWEEN :from AND :until

-- @drive-words
SELECT t.rowid AS id FROM call_text t CROSS JOIN call c ON c.id = t.rowid
WHERE t.call_text MATCH :words AND t.rowid BETWEEN :from AND :until

-- @test-words
c.id IN (SELECT t.rowid FROM call_text t WHERE t.call_text MATCH :words AND t.rowid BETWEEN :from AND :until)

-- @drive-facet
SELECT f.call AS id FROM call_facet f CROSS JOIN call c ON c.id = f.call
WHERE f.kind = :kind# AND f.value = :value# AND f.call BETWEEN :from# AND :until#
-- @test-facet
EXISTS (SELECT 1 FROM call_facet f
  WHERE f.kind = :kind# AND f.value = :value# AND f.call = c.id AND f.call BETWEEN :from# AND :until#)

-- A first name that hundreds bear: one alternative for all of them.

-- @drive-people
SELECT f.call AS id FROM call_facet f CROSS JOIN call c ON c.id = f.call
WHERE f.kind = 'person' AND f.value IN (SELECT value FROM json_each(:people)) AND f.call BETWEEN :from AND :until
-- @test-people
EXISTS (SELECT 1 FROM call_facet f INDEXED BY call_people
  WHERE f.kind = 'person' AND f.call = c.id AND +f.value IN (SELECT value FROM json_each(:people)))

-- @drive-caller
SELECT c.id AS id FROM call c INDEXED BY call_caller
WHERE c.caller_key >= :low# AND c.caller_key < :high# AND c.id BETWEEN :from AND :until
-- @test-caller
(+c.caller_key >= :low# AND +c.caller_key < :high#)

-- @drive-callee
SELECT c.id AS id FROM call c INDEXED BY call_callee
WHERE c.callee_key >= :low# AND c.callee_key < :high# AND c.id BETWEEN :from AND :until
-- @test-callee
(+c.callee_key >= :low# AND +c.callee_key < :high#)

-- @drive-client
SELECT c.id AS id FROM call c INDEXED BY call_client WHERE c.client = :client AND c.id BETWEEN :from AND :until
-- @test-client
+c.client = :client

-- @drive-direction
SELECT c.id AS id FROM call c INDEXED BY call_direction
WHERE c.direction = :direction AND c.id BETWEEN :from AND :until
-- @test-direction
+c.direction = :direction

-- @drive-disposition
SELECT c.id AS id FROM call c INDEXED BY call_disposition
WHERE c.disposition = :disposition AND c.id BETWEEN :from AND :until
-- @test-disposition
+c.disposition = :disposition

-- @drive-outcome
SELECT c.id AS id FROM call c INDEXED BY call_outcome
WHERE c.outcome = :outcome AND c.id BETWEEN :from AND :until
-- @test-outcome
+c.outcome = :outcome

-- @drive-group
SELECT c.id AS id FROM call c INDEXED BY call_group
WHERE c.group_id = :group AND c.id BETWEEN :from AND :until
-- @test-group
+c.group_id = :group

-- @drive-consent
SELECT c.id AS id FROM call c INDEXED BY call_consent
WHERE c.consent_state = :consent AND c.id BETWEEN :from AND :until
-- @test-consent
+c.consent_state = :consent

-- @drive-missing
SELECT c.id AS id FROM call c INDEXED BY call_missing WHERE c.missing_ms > 0 AND c.id BETWEEN :from AND :until
-- @test-missing
+c.missing_ms > 0

-- @drive-score
SELECT c.id AS id FROM call c INDEXED BY call_scored
WHERE c.score IS NOT NULL AND c.score < :score AND c.id BETWEEN :from AND :until
-- @test-score
+c.score < :score

-- @drive-duration-0
SELECT c.id AS id FROM call c INDEXED BY call_lasting_0
WHERE c.duration_ms >= 0 AND c.duration_ms BETWEEN :shortest AND :longest AND c.id BETWEEN :from AND :until
-- @drive-duration-60
SELECT c.id AS id FROM call c INDEXED BY call_lasting_60
WHERE c.duration_ms >= 60000 AND c.duration_ms BETWEEN :shortest AND :longest AND c.id BETWEEN :from AND :until
-- @drive-duration-300
SELECT c.id AS id FROM call c INDEXED BY call_lasting_300
WHERE c.duration_ms >= 300000 AND c.duration_ms BETWEEN :shortest AND :longest AND c.id BETWEEN :from AND :until
-- @drive-duration-900
SELECT c.id AS id FROM call c INDEXED BY call_lasting_900
WHERE c.duration_ms >= 900000 AND c.duration_ms BETWEEN :shortest AND :longest AND c.id BETWEEN :from AND :until
-- @drive-duration-3600
SELECT c.id AS id FROM call c INDEXED BY call_lasting_3600
WHERE c.duration_ms >= 3600000 AND c.duration_ms BETWEEN :shortest AND :longest AND c.id BETWEEN :from AND :until
-- @test-duration
+c.duration_ms BETWEEN :shortest AND :longest

-- @drive-repeats
SELECT c.id AS id FROM call c INDEXED BY call_repeated
WHERE c.repeats > 0 AND c.repeats >= :repeats AND c.id BETWEEN :from AND :until
-- @test-repeats
+c.repeats >= :repeats

-- @drive-dead-air
SELECT c.id AS id FROM call c INDEXED BY call_dead_air
WHERE c.dead_air_ms > 0 AND c.dead_air_ms >= :dead_air AND c.id BETWEEN :from AND :until
-- @test-dead-air
+c.dead_air_ms >= :dead_air

-- @drive-talk-over
SELECT c.id AS id FROM call c INDEXED BY call_talked_over
WHERE c.talk_over_ms > 0 AND c.talk_over_ms >= :talk_over AND c.id BETWEEN :from AND :until
-- @test-talk-over
+c.talk_over_ms >= :talk_over

-- @drive-business
SELECT c.id AS id FROM call c INDEXED BY call_business_id
WHERE c.business_id IS NOT NULL AND c.business_id = :business COLLATE NOCASE AND c.id BETWEEN :from AND :until
-- @test-business
+c.business_id = :business COLLATE NOCASE

-- The calls in the order of a figure, for searches that many calls match. Those whose figure is not known are
-- not in the index.

-- @walk-duration
SELECT c.id AS id FROM call c INDEXED BY call_by_duration
WHERE c.duration_ms IS NOT NULL AND c.id BETWEEN :from AND :until
-- @walk-score
SELECT c.id AS id FROM call c INDEXED BY call_by_score
WHERE c.score IS NOT NULL AND c.id BETWEEN :from AND :until
-- @walk-tension
SELECT c.id AS id FROM call c INDEXED BY call_by_tension
WHERE c.tension IS NOT NULL AND c.id BETWEEN :from AND :until

-- @sort-key-duration
SELECT duration_ms FROM call WHERE id = :after
-- @sort-key-score
SELECT score FROM call WHERE id = :after
-- @sort-key-tension
SELECT tension FROM call WHERE id = :after
