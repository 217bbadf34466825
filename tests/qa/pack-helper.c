// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// For test-pack.py, which makes the audio and looks at the packs:
//   pack-helper make LIBRARY                   an index of made-up calls
//   pack-helper consent LIBRARY ID STATE       another consent event
//   pack-helper export LIBRARY OUTPUT [ranges] [mask] [unknown] [en|ar] [list:FILE]
// export prints one line a result: "calls N", "clips N", "audio_ms N", "left ID REASON", "error CODE TEXT".
#include "earshot/common/error.h"
#include "earshot/common/id.h"
#include "earshot/qa/evaluation.h"
#include "earshot/qa/pack.h"

#include <stdio.h>
#include <string.h>

#define DAY_US (G_GINT64_CONSTANT(1763625600) * ES_US_PER_S) // 2025-11-20 08:00:00 UTC
#define AUDIO_MS 12000

// Breaks out of script elements, markup and attributes unless every step escapes.
#define EVIL                                                                                                 \
  "</script><script>document.title='pwned'</script><img src=x onerror=alert(1)> \"&amp;' \xe2\x80\xa8 "      \
  "@PACK@"

typedef struct {
  const char *id, *caller, *name, *agent, *agent_name, *consent, *file;
  int channels;
} Made;

#define ID(n) "019a9f00-0000-7000-8000-0000" n

static const Made made[] = {
    {ID("1a2b3c4d"), "+201001234567", "سارة محمود", "201", "منى عادل", "given", "a.opus", 1},
    {ID("2b3c4d5e"), "+442079460958", NULL, "202", "James Carter", "unknown", "b.opus", 2},
    {ID("3c4d5e6f"), "+201119876543", NULL, "202", "James Carter", "refused", "c.opus", 1},
    {ID("4d5e6f70"), "+201119876544", NULL, "202", "James Carter", "withdrawn", "d.opus", 1},
    {ID("5e6f7081"), "+201119876545", NULL, "202", "James Carter", "expired", "e.opus", 1},
    {ID("6f708192"), "+201119876546", NULL, "202", "James Carter", "requested", "f.opus", 1},
    {ID("708192a3"), "+201119876547", NULL, "202", "James Carter", "given", NULL, 0},
    {ID("8192a3b4"), "+201227654321", "=HYPERLINK(\"x\")", "203", EVIL, "given", "h.opus", 1},
    {ID("92a3b4c5"), "+201227654399", NULL, "203", NULL, "given", "gone.opus", 1},
    {ID("ffffa3b4"), "+201227654322", "+201227654322", "203", "Not flagged", "given", "n.opus", 1},
};

static void check(GError *error) {
  if (error) {
    fprintf(stderr, "pack-helper: %s\n", error->message);
    exit(2);
  }
}

static void add_leg(EsCall *call, const char *role, gint64 first_ms, gint64 step_ms) {
  EsCallLeg *leg = es_call_leg_new(role);
  for (gint64 at = first_ms; at + 1500 < AUDIO_MS; at += step_ms) {
    EsInterval speech = {at, at + 1500};
    g_array_append_val(leg->speech, speech);
  }
  leg->speech_ms = 1500 * leg->speech->len;
  leg->filled_ms = 420;
  g_ptr_array_add(call->legs, leg);
}

static void add_audio(EsCall *call, const Made *one) {
  if (!one->file) {
    call->outcome = g_strdup("none");
    return;
  }
  static const EsGap gaps[] = {{0, 4000, 1200, ES_GAP_LOST}, {1, 8000, 700, ES_GAP_HOLD}};
  call->outcome = g_strdup("recorded");
  call->file = g_build_filename("recordings", one->file, NULL);
  call->audio_ms = AUDIO_MS;
  call->channels = one->channels;
  call->sample_rate_hz = 8000;
  call->codec = g_strdup("PCMA");
  call->missing_ms = 1200;
  call->talk_over_ms = 300;
  call->dead_air_ms = 0;
  call->greeting_ms = 900;
  add_leg(call, "caller", 2200, 4000);
  add_leg(call, "callee", 300, 4000);
  g_array_append_vals(call->gaps, gaps, G_N_ELEMENTS(gaps));
}

