// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "line-reader.h"

#include "earshot/common/error.h"

#include <string.h>

#define CHUNK_BYTES (64 * 1024)

struct EsLineReader {
  char *name;
  GInputStream *stream;
  char chunk[CHUNK_BYTES];
  gsize have, at;
  char text[ES_LINE_BYTES + 1];
  guint64 line;
  gboolean cut;
};

// A pipe cannot be looked into before it is read.
static gboolean is_gzip(const char *path) {
  if (!g_file_test(path, G_FILE_TEST_IS_REGULAR))
    return FALSE;
  guint8 magic[2] = {0};
  g_autoptr(GFile) file = g_file_new_for_path(path);
  g_autoptr(GFileInputStream) stream = g_file_read(file, NULL, NULL);
  return stream && g_input_stream_read(G_INPUT_STREAM(stream), magic, 2, NULL, NULL) == 2 &&
         magic[0] == 0x1f && magic[1] == 0x8b;
}

static GInputStream *open_file(const char *path, GError **error) {
  g_autoptr(GFile) file = g_file_new_for_path(path);
  g_autoptr(GError) failed = NULL;
  GFileInputStream *plain = g_file_read(file, NULL, &failed);
  if (!plain) {
    g_set_error(error, ES_ERROR, ES_ERROR_IO, "%s", failed->message);
    return NULL;
  }
  if (!is_gzip(path))
    return G_INPUT_STREAM(plain);
  g_autoptr(GZlibDecompressor) unpack = g_zlib_decompressor_new(G_ZLIB_COMPRESSOR_FORMAT_GZIP);
  GInputStream *unpacked = g_converter_input_stream_new(G_INPUT_STREAM(plain), G_CONVERTER(unpack));
  g_object_unref(plain);
  return unpacked;
}

EsLineReader *es_line_reader_open(const char *path, GError **error) {
  GInputStream *stream = open_file(strcmp(path, "-") == 0 ? "/dev/stdin" : path, error);
  if (!stream)
    return NULL;
  EsLineReader *reader = g_new0(EsLineReader, 1);
  reader->name = g_strdup(path);
  reader->stream = stream;
  return reader;
}

EsLineReader *es_line_reader_of_text(const void *data, gsize length) {
  EsLineReader *reader = g_new0(EsLineReader, 1);
  reader->stream = g_memory_input_stream_new_from_data(g_memdup2(data, length), (gssize)length, g_free);
  return reader;
}

void es_line_reader_free(EsLineReader *reader) {
  if (!reader)
    return;
  g_clear_object(&reader->stream);
  g_free(reader->name);
  g_free(reader);
}

// FALSE at the end or on failure.
static gboolean fill(EsLineReader *reader, GError **error) {
  g_autoptr(GError) failed = NULL;
  gssize got = g_input_stream_read(reader->stream, reader->chunk, CHUNK_BYTES, NULL, &failed);
  if (failed)
    g_set_error(error, ES_ERROR, ES_ERROR_IO, "%s: %s", reader->name ? reader->name : "", failed->message);
  reader->at = 0;
  reader->have = got > 0 ? (gsize)got : 0;
  return got > 0;
}

char *es_line_reader_next(EsLineReader *reader, GError **error) {
  GError *failed = NULL;
  gsize length = 0;
  gboolean any = FALSE, ended = FALSE;
  reader->cut = FALSE;
  while (!ended && (reader->at < reader->have || fill(reader, &failed))) {
    any = TRUE;
    char c = reader->chunk[reader->at++];
    ended = c == '\n';
    if (!ended && length == ES_LINE_BYTES)
      reader->cut = TRUE;
    else if (!ended && c)
      reader->text[length++] = c;
  }
  if (failed) {
    g_propagate_error(error, failed);
    return NULL;
  }
  if (!any)
    return NULL;
  reader->line++;
  if (length > 0 && reader->text[length - 1] == '\r')
    length--;
  reader->text[length] = '\0';
  return reader->text;
}

guint64 es_line_reader_line(const EsLineReader *reader) {
  return reader->line;
}

gboolean es_line_reader_was_cut(const EsLineReader *reader) {
  return reader->cut;
}
