// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// A library whose index somebody else has written in, or a bad disk: an input says which operation that only
// reads is asked (one byte; 255 all of them, which takes as long as hundreds of others), then what is changed
// before. It may refuse; what it tells is JSON in UTF-8.
//
//   0  value   column of a table (two bytes), kind of the value, length, the value; in every row
//   1  bytes   place in the file (three bytes), length, the bytes
#include <glib/gstdio.h>
#include <string.h>

#include "../service/fixture.h"
#include "db.h"
#include "fuzz.h"

#define MAX_STEPS 16
#define ALL 255
#define NOON G_GINT64_CONSTANT(1760000000000000)

typedef struct {
  Fixture *fixture;
  char *path, *call; // the index, and a call in it that has everything
  char *index;
  gsize size; // of the index as it was made
  GPtrArray *updates;
  GPtrArray *questions; // pairs: operation, parameters
} Base;

static Base base;

static const guint8 *take(const guint8 **data, gsize *left, gsize n) {
  if (*left < n)
    return NULL;
  const guint8 *taken = *data;
  *data += n;
  *left -= n;
  return taken;
}

// ---- the library

static void tell(const char *operation, const char *more) {
  g_autofree char *params = g_strdup_printf("{\"id\":\"%s\"%s}", base.call, more);
  if (!fixture_call(base.fixture, operation, params))
    g_error("%s: %s", operation, base.fixture->error->message);
}

static void fill(void) {
  tell("call.note", ",\"text\":\"calm\",\"position_ms\":1000");
  tell("call.tag", ",\"add\":[\"vip\"]");
  tell("flag.add", ",\"flag\":\"training\",\"start_ms\":1000,\"end_ms\":2000");
  tell("consent.add", ",\"state\":\"given\"");
  tell("call.correct", ",\"values\":[\"queue=sales\"],\"segment\":1,\"reason\":\"wrong\"");
  tell("evaluation.draft_save", ",\"answers\":\"[evaluation]\\nrubric=standard\\n[answers]\\n\"");
  fixture_row(base.fixture, "agent.add", "{\"extension\":\"2001\",\"name\":\"Mona\"}");
  fixture_row(base.fixture, "client.add", "{\"client\":\"nile\",\"name\":\"Nile\"}");
  fixture_row(base.fixture, "search.save", "{\"name\":\"mine\",\"caller\":\"010\"}");
}

static void list_updates(void) {
  g_autoptr(EsDb) db = es_db_open(base.path, ES_DB_WRITE, ES_INDEX_PATIENCE_MS, NULL);
  g_autoptr(EsStatement) s = es_statement_of(
      db,
      "SELECT 'UPDATE OR IGNORE \"' || m.name || '\" SET \"' || c.name || '\" = :value' FROM sqlite_schema "
      "m, "
      "pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' ORDER BY m.name, "
      "c.cid",
      NULL);
  base.updates = g_ptr_array_new_with_free_func(g_free);
  while (s && es_step(s, NULL) == ES_STEP_ROW)
    g_ptr_array_add(base.updates, es_column_dup(s, 0));
  g_assert_cmpuint(base.updates->len, >, 100);
}

// Operations that read, as far as the call and the account are all that they need to know.
static void list_questions(void) {
  static const char *const elsewhere[] = {"library.doctor", "library.traffic", "library.check",
                                          "library.status", NULL};
  const EsOperationInfo *const *all = es_service_operations();
  base.questions = g_ptr_array_new();
  for (; *all; all++) {
    gboolean known = !(*all)->writes && !g_strv_contains(elsewhere, (*all)->name), call = FALSE;
    for (const EsParam *p = (*all)->params; p && p->name; p++) {
      call = call || (p->required && strcmp(p->name, "id") == 0);
      known = known && (!p->required || strcmp(p->name, "id") == 0);
    }
    if (!known)
      continue;
    g_ptr_array_add(base.questions, (char *)(*all)->name);
    g_ptr_array_add(base.questions, call ? g_strdup_printf("{\"id\":\"%s\"}", base.call) : g_strdup("{}"));
  }
  g_ptr_array_add(base.questions, (char *)"call.search");
  g_ptr_array_add(base.questions, g_strdup("{\"saved\":\"mine\",\"text\":\"calm\",\"count\":true}"));
  g_assert_cmpuint(base.questions->len, >, 20);
}

static void remove_library(void) {
  g_clear_pointer(&base.fixture, fixture_free);
}

