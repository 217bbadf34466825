// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// A small recording, cut off at every length and with every byte wrong in turn: repair finds what is left, a
// second repair changes nothing, and libsndfile reads just so much.
#include <glib/gstdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "earshot/common/error.h"
#include "earshot/encode/file.h"
#include "opus-repair.h"
#include "opus-writer.h"

#define RATE 8000
#define FRAMES 55 // two pages of 20 packets and one of 15
#define LOOK_AHEAD 312

typedef struct {
  int fd; // the damaged copy, in memory
  char *path;
  guint8 *bytes;
  gsize length;
  gsize pages[8]; // offsets, the end of the file behind the last
  guint n_pages;
} Fixture;

static void find_pages(Fixture *f) {
  for (gsize at = 0; at < f->length;) {
    f->pages[f->n_pages++] = at;
    guint segments = f->bytes[at + 26];
    gsize body = 0;
    for (guint i = 0; i < segments; i++)
      body += f->bytes[at + 27 + i];
    at += 27 + segments + body;
  }
  f->pages[f->n_pages] = f->length;
}

static void set_up(Fixture *f, gconstpointer channels) {
  g_autoptr(GError) error = NULL;
  gint16 samples[RATE / 50 * 2];
  int n = GPOINTER_TO_INT(channels);
  g_autofree char *folder = g_dir_make_tmp("earshot-XXXXXX", &error);
  g_autofree char *whole = g_build_filename(folder, "whole.opus", NULL);
  f->fd = memfd_create("damaged", MFD_CLOEXEC);
  f->path = g_strdup_printf("/proc/self/fd/%d", f->fd);
  EsOpusWriter *writer = es_opus_writer_open(whole, RATE, n, 12000, 0, NULL, &error);
  g_assert_no_error(error);
  for (int i = 0; i < FRAMES; i++) {
    for (gsize j = 0; j < G_N_ELEMENTS(samples); j++)
      samples[j] = (gint16)g_random_int_range(-3000, 3000);
    g_assert_true(es_opus_writer_write(writer, samples, &error));
  }
  g_assert_true(es_opus_writer_finish(writer, FRAMES * 960 - LOOK_AHEAD, NULL, &error));
  es_opus_writer_free(writer);
  g_assert_true(g_file_get_contents(whole, (char **)&f->bytes, &f->length, &error));
  g_unlink(whole);
  g_rmdir(folder);
  find_pages(f);
  g_assert_cmpuint(f->n_pages, ==, 5);
}

static void tear_down(Fixture *f, gconstpointer channels) {
  close(f->fd);
  g_free(f->path);
  g_free(f->bytes);
}

static void put(const Fixture *f, const guint8 *bytes, gsize length) {
  g_assert_cmpint(ftruncate(f->fd, 0), ==, 0);
  g_assert_cmpint(pwrite(f->fd, bytes, length, 0), ==, (gssize)length);
}

static gint64 readable_frames(const char *path, gint64 *length_ms) {
  g_autoptr(GError) error = NULL;
  g_autoptr(EsReader) reader = es_reader_open(path, &error);
  gint16 samples[2 * 960];
  gint64 frames = 0;
  gssize got;
  g_assert_no_error(error);
  while ((got = es_reader_read(reader, samples, 960, &error)) > 0)
    frames += got;
  g_assert_no_error(error);
  *length_ms = es_reader_length_ms(reader);
  return frames;
}

static guint whole_pages(const Fixture *f, gsize length) {
  guint n = 0;
  while (n < f->n_pages && f->pages[n + 1] <= length)
    n++;
  return n;
}

static void assert_repaired_again_is_the_same(const char *path) {
  g_autoptr(GError) error = NULL;
  g_autofree char *before = es_file_sha256(path, &error);
  EsRepair again;
  g_assert_true(es_opus_repair(path, &again, &error));
  g_assert_cmpint(again.cut_bytes, ==, 0);
  g_autofree char *after = es_file_sha256(path, &error);
  g_assert_cmpstr(before, ==, after);
}

static void check_cut_off(const Fixture *f, gsize length, int channels) {
  g_autoptr(GError) error = NULL;
  EsRepair repair;
  guint pages = whole_pages(f, length);
  put(f, f->bytes, length);
  gboolean repaired = es_opus_repair(f->path, &repair, &error);
  if (pages < 3) {
    g_assert_false(repaired);
    g_assert_cmpint(error->code, ==, pages == 2 ? (gint)ES_ERROR_NOT_FOUND : (gint)ES_ERROR_INVALID);
    return;
  }
  g_assert_no_error(error);
  gint64 samples = (pages == 5 ? FRAMES : (pages - 2) * 20) * 960 - LOOK_AHEAD;
  g_assert_cmpint(repair.audio_ms, ==, samples / 48);
  g_assert_cmpint(repair.cut_bytes, ==, (gint64)(length - f->pages[pages]));
  g_assert_cmpint(repair.damaged_bytes, ==, 0);
  g_assert_cmpint(repair.rate_hz, ==, RATE);
  g_assert_cmpint(repair.channels, ==, channels);
  assert_repaired_again_is_the_same(f->path);
}

