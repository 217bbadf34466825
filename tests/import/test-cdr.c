// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "earshot/common/error.h"
#include "earshot/import/cdr.h"

static void count_warning(const char *message, gpointer user_data) {
  (*(guint *)user_data)++;
}

static EsCdr *read_cdr(const char *text, const char *zone, guint *warnings) {
  GError *error = NULL;
  const EsCdrOptions options = {zone, ES_UNKNOWN, ES_UNKNOWN, count_warning, warnings};
  EsCdr *cdr = es_cdr_read_text("t.csv", text, -1, &options, &error);
  g_assert_no_error(error);
  return cdr;
}

// "started caller>callee direction disposition answered duration_ms: agent/queue start-end, …" of each call.
static char *tell(const EsCdr *cdr) {
  GString *all = g_string_new(NULL);
  for (guint i = 0; i < es_cdr_calls(cdr)->len; i++) {
    const EsCall *c = ((const EsCdrCall *)g_ptr_array_index(es_cdr_calls(cdr), i))->call;
    g_autofree char *at = es_time_format_utc(c->started_us);
    g_string_append_printf(all, "%s%.19s %s>%s %s %s %d:", i ? "\n" : "", at, c->caller, c->callee,
                           c->direction, c->disposition, (int)c->duration_ms);
    for (guint k = 0; k < c->segments->len; k++) {
      const EsSegment *s = g_ptr_array_index(c->segments, k);
      g_string_append_printf(all, " %s/%s %d-%d", s->agent, s->queue, (int)s->start_ms, (int)s->end_ms);
    }
  }
  return g_string_free(all, FALSE);
}

#define AT(h, m, s) "\"2026-11-20 " #h ":" #m ":" #s "\""

static void test_joined(void) {
  static const struct {
    const char *name, *text, *calls;
  } cases[] = {
      {"a queue, its way to the agent, and a transfer; 21 columns",
       "\"\",\"01001234567\",\"600\",\"ext-queues\",\"\"\"Mona\"\" <01001234567>\",\"PJSIP/trunk-00000001\","
       "\"Local/2001@from-queue-00000001;1\",\"Queue\",\"600,t,,,\"," AT(10, 00, 00) "," AT(
           10, 00, 02) "," AT(10, 02,
                              00) ",120,118,\"ANSWERED\",\"DOCUMENTATION\",\"1763632800.1\",\"\",\"\","
                                  "\"1763632800.1\",\"1\"\n"
                                  "\"\",\"01001234567\",\"2001\",\"ext-local\",\"\",\"Local/"
                                  "2001@from-queue-00000001;2\","
                                  "\"PJSIP/2001-00000002\",\"Dial\",\"PJSIP/2001\"," AT(10, 00, 20) "," AT(
                                      10, 00,
                                      30) "," AT(10, 02,
                                                 00) ",100,90,\"ANSWERED\",\"DOCUMENTATION\","
                                                     "\"1763632820.3\",\"\",\"\",\"1763632800.1\",\"3\"\n"
                                                     "\"\",\"01001234567\",\"2005\",\"ext-local\",\"\","
                                                     "\"PJSIP/trunk-00000001\","
                                                     "\"PJSIP/2005-00000004\",\"Dial\",\"PJSIP/"
                                                     "2005\"," AT(10, 02, 00) "," AT(10, 02, 05) "," AT(
                                                         10, 03, 00) ",60,55,\"ANSWERED\","
                                                                     "\"DOCUMENTATION\",\"1763632800.1\","
                                                                     "\"\",\"\",\"1763632800.1\",\"4\"\n",
       "2026-11-20T10:00:00 01001234567>600 inbound answered 178000: 2001/600 2000-120000 2005/(null) "
       "125000-180000"},
      {"a caller gives up in the queue; 16 columns",
       "\"\",\"0100\",\"600\",\"ext-queues\",\"\",\"SIP/trunk-1\",\"\",\"Queue\",\"600|t\"," AT(
           10, 00, 00) "," AT(10, 00, 02) "," AT(10, 00, 42) ",42,40,\"ANSWERED\",\"DOCUMENTATION\"\n",
       "2026-11-20T10:00:00 0100>600 inbound abandoned 40000: (null)/600 0-42000"},
      {"halves of a Local channel without linkedid",
       "\"\",\"2001\",\"2002\",\"from-internal\",\"\",\"SIP/2001-1\",\"Local/"
       "2002@ctx-0001;1\",\"Dial\",\"\"," AT(10, 00, 00) "," AT(10, 00, 05) "," AT(
           10, 00, 42) ",42,37,\"ANSWERED\",\"\",\"1763632800.1\",\"\"\n"
                       "\"\",\"2001\",\"2002\",\"ctx\",\"\",\"Local/2002@ctx-0001;2\",\"SIP/"
                       "2002-2\",\"Dial\",\"\"," AT(10, 00, 01) "," AT(10, 00, 05) "," AT(
                           10, 00, 42) ",41,37,\"ANSWERED\",\"\",\"1763632800.2\",\"\"\n",
       "2026-11-20T10:00:00 2001>2002 internal answered 37000: 2002/(null) 5000-42000"},
      {"cdr_custom, nobody answers",
       "\"Ali <2001>\",\"2001\",\"2702\",\"from-internal\",\"SIP/2001-1\",\"SIP/2702-2\",\"Dial\",\"\"," AT(
           10, 00, 00) ",\"\"," AT(10, 00,
                                   30) ",\"30\",\"0\",\"NO ANSWER\",\"3\",\"\",\"1763632800.7\",\"\"\n",
       "2026-11-20T10:00:00 2001>2702 internal missed -1: 2702/(null) 0-30000"},
      {"FreePBX",
       "calldate,clid,src,dst,dcontext,channel,dstchannel,lastapp,lastdata,duration,billsec,disposition,"
       "amaflags,"
       "accountcode,uniqueid,userfield,did,recordingfile,cnum,cnam,linkedid\n"
       "2026-11-20 10:00:00,\"\"\"2001\"\" "
       "<2001>\",2001,01001234567,from-internal,PJSIP/2001-1,PJSIP/trunk-2,Dial,,"
       "60,50,ANSWERED,3,,1763632800.9,,,out-01001234567-2001-20261120-100000-1763632800.9.wav,2001,"
       "\xD9\x85\xD9\x86\xD9\x89,"
       "1763632800.9\n",
       "2026-11-20T10:00:00 2001>01001234567 outbound answered 50000: 2001/(null) 10000-60000"},
      {"our names, as spreadsheets write times",
       "started_at;caller;callee;direction;agent;queue;duration_ms;answered_at\n"
       "20/11/2026 10:00;0100;19000;inbound;2001;sales;60000;20/11/2026 10:00\n",
       "2026-11-20T10:00:00 0100>19000 inbound answered 60000: 2001/sales 0-60000"},
  };
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    guint warnings = 0;
    g_autoptr(EsCdr) cdr = read_cdr(cases[i].text, "UTC", &warnings);
    g_autofree char *calls = tell(cdr);
    g_test_message("%s", cases[i].name);
    g_assert_cmpstr(calls, ==, cases[i].calls);
    g_assert_cmpuint(es_cdr_wrong_rows(cdr), ==, 0);
  }
}