static void make(void) {
  if (g_file_test("/dev/shm", G_FILE_TEST_IS_DIR))
    g_setenv("TMPDIR", "/dev/shm", FALSE);
  base.fixture = fixture_new(TRUE);
  atexit(remove_library);
  base.path = g_build_filename(base.fixture->library, "index.sqlite", NULL);
  base.call = fixture_put_call(base.fixture, NOON, TRUE);
  g_free(fixture_put_call(base.fixture, NOON + ES_US_PER_S, FALSE));
  fill();
  list_updates();
  list_questions();
  g_clear_pointer(&base.fixture->service, es_service_free); // the last to close it brings the file up to date
  g_assert_true(g_file_get_contents(base.path, &base.index, &base.size, NULL));
}

// ---- an input

static void set_value(EsDb *db, const guint8 **data, gsize *left) {
  const guint8 *head = take(data, left, 4);
  const guint8 *value = head ? take(data, left, MIN(head[3], *left)) : NULL;
  if (!value)
    return;
  gsize length = (gsize)(*data - value);
  const char *sql = base.updates->pdata[((guint)head[0] << 8 | head[1]) % base.updates->len];
  g_autofree char *text = g_strndup((const char *)value, length);
  g_autoptr(EsStatement) s = es_statement_of(db, sql, NULL);
  if (!s)
    return;
  switch (head[2] & 3) {
  case 0:
    es_bind_text(s, ":value", text);
    break;
  case 1:
    es_bind_int(s, ":value", g_ascii_strtoll(text, NULL, 10));
    break;
  case 2:
    es_bind_blob(s, ":value", value, length);
    break;
  default:
    es_bind_text(s, ":value", NULL);
  }
  es_run(s, NULL);
}

static void set_bytes(char *file, const guint8 **data, gsize *left) {
  const guint8 *head = take(data, left, 4);
  const guint8 *bytes = head ? take(data, left, MIN(head[3], *left)) : NULL;
  if (!bytes)
    return;
  gsize at = ((gsize)head[0] << 16 | (gsize)head[1] << 8 | head[2]) % base.size;
  memcpy(file + at, bytes, MIN((gsize)(*data - bytes), base.size - at));
}

static void change(const guint8 *data, gsize left) {
  g_autofree char *file = g_memdup2(base.index, base.size);
  const guint8 *from = data, *kind;
  gsize all = left;
  for (guint i = 0; i < MAX_STEPS && (kind = take(&data, &left, 1)); i++)
    if (*kind & 1)
      set_bytes(file, &data, &left);
    else
      take(&data, &left, 4 + (left > 3 ? MIN(data[3], left - 4) : 0));
  g_assert_true(
      g_file_set_contents_full(base.path, file, (gssize)base.size, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
  g_autoptr(EsDb) db = es_db_open(base.path, ES_DB_WRITE, ES_INDEX_PATIENCE_MS, NULL);
  if (!db ||
      !es_db_run(db, "PRAGMA ignore_check_constraints = 1; PRAGMA foreign_keys = 0; PRAGMA synchronous = 0",
                 NULL))
    return;
  for (guint i = 0; i < MAX_STEPS && (kind = take(&from, &all, 1)); i++)
    if (*kind & 1)
      take(&from, &all, 4 + (all > 3 ? MIN(from[3], all - 4) : 0));
    else
      set_value(db, &from, &all);
}

static void look(JsonObject *row, gpointer user_data) {
  g_autoptr(JsonNode) node = json_node_init_object(json_node_alloc(), row);
  g_autofree char *text = json_to_string(node, FALSE);
  g_assert_true(g_utf8_validate(text, -1, NULL));
}

static void ask(EsService *service, guint question) {
  const EsReply reply = {.row = look};
  const char *const *pair = (const char *const *)base.questions->pdata + 2 * question;
  g_autoptr(GError) error = NULL;
  g_autoptr(JsonNode) params = json_from_string(pair[1], NULL);
  gboolean ok = es_service_call(service, pair[0], json_node_get_object(params), &reply, NULL, &error);
  g_assert_true(ok == !error);
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
  static const char *const beside[] = {"-wal", "-shm", "-journal"};
  if (!base.fixture)
    make();
  if (size == 0)
    return 0;
  change(data + 1, size - 1);
  g_autoptr(EsService) service = es_service_new(base.fixture->library, "mona");
  guint questions = base.questions->len / 2;
  for (guint i = 0; i < questions; i++)
    if (data[0] == ALL || data[0] % questions == i)
      ask(service, i);
  g_clear_pointer(&service, es_service_free);
  for (guint i = 0; i < G_N_ELEMENTS(beside); i++) {
    g_autofree char *path = g_strconcat(base.path, beside[i], NULL);
    g_unlink(path);
  }
  return 0;
}
