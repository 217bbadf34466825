// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "overload-news.h"
#include "earshot/common/clock.h"
#include "earshot/common/i18n.h"

#define AGAIN_US (60 * G_USEC_PER_SEC)
#define BEHIND_MS 1000 // less is not worth a word

static char *size_of(guint64 bytes) {
  return g_format_size_full(bytes, G_FORMAT_SIZE_IEC_UNITS);
}

static void tell(const EsCaptureSink *sink, EsLogEvent event, const char *text) {
  if (sink && sink->event)
    sink->event(event, text, sink->user_data);
  else if (sink && sink->warning)
    sink->warning(text, sink->user_data);
}

// Whether it is time to tell of something that holds now. *over: it does not hold any more.
static gboolean is_due(gint64 *told_us, gboolean holds, gint64 now_us, gboolean *over) {
  *over = !holds && *told_us;
  if (!holds) {
    *told_us = 0;
    return FALSE;
  }
  if (*told_us && now_us - *told_us < AGAIN_US)
    return FALSE;
  *told_us = now_us;
  return TRUE;
}

static void tell_behind(const EsCaptureStats *s, const EsCaptureSink *sink) {
  g_autofree char *behind = es_duration_format(s->behind_ms, FALSE);
  g_autofree char *bytes = size_of(s->backlog_bytes);
  g_autofree char *text = g_strdup_printf(_("more calls than can be encoded in time: %.0f are encoded later, "
                                            "%s behind, %s in the journal; nothing "
                                            "is lost"),
                                          (double)s->deferred_calls, behind, bytes);
  tell(sink, ES_LOG_DEFERRED, text);
}

static void tell_bound(const EsCaptureStats *s, const EsCaptureSink *sink) {
  g_autofree char *memory = size_of(s->memory_bytes), *most = size_of(s->memory_limit_bytes);
  g_autofree char *journal = size_of(s->journal_bytes), *longest = size_of(s->journal_limit_bytes);
  g_autofree char *text =
      g_strdup_printf(_("overload (%s): calls lose their audio; cut off: %.0f, without audio: %.0f; memory "
                        "%s of %s, journal %s "
                        "of %s, not on disk for %.1f s"),
                      s->overload, (double)s->calls_shed, (double)s->calls_unrecorded, memory, most, journal,
                      longest, (double)s->journal_behind_ms / 1000);
  tell(sink, ES_LOG_OVERLOAD, text);
}

static void tell_descriptors(EsOverloadNews *news, const EsCaptureStats *s, gint64 now_us,
                             const EsCaptureSink *sink) {
  gboolean over;
  if (is_due(&news->descriptors_us, s->no_descriptors, now_us, &over))
    tell(
        sink, ES_LOG_DESCRIPTORS_SHORT,
        _("no more files or sockets can be opened: new recording sessions are refused for now, recordings of "
          "calls are made later, from the journal; no audio is lost"));
  if (over)
    tell(sink, ES_LOG_DESCRIPTORS_FREE, _("files and sockets can be opened again"));
}

void es_overload_news(EsOverloadNews *news, const EsCaptureStats *s, gint64 now_us,
                      const EsCaptureSink *sink) {
  gboolean over,
      late = !s->encode_later && s->deferred_calls && s->behind_ms >= (news->behind_us ? 1 : BEHIND_MS);
  if (is_due(&news->behind_us, late, now_us, &over))
    tell_behind(s, sink);
  if (over)
    tell(sink, ES_LOG_CAUGHT_UP, _("what had to wait is encoded"));
  tell_descriptors(news, s, now_us, sink);
  if (is_due(&news->bound_us, s->overload != NULL, now_us, &over))
    tell_bound(s, sink);
  if (!over)
    return;
  g_autofree char *text =
      g_strdup_printf(_("calls are recorded again; cut off: %.0f, without audio: %.0f since the start"),
                      (double)s->calls_shed, (double)s->calls_unrecorded);
  tell(sink, ES_LOG_OVERLOAD_OVER, text);
}