static EsCall *make_call(const Made *one, int minute) {
  EsCall *call = es_call_new();
  call->id = g_strdup(one->id);
  call->call_id = g_strdup_printf("%s@pbx.example", one->caller);
  call->source_key = g_strdup_printf("key-%d", minute);
  g_free(call->direction);
  call->direction = g_strdup("inbound");
  call->caller = g_strdup(one->caller);
  call->callee = g_strdup(one->agent);
  call->caller_uri = g_strdup_printf("sip:%s@192.0.2.7", one->caller);
  call->callee_uri = g_strdup_printf("sip:%s@pbx.example", one->agent);
  call->caller_name = g_strdup(one->name ? one->name : one->caller);
  call->disposition = g_strdup("answered");
  call->sip_status = 200;
  call->started_us = DAY_US + minute * 60 * ES_US_PER_S;
  call->answered_us = call->started_us + 4 * ES_US_PER_S;
  call->ended_us = call->answered_us + AUDIO_MS * ES_US_PER_MS;
  call->duration_ms = AUDIO_MS;
  call->wait_ms = 4000;
  EsSegment *segment = es_segment_new();
  segment->agent = g_strdup(one->agent);
  segment->agent_name = g_strdup(one->agent_name);
  segment->queue = g_strdup("خدمة العملاء");
  segment->end_ms = 16000;
  g_ptr_array_add(call->segments, segment);
  add_audio(call, one);
  if (!g_str_equal(one->consent, "unknown")) {
    EsConsentEvent *event = es_consent_event_new(call->started_us, one->consent, "manual");
    g_ptr_array_add(call->consent, event);
    g_free(call->consent_state);
    call->consent_state = g_strdup(one->consent);
  }
  return call;
}

static void score(EsIndex *index, const EsCall *call, const char *rubric_id, const char *text) {
  GError *error = NULL;
  g_autoptr(EsRubric) rubric = es_rubric_parse(rubric_id, es_rubric_shipped_text(rubric_id), "en", &error);
  check(error);
  g_autoptr(EsAnswers) answers = es_answers_parse("made", text, -1, &error);
  check(error);
  g_autoptr(EsEvaluation) evaluation = es_evaluate(rubric, answers, "made", &error);
  check(error);
  evaluation->id = g_malloc(ES_ID_SIZE);
  es_id_new(DAY_US, evaluation->id);
  evaluation->call = call->rowid;
  evaluation->evaluator = g_strdup("هدى سمير");
  evaluation->agent = g_strdup("201");
  evaluation->at_us = DAY_US + 3600 * ES_US_PER_S;
  es_index_add_evaluation(index, evaluation, &error);
  check(error);
}

static const char standard_answers[] =
    "[answers]\ngreeting-formula=yes\ngreeting-clear=2\nidentity=yes\nlistening=3\nacknowledgement=own-"
    "words\n"
    "tone=2\ncourtesy=yes\nwaiting=no\nneed=2\noutcome=next-step\ncorrect=yes\nclosing=1\n"
    "[notes]\nwaiting=لم تذكر سبب الانتظار\nclosing=Summed up, but did not ask 01001234567 for more\n"
    "[comments]\n0:01=تحية ممتازة\n0:05=" EVIL "\n0:05=وعدت بالاتصال على ٠١٠٠١٢٣٤٥٦٧\ncall=مكالمة جيدة\n";

static const char manners_answers[] = "[answers]\nuniform-greeting=none\nshort-greeting=yes\nwarmth="
                                      "0\neffort=1\npatience=na\nno-hurry=no\nrespect=no\n"
                                      "plain-words=2\npronunciation=yes\nwaiting-explained=na\ncall-back="
                                      "na\n[comments]\n0:03=Raises his voice\n";

