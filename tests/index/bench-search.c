// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// By hand: fills a library with made-up calls of a busy floor and prints how long typical searches take.
//   bench-search FOLDER [CALLS]      (a folder that is there already is searched, not filled)
// 400 agents, three clients, ten queues; a call each 3.4 s over the whole time; 2 % evaluated, 1 % flagged, 3
// % tagged, 5 % with a note; one caller in twenty is of 2000 who call often; the page is 20 rows.
#include "earshot/common/id.h"
#include "earshot/index/annotation.h"
#include "earshot/index/directory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_US G_GINT64_CONSTANT(1763600000000000)
#define STEP_US 3400000
#define AGENTS 400
#define ROUNDS 200

static void check(gboolean ok, GError *error) {
  if (ok)
    return;
  fprintf(stderr, "%s\n", error->message);
  exit(1);
}

static guint pick(guint n) {
  return (guint)g_random_int_range(0, (gint32)n);
}

static const char *const first_names[] = {"Mona",    "Karim", "Ahmed", "Huda", "Omar", "Salma",
                                          "Youssef", "Nour",  "منى",   "كريم", "أحمد", "هدى",
                                          "عمر",     "سلمى",  "يوسف",  "نور"};
static const char *const last_names[] = {"Adel",  "Zaki", "Fouad",   "Nabil", "Samir",
                                         "السيد", "حسن",  "إبراهيم", "منصور", "سالم"};

static char *name_of(guint agent) {
  return g_strdup_printf("%s %s", first_names[agent % 16], last_names[(agent / 16) % 10]);
}

static void annotate(EsIndex *index, gint64 row) {
  static const char *const notes[] = {"promised a refund", "العميل قدم شكوى عن الفاتورة", "called back twice",
                                      "طلب تحويل المكالمة للمدير"};
  GError *error = NULL;
  if (pick(100) < 5)
    check(es_index_add_note(index, row, notes[pick(4)], ES_UNKNOWN, "x", 1, &error), error);
  if (pick(100) < 3)
    check(es_index_add_tag(index, row, pick(10) ? "callback" : "vip", "x", 1, &error), error);
  if (pick(100) < 1)
    check(es_index_add_flag(index, row, "training", "listen", -1, -1, "x", 1, &error), error);
  if (pick(100) >= 2)
    return;
  g_autoptr(EsEvaluation) e = es_evaluation_new();
  e->call = row;
  e->evaluator = g_strdup("x");
  e->rubric_id = g_strdup("standard");
  e->rubric_version = g_strdup("1");
  e->score = 40 + pick(60);
  check(es_index_add_evaluation(index, e, &error), error);
}

static void set(char **text, char *value) {
  g_free(*text);
  *text = value;
}

static EsCall *made_up(guint n) {
  static const char *const clients[] = {"nile", "delta", "sinai"};
  EsCall *call = es_call_new();
  guint agent = pick(AGENTS);
  gboolean answered = pick(100) < 88, inbound = pick(100) < 80;
  call->started_us = FIRST_US + (gint64)n * STEP_US + pick(STEP_US);
  call->id = g_malloc(ES_ID_SIZE);
  es_id_new(call->started_us, call->id);
  call->call_id = g_strdup_printf("%08x%08x@192.0.2.1", g_random_int(), g_random_int());
  call->source_key = g_strdup_printf("live:%u", n);
  set(&call->client, g_strdup(clients[agent % 3]));
  set(&call->direction, g_strdup(inbound ? "inbound" : "outbound"));
  char *outside = g_strdup_printf("+2010%08u", pick(20) ? pick(100000000) : pick(2000)),
       *inside = g_strdup_printf("%u", 2000 + agent);
  call->caller = inbound ? outside : inside;
  call->callee = inbound ? inside : outside;
  call->disposition = g_strdup(answered ? "answered" : pick(4) ? "abandoned" : "busy");
  call->outcome = g_strdup(!answered ? "none" : pick(50) ? "recorded" : "partial");
  if (answered) {
    call->duration_ms = 1000 + (gint64)(-240000 * log(g_random_double_range(1e-6, 1)));
    call->missing_ms = pick(40) ? 0 : 60 + pick(4000);
    call->sample_rate_hz = 8000;
    call->audio_ms = call->duration_ms;
    call->talk_over_ms = pick(4) ? 0 : call->audio_ms * pick(12) / 100;
    call->dead_air_ms = pick(5) ? 0 : call->audio_ms * pick(40) / 100;
    call->raised_ms = pick(6) ? 0 : call->audio_ms * pick(15) / 100;
    EsSegment *segment = es_segment_new();
    segment->agent = g_strdup_printf("%u", 2000 + agent);
    segment->agent_name = name_of(agent);
    segment->team = g_strdup_printf("team %u", agent % 20);
    segment->queue = g_strdup_printf("queue%u", pick(10));
    segment->end_ms = call->duration_ms;
    g_ptr_array_add(call->segments, segment);
    g_ptr_array_add(call->legs, es_call_leg_new("caller"));
    g_ptr_array_add(call->legs, es_call_leg_new("agent"));
    EsConsentEvent *event = es_consent_event_new(call->started_us, pick(50) ? "given" : "refused", "callee");
    g_ptr_array_add(call->consent, event);
  }
  return call;
}