static void test_found(void) {
  guint warnings = 0;
  g_autoptr(EsCdr) cdr =
      read_cdr("calldate,clid,src,dst,uniqueid,linkedid,recordingfile,disposition,duration\n"
               "2026-11-20 10:00:00,\"Ali <1>\",1,2,1763632800.9,1763632800.8,a/b.wav,ANSWERED,5\n",
               "UTC", &warnings);
  const EsCdrCall *call = es_cdr_find(cdr, "1763632800.9");
  g_assert_nonnull(call);
  g_assert_true(call == es_cdr_find(cdr, "1763632800.8"));
  g_assert_true(call == es_cdr_find_recording(cdr, "/x/b.wav"));
  g_assert_cmpstr(call->call->pbx_id, ==, "1763632800.8");
  g_assert_cmpstr(call->call->caller_name, ==, "Ali");
  g_assert_null(es_cdr_find(cdr, "1"));
}

// 10:00 in Cairo is 08:00 in UTC; the id says 08:00.
static void test_zone(void) {
  static const char text[] = "start,src,dst,uniqueid\n2026-11-20 10:00:01,1,2,1763625600.1\n";
  static const struct {
    const char *zone, *at;
    guint warnings;
  } cases[] = {{NULL, "2025-11-20T08:00:01.000Z", 1},
               {"Africa/Cairo", "2025-11-20T08:00:01.000Z", 0},
               {"UTC", "2025-11-20T10:00:01.000Z", 1},
               {"+03:00", "2025-11-20T07:00:01.000Z", 1}};
  g_autofree char *of_2025 = g_strdup(text);
  of_2025[g_strstr_len(text, -1, "2026") - text + 3] = '5';
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    guint warnings = 0;
    g_autoptr(EsCdr) cdr = read_cdr(of_2025, cases[i].zone, &warnings);
    const EsCdrCall *call = g_ptr_array_index(es_cdr_calls(cdr), 0);
    g_autofree char *at = es_time_format_utc(call->call->started_us);
    g_assert_cmpstr(at, ==, cases[i].at);
    g_assert_cmpuint(warnings, ==, cases[i].warnings);
  }
}

static void test_wrong(void) {
  guint warnings = 0;
  g_autoptr(EsCdr) cdr = read_cdr("start,src,dst,duration\n2026-11-20 10:00:00,1,2,5\nyesterday,1,2,5\n"
                                  "2026-11-20 10:00:00,1,2,long\n,1,2,5\n2026-13-20 10:00:00,1,2,5\n",
                                  "UTC", &warnings);
  g_assert_cmpuint(es_cdr_calls(cdr)->len, ==, 1);
  g_assert_cmpuint(es_cdr_wrong_rows(cdr), ==, 4);
  g_assert_cmpuint(warnings, ==, 4);
  const EsCdrOptions options = {NULL, ES_UNKNOWN, ES_UNKNOWN, NULL, NULL};
  GError *error = NULL;
  g_assert_null(es_cdr_read_text("t.csv", "name,extension\nAli,2001\n", -1, &options, &error));
  g_assert_error(error, ES_ERROR, ES_ERROR_INVALID);
  g_assert_true(g_str_has_prefix(error->message, "t.csv:1: "));
  g_clear_error(&error);
  g_assert_null(es_cdr_read("/nowhere/Master.csv", &options, &error));
  g_assert_error(error, ES_ERROR, ES_ERROR_IO);
  g_clear_error(&error);
}

int main(int argc, char **argv) {
  g_setenv("TZ", "UTC", TRUE);
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/cdr/joined", test_joined);
  g_test_add_func("/cdr/found", test_found);
  g_test_add_func("/cdr/zone", test_zone);
  g_test_add_func("/cdr/wrong", test_wrong);
  return g_test_run();
}
