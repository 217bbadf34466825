// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Lines that tell how far a run is (see progress.h).
#include "progress.h"
#include "context.h"
#include "earshot/common/i18n.h"

#include <stdio.h>
#include <unistd.h>

#define BETWEEN_US (G_USEC_PER_SEC / 10)

void es_progress_init(EsProgress *progress) {
  *progress = (EsProgress){.live = isatty(STDERR_FILENO)};
}

gboolean es_progress_due(EsProgress *progress) {
  gint64 now_us = g_get_monotonic_time();
  if (!progress->live || now_us - progress->drawn_us < BETWEEN_US)
    return FALSE;
  progress->drawn_us = now_us;
  return TRUE;
}

void es_progress_draw(EsProgress *progress, const char *line) {
  fprintf(stderr, "\r\033[K%s", line);
  fflush(stderr);
  progress->open = TRUE;
}

void es_progress_close(EsProgress *progress) {
  if (progress->open)
    fputs("\r\033[K", stderr);
  progress->open = FALSE;
}

void es_progress_warn(EsProgress *progress, const char *message) {
  es_progress_close(progress);
  es_message(_("warning: %s"), message);
}

void es_summary_add(GString *text, gint64 n, const char *format, ...) {
  if (n == 0)
    return;
  va_list args;
  va_start(args, format);
  if (text->len > 0)
    g_string_append(text, _(", "));
  g_string_append_vprintf(text, format, args);
  va_end(args);
}
