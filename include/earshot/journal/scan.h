// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The journal of a run that is over, read from its first record to its last. What cannot be read is passed
// over: a block that was cut off or damaged takes nothing else with it.
//
// Threads: one owner.
#pragma once

#include "earshot/journal/journal.h"

typedef struct EsJournalScan EsJournalScan;

// directory: spool/journal/<run>.
EsJournalScan *es_journal_scan_new(const char *directory, GError **error);
void es_journal_scan_free(EsJournalScan *scan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EsJournalScan, es_journal_scan_free)
// FALSE at the end, and with *error when the disk cannot be read.
gboolean es_journal_scan_next(EsJournalScan *scan, EsJournalRecord *record, GError **error);
// Bytes passed over so far, and those of files that are missing.
guint64 es_journal_scan_unreadable(const EsJournalScan *scan);
// Removes the files that were read, oldest first.
void es_journal_scan_remove(EsJournalScan *scan);
// Removes beside them audio that was begun, and a file that was being cleaned.
void es_journal_scan_remove_begun(const char *directory);
