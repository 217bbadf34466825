-- SPDX-FileCopyrightText: The Earshot authors
-- SPDX-License-Identifier: Apache-2.0
--
-- The columns of a call stand in the order of the table in call-fields.c, which binds and reads them.

-- @call-insert
INSERT INTO call (id, uuid, uuid_tail, caller_key, callee_key, group_id, call_id, source_key, source, client,
  direction, caller, callee, caller_uri, callee_uri, caller_name, callee_name, disposition, sip_status, outcome,
  outcome_reason, started_us, answered_us, ended_us, ended_by, duration_ms, audio_offset_ms, audio_ms, wait_ms,
  hold_ms, file, file_sha256, file_bytes, codec, sample_rate_hz, channels, consent_state, talk_over_ms,
  dead_air_ms, greeting_ms, missing_ms, pbx_id, business_id, original_name, original_sha256, original_format,
  dropped_packets, raised_ms, mapping_json)
VALUES (:id, :uuid, :uuid_tail, :caller_key, :callee_key, :group_id, :call_id, :source_key, :source, :client,
  :direction, :caller, :callee, :caller_uri, :callee_uri, :caller_name, :callee_name, :disposition, :sip_status,
  :outcome, :outcome_reason, :started_us, :answered_us, :ended_us, :ended_by, :duration_ms, :audio_offset_ms,
  :audio_ms, :wait_ms, :hold_ms, :file, :file_sha256, :file_bytes, :codec, :sample_rate_hz, :channels,
  :consent_state, :talk_over_ms, :dead_air_ms, :greeting_ms, :missing_ms, :pbx_id, :business_id, :original_name,
  :original_sha256, :original_format, :dropped_packets, :raised_ms, :mapping_json)

-- @call-replace
UPDATE call SET (caller_key, callee_key, group_id, call_id, source_key, source, client, direction, caller,
  callee, caller_uri, callee_uri, caller_name, callee_name, disposition, sip_status, outcome, outcome_reason,
  started_us, answered_us, ended_us, ended_by, duration_ms, audio_offset_ms, audio_ms, wait_ms, hold_ms, file,
  file_sha256, file_bytes, codec, sample_rate_hz, channels, consent_state, talk_over_ms, dead_air_ms,
  greeting_ms, missing_ms, pbx_id, business_id, original_name, original_sha256, original_format, dropped_packets,
  raised_ms, mapping_json) =
 (:caller_key, :callee_key, :group_id, :call_id, :source_key, :source, :client, :direction, :caller,
  :callee, :caller_uri, :callee_uri, :caller_name, :callee_name, :disposition, :sip_status, :outcome,
  :outcome_reason, :started_us, :answered_us, :ended_us, :ended_by, :duration_ms, :audio_offset_ms, :audio_ms,
  :wait_ms, :hold_ms, :file, :file_sha256, :file_bytes, :codec, :sample_rate_hz, :channels, :consent_state,
  :talk_over_ms, :dead_air_ms, :greeting_ms, :missing_ms, :pbx_id, :business_id, :original_name, :original_sha256,
  :original_format, :dropped_packets, :raised_ms, :mapping_json)
WHERE id = :id AND uuid = :uuid AND uuid_tail = :uuid_tail

-- @call-row
SELECT id, uuid, group_id, call_id, source_key, source, client, direction, caller, callee, caller_uri,
  callee_uri, caller_name, callee_name, disposition, sip_status, outcome, outcome_reason, started_us,
  answered_us, ended_us, ended_by, duration_ms, audio_offset_ms, audio_ms, wait_ms, hold_ms, file, file_sha256,
  file_bytes, codec, sample_rate_hz, channels, consent_state, talk_over_ms, dead_air_ms, greeting_ms, missing_ms,
  pbx_id, business_id, original_name, original_sha256, original_format, dropped_packets, raised_ms, mapping_json,
  repeats, tension, score
FROM call WHERE id = :id

-- @call-group
UPDATE call SET group_id = :group WHERE uuid = :uuid

-- @call-group-former
UPDATE call INDEXED BY call_group SET group_id = :group WHERE group_id = :former

