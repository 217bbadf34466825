// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "audio-record.h"
#include "earshot/journal/scan.h"
#include <glib/gstdio.h>

// Numbered packets, a millisecond apart, until some were refused and others taken again; how many.
static guint say_packets(EsJournal *journal, EsJournalCall *call, EsAudioSources *sources, GArray *taken) {
  static const guint8 PAYLOAD[8000];
  static const EsCodec CODEC = {.id = ES_CODEC_PCMU, .name = "PCMU", .clock_hz = 8000, .rate_hz = 8000};
  static const EsAddress ADDRESS = {.port = 4000};
  gboolean refused = FALSE, again = FALSE;
  guint n = 0;
  for (; n < 60000 && !again; n++) {
    EsAudioSaid said = {.kind = ES_JOURNAL_PUSH,
                        .packet = {.ssrc = 1,
                                   .sequence = (guint16)n,
                                   .codec = &CODEC,
                                   .source = &ADDRESS,
                                   .arrival_us = 1000 * (gint64)n,
                                   .payload = PAYLOAD,
                                   .length = sizeof PAYLOAD}};
    said.until_us = said.packet.arrival_us;
    gboolean ok = es_audio_record_write(journal, call, sources, &said) != 0;
    refused |= !ok;
    again = refused && ok;
    g_array_append_val(taken, ok);
    if (refused)
      g_usleep(1000);
  }
  g_assert_true(again);
  return n;
}

// Where packets are missing it says so, and from when to when; a call that is gone is gone all the same.
static void test_refused_packets(void) {
  g_autofree char *spool = g_dir_make_tmp("earshot-journal-XXXXXX", NULL);
  EsJournalSettings settings = {.segment_bytes = 512 * 1024 * 1024, .memory_bytes = 1024 * 1024};
  EsJournal *journal = es_journal_open(spool, 7, &settings, NULL);
  EsJournalCall *call = es_journal_call_new(journal), *other = es_journal_call_new(journal);
  EsAudioSources *sources = es_audio_sources_new(), *heard = es_audio_sources_new();
  g_autoptr(GArray) taken = g_array_new(FALSE, FALSE, sizeof(gboolean));
  guint n = say_packets(journal, call, sources, taken);
  es_journal_gone(journal, other);
  g_autofree char *directory = g_strdup(es_journal_directory(journal));
  guint32 numbers[] = {es_journal_call_number(call), es_journal_call_number(other)};
  es_journal_close(journal);
  EsJournalScan *scan = es_journal_scan_new(directory, NULL);
  EsJournalRecord record;
  EsAudioSaid said;
  gboolean gone = FALSE, dropped = FALSE;
  guint at = 0;
  while (es_journal_scan_next(scan, &record, NULL)) {
    gone |= record.kind == ES_JOURNAL_GONE && record.call == numbers[1];
    if (record.call != numbers[0] || !es_audio_record_read(&record, heard, &said))
      continue;
    if (said.kind == ES_JOURNAL_DROPPED) {
      dropped = TRUE;
      g_assert_cmpint(said.from_us, ==, 1000 * (gint64)at);
      while (at < n && !g_array_index(taken, gboolean, at))
        at++;
      g_assert_cmpint(said.until_us, ==, 1000 * (gint64)at);
      continue;
    }
    g_assert_true(g_array_index(taken, gboolean, at));
    g_assert_cmpuint(said.packet.sequence, ==, at);
    at++;
  }
  g_assert_true(gone && dropped);
  g_assert_cmpuint(at, ==, n);
  g_assert_cmpuint(es_journal_scan_unreadable(scan), ==, 0);
  es_journal_scan_remove(scan);
  es_journal_scan_free(scan);
  es_audio_sources_free(sources);
  es_audio_sources_free(heard);
  g_autofree char *journals = g_build_filename(spool, "journal", NULL);
  g_assert_cmpint(g_rmdir(directory) | g_rmdir(journals) | g_rmdir(spool), ==, 0);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/audio-record/refused-packets", test_refused_packets);
  return g_test_run();
}
