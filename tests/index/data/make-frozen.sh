#!/bin/sh
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
#
# Makes the frozen library of a schema version from the schemas up to it and the rows in v1.sql, v2.sql …:
#   tests/index/data/make-frozen.sh VERSION build/index/earshot_fold.so tests/index/data/vVERSION.sqlite
# It is run once for each version, when that is finished; later versions must open what it made.
set -eu
version=$1
extension=$2
output=$3
data=$(dirname "$0")
rm -f "$output" "$output-wal" "$output-shm"
{
  echo 'PRAGMA page_size = 1024; BEGIN;'
  for step in $(seq "$version"); do
    cat "$data/../../../index/sql/schema-00$step.sql" "$data/v$step.sql"
    echo "PRAGMA user_version = $step;"
  done
  echo 'COMMIT; PRAGMA journal_mode = WAL;'
} | sqlite3 -bail "$output" ".load '$extension'" ".read /dev/stdin" > /dev/null
