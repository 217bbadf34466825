// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The fields of metadata: their names, what other systems call them, how their values are read.
#include <string.h>

#include "earshot/common/clock.h"
#include "earshot/common/i18n.h"
#include "metadata.h"

#define LABEL_CHARACTERS 64
#define TEXT_BYTES 1000
#define LONGEST_MS (G_GINT64_CONSTANT(7) * 24 * 3600 * 1000)

typedef enum { TEXT, LABEL, TIME, LENGTH, WORD, TAGS, AGENT, QUEUE, CONSENT } Kind;

// Words that mean one of ours, ours first.
typedef struct {
  const char *ours, *others[8];
} Meaning;

static const Meaning directions[] = {{"inbound", {"in", "incoming", "inward", "وارد", "واردة"}},
                                     {"outbound", {"out", "outgoing", "outward", "صادر", "صادرة"}},
                                     {"internal", {"local", "داخلي", "داخلية"}},
                                     {"unknown", {"-"}},
                                     {0}};
static const Meaning dispositions[] = {{"answered", {"answer", "connected", "completed", "ok"}},
                                       {"missed", {"no answer", "noanswer", "no_answer", "unanswered"}},
                                       {"abandoned", {"abandon", "cancelled", "canceled"}},
                                       {"busy", {NULL}},
                                       {"failed", {"failure", "congestion"}},
                                       {0}};
static const Meaning consents[] = {{"given", {"yes", "true", "1", "نعم"}},
                                   {"refused", {"no", "false", "0", "لا"}},
                                   {"requested", {NULL}},
                                   {"withdrawn", {NULL}},
                                   {"expired", {NULL}},
                                   {"unknown", {"-"}},
                                   {0}};
static const Meaning roles[] = {
    {"agent", {NULL}}, {"customer", {NULL}}, {"caller", {NULL}}, {"callee", {NULL}}, {0}};

struct EsMetaField {
  const char *name;
  const char *others[8];
  Kind kind;
  const Meaning *meanings;
  gsize offset; // in EsCall, or in EsMetaRow
  gboolean of_row;
};

#define CALL(member) G_STRUCT_OFFSET(EsCall, member), FALSE
#define ROW(member) G_STRUCT_OFFSET(EsMetaRow, member), TRUE

static const EsMetaField fields[] = {
    {"file", {"filename", "path", "recording", "recordingfile", "audio", "الملف"}, TEXT, NULL, ROW(file)},
    {"started_at",
     {"start", "starttime", "started", "calldate", "datetime", "date", "البداية"},
     TIME,
     NULL,
     CALL(started_us)},
    {"answered_at", {"answer", "answertime", "answered"}, TIME, NULL, CALL(answered_us)},
    {"ended_at", {"end", "endtime", "ended", "النهاية"}, TIME, NULL, CALL(ended_us)},
    {"duration_ms", {"duration", "length", "talktime", "billsec"}, LENGTH, NULL, CALL(duration_ms)},
    {"wait_ms", {"wait", "waittime", "queuetime"}, LENGTH, NULL, CALL(wait_ms)},
    {"hold_ms", {"hold", "holdtime"}, LENGTH, NULL, CALL(hold_ms)},
    {"caller",
     {"src", "from", "cli", "ani", "callernumber", "callingnumber", "المتصل"},
     TEXT,
     NULL,
     CALL(caller)},
    {"callee",
     {"dst", "to", "destination", "dnis", "calleenumber", "callednumber", "المطلوب"},
     TEXT,
     NULL,
     CALL(callee)},
    {"caller_name", {"customername"}, TEXT, NULL, CALL(caller_name)},
    {"callee_name", {NULL}, TEXT, NULL, CALL(callee_name)},
    {"agent", {"extension", "agentid", "agentextension", "الموظف"}, AGENT, NULL, 0, FALSE},
    {"queue", {"queuename", "skill"}, QUEUE, NULL, 0, FALSE},
    {"client", {"account", "project", "campaign", "العميل"}, LABEL, NULL, CALL(client)},
    {"direction", {"calldirection", "type"}, WORD, directions, CALL(direction)},
    {"call_id", {"sipcallid"}, TEXT, NULL, CALL(call_id)},
    {"group_id", {"linkedid"}, TEXT, NULL, CALL(group_id)},
    {"pbx_id", {"uniqueid"}, TEXT, NULL, CALL(pbx_id)},
    {"business_id", {"ticket", "order", "case", "reference"}, TEXT, NULL, CALL(business_id)},
    {"disposition", {"status", "result"}, WORD, dispositions, CALL(disposition)},
    {"ended_by", {NULL}, LABEL, NULL, CALL(ended_by)},
    {"tags", {"labels"}, TAGS, NULL, 0, FALSE},
    {"consent_state", {"consent"}, CONSENT, consents, 0, FALSE},
    {"consent_notice", {"notice"}, CONSENT, NULL, 0, FALSE},
    {"consent_version", {NULL}, CONSENT, NULL, 0, FALSE},
    {"left", {"leftrole", "leftchannel"}, WORD, roles, ROW(left)},
    {"transcript", {"transcriptfile"}, TEXT, NULL, ROW(transcript)},
};

