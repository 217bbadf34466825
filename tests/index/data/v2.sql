-- SPDX-FileCopyrightText: The Earshot authors
-- SPDX-License-Identifier: Apache-2.0
UPDATE call SET pbx_id = '1763625600.17', business_id = 'T-4711', raised_ms = 6000, dropped_packets = 0,
  mapping_json = '[{"field":"queue","value":"دعم","rule":"map queue","input":"Support-1","outcome":"set"}]'
WHERE id = 1795161600000000;
UPDATE call SET original_name = 'q-600.wav', original_sha256 = 'ab12', original_format = 'WAV', raised_ms = NULL
WHERE id = 1795161660000000;
UPDATE leg SET raised_ms = 6000 WHERE call = 1795161600000000 AND n = 0;
INSERT INTO agent (id, extension, extension_key, name, latin_name, words, team, client, language, from_us, until_us,
  actor, added_us, removed_us, removed_by, shift_days, shift_start_min, shift_end_min, renew_from)
VALUES (3, '2003', '2003', 'أحمد فتحي', 'Ahmed Fathy', 'احمد فتحي ahmed fathy', 'Blue', 'nile', 'ar', NULL, NULL, 'admin',
    1795308709616353, NULL, NULL, 31, 480, 960, NULL),
  (4, '2003', '2003', 'Sara', NULL, 'sara', NULL, NULL, NULL, NULL, NULL, 'admin', 1795308709616354, 1795308709616355,
    'admin', NULL, NULL, NULL, NULL);
INSERT INTO client VALUES (1, 'nile', 'بنك النيل', 'Nile Bank', 'admin', 1795308709616356);
INSERT INTO correction VALUES (1, 1795161600000000, NULL, 'client', 'default', 'nile', 'wrong number group', 'person', 'huda',
  1795308709616357);
INSERT INTO transcript VALUES (1795161600000000, 0, 1000, 3000, 'agent', 'شركة النيل، معك منى'),
  (1795161600000000, 1, 3500, 6000, 'caller', 'the refund has not arrived');
UPDATE call_text SET transcript = 'شركة النيل، معك منى' || char(10) || 'the refund has not arrived'
WHERE rowid = 1795161600000000;
INSERT INTO queue_event VALUES (1, 1795161601000000, '1763625600.17', 'support', 'NONE', 'ENTERQUEUE', '|01001234567|1');
INSERT INTO saved_search VALUES ('huda', 'Angry', 'angry', '{"days":"yesterday","sort":"tension"}', 1795308709616358);
INSERT INTO worklist VALUES ('huda', 1, 1, 1795161660000000, 'boss', 1795308709616359, NULL, NULL);
INSERT INTO draft VALUES ('huda', 1795161660000000, 'standard', '[answers]' || char(10) || 'greeting-formula=yes' || char(10),
  12000, 1795308709616360);
INSERT INTO schema_history VALUES (2, 1795308709616361, 'earshot 0.1.0');
