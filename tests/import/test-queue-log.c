// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "earshot/common/id.h"
#include "earshot/import/logs.h"
#include "earshot/import/reconcile.h"
#include "earshot/import/sessions.h"
#include "earshot/index/correction.h"
#include "earshot/index/directory.h"
#include "earshot/index/queue-event.h"
#include "line-reader.h"
#include "queue-line.h"
#include "queue-story.h"

#include <glib/gstdio.h>
#include <string.h>

#define T G_GINT64_CONSTANT(1763632800) // 2025-11-20 10:00:00 UTC

static GPtrArray *read_events(const char *text) {
  GPtrArray *events = g_ptr_array_new_with_free_func((GDestroyNotify)es_queue_event_free);
  g_autoptr(EsLineReader) reader = es_line_reader_of_text(text, strlen(text));
  g_autoptr(GTimeZone) zone = es_time_zone("UTC", NULL);
  char *line;
  while ((line = es_line_reader_next(reader, NULL))) {
    const char *problem;
    EsQueueEvent *event = es_queue_line_read(line, zone, &problem);
    g_assert_cmpstr(problem, ==, NULL);
    g_ptr_array_add(events, event);
  }
  return events;
}

// "wait disposition: agent/queue from-to, …; kind detail at, …", in seconds after T.
static char *tell(const EsQueueStory *story) {
  GString *all = g_string_new(NULL);
  g_string_append_printf(all, "%d %s:", (int)story->wait_ms, story->disposition);
  for (guint i = 0; i < story->stretches->len; i++) {
    const EsStretch *s = &g_array_index(story->stretches, EsStretch, i);
    g_string_append_printf(all, " %s/%s %d-%d", s->agent ? s->agent : s->agent_name, s->queue,
                           (int)(s->start_us / ES_US_PER_S - T),
                           s->end_us == ES_UNKNOWN ? -1 : (int)(s->end_us / ES_US_PER_S - T));
  }
  g_string_append(all, ";");
  for (guint i = 0; i < story->moments->len; i++) {
    const EsQueueMoment *m = &g_array_index(story->moments, EsQueueMoment, i);
    if (!g_str_equal(m->kind, "queue-enter"))
      g_string_append_printf(all, " %s %s", m->kind, m->detail);
  }
  return g_string_free(all, FALSE);
}

static void test_stories(void) {
  static const struct {
    const char *name, *log, *story;
  } cases[] = {
      {"rung in vain, answered, ended by the caller",
       "1763632805|1763632800.1|600|NONE|ENTERQUEUE||01001234567|1\n"
       "1763632815|1763632800.1|600|PJSIP/2002|RINGNOANSWER|10000\n"
       "1763632820|1763632800.1|600|Local/2001@from-queue/n|CONNECT|15|1763632816.4|4\n"
       "1763632880|1763632800.1|600|Local/2001@from-queue/n|COMPLETECALLER|15|60|1\n",
       "15000 answered: 2001/600 20-80; ring-no-answer 2002 queue-connect 2001"},
      {"gave up",
       "1763632805|1763632800.1|600|NONE|ENTERQUEUE||0100\n1763632845|1763632800.1|600|NONE|ABANDON|1|1|40\n",
       "40000 abandoned:; queue-abandon 600"},
      {"one queue in vain, the next answered and sent on",
       "1763632800|1763632800.1|600|NONE|ENTERQUEUE||0100\n"
       "1763632860|1763632800.1|600|NONE|EXITWITHTIMEOUT|1|1|60\n"
       "1763632861|1763632800.1|601|NONE|ENTERQUEUE||0100\n"
       "1763632871|1763632800.1|601|\xD9\x85\xD9\x86\xD9\x89|CONNECT|10|1763632862.3|5\n"
       "1763632901|1763632800.1|601|\xD9\x85\xD9\x86\xD9\x89|BLINDTRANSFER|2005|from-internal|10|30|1\n",
       "70000 answered: 2009/601 71-101; queue-timeout 600 queue-connect 2009 "
       "queue-transfer "
       "2005"},
      {"answered in one queue, given up in the next",
       "1763632800|1763632800.1|600|NONE|ENTERQUEUE||0100\n"
       "1763632810|1763632800.1|600|Ali|CONNECT|10|1763632862.3\n"
       "1763632820|1763632800.1|600|Ali|TRANSFER|601|ext-queues|10|10\n"
       "1763632821|1763632800.1|601|NONE|ENTERQUEUE||0100\n"
       "1763632830|1763632800.1|601|NONE|ABANDON|1|1|9\n",
       "19000 answered: Ali/600 10-20; queue-connect Ali queue-transfer 601 queue-abandon "
       "601"},
      {"the beginning lies in another file", "1763632880|1763632800.1|600|SIP/2001|COMPLETEAGENT|15|60|1\n",
       "15000 answered: 2001/600 20-80;"},
      {"old lines without seconds waited",
       "1763632800|1763632800.1|600|NONE|ENTERQUEUE||0100\n1763632830|1763632800.1|600|NONE|EXITWITHKEY|1|"
       "3\n",
       "30000 missed:; queue-key 1"},
      {"still waiting", "1763632805|1763632800.1|600|NONE|ENTERQUEUE||0100\n", "-1 (null):;"},
      {"sent on after asking",
       "1763632800|1763632800.1|600|NONE|ENTERQUEUE||0100\n"
       "1763632810|1763632800.1|600|SIP/2001|CONNECT|10|1763632805.3|1\n"
       "1763632840|1763632800.1|600|SIP/2001|ATTENDEDTRANSFER|BRIDGE|8e1|10|30|1\n",
       "10000 answered: 2001/600 10-40; queue-connect 2001 queue-transfer (null)"},
  };
  g_autoptr(GHashTable) directory = g_hash_table_new(g_str_hash, g_str_equal);
  g_hash_table_insert(directory, (gpointer) "\xD9\x85\xD9\x86\xD9\x8A", (gpointer) "2009"); // folded
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_test_message("%s", cases[i].name);
    g_autoptr(GPtrArray) events = read_events(cases[i].log);
    g_autoptr(EsQueueStory) story = es_queue_story_new(events, directory);
    g_autofree char *told = tell(story);
    g_assert_cmpstr(told, ==, cases[i].story);
  }
}

