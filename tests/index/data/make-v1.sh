#!/bin/sh
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
#
# Makes the frozen library of schema version 1 from that version's schema and the rows in v1.sql:
#   tests/index/data/make-v1.sh build/index/earshot_fold.so tests/index/data/v1.sqlite
# It was run once, when version 1 was finished; v1.sqlite is what later versions must open.
set -eu
extension=$1
output=$2
data=$(dirname "$0")
rm -f "$output" "$output-wal" "$output-shm"
{
  echo 'PRAGMA page_size = 1024; BEGIN;'
  cat "$data/../../../index/sql/schema-001.sql" "$data/v1.sql"
  echo 'PRAGMA user_version = 1; COMMIT; PRAGMA journal_mode = WAL;'
} | sqlite3 -bail "$output" ".load '$extension'" ".read /dev/stdin" > /dev/null