static void annotate(EsIndex *index, const EsCall *call, int i) {
  GError *error = NULL;
  gint64 now = DAY_US + 7200 * ES_US_PER_S;
  if (i == 9)
    return;
  gboolean ranged = i == 0 || i == 7;
  es_index_add_flag(index, call->rowid, "training", i == 0 ? "مثال جيد للتحية" : "Listen to the manner",
                    ranged ? 1000 : ES_UNKNOWN, ranged ? 3500 : ES_UNKNOWN, "trainer", now, &error);
  check(error);
  if (i == 7)
    es_index_add_flag(index, call->rowid, "training", "The end", 9000, 99000, "trainer", now, &error);
  es_index_add_flag(index, call->rowid, "dispute", "not for trainers", ES_UNKNOWN, ES_UNKNOWN, "boss", now,
                    &error);
  es_index_add_note(index, call->rowid, "العميل يتصل من 0100 123 4567 ويطلب معاودة الاتصال", 6000, "trainer",
                    now, &error);
  es_index_add_note(index, call->rowid, EVIL, ES_UNKNOWN, "@SUM(1)", now, &error);
  es_index_add_tag(index, call->rowid, "refund", "trainer", now, &error);
  check(error);
}

static int make(const char *library) {
  GError *error = NULL;
  g_autoptr(EsIndex) index = es_index_open(library, ES_INDEX_CREATE, &error);
  check(error);
  for (int i = 0; i < (int)G_N_ELEMENTS(made); i++) {
    g_autoptr(EsCall) call = make_call(&made[i], i);
    es_index_put_call(index, call, &error);
    check(error);
    annotate(index, call, i);
    if (i == 0)
      score(index, call, "standard", standard_answers);
    if (i == 1)
      score(index, call, "phone-manners", manners_answers);
  }
  return 0;
}

static int consent(const char *library, const char *id, const char *state) {
  GError *error = NULL;
  g_autoptr(EsIndex) index = es_index_open(library, ES_INDEX_WRITE, &error);
  check(error);
  g_autoptr(EsCall) call = es_index_get_call(index, id, &error);
  check(error);
  EsConsentEvent *event = es_consent_event_new(DAY_US + 9000 * ES_US_PER_S, state, "manual");
  es_index_add_consent(index, call->rowid, event, &error);
  es_consent_event_free(event);
  check(error);
  return 0;
}

static EsPlaylist *read_playlist(const char *path) {
  GError *error = NULL;
  g_autofree char *text = NULL;
  g_file_get_contents(path, &text, NULL, &error);
  check(error);
  EsPlaylist *playlist = es_playlist_parse("week.txt", text, &error);
  if (error)
    printf("error %d %s\n", error->code, error->message);
  if (!playlist)
    exit(1);
  return playlist;
}

static int export(const char *library, const char *output, char **words) {
  GError *error = NULL;
  g_autoptr(EsIndex) index = es_index_open(library, ES_INDEX_READ, &error);
  check(error);
  EsPackOptions options = {.flag = "training", .output = output, .language = "en", .actor = "trainer"};
  es_search_init(&options.filter);
  options.now_us = DAY_US + 10800 * ES_US_PER_S;
  for (char **word = words; *word; word++) {
    options.ranges_only |= g_str_equal(*word, "ranges");
    options.mask_numbers |= g_str_equal(*word, "mask");
    options.allow_unknown |= g_str_equal(*word, "unknown");
    if (g_str_equal(*word, "ar"))
      options.language = "ar";
  }
  g_autoptr(EsPlaylist) playlist = NULL;
  for (char **word = words; *word; word++)
    if (g_str_has_prefix(*word, "list:"))
      options.playlist = playlist = read_playlist(*word + strlen("list:"));
  options.flag = playlist ? NULL : options.flag;
  EsPackResult result;
  gboolean ok = es_pack_export(index, &options, &result, &error);
  printf("calls %u\nclips %u\naudio_ms %" G_GINT64_FORMAT "\n", result.calls, result.clips, result.audio_ms);
  for (guint i = 0; i < result.left_out->len; i++) {
    const EsLeftOut *left_out = result.left_out->pdata[i];
    printf("left %s %s\n", left_out->id, left_out->reason);
  }
  if (!ok)
    printf("error %d %s\n", error->code, error->message);
  g_clear_error(&error);
  es_pack_result_clear(&result);
  return ok ? 0 : 1;
}

int main(int argc, char **argv) {
  if (argc == 3 && g_str_equal(argv[1], "make"))
    return make(argv[2]);
  if (argc == 5 && g_str_equal(argv[1], "consent"))
    return consent(argv[2], argv[3], argv[4]);
  if (argc >= 4 && g_str_equal(argv[1], "export"))
    return export(argv[2], argv[3], argv + 4);
  return 2;
}