static void test_lines(void) {
  static const char *const wrong[] = {"",
                                      "x",
                                      "1763632805|1.1|600|NONE",
                                      "soon|1.1|600|NONE|ABANDON|1|1|1",
                                      "1763632805||600|NONE|ABANDON|1|1|1",
                                      "1763632805|1.1|600|NONE|abandon|1|1|1",
                                      "1763632805|1.1|600|NONE||1|1|1"};
  g_autoptr(GTimeZone) zone = es_time_zone("Africa/Cairo", NULL);
  for (guint i = 0; i < G_N_ELEMENTS(wrong); i++) {
    g_autofree char *line = g_strdup(wrong[i]);
    const char *problem = NULL;
    g_assert_null(es_queue_line_read(line, zone, &problem));
    g_assert_nonnull(problem);
  }
  char right[] = "2025-11-20 12:00:05.5|1763632800.1|600|NONE|ABANDON|1|1|40||";
  const char *problem = NULL;
  g_autoptr(EsQueueEvent) event = es_queue_line_read(right, zone, &problem);
  g_assert_cmpint(event->at_us, ==, (T + 5) * ES_US_PER_S + 500000);
  g_assert_cmpint(es_queue_seconds(event, 0), ==, 40000);
  g_autofree char *first = es_queue_data(event, 0);
  g_assert_cmpstr(first, ==, "1");
}

// ---- with a library

static char *folder;

static char *write_file(const char *name, const char *text) {
  char *path = g_build_filename(folder, name, NULL);
  g_assert_true(g_file_set_contents(path, text, -1, NULL));
  return path;
}

static EsIndex *open_library(const char *name) {
  GError *error = NULL;
  g_autofree char *path = g_build_filename(folder, name, NULL);
  EsIndex *index = es_index_open(path, ES_INDEX_CREATE, &error);
  g_assert_no_error(error);
  return index;
}

static void put_lasting(EsIndex *index, const char *caller, const char *callee, int second, int seconds,
                        const char *pbx_id) {
  GError *error = NULL;
  g_autoptr(EsCall) call = es_call_new();
  call->started_us = (T + second) * ES_US_PER_S;
  call->ended_us = call->started_us + seconds * ES_US_PER_S;
  char id[ES_ID_SIZE];
  es_id_new(call->started_us, id);
  call->id = g_strdup(id);
  call->caller = g_strdup(caller);
  call->callee = g_strdup(callee);
  call->pbx_id = g_strdup(pbx_id);
  call->disposition = g_strdup("answered");
  call->outcome = g_strdup("recorded");
  EsSegment *segment = es_segment_new();
  segment->end_ms = seconds * 1000;
  g_ptr_array_add(call->segments, segment);
  es_index_put_call(index, call, &error);
  g_assert_no_error(error);
}

