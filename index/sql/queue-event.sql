-- SPDX-FileCopyrightText: The Earshot authors
-- SPDX-License-Identifier: Apache-2.0

-- @queue-event-insert
INSERT OR IGNORE INTO queue_event (at_us, pbx_id, queue, agent, event, data)
VALUES (:at_us, :pbx_id, :queue, :agent, :event, :data)

-- @queue-event-of-call
SELECT at_us, pbx_id, queue, agent, event, data FROM queue_event WHERE pbx_id = :pbx_id ORDER BY at_us, id

-- @queue-event-of-members
SELECT at_us, pbx_id, queue, agent, event, data FROM queue_event
WHERE at_us >= :from_us AND at_us < :until_us
  AND event IN ('ADDMEMBER', 'REMOVEMEMBER', 'AGENTLOGIN', 'AGENTLOGOFF', 'AGENTCALLBACKLOGIN',
    'AGENTCALLBACKLOGOFF', 'PAUSE', 'UNPAUSE', 'PAUSEALL', 'UNPAUSEALL', 'QUEUESTART')
ORDER BY at_us, id

-- @pbx-calls
SELECT id FROM call WHERE pbx_id = :pbx_id ORDER BY id

-- @call-set-times
UPDATE call SET answered_us = :answered_us, ended_us = :ended_us, duration_ms = :duration_ms,
  audio_offset_ms = :audio_offset_ms WHERE id = :call