-- @call-taken
SELECT 1 FROM call WHERE id = :id

-- @call-seen
SELECT id, uuid, outcome_reason = 'interrupted' FROM call WHERE source_key = :source_key

-- @call-unrecorded
SELECT id, uuid FROM call
WHERE pbx_id = :pbx_id AND outcome = 'none' AND outcome_reason = 'no recording' ORDER BY id LIMIT 1

-- Two captures of the same traffic stamp a packet a little differently.
-- @call-seen-near
SELECT id, uuid, outcome_reason = 'interrupted', source_key, ended_us <= :time AND started_us < :time FROM call
WHERE source_key BETWEEN :low AND :high AND substr(source_key, -length(:tail)) = :tail LIMIT 1

-- The tag follows the time; more may follow the tag (capture/call.c).
-- @call-of-dialog
SELECT uuid FROM call
WHERE source_key BETWEEN :low AND :high
  AND substr(source_key || '|', length(:low) + instr(substr(source_key, length(:low) + 1), '|'), length(:tag)) = :tag
ORDER BY source_key DESC LIMIT 1

-- @call-count
SELECT count(*) FROM call

-- @call-by-prefix
SELECT id, uuid FROM call WHERE uuid >= :low AND uuid < :high ORDER BY uuid LIMIT 5

-- @call-by-suffix
SELECT id, uuid FROM call
WHERE uuid_tail >= :low AND uuid_tail < :high AND substr(replace(uuid, '-', ''), -length(:digits)) = :digits
ORDER BY uuid_tail LIMIT 5

-- @segment-insert
INSERT INTO segment (call, n, agent, agent_name, team, queue, start_ms, end_ms)
VALUES (:call, :n, :agent, :agent_name, :team, :queue, :start_ms, :end_ms)

-- @segment-list
SELECT agent, agent_name, team, queue, start_ms, end_ms FROM segment WHERE call = :call ORDER BY n

-- @leg-insert
INSERT INTO leg (call, n, role, filled_ms, drift_ppm, speech_ms, greeting_ms, loudness_lufs, raised_ms)
VALUES (:call, :n, :role, :filled_ms, :drift_ppm, :speech_ms, :greeting_ms, :loudness_lufs, :raised_ms)

-- @leg-list
SELECT role, filled_ms, drift_ppm, speech_ms, greeting_ms, loudness_lufs, raised_ms FROM leg WHERE call = :call
ORDER BY n

-- @stream-insert
INSERT INTO stream (call, leg, n, ssrc, codec, source, expected, received, lost, late, duplicate, reordered,
  undecodable, problem)
VALUES (:call, :leg, :n, :ssrc, :codec, :source, :expected, :received, :lost, :late, :duplicate, :reordered,
  :undecodable, :problem)

-- @stream-list
SELECT leg, ssrc, codec, source, expected, received, lost, late, duplicate, reordered, undecodable, problem
FROM stream WHERE call = :call ORDER BY leg, n

-- @gap-insert
INSERT INTO gap (call, n, leg, start_ms, length_ms, reason)
VALUES (:call, :n, :leg, :start_ms, :length_ms, :reason)

-- @gap-list
SELECT leg, start_ms, length_ms, reason FROM gap WHERE call = :call ORDER BY n

-- @event-insert
INSERT INTO event (call, n, at_ms, kind, leg, detail) VALUES (:call, :n, :at_ms, :kind, :leg, :detail)

-- @event-list
SELECT at_ms, kind, leg, detail FROM event WHERE call = :call ORDER BY n

-- @activity-insert
INSERT INTO activity (call, kind, leg, intervals) VALUES (:call, :kind, :leg, :intervals)

-- @activity-list
SELECT kind, leg, intervals FROM activity WHERE call = :call

-- Calls of the caller in the seven days before this one; and what this one adds to those in the seven days after.
-- What our own people dial is no repeat, nor what a transfer makes of one call, nor are callers who hide
-- their number. 1000 stands for more.