static void put(EsIndex *index, const char *caller, const char *callee, int second, const char *pbx_id) {
  put_lasting(index, caller, callee, second, 100, pbx_id);
}

static EsLogsStats take_log(EsIndex *index, const char *file, gboolean is_cdr) {
  GError *error = NULL;
  const char *files[] = {file, NULL};
  const EsLogsOptions options = {.files = files, .timezone = "UTC", .actor = "t", .now_us = T * ES_US_PER_S};
  EsLogsStats stats;
  g_autoptr(GPtrArray) queues = NULL;
  if (is_cdr)
    es_cdr_import(index, &options, &stats, &error);
  else
    es_queue_log_import(index, &options, &stats, &queues, &error);
  g_assert_no_error(error);
  return stats;
}

static gboolean tell_row(const EsCall *call, gpointer user_data) {
  GString *all = user_data;
  g_string_append_printf(all, "%d %s>%s %s %s %s wait %d len %d:", (int)(call->started_us / ES_US_PER_S - T),
                         call->caller, call->callee, call->direction, call->disposition, call->outcome,
                         (int)call->wait_ms, (int)call->duration_ms);
  for (guint i = 0; i < call->segments->len; i++) {
    const EsSegment *s = g_ptr_array_index(call->segments, i);
    g_string_append_printf(all, " %s/%s %d-%d", s->agent, s->queue, (int)s->start_ms, (int)s->end_ms);
  }
  g_string_append(all, "\n");
  return TRUE;
}

static char *tell_library(EsIndex *index) {
  GString *all = g_string_new(NULL);
  EsSearch search;
  es_search_init(&search);
  g_assert_true(es_index_search(index, &search, tell_row, all, NULL));
  return g_string_free(all, FALSE);
}

static const char LOG[] = "1763632802|1763632800.1|600|NONE|ENTERQUEUE||0100\n"
                          "1763632812|1763632800.1|600|SIP/2001|CONNECT|10|1763632805.2|3\n"
                          "1763632842|1763632800.1|600|SIP/2001|BLINDTRANSFER|2005|from-internal|10|30|1\n"
                          "1763632903|1763632900.5|600|NONE|ENTERQUEUE||0111\n"
                          "1763632930|1763632900.5|600|NONE|ABANDON|1|1|27\n"
                          "1763633005|1763633000.8|600|NONE|ENTERQUEUE||01222222222\n"
                          "1763633009|1763633000.8|600|SIP/2001|CONNECT|4|1763633006.2|3\n"
                          "1763633059|1763633000.8|600|SIP/2001|COMPLETEAGENT|4|50|1\n";
static const char CDR[] =
    "calldate,clid,src,dst,dcontext,channel,dstchannel,lastapp,lastdata,duration,billsec,disposition,"
    "uniqueid,linkedid\n"
    "2025-11-20 "
    "10:00:00,,0100,600,ext-queues,SIP/trunk-1,SIP/"
    "2001-2,Queue,\"600,t\",42,40,ANSWERED,1763632800.1,1763632800.1\n"
    "2025-11-20 "
    "10:00:42,,0100,2005,ext-local,SIP/trunk-1,SIP/2005-3,Dial,,38,33,ANSWERED,1763632800.1,1763632800.1\n"
    "2025-11-20 "
    "10:01:40,,0111,600,ext-queues,SIP/trunk-4,,Queue,\"600,t\",31,29,ANSWERED,1763632900.5,1763632900.5\n";

static const char ROWS[] =
    "198 +201222222222>19000 unknown answered recorded wait 4000 len -1: 2001/600 11000-61000\n"
    "100 0111>600 inbound abandoned none wait 27000 len 29000: (null)/600 0-31000\n"
    "0 0100>600 inbound answered recorded wait 10000 len 78000: 2001/600 12000-42000 2005/(null) "
    "47000-80000\n";

