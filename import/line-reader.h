// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Lines of a text file, also of one that gzip packed. A line longer than the limit is given as its first part
// and its rest passed over.
#pragma once

#include <gio/gio.h>

#define ES_LINE_BYTES 4096

typedef struct EsLineReader EsLineReader;

EsLineReader *es_line_reader_open(const char *path, GError **error); // "-" is standard input
EsLineReader *es_line_reader_of_text(const void *data, gsize length);
void es_line_reader_free(EsLineReader *reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EsLineReader, es_line_reader_free)

// The next line without its end, valid until the next call; NULL at the end, or with *error set. It may hold
// anything but a zero byte.
char *es_line_reader_next(EsLineReader *reader, GError **error);
guint64 es_line_reader_line(const EsLineReader *reader);     // number of that line, from 1
gboolean es_line_reader_was_cut(const EsLineReader *reader); // it was longer than ES_LINE_BYTES