-- @repeats-count
UPDATE call SET repeats = CASE WHEN :counts = 0 THEN 0 ELSE (SELECT count(*) FROM (
  SELECT 1 FROM call e INDEXED BY call_caller
  WHERE e.caller_key = call.caller_key AND e.id BETWEEN call.id - 604800000000 AND call.id - 1
    AND e.direction IN ('inbound', 'unknown') AND (e.group_id IS NULL OR e.group_id IS NOT call.group_id)
  LIMIT 1000)) END
WHERE id = :call

-- @repeats-later
UPDATE call INDEXED BY call_caller SET repeats = repeats + 1
WHERE caller_key = :caller_key AND id BETWEEN :call + 1 AND :call + 604800000000
  AND direction IN ('inbound', 'unknown') AND repeats < 1000
  AND (group_id IS NULL OR group_id IS NOT (SELECT group_id FROM call WHERE id = :call))

-- A call that turns out not to be this caller's; what was cut at 1000 is counted again.

-- @repeats-fewer
UPDATE call INDEXED BY call_caller SET repeats = CASE WHEN repeats < 1000 THEN max(repeats - 1, 0)
  ELSE (SELECT count(*) FROM (
    SELECT 1 FROM call e INDEXED BY call_caller
    WHERE e.caller_key = call.caller_key AND e.id BETWEEN call.id - 604800000000 AND call.id - 1
      AND e.id <> :call AND e.direction IN ('inbound', 'unknown')
      AND (e.group_id IS NULL OR e.group_id IS NOT call.group_id) LIMIT 1000)) END
WHERE caller_key = :caller_key AND id BETWEEN :call + 1 AND :call + 604800000000
  AND direction IN ('inbound', 'unknown')
  AND (group_id IS NULL OR group_id IS NOT (SELECT group_id FROM call WHERE id = :call))

-- Calls that came to be one story no longer count each other.

-- @repeats-of-group
UPDATE call INDEXED BY call_group SET repeats = (SELECT count(*) FROM (
  SELECT 1 FROM call e INDEXED BY call_caller
  WHERE e.caller_key = call.caller_key AND e.id BETWEEN call.id - 604800000000 AND call.id - 1
    AND e.direction IN ('inbound', 'unknown') AND (e.group_id IS NULL OR e.group_id IS NOT call.group_id)
  LIMIT 1000))
WHERE group_id = :group AND direction IN ('inbound', 'unknown')
  AND caller_key NOT IN ('@anonymous', '@unknown', '@restricted', '@private')

-- @facet-add
INSERT OR IGNORE INTO call_facet (kind, value, call) VALUES (:kind, :value, :call)

-- @facet-remove
DELETE FROM call_facet WHERE kind = :kind AND value = :value AND call = :call

-- @facet-remove-people
DELETE FROM call_facet INDEXED BY call_people WHERE kind = 'person' AND call = :call

-- @person-add
INSERT OR IGNORE INTO person (value) VALUES (:value)

-- @clear-segment
DELETE FROM segment WHERE call = :call
-- @clear-stream
DELETE FROM stream WHERE call = :call
-- @clear-leg
DELETE FROM leg WHERE call = :call
-- @clear-gap
DELETE FROM gap WHERE call = :call
-- @clear-event
DELETE FROM event WHERE call = :call
-- @clear-activity
DELETE FROM activity WHERE call = :call

-- Full text of one call, gathered from where it is kept.

-- @text-notes
SELECT text FROM note WHERE call = :call ORDER BY id

-- @text-comments
SELECT f.note FROM flag f WHERE f.call = :call AND NOT EXISTS (SELECT 1 FROM flag_removal r WHERE r.flag = f.id)
UNION ALL
SELECT json_extract(j.value, '$.text') FROM evaluation e, json_each(e.comments_json) j
WHERE e.call = :call AND j.type = 'object'
UNION ALL
SELECT json_extract(j.value, '$.comment') FROM evaluation e, json_each(e.answers_json) j
WHERE e.call = :call AND j.type = 'object'

-- @text-remove
DELETE FROM call_text WHERE rowid = :call

-- @text-insert
INSERT INTO call_text (rowid, names, numbers, notes, tags, comments, transcript)
VALUES (:call, :names, :numbers, :notes, :tags, :comments, :transcript)
