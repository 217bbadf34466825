// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "facts.h"
#include "fuzz.h"
#include "line-reader.h"
#include "queue-line.h"
#include "queue-summary.h"

#include <string.h>

// Every line taken for one call; laid over a call twice it says the same.
int LLVMFuzzerTestOneInput(const guint8 *data, size_t size) {
  g_autoptr(EsLineReader) reader = es_line_reader_of_text(data, size);
  g_autoptr(GTimeZone) zone = g_time_zone_new_utc();
  g_autoptr(GPtrArray) events = g_ptr_array_new_with_free_func((GDestroyNotify)es_queue_event_free);
  EsQueueSummaries *summaries = es_queue_summaries_new();
  char *line;
  while ((line = es_line_reader_next(reader, NULL)) && events->len < 1000) {
    const char *problem;
    EsQueueEvent *event = es_queue_line_read(line, zone, &problem);
    g_assert_true(event || problem);
    if (!event)
      continue;
    es_queue_summaries_take(summaries, event);
    g_ptr_array_add(events, event);
  }
  g_ptr_array_unref(es_queue_summaries_free(summaries));
  g_autoptr(EsQueueStory) story = es_queue_story_new(events, NULL);
  g_autoptr(EsCall) call = es_facts_of_story(story);
  guint segments = call->segments->len, moments = call->events->len;
  es_facts_queue(call, story, FALSE);
  g_assert_cmpuint(call->events->len, ==, moments);
  if (segments <= 64)
    g_assert_cmpuint(call->segments->len, ==, segments);
  return 0;
}