static void test_every_length(Fixture *f, gconstpointer channels) {
  for (gsize length = 0; length <= f->length; length++)
    check_cut_off(f, length, GPOINTER_TO_INT(channels));
}

static void test_repaired_reads_to_its_end(Fixture *f, gconstpointer channels) {
  for (guint pages = 3; pages <= f->n_pages; pages++) {
    gsize length = f->pages[pages] + (pages < f->n_pages ? 30 : 0);
    gint64 length_ms, samples = (pages == 5 ? FRAMES : (pages - 2) * 20) * 960 - LOOK_AHEAD;
    put(f, f->bytes, length);
    g_assert_cmpint(readable_frames(f->path, &length_ms), ==, samples / 6); // before the repair
    g_assert_cmpint(length_ms, ==, samples / 48);
    check_cut_off(f, length, GPOINTER_TO_INT(channels));
    g_assert_cmpint(readable_frames(f->path, &length_ms), ==, samples / 6);
    g_assert_cmpint(length_ms, ==, samples / 48);
  }
}

static void test_every_byte_wrong(Fixture *f, gconstpointer channels) {
  for (gsize at = 0; at < f->length; at++) {
    g_autoptr(GError) error = NULL;
    EsRepair repair;
    f->bytes[at] ^= 0xff;
    put(f, f->bytes, f->length);
    f->bytes[at] ^= 0xff;
    gboolean repaired = es_opus_repair(f->path, &repair, &error);
    guint page = whole_pages(f, at);
    if (!repaired) { // the headers have no second copy
      g_assert_cmpuint(page, <, 2);
      g_assert_nonnull(error);
      continue;
    }
    gint64 samples = (page == 4 ? 40 : FRAMES) * 960 - LOOK_AHEAD; // all but a last page that is wrong
    g_assert_cmpint(repair.audio_ms, ==, samples / 48);
    assert_repaired_again_is_the_same(f->path);
  }
}

static void test_torn_comment_header(Fixture *f, gconstpointer channels) {
  g_autoptr(GError) error = NULL;
  EsRepair repair;
  f->bytes[f->pages[1] + 27 + 9 + 300] ^= 1;
  put(f, f->bytes, f->length);
  g_assert_null(es_opus_read_tags(f->path, &error));
  g_assert_error(error, ES_ERROR, ES_ERROR_CORRUPT);
  g_clear_error(&error);
  g_assert_true(es_opus_repair(f->path, &repair, &error));
  g_auto(GStrv) tags = es_opus_read_tags(f->path, &error);
  g_assert_no_error(error);
  g_assert_cmpuint(g_strv_length(tags), ==, 0);
}

static void test_zeros_behind_are_cut_off(Fixture *f, gconstpointer channels) {
  g_autoptr(GError) error = NULL;
  EsRepair repair;
  g_autofree guint8 *bytes = g_malloc0(f->length + 5000);
  memcpy(bytes, f->bytes, f->pages[4]);
  put(f, bytes, f->length + 5000);
  g_assert_true(es_opus_repair(f->path, &repair, &error));
  g_assert_cmpint(repair.cut_bytes, ==, (gint64)(f->length + 5000 - f->pages[4]));
  g_assert_cmpint(repair.audio_ms, ==, (40 * 960 - LOOK_AHEAD) / 48);
}

static void test_not_opus(Fixture *f, gconstpointer channels) {
  static const char *const texts[] = {"", "x", "OggS", "RIFFxxxxWAVE"};
  for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
    g_autoptr(GError) error = NULL;
    EsRepair repair;
    put(f, (const guint8 *)texts[i], strlen(texts[i]));
    g_assert_false(es_opus_repair(f->path, &repair, &error));
    g_assert_error(error, ES_ERROR, ES_ERROR_INVALID);
    g_assert_nonnull(strstr(error->message, f->path));
  }
}

int main(int argc, char **argv) {
  static const struct {
    const char *name;
    void (*run)(Fixture *, gconstpointer);
  } tests[] = {
      {"every-length", test_every_length},
      {"reads-to-its-end", test_repaired_reads_to_its_end},
      {"every-byte-wrong", test_every_byte_wrong},
      {"torn-comment-header", test_torn_comment_header},
      {"zeros-behind", test_zeros_behind_are_cut_off},
      {"not-opus", test_not_opus},
  };
  g_test_init(&argc, &argv, NULL);
  for (int channels = 1; channels <= 2; channels++)
    for (guint i = 0; i < G_N_ELEMENTS(tests); i++) {
      g_autofree char *name = g_strdup_printf("/repair/%s/%d", tests[i].name, channels);
      g_test_add(name, Fixture, GINT_TO_POINTER(channels), set_up, tests[i].run, tear_down);
    }
  return g_test_run();
}