// Case, spaces, dashes and underscores do not count.
static char *plain(const char *heading) {
  GString *word = g_string_new(NULL);
  for (const char *at = heading; *at; at = g_utf8_next_char(at)) {
    gunichar c = g_utf8_get_char(at);
    if (!g_unichar_isspace(c) && c != '_' && c != '-')
      g_string_append_unichar(word, g_unichar_tolower(c));
  }
  return g_string_free(word, FALSE);
}

const EsMetaField *es_meta_field_find(const char *heading) {
  g_autofree char *given = plain(heading);
  for (guint i = 0; i < G_N_ELEMENTS(fields); i++) {
    g_autofree char *name = plain(fields[i].name);
    if (strcmp(name, given) == 0)
      return &fields[i];
    for (guint k = 0; k < G_N_ELEMENTS(fields[i].others) && fields[i].others[k]; k++)
      if (strcmp(fields[i].others[k], given) == 0)
        return &fields[i];
  }
  return NULL;
}

const char *es_meta_field_name(const EsMetaField *field) {
  return field->name;
}

// ---- values

static const char *meaning_of(const Meaning *meanings, const char *value) {
  g_autofree char *given = g_utf8_strdown(value, -1);
  for (const Meaning *m = meanings; m->ours; m++) {
    if (strcmp(m->ours, given) == 0)
      return m->ours;
    for (guint i = 0; i < G_N_ELEMENTS(m->others) && m->others[i]; i++)
      if (strcmp(m->others[i], given) == 0)
        return m->ours;
  }
  return NULL;
}

static char *list_meanings(const Meaning *meanings) {
  g_autoptr(GString) list = g_string_new(NULL);
  for (const Meaning *m = meanings; m->ours; m++)
    g_string_append_printf(list, "%s%s", list->len ? ", " : "", m->ours);
  return g_strdup_printf(_("must be one of %s"), list->str);
}

static char *check_text(const char *value, gsize characters) {
  for (const char *at = value; *at; at = g_utf8_next_char(at))
    if (g_unichar_iscntrl(g_utf8_get_char(at)))
      return g_strdup(_("control characters are not allowed"));
  if ((gsize)g_utf8_strlen(value, -1) > characters)
    return g_strdup_printf(_("must have 1 to %d characters"), (int)characters);
  return NULL;
}

static void replace(char **text, const char *value) {
  g_free(*text);
  *text = g_strdup(value);
}

static EsSegment *segment_of(EsCall *call) {
  if (call->segments->len == 0)
    g_ptr_array_add(call->segments, es_segment_new());
  return call->segments->pdata[0];
}

// "1:05" and "65" are lengths; in a column whose name ends in _ms a bare number is milliseconds.
static char *set_length(const char *value, gboolean bare_ms, gint64 *length_ms) {
  g_autofree char *digits = es_digits_to_ascii(value);
  guint64 number;
  if (bare_ms && g_ascii_string_to_unsigned(digits, 10, 0, (guint64)LONGEST_MS, &number, NULL))
    *length_ms = (gint64)number;
  else if (!es_duration_parse(digits, length_ms, NULL) || *length_ms < 0 || *length_ms > LONGEST_MS)
    return g_strdup_printf(_("“%s” is not a length of time"), value);
  return NULL;
}

static char *set_tags(EsCall *call, const char *value) {
  g_auto(GStrv) parts = g_strsplit_set(value, ",;|", -1);
  g_autoptr(GStrvBuilder) tags = g_strv_builder_new();
  for (char **part = parts; *part; part++) {
    char *complaint = check_text(g_strstrip(*part), LABEL_CHARACTERS);
    if (complaint)
      return complaint;
    if (**part)
      g_strv_builder_add(tags, *part);
  }
  g_strfreev(call->tags);
  call->tags = g_strv_builder_end(tags);
  return NULL;
}