// A recording with the id, one from the wire without, and a call that nobody recorded; in both orders, twice.
static void test_orders(void) {
  g_autofree char *log = write_file("queue_log", LOG), *cdr = write_file("cdr.csv", CDR);
  for (int cdr_first = 0; cdr_first < 2; cdr_first++) {
    g_autoptr(EsIndex) index = open_library(cdr_first ? "a" : "b");
    put(index, "0100", NULL, 0, "1763632800.1");
    put(index, "+201222222222", "19000", 198, NULL);
    put(index, "+201222222222", "2001", 207, NULL); // the way to the agent: a leg of the same call
    take_log(index, cdr_first ? cdr : log, cdr_first);
    take_log(index, cdr_first ? log : cdr, !cdr_first);
    g_autofree char *rows = tell_library(index);
    char *leg = strstr(rows, "207 "), *end = strchr(leg, '\n');
    memmove(leg, end + 1, strlen(end + 1) + 1);
    g_assert_cmpstr(rows, ==, ROWS);
    const EsLogsStats again = take_log(index, log, FALSE), and_again = take_log(index, cdr, TRUE);
    g_assert_cmpuint(again.new_lines + again.made + again.changed, ==, 0);
    g_assert_cmpuint(and_again.made + and_again.changed, ==, 0);
    g_assert_cmpuint(again.joined, ==, 2);
  }
}

static void add_call(GString *log, int start, int n) {
  const char *const events[] = {"NONE|ENTERQUEUE||01001234567", "SIP/2001|CONNECT|5|1.1|2",
                                "SIP/2001|COMPLETECALLER|5|35|1"};
  const int at[] = {10, 15, 50};
  for (guint i = 0; i < G_N_ELEMENTS(events); i++)
    g_string_append_printf(log, "%" G_GINT64_FORMAT "|%" G_GINT64_FORMAT ".%d|600|%s\n", T + start + at[i],
                           T + start, n, events[i]);
}

// One caller, captured twice a minute apart. With clocks that agree each has its own; with a telephone system
// 40 s behind or ahead the second call's waiting lies within the first call, and none is joined or doubled.
static void test_clocks(void) {
  const int offsets[] = {0, 2, -40, 40};
  for (guint i = 0; i < G_N_ELEMENTS(offsets); i++) {
    g_autofree char *name = g_strdup_printf("clocks-%u", i);
    g_autoptr(EsIndex) index = open_library(name);
    g_autoptr(GString) log = g_string_new(NULL);
    put_lasting(index, "01001234567", "19000", 0, 50, NULL);
    put_lasting(index, "01001234567", "19000", 60, 50, NULL);
    add_call(log, offsets[i], 1);
    add_call(log, 60 + offsets[i], 2);
    g_autofree char *file = write_file("queue_log", log->str);
    for (int again = 0; again < 2; again++) {
      const EsLogsStats stats = take_log(index, file, FALSE);
      g_assert_cmpuint(stats.made, ==, 0);
      g_assert_cmpuint(stats.joined, ==, ABS(offsets[i]) > 5 ? 0 : 2);
      g_assert_cmpuint(stats.ambiguous, ==, ABS(offsets[i]) > 5 ? 2 : 0);
      g_assert_cmpuint(stats.changed, ==, again || ABS(offsets[i]) > 5 ? 0 : 2);
    }
  }
}

// Records begin with the call; a neighbour that has its own record is no doubt about the next.
static void test_near_records(void) {
  g_autoptr(EsIndex) index = open_library("near");
  put_lasting(index, "01001234567", "2001", 0, 50, NULL);
  put_lasting(index, "01007777777", "2001", 40, 50, NULL);
  g_autoptr(GString) cdr =
      g_string_new("calldate,src,dst,channel,dstchannel,duration,billsec,disposition,uniqueid\n");
  const struct {
    int at;
    const char *src;
  } records[] = {{1, "01001234567"}, {61, "01001234567"}, {0, "01007777777"}};
  for (guint i = 0; i < G_N_ELEMENTS(records); i++)
    g_string_append_printf(
        cdr, "%" G_GINT64_FORMAT ",%s,2001,SIP/trunk-1,SIP/2001-2,50,45,ANSWERED,%" G_GINT64_FORMAT ".%u\n",
        T + records[i].at, records[i].src, T + records[i].at, i);
  g_autofree char *file = write_file("near.csv", cdr->str);
  const EsLogsStats stats = take_log(index, file, TRUE), again = take_log(index, file, TRUE);
  g_assert_cmpuint(stats.joined, ==, 1);    // the first
  g_assert_cmpuint(stats.made, ==, 1);      // the second has no recording
  g_assert_cmpuint(stats.ambiguous, ==, 1); // the third: 40 s off
  g_assert_cmpuint(again.changed + again.made, ==, 0);
  g_assert_cmpuint(again.ambiguous, ==, 1);
}

