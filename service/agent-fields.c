// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "agent-fields.h"
#include "earshot/common/i18n.h"
#include "params.h"

#define HOUR_US (3600 * ES_US_PER_S)

typedef struct {
  EsAgentField field;
  gpointer user_data;
  gint64 now_us;
  GPtrArray *mistakes;
} Reader;

static void add_mistake(Reader *reader, GError *mistake) {
  g_ptr_array_add(reader->mistakes, mistake);
}

static char *read_label(Reader *reader, const char *name, gboolean required) {
  const char *text = reader->field(name, reader->user_data);
  GError *mistake = NULL;
  char *label = NULL;
  if (text)
    label = es_param_label(name, text, &mistake);
  else if (required)
    es_request_refuse(&mistake, name, _("is missing"));
  if (mistake)
    add_mistake(reader, mistake);
  return label;
}

static gint64 read_time(Reader *reader, const char *name, gint64 *length_us) {
  const char *text = reader->field(name, reader->user_data);
  GError *mistake = NULL;
  gint64 time_us = ES_UNKNOWN;
  *length_us = 0;
  if (text && !es_time_parse(text, reader->now_us, &time_us, length_us, &mistake)) {
    g_prefix_error(&mistake, "%s: ", name);
    add_mistake(reader, mistake);
  }
  return time_us;
}

// A day that "to" names counts to its end. A time of day is that moment, at which the next person may begin.
static void read_validity(Reader *reader, EsAgent *agent) {
  gint64 length_us, ignored_us;
  GError *mistake = NULL;
  agent->from_us = read_time(reader, "from", &ignored_us);
  agent->until_us = read_time(reader, "to", &length_us);
  if (agent->until_us != ES_UNKNOWN && length_us >= HOUR_US)
    agent->until_us += length_us;
  if (agent->from_us == ES_UNKNOWN || agent->until_us == ES_UNKNOWN || agent->until_us > agent->from_us)
    return;
  es_request_refuse(&mistake, "to", _("“%s” lies before “%s”"), reader->field("to", reader->user_data),
                    reader->field("from", reader->user_data));
  add_mistake(reader, mistake);
}

// Each apart, so that both mistakes are told.
static void read_shift(Reader *reader, EsAgent *agent) {
  const char *hours = reader->field("hours", reader->user_data);
  const char *days = reader->field("days", reader->user_data);
  EsShift ignored;
  GError *mistake = NULL;
  if (!es_shift_parse(hours, NULL, &ignored, &mistake)) {
    g_prefix_error(&mistake, "hours: ");
    add_mistake(reader, g_steal_pointer(&mistake));
    hours = NULL;
  }
  if (!es_shift_parse(hours, days, &agent->shift, &mistake)) {
    g_prefix_error(&mistake, "days: ");
    add_mistake(reader, mistake);
  }
}

EsAgent *es_agent_read(EsAgentField field, gpointer user_data, gint64 now_us, GPtrArray *mistakes) {
  Reader reader = {field, user_data, now_us, mistakes};
  guint before = mistakes->len;
  g_autoptr(EsAgent) agent = g_new0(EsAgent, 1);
  agent->extension = read_label(&reader, "extension", TRUE);
  agent->name = read_label(&reader, "name", TRUE);
  agent->latin_name = read_label(&reader, "latin_name", FALSE);
  agent->team = read_label(&reader, "team", FALSE);
  agent->client = read_label(&reader, "client", FALSE);
  agent->language = read_label(&reader, "language", FALSE);
  read_validity(&reader, agent);
  read_shift(&reader, agent);
  return mistakes->len == before ? g_steal_pointer(&agent) : NULL;
}