static EsConsentEvent *consent_of(EsCall *call) {
  if (call->consent->len == 0)
    g_ptr_array_add(call->consent, es_consent_event_new(ES_UNKNOWN, "unknown", "import"));
  return call->consent->pdata[0];
}

static char *set_consent(const EsMetaField *field, EsCall *call, const char *value) {
  EsConsentEvent *event = consent_of(call);
  if (!field->meanings) {
    replace(g_str_has_suffix(field->name, "notice") ? &event->notice : &event->version, value);
    return NULL;
  }
  const char *state = meaning_of(field->meanings, value);
  if (!state)
    return list_meanings(field->meanings);
  replace(&event->state, state);
  return NULL;
}

static char *set_agent_or_queue(Kind kind, EsCall *call, const char *value) {
  EsSegment *segment = segment_of(call);
  replace(kind == AGENT ? &segment->agent : &segment->queue, value);
  return NULL;
}

static char *set_value(const EsMetaField *field, const char *heading, EsMetaRow *row, const char *value,
                       GTimeZone *zone) {
  gpointer base = field->of_row ? (gpointer)row : (gpointer)row->call;
  const char *word;
  switch (field->kind) {
  case TEXT:
  case LABEL:
    replace(&G_STRUCT_MEMBER(char *, base, field->offset), value);
    return NULL;
  case TIME:
    if (es_time_parse_in(value, zone, &G_STRUCT_MEMBER(gint64, base, field->offset)))
      return NULL;
    return g_strdup_printf(_("“%s” is not a moment; write it as 2026-11-20 09:30:15"), value);
  case LENGTH:
    return set_length(value, g_str_has_suffix(heading, "_ms"), &G_STRUCT_MEMBER(gint64, base, field->offset));
  case WORD:
    word = meaning_of(field->meanings, value);
    if (!word)
      return list_meanings(field->meanings);
    replace(&G_STRUCT_MEMBER(char *, base, field->offset), word);
    return NULL;
  case TAGS:
    return set_tags(row->call, value);
  case AGENT:
  case QUEUE:
    return set_agent_or_queue(field->kind, row->call, value);
  case CONSENT:
    return set_consent(field, row->call, value);
  }
  return NULL;
}

char *es_meta_field_set(const EsMetaField *field, const char *heading, EsMetaRow *row, const char *value,
                        GTimeZone *zone) {
  gboolean is_label = field->kind == LABEL || field->kind == QUEUE;
  g_autofree char *text = g_strstrip(g_strdup(value));
  if (*text == '\0')
    return NULL;
  if (!g_utf8_validate(text, -1, NULL))
    return g_strdup(_("not a text in UTF-8"));
  char *complaint = check_text(text, is_label ? LABEL_CHARACTERS : TEXT_BYTES);
  return complaint ? complaint : set_value(field, heading, row, text, zone);
}

// ---- the whole row

char *es_meta_row_check(EsMetaRow *row) {
  EsCall *call = row->call;
  if (!row->file)
    return g_strdup_printf(_("%s is missing"), "file");
  if (call->started_us != ES_UNKNOWN && call->started_us <= 0)
    return g_strdup_printf(_("%s: before 1970"), "started_at");
  if (call->answered_us != ES_UNKNOWN && call->started_us != ES_UNKNOWN &&
      call->answered_us < call->started_us)
    return g_strdup_printf(_("%s lies before %s"), "answered_at", "started_at");
  gint64 since = call->answered_us != ES_UNKNOWN ? call->answered_us : call->started_us;
  if (call->ended_us != ES_UNKNOWN && since != ES_UNKNOWN && call->ended_us < since)
    return g_strdup_printf(_("%s lies before %s"), "ended_at",
                           call->answered_us != ES_UNKNOWN ? "answered_at" : "started_at");
  EsConsentEvent *event = call->consent->len ? call->consent->pdata[0] : NULL;
  if (event && strcmp(event->state, "unknown") == 0)
    g_ptr_array_set_size(call->consent, 0); // a notice alone is no consent
  replace(&call->consent_state, es_consent_state(call->consent));
  return NULL;
}