// What a person has put right no log changes.
static void test_person(void) {
  GError *error = NULL;
  g_autofree char *log = write_file("queue_log", LOG);
  g_autoptr(EsIndex) index = open_library("c");
  put(index, "0100", NULL, 0, "1763632900.5");
  g_autoptr(GPtrArray) calls = es_index_find_pbx_calls(index, "1763632900.5", &error);
  const EsCall *call = g_ptr_array_index(calls, 0);
  es_index_correct(index, call->rowid, -1, "disposition", "missed", NULL, "person", "mona", T, &error);
  g_assert_no_error(error);
  take_log(index, log, FALSE);
  g_autoptr(GPtrArray) then = es_index_find_pbx_calls(index, "1763632900.5", &error);
  call = g_ptr_array_index(then, 0);
  g_assert_cmpstr(call->disposition, ==, "missed");
  g_assert_cmpint(call->wait_ms, ==, 27000);
  g_autoptr(GPtrArray) history = es_index_list_corrections(index, call->rowid, &error);
  const EsCorrection *last = g_ptr_array_index(history, history->len - 1);
  g_assert_cmpstr(last->source, ==, "queue-log");
  g_assert_cmpstr(last->reason, ==, "queue_log:4");
}

// A recording that comes after the log takes what the log knows; log-ins and pauses are kept beside.
static void test_later(void) {
  GError *error = NULL;
  g_autofree char *log = write_file("queue_log", "1763632700|NONE|600|SIP/2001|ADDMEMBER|\n"
                                                 "1763632750|NONE|NONE|SIP/2001|PAUSEALL|\n"
                                                 "1763632900|1763632900.5|600|NONE|ENTERQUEUE||0111\n"
                                                 "1763632930|1763632900.5|600|NONE|ABANDON|1|1|27\n");
  g_autoptr(EsIndex) index = open_library("e");
  take_log(index, log, FALSE);
  g_autoptr(EsCall) call = es_call_new();
  call->pbx_id = g_strdup("1763632900.5");
  call->started_us = (T + 90) * ES_US_PER_S;
  call->disposition = g_strdup("answered");
  g_assert_true(es_queue_log_apply(index, call, &error));
  g_assert_cmpstr(call->disposition, ==, "abandoned");
  g_assert_cmpint(call->wait_ms, ==, 27000);
  g_assert_cmpint(((EsCallEvent *)g_ptr_array_index(call->events, 0))->at_ms, ==, 10000);
  g_autoptr(GPtrArray) members =
      es_index_list_member_events(index, (T - 100) * ES_US_PER_S, T * ES_US_PER_S, &error);
  g_assert_cmpuint(members->len, ==, 2);
}

// "agent from-until paused/pauses queues", in seconds after T.
static void test_sessions(void) {
  GError *error = NULL;
  g_autofree char *log =
      write_file("queue_log", "1763632700|NONE|600|SIP/2001|ADDMEMBER|\n"
                              "1763632701|NONE|601|SIP/2001|ADDMEMBER|\n"
                              "1763632800|NONE|NONE|SIP/2001|PAUSEALL|\n"
                              "1763632800|NONE|600|SIP/2001|PAUSE|\n"
                              "1763632801|NONE|601|SIP/2001|PAUSE|\n"
                              "1763632860|NONE|NONE|SIP/2001|UNPAUSEALL|\n"
                              "1763632900|NONE|600|SIP/2001|REMOVEMEMBER|\n"
                              "1763632901|NONE|601|SIP/2001|REMOVEMEMBER|\n"
                              "1763633000|1763632990.1|NONE|Agent/2002|AGENTLOGOFF|SIP/9-1|200\n"
                              "1763633100|NONE|600|Ali|ADDMEMBER|\n"
                              "1763633150|NONE|600|Ali|PAUSE|tea\n"
                              "1763633200|NONE|602|SIP/2003|REMOVEMEMBER|\n");
  g_autoptr(EsIndex) index = open_library("f");
  take_log(index, log, FALSE);
  g_autoptr(GPtrArray) sessions =
      es_sessions_list(index, T * ES_US_PER_S, (T + 1000) * ES_US_PER_S, (T + 400) * ES_US_PER_S, &error);
  g_assert_no_error(error);
  g_autoptr(GString) all = g_string_new(NULL);
  for (guint i = 0; i < sessions->len; i++) {
    const EsAgentSession *s = g_ptr_array_index(sessions, i);
    g_autofree char *queues = g_strjoinv(",", s->queues);
    g_string_append_printf(
        all, "%s %d-%d %d/%u %s; ", s->agent, s->from_us < 0 ? -1 : (int)(s->from_us / ES_US_PER_S - T),
        s->until_us < 0 ? -1 : (int)(s->until_us / ES_US_PER_S - T), (int)s->paused_ms, s->pauses, queues);
  }
  g_assert_cmpstr(
      all->str, ==,
      "2003 -1-400 0/0 602; 2001 -100-101 60000/1 600,601; 2002 0-200 0/0 ; Ali 300--1 50000/1 600; ");
}