static void fill(EsIndex *index, guint calls) {
  GError *error = NULL;
  for (guint agent = 0; agent < AGENTS; agent++) {
    g_autofree char *extension = g_strdup_printf("%u", 2000 + agent), *name = name_of(agent);
    EsAgent entry = {.extension = extension, .name = name, .from_us = ES_UNKNOWN, .until_us = ES_UNKNOWN};
    check(es_index_add_agent(index, &entry, "x", &error), error);
  }
  for (guint n = 0; n < calls; n++) {
    if (n % 1000 == 0)
      check(es_index_begin(index, &error), error);
    g_autoptr(EsCall) call = made_up(n);
    check(es_index_put_call(index, call, &error), error);
    annotate(index, call->rowid);
    if (n % 1000 == 999 || n + 1 == calls)
      check(es_index_commit(index, &error), error);
  }
}

// ---- searches

static void set_further(EsSearch *s, guint which, gint64 until, const char *agent) {
  gint64 week = 7 * G_GINT64_CONSTANT(86400000000);
  switch (which) {
  case 20:
    s->page = 500;
    break;
  case 21:
    s->sort = ES_SORT_TENSION;
    break;
  case 22:
    s->sort = ES_SORT_TENSION;
    s->from_us = until - week / 7;
    s->until_us = until;
    break;
  case 23:
    s->sort = ES_SORT_TENSION;
    s->agent = first_names[pick(16)];
    s->from_us = until - week / 7;
    s->until_us = until;
    break;
  case 24:
    s->sort = ES_SORT_TENSION;
    s->agent = first_names[pick(16)];
    break;
  case 25:
    s->sort = ES_SORT_TENSION;
    s->client = "nile";
    s->direction = "outbound";
    break;
  case 26:
    s->sort = ES_SORT_SCORE;
    s->reverse = TRUE;
    s->agent = agent;
    break;
  case 27:
    s->sort = ES_SORT_DURATION;
    s->words = "refund";
    break;
  case 28:
    s->sort = ES_SORT_TENSION;
    s->words = "team";
    break;
  case 29:
    s->sort = ES_SORT_DURATION;
    s->disposition = "abandoned";
    break; // none has one
  case 30:
    s->min_repeats = 1;
    break;
  case 31:
    s->min_dead_air_ms = 60000;
    s->min_talk_over_ms = 20000;
    break;
  case 32:
    s->sort = ES_SORT_TENSION;
    s->page = 500;
    break;
  }
}

