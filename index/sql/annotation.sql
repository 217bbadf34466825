-- SPDX-FileCopyrightText: The Earshot authors
-- SPDX-License-Identifier: Apache-2.0

-- @consent-insert
INSERT INTO consent (call, at_us, state, source, notice, version, detail, actor, offset_ms, recorded_us)
VALUES (:call, :at_us, :state, :source, :notice, :version, :detail, :actor, :offset_ms, :recorded_us)

-- @consent-list
SELECT at_us, state, source, notice, version, detail, actor, offset_ms, recorded_us
FROM consent WHERE call = :call ORDER BY at_us, id

-- @consent-state
UPDATE call SET consent_state = :state WHERE id = :call AND consent_state <> :state

-- @note-insert
INSERT INTO note (call, text, position_ms, actor, at_us) VALUES (:call, :text, :position_ms, :actor, :at_us)

-- @note-list
SELECT text, actor, at_us, position_ms FROM note WHERE call = :call ORDER BY id

-- @tag-insert
INSERT INTO tag_event (call, value, tag, added, actor, at_us)
VALUES (:call, :value, :tag, :added, :actor, :at_us)

-- @tag-has
SELECT added FROM tag_event WHERE call = :call AND value = :value ORDER BY id DESC LIMIT 1

-- The present tags: of each folded value the last word said, in the order in which they were first added.

-- @tag-list
SELECT tag FROM tag_event t
WHERE call = :call AND added = 1
  AND NOT EXISTS (SELECT 1 FROM tag_event u WHERE u.call = t.call AND u.value = t.value AND u.id > t.id)
ORDER BY id

-- @flag-insert
INSERT INTO flag (call, value, flag, note, start_ms, end_ms, actor, at_us)
VALUES (:call, :value, :flag, :note, :start_ms, :end_ms, :actor, :at_us)

-- @flag-remove
INSERT INTO flag_removal (flag, reason, actor, at_us)
SELECT f.id, :reason, :actor, :at_us FROM flag f
WHERE f.call = :call AND f.value = :value AND NOT EXISTS (SELECT 1 FROM flag_removal r WHERE r.flag = f.id)

-- @flag-list
SELECT f.id, f.call, c.uuid, f.flag, f.note, f.start_ms, f.end_ms, f.actor, f.at_us, r.actor, r.reason, r.at_us
FROM flag f JOIN call c ON c.id = f.call LEFT JOIN flag_removal r ON r.flag = f.id
WHERE f.call = :call AND (:history OR r.flag IS NULL)
ORDER BY f.id

-- @flag-names
SELECT DISTINCT f.flag FROM flag f
WHERE f.call = :call AND NOT EXISTS (SELECT 1 FROM flag_removal r WHERE r.flag = f.id)
ORDER BY f.flag

-- @rubric-text-insert
INSERT OR IGNORE INTO rubric_text (sha256, text) VALUES (:sha256, :text)

-- @json-valid
SELECT json_valid(:text)

-- @evaluation-insert
INSERT INTO evaluation (uuid, call, segment, agent, evaluator, at_us, rubric_id, rubric_version, rubric_title,
  rubric_sha256, answers_json, comments_json, score, score_raw, critical_failed, passed)
VALUES (:uuid, :call, :segment, :agent, :evaluator, :at_us, :rubric_id, :rubric_version, :rubric_title,
  :rubric_sha256, :answers_json, :comments_json, :score, :score_raw, :critical_failed, :passed)

-- @evaluation-list
SELECT e.id, e.uuid, e.call, c.uuid, e.segment, e.agent, e.evaluator, e.at_us, e.rubric_id, e.rubric_version,
  e.rubric_title, t.text, e.answers_json, e.comments_json, e.score, e.score_raw, e.critical_failed, e.passed
FROM evaluation e JOIN call c ON c.id = e.call JOIN rubric_text t ON t.sha256 = e.rubric_sha256
WHERE e.call = :call ORDER BY e.at_us, e.id

-- @evaluation-score
UPDATE call SET score = (
  SELECT score FROM evaluation WHERE call = :call AND score IS NOT NULL ORDER BY at_us DESC, id DESC LIMIT 1)
WHERE id = :call

-- @rubric-find
SELECT sha256 FROM rubric WHERE id = :id AND version = :version

-- @rubric-insert
INSERT INTO rubric (id, version, sha256, actor, at_us) VALUES (:id, :version, :sha256, :actor, :at_us)

-- @rubric-get
SELECT t.text FROM rubric r JOIN rubric_text t USING (sha256)
WHERE r.id = :id AND (:version IS NULL OR r.version = :version) ORDER BY r.seq DESC LIMIT 1

-- @rubric-list
SELECT r.id, r.version, t.text FROM rubric r JOIN rubric_text t USING (sha256) ORDER BY r.seq