// 40 calls to extensions 25xx to 28xx, two of them an hour; every call to 27xx since 12:00 is missing.
static void test_reconcile(void) {
  GError *error = NULL;
  g_autoptr(EsIndex) index = open_library("d");
  g_autoptr(GString) text =
      g_string_new("calldate,src,dst,channel,dstchannel,duration,billsec,disposition\n");
  for (int i = 0; i < 40; i++) {
    int at = i * 600, extension = 2501 + i % 4 * 100 + i / 20;
    g_string_append_printf(text, "%" G_GINT64_FORMAT ",0100%07d,%d,SIP/trunk-1,SIP/%d-2,60,50,ANSWERED\n",
                           T + at, i, extension, extension);
    g_autofree char *caller = g_strdup_printf("0100%07d", i), *callee = g_strdup_printf("%d", extension);
    if (i % 4 != 2 || at < 7200)
      put(index, caller, callee, at + 7, NULL); // its clock is seven seconds ahead
  }
  put(index, "0100", "2501", 500, NULL);
  const EsCdrOptions cdr_options = {"UTC", ES_UNKNOWN, ES_UNKNOWN, NULL, NULL};
  g_autoptr(EsCdr) cdr = es_cdr_read_text("cdr.csv", text->str, -1, &cdr_options, &error);
  g_assert_no_error(error);
  const EsReconcileOptions options = {ES_UNKNOWN, ES_UNKNOWN, 5000, 1000};
  g_autoptr(EsReconciliation) result = es_reconcile(index, cdr, &options, &error);
  g_assert_no_error(error);
  g_assert_cmpuint(result->compared, ==, 40);
  g_assert_cmpuint(result->missing, ==, 7);
  g_assert_cmpuint(result->unknown, ==, 1);
  g_assert_cmpint(result->offset_ms, ==, 7000);
  g_assert_cmpuint(result->patterns->len, ==, 1);
  const EsReconcilePattern *pattern = g_ptr_array_index(result->patterns, 0);
  g_assert_cmpstr(pattern->field, ==, "extensions");
  g_assert_cmpstr(pattern->value, ==, "27xx");
  g_assert_cmpuint(pattern->missing, ==, 7);
  g_assert_cmpint(pattern->since_us, ==, (T + 14 * 600) * ES_US_PER_S);
  g_assert_cmpint(pattern->until_us, ==, ES_UNKNOWN);
}

static void remove_tree(const char *path) {
  GDir *dir = g_dir_open(path, 0, NULL);
  const char *name;
  while (dir && (name = g_dir_read_name(dir))) {
    g_autofree char *child = g_build_filename(path, name, NULL);
    remove_tree(child);
  }
  if (dir)
    g_dir_close(dir);
  g_remove(path);
}

int main(int argc, char **argv) {
  g_setenv("TZ", "UTC", TRUE);
  g_test_init(&argc, &argv, NULL);
  folder = g_dir_make_tmp("earshot-queue-log-XXXXXX", NULL);
  g_test_add_func("/queue-log/lines", test_lines);
  g_test_add_func("/queue-log/stories", test_stories);
  g_test_add_func("/queue-log/orders", test_orders);
  g_test_add_func("/queue-log/clocks", test_clocks);
  g_test_add_func("/queue-log/near-records", test_near_records);
  g_test_add_func("/queue-log/person", test_person);
  g_test_add_func("/queue-log/later", test_later);
  g_test_add_func("/queue-log/sessions", test_sessions);
  g_test_add_func("/reconcile", test_reconcile);
  int status = g_test_run();
  remove_tree(folder);
  g_free(folder);
  return status;
}