static void set_search(EsSearch *s, guint which, gint64 last_us) {
  static char agent[16], caller[16];
  g_snprintf(agent, sizeof agent, "%u", 2000 + pick(AGENTS));
  g_snprintf(caller, sizeof caller, "%06u", pick(1000000));
  gint64 week = 7 * G_GINT64_CONSTANT(86400000000), until = last_us - pick(20) * week / 7;
  switch (which) {
  case 0:
    break;
  case 1:
    s->agent = agent;
    break;
  case 2:
    s->agent = agent;
    s->from_us = until - week;
    s->until_us = until;
    break;
  case 3:
    s->agent = first_names[pick(16)];
    break;
  case 4:
    s->words = "refund";
    break;
  case 5:
    s->words = "refund";
    s->from_us = until - 4 * week;
    break;
  case 6:
    s->words = "شكوى فاتورة";
    break;
  case 7:
    s->words = "team";
    break;
  case 8:
    s->words = "ref*";
    break;
  case 9:
    s->number = caller;
    break;
  case 10:
    s->caller = caller + 2;
    break;
  case 11:
    s->flag = "training";
    break;
  case 12:
    s->tag = "vip";
    s->client = "nile";
    break;
  case 13:
    s->missing_audio = TRUE;
    break;
  case 14:
    s->score_below = 45;
    break;
  case 15:
    s->min_duration_ms = 1800000;
    break;
  case 16:
    s->consent = "refused";
    break;
  case 17:
    s->client = "delta";
    s->direction = "outbound";
    s->disposition = "busy";
    break;
  case 18:
    s->client = "delta";
    s->queue = "queue3";
    s->min_duration_ms = 600000;
    s->missing_audio = TRUE;
    break;
  case 19:
    s->disposition = "busy";
    s->outcome = "recorded";
    break; // there is none
  default:
    set_further(s, which, until, agent);
  }
}

static const char *const titles[] = {"nothing: the newest",
                                     "agent",
                                     "agent, a week",
                                     "agent by name",
                                     "word",
                                     "word, four weeks",
                                     "two Arabic words",
                                     "word of every call",
                                     "prefix",
                                     "number, last 6",
                                     "caller, last 4",
                                     "flag",
                                     "tag + client",
                                     "missing audio",
                                     "score below 45",
                                     "30 min and more",
                                     "consent refused",
                                     "client + direction + busy",
                                     "client + queue + 10 min + missing",
                                     "busy + recorded: none",
                                     "page 500",
                                     "by tension",
                                     "by tension, a day",
                                     "by tension, agent by name, a day",
                                     "by tension, agent by name",
                                     "by tension, client + outbound",
                                     "by score, worst first, agent",
                                     "by duration, word",
                                     "by tension, word of every call",
                                     "by duration, abandoned: unknown",
                                     "repeat callers",
                                     "dead air + talk-over",
                                     "by tension, page 500"};

static gboolean count_row(const EsCall *call, gpointer user_data) {
  ++*(guint *)user_data;
  return TRUE;
}

static int ascending(gconstpointer a, gconstpointer b) {
  double x = *(const double *)a, y = *(const double *)b;
  return x < y ? -1 : x > y;
}

static void measure(EsIndex *index, guint which, gint64 last_us) {
  double times[ROUNDS];
  guint rows = 0;
  for (guint round = 0; round < ROUNDS; round++) {
    GError *error = NULL;
    EsSearch search;
    es_search_init(&search);
    search.limit = 20;
    set_search(&search, which, last_us);
    gint64 start = g_get_monotonic_time();
    check(es_index_search(index, &search, count_row, &rows, &error), error);
    times[round] = (double)(g_get_monotonic_time() - start) / 1000;
  }
  qsort(times, ROUNDS, sizeof *times, ascending);
  printf("%-36s p50 %7.2f ms   p99 %7.2f ms   rows %.1f\n", titles[which], times[ROUNDS / 2],
         times[ROUNDS * 99 / 100], (double)rows / ROUNDS);
}

int main(int argc, char **argv) {
  if (argc < 2)
    return 2;
  guint calls = argc > 2 ? (guint)strtoul(argv[2], NULL, 10) : 200000;
  gboolean is_new = !g_file_test(argv[1], G_FILE_TEST_EXISTS);
  GError *error = NULL;
  g_autoptr(EsIndex) index = es_index_open(argv[1], ES_INDEX_CREATE, &error);
  check(index != NULL, error);
  g_random_set_seed(1);
  gint64 start = g_get_monotonic_time();
  if (is_new) {
    fill(index, calls);
    printf("%u calls stored, %.0f a second\n", calls,
           calls / ((double)(g_get_monotonic_time() - start) / ES_US_PER_S));
  }
  for (guint which = 0; which < G_N_ELEMENTS(titles); which++)
    measure(index, which, FIRST_US + (gint64)calls * STEP_US);
  return 0;
}
