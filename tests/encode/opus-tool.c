// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Gives test-opus-files.py a handle on each function of encode/ that makes or changes a recording. Prints one
// line of figures; exits with the error's code plus 100, so that the script can tell which error it was.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "earshot/common/error.h"
#include "earshot/encode/file.h"
#include "opus-writer.h"

// write PATH CHANNELS BITRATE COMPLEXITY END_48K|-1 (RATE RAW_FILE)... [-- TAG... [-- TAG...]], gated when
// EARSHOT_SILENCE names a level: each raw file is 16-bit native-endian at its rate; END -1 leaves the stream
// open; tags first for the start, then for the end.
typedef struct {
  char **arg;
  EsOpusWriter *writer;
  int channels;
  gboolean failed;
} Write;

static char **take_tags(char ***arg) {
  g_autoptr(GPtrArray) tags = g_ptr_array_new();
  if (!**arg)
    return NULL;
  for (++*arg; **arg && !g_str_equal(**arg, "--"); ++*arg)
    g_ptr_array_add(tags, g_strdup(**arg));
  g_ptr_array_add(tags, NULL);
  return (char **)g_ptr_array_steal(tags, NULL);
}

static gboolean write_raw(Write *run, int rate, const char *path, GError **error) {
  g_autofree char *bytes = NULL;
  gsize length, frame = (gsize)(rate / 50 * run->channels) * 2;
  if (!g_file_get_contents(path, &bytes, &length, error))
    return FALSE;
  for (gsize at = 0; at + frame <= length; at += frame)
    if (!es_opus_writer_write(run->writer, (const gint16 *)(void *)(bytes + at), error))
      return FALSE;
  return TRUE;
}

static gboolean cmd_write(char **arg, GError **error) {
  Write run = {.channels = atoi(arg[1])};
  char **rest = arg + 5;
  while (*rest && !g_str_equal(*rest, "--"))
    rest++;
  g_auto(GStrv) first = take_tags(&rest);
  g_auto(GStrv) last = take_tags(&rest);
  g_autoptr(EsOpusWriter) writer = es_opus_writer_open(arg[0], atoi(arg[5]), run.channels, atoi(arg[2]),
                                                       atoi(arg[3]), (const char *const *)first, error);
  run.writer = writer;
  if (!writer)
    return FALSE;
  es_opus_writer_gate(writer, g_ascii_strtod(g_getenv("EARSHOT_SILENCE") ?: "0", NULL));
  for (char **in = arg + 5; *in && !g_str_equal(*in, "--"); in += 2) {
    g_autoptr(GError) problem = NULL;
    if (!es_opus_writer_set_rate(writer, atoi(in[0]), error))
      return FALSE;
    if (!write_raw(&run, atoi(in[0]), in[1], &problem)) {
      printf("%s\n", problem->message);
      run.failed = TRUE;
    }
  }
  gint64 end = atoll(arg[4]);
  printf("%" G_GINT64_FORMAT "\n", es_opus_writer_length_48k(writer));
  return end < 0 || es_opus_writer_finish(writer, end, (const char *const *)last, error);
}

// repair PATH: audio_ms cut_bytes damaged_bytes rate channels
static gboolean cmd_repair(char **arg, GError **error) {
  EsRepair repair;
  if (!es_opus_repair(arg[0], &repair, error))
    return FALSE;
  printf("%" G_GINT64_FORMAT " %" G_GINT64_FORMAT " %" G_GINT64_FORMAT " %d %d\n", repair.audio_ms,
         repair.cut_bytes, repair.damaged_bytes, repair.rate_hz, repair.channels);
  return TRUE;
}

// cut PATH OUTPUT START_MS END_MS TAG...
static gboolean cmd_cut(char **arg, GError **error) {
  return es_opus_cut(arg[0], arg[1], atoll(arg[2]), atoll(arg[3]), (const char *const *)arg + 4, error);
}

// render PATH OUTPUT wav|flac START_MS END_MS
static gboolean cmd_render(char **arg, GError **error) {
  EsRenderFormat format = g_str_equal(arg[2], "wav") ? ES_RENDER_WAV : ES_RENDER_FLAC;
  return es_render(arg[0], arg[1], format, atoll(arg[3]), atoll(arg[4]), error);
}

// read PATH: rate channels length_ms, and the frames that can be read
static gboolean cmd_read(char **arg, GError **error) {
  g_autoptr(EsReader) reader = es_reader_open(arg[0], error);
  if (!reader)
    return FALSE;
  gint16 samples[2 * 960];
  gint64 frames = 0;
  gssize got;
  while ((got = es_reader_read(reader, samples, 960, error)) > 0)
    frames += got;
  printf("%d %d %" G_GINT64_FORMAT " %" G_GINT64_FORMAT "\n", es_reader_rate_hz(reader),
         es_reader_channels(reader), es_reader_length_ms(reader), frames);
  return got == 0;
}

static gboolean cmd_tags(char **arg, GError **error) {
  if (arg[1])
    return es_opus_write_tags(arg[0], (const char *const *)arg + 1, error);
  g_auto(GStrv) tags = es_opus_read_tags(arg[0], error);
  for (char **tag = tags; tag && *tag; tag++)
    printf("%s\n", *tag);
  return tags != NULL;
}

static gboolean cmd_sha256(char **arg, GError **error) {
  g_autofree char *hash = es_file_sha256(arg[0], error);
  if (hash)
    printf("%s\n", hash);
  return hash != NULL;
}

static gboolean cmd_flush(char **arg, GError **error) {
  return es_flush_directory(arg[0], error);
}

// limit BYTES COMMAND...: no file may grow beyond BYTES; the errno of a full disk, nearly (EFBIG).
static void limit_file_size(const char *bytes) {
  struct rlimit limit = {(rlim_t)atoll(bytes), (rlim_t)atoll(bytes)};
  signal(SIGXFSZ, SIG_IGN);
  setrlimit(RLIMIT_FSIZE, &limit);
}

static const struct {
  const char *name;
  gboolean (*run)(char **arg, GError **error);
} commands[] = {
    {"write", cmd_write}, {"repair", cmd_repair}, {"cut", cmd_cut},       {"render", cmd_render},
    {"read", cmd_read},   {"tags", cmd_tags},     {"sha256", cmd_sha256}, {"flush", cmd_flush},
};

int main(int argc, char **argv) {
  g_autoptr(GError) error = NULL;
  char **arg = argv + 1;
  if (argc > 2 && g_str_equal(arg[0], "limit")) {
    limit_file_size(arg[1]);
    arg += 2;
  }
  for (guint i = 0; i < G_N_ELEMENTS(commands); i++)
    if (*arg && g_str_equal(*arg, commands[i].name)) {
      if (commands[i].run(arg + 1, &error))
        return 0;
      fprintf(stderr, "%s\n", error->message);
      return 100 + error->code;
    }
  fprintf(stderr, "usage: opus-tool [limit BYTES] COMMAND...\n");
  return 2;
}
