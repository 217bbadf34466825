-- SPDX-FileCopyrightText: The Earshot authors
-- SPDX-License-Identifier: Apache-2.0

-- @begin
BEGIN IMMEDIATE
-- @commit
COMMIT
-- @rollback
ROLLBACK
-- @savepoint
SAVEPOINT inner_write
-- @release
RELEASE inner_write
-- @rollback-inner
ROLLBACK TO inner_write
-- @schema-history
INSERT INTO schema_history (version, applied_us, program) VALUES (:version, :applied_us, :program)
-- @settings
PRAGMA foreign_keys = ON;
PRAGMA trusted_schema = OFF;
PRAGMA cell_size_check = ON;
PRAGMA synchronous = FULL;
PRAGMA cache_size = -512;
-- @lasting
PRAGMA synchronous = FULL
-- @passing
PRAGMA synchronous = NORMAL
-- @user-version
PRAGMA user_version
-- @application-id
PRAGMA application_id
-- @journal-wal
PRAGMA journal_mode = WAL
