// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The door itself: the table, checks of parameters, the audit trail, libraries that are absent or cannot be
// written. The audit trail is read with the sqlite3 shell.
#include "earshot/common/error.h"
#include "fixture.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void test_table(void) {
  g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
  const EsOperationInfo *const *table = es_service_operations();
  for (; *table; table++) {
    const EsOperationInfo *info = *table;
    g_assert_true(g_hash_table_add(names, (char *)info->name));
    g_assert_nonnull(strchr(info->name, '.'));
    g_assert_nonnull(info->help);
    g_autoptr(GHashTable) params = g_hash_table_new(g_str_hash, g_str_equal);
    for (const EsParam *p = info->params; p && p->name; p++) {
      g_assert_true(g_hash_table_add(params, (char *)p->name));
      g_assert_nonnull(p->help);
    }
  }
  g_assert_cmpuint(g_hash_table_size(names), >=, 22);
}

static void test_init(void) {
  g_autoptr(Fixture) f = fixture_new(FALSE);
  JsonObject *row = fixture_row(f, "library.init", NULL);
  g_assert_true(json_object_get_boolean_member(row, "created"));
  g_assert_cmpint(json_object_get_int_member(row, "schema_version"), ==, es_index_schema_version());
  g_autofree char *config = g_strdup(json_object_get_string_member(row, "config"));
  GStatBuf status;
  g_assert_cmpint(g_stat(f->library, &status), ==, 0);
  g_assert_cmpint(status.st_mode & 0777, ==, 0700);
  g_assert_cmpint(g_stat(config, &status), ==, 0);
  g_assert_cmpint(status.st_mode & 0777, ==, 0600);

  g_assert_true(g_file_set_contents(config, "[record]\nbitrate=16000\n", -1, NULL));
  row = fixture_row(f, "library.init", NULL);
  g_assert_false(json_object_get_boolean_member(row, "created"));
  g_autofree char *kept = NULL;
  g_assert_true(g_file_get_contents(config, &kept, NULL, NULL));
  g_assert_cmpstr(kept, ==, "[record]\nbitrate=16000\n");
  g_autofree char *audit = fixture_sql(f, "SELECT operation, actor, result FROM audit ORDER BY id");
  g_assert_cmpstr(audit, ==, "library.init|mona|ok\nlibrary.init|mona|ok");
}

static void test_no_library(void) {
  g_autoptr(Fixture) f = fixture_new(FALSE);
  fixture_fail(f, "call.search", NULL, ES_ERROR_FAILED, f->library);
  g_assert_nonnull(strstr(f->error->message, "init"));
  g_assert_cmpint(es_error_exit_status(f->error), ==, 1);
  fixture_fail(f, "call.note", "{\"id\":\"abcd\",\"text\":\"x\"}", ES_ERROR_FAILED, "init");
  g_assert_false(g_file_test(f->library, G_FILE_TEST_EXISTS)); // asking makes nothing
  g_assert_true(fixture_call(f, "rubric.list", NULL));
  g_assert_cmpuint(json_array_get_length(f->rows), ==, 3);
  fixture_row(f, "rubric.show", "{\"id\":\"standard\",\"language\":\"ar\"}");
}

static void test_usage(void) {
  static const struct {
    const char *operation, *params, *message;
  } cases[] = {
      {"call.sing", "{}", "call.sing"},
      {"call.search", "{\"word\":\"x\"}", "word"},
      {"call.show", "{}", "id"},
      {"call.show", "{\"id\":null}", "id"},
      {"call.show", "{\"id\":5}", "id"},
      {"call.search", "{\"words\":[\"x\"]}", "words"},
      {"call.search", "{\"limit\":-1}", "limit"},
      {"call.search", "{\"limit\":\"5\"}", "limit"},
      {"call.search", "{\"limit\":1.5}", "limit"},
      {"call.search", "{\"page\":0}", "page"},
      {"call.search", "{\"missing_audio\":1}", "missing_audio"},
      {"call.search", "{\"score_below\":\"x\"}", "score_below"},
      {"call.search", "{\"direction\":\"sideways\"}", "sideways"},
      {"call.search", "{\"outcome\":\"fine\"}", "fine"},
      {"call.search", "{\"disposition\":\"gone\"}", "gone"},
      {"call.search", "{\"consent\":\"maybe\"}", "maybe"},
      {"call.search", "{\"from\":\"soon\"}", "from: "},
      {"call.search", "{\"from\":\"2026-11-20\",\"to\":\"2026-11-19\"}", "2026-11-19"},
      {"call.tag", "{\"id\":\"abcd\",\"add\":\"x\"}", "add"},
      {"call.tag", "{\"id\":\"abcd\"}", "add"},
      {"record.pcap", "{\"files\":[]}", "files"},
      {"record.pcap", "{\"files\":[1]}", "files"},
      {"flag.remove", "{\"id\":\"abcd\",\"flag\":\"x\",\"reason\":\" \"}", "reason"},
      {"flag.add", "{\"id\":\"abcd\",\"flag\":\" \"}", "flag"},
      {"consent.add", "{\"id\":\"abcd\",\"state\":\"unknown\"}", "state"},
      {"consent.add", "{\"id\":\"abcd\",\"state\":\"given\",\"at\":\"2999-01-01\"}", "at"},
      {"audit.list", "{\"limit\":0}", "limit"},
  };
  g_autoptr(Fixture) f = fixture_new(TRUE);
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
    fixture_fail(f, cases[i].operation, cases[i].params, ES_ERROR_USAGE, cases[i].message);
  g_autofree char *count = fixture_sql(f, "SELECT count(*) FROM audit WHERE result <> 'ok'");
  g_autofree char *wanted =
      g_strdup_printf("%d", (int)G_N_ELEMENTS(cases) - 1); // all but the unknown operation
  g_assert_cmpstr(count, ==, wanted);
  fixture_call(f, "call.search", "{\"words\":null,\"limit\":10}"); // null counts as absent
  g_assert_no_error(f->error);
}

static void test_not_utf8(void) {
  g_autoptr(Fixture) f = fixture_new(TRUE);
  g_autoptr(JsonObject) params = json_object_new();
  g_autoptr(GError) error = NULL;
  json_object_set_string_member(params, "words", "\xff");
  g_assert_false(es_service_call(f->service, "call.search", params, NULL, NULL, &error));
  g_assert_error(error, ES_ERROR, ES_ERROR_USAGE);
}

static void test_audit(void) {
  g_autoptr(Fixture) f = fixture_new(TRUE);
  g_autofree char *id = fixture_put_call(f, G_GINT64_CONSTANT(1795176185000000), TRUE);
  g_autofree char *long_text = g_strnfill(300, 'x');
  g_autofree char *note = g_strdup_printf("{\"id\":\"%s\",\"text\":\"%s\"}", id + 28, long_text);
  fixture_row(f, "call.note", note);
  fixture_fail(f, "call.show", "{\"id\":\"00000000\"}", ES_ERROR_NOT_FOUND, "00000000");
  g_autofree char *rows =
      fixture_sql(f, "SELECT operation, call_uuid, json_extract(params_json, '$.id'), "
                     "length(params_json) < 200, result = 'ok' FROM audit ORDER BY id LIMIT 2 OFFSET 1");
  g_autofree char *wanted = g_strdup_printf("call.note|%s|%s|1|1\ncall.show||00000000|1|0", id, id + 28);
  g_assert_cmpstr(rows, ==, wanted);
  fixture_call(f, "audit.list", "{\"limit\":1}");
  JsonObject *last = json_array_get_object_element(f->rows, 0);
  g_assert_cmpstr(json_object_get_string_member(last, "operation"), ==, "call.show");
  g_assert_cmpstr(json_object_get_string_member(last, "actor"), ==, "mona");
  g_assert_true(json_object_get_null_member(last, "call"));
}

// Whether an operation, when the library is closed after it, leaves its rows to a later one to be merged.
static gboolean leaves_journal(Fixture *f, const char *operation, const char *params) {
  g_autofree char *wal = g_build_filename(f->library, "index.sqlite-wal", NULL);
  fixture_call(f, operation, params);
  fixture_reopen(f);
  return g_file_test(wal, G_FILE_TEST_EXISTS);
}

// A look does not wait for the disk; audio handed out, changes and refusals do.
static void test_audit_waits(void) {
  g_autoptr(Fixture) f = fixture_new(TRUE);
  g_autofree char *id = fixture_put_call(f, G_GINT64_CONSTANT(1795176185000000), TRUE);
  g_autofree char *with_id = g_strdup_printf("{\"id\":\"%s\"}", id);
  g_autofree char *note = g_strdup_printf("{\"id\":\"%s\",\"text\":\"x\"}", id);
  g_autofree char *file = g_build_filename(f->library, "recordings", "default", id, NULL);
  g_autofree char *path = g_strconcat(file, ".opus", NULL), *folder = g_path_get_dirname(path);
  g_assert_cmpint(g_mkdir_with_parents(folder, 0700), ==, 0);
  g_assert_true(g_file_set_contents(path, "x", 1, NULL));
  fixture_reopen(f); // the library was made
  g_assert_true(leaves_journal(f, "call.search", NULL));
  g_assert_true(leaves_journal(f, "call.show", with_id));
  g_assert_false(leaves_journal(f, "call.audio", with_id));
  g_assert_true(leaves_journal(f, "agent.list", NULL));
  g_assert_false(leaves_journal(f, "call.note", note));
  g_assert_true(leaves_journal(f, "call.search", NULL));
  g_assert_false(leaves_journal(f, "call.show", "{\"id\":\"00000000\"}"));
  g_autofree char *rows = fixture_sql(f, "SELECT count(*), sum(result = 'ok') FROM audit");
  g_assert_cmpstr(rows, ==, "8|7");
}

// What a read-only library answers; called where it is one.
static void check_read_only(Fixture *f, const char *id) {
  g_autofree char *params = g_strdup_printf("{\"id\":\"%s\"}", id);
  g_autofree char *note = g_strdup_printf("{\"id\":\"%s\",\"text\":\"x\"}", id);
  fixture_reopen(f);
  JsonObject *row = fixture_row(f, "call.show", params);
  g_assert_cmpstr(json_object_get_string_member(row, "id"), ==, id);
  g_assert_cmpuint(f->warnings->len, ==, 1);
  g_assert_nonnull(strstr(g_ptr_array_index(f->warnings, 0), "audit"));
  fixture_row(f, "call.search", NULL);
  fixture_fail(f, "call.note", note, ES_ERROR_READ_ONLY, f->library); // with the library open for reading
  fixture_reopen(f);
  g_assert_false(fixture_call(f, "call.note", note)); // and from a closed one
  g_assert_true(f->error->code == ES_ERROR_READ_ONLY || f->error->code == ES_ERROR_DENIED);
  g_assert_null(strchr(f->error->message, '\n'));
  g_clear_pointer(&f->service, es_service_free);
}

// Status of a child that cannot do here what it is for.
#define SKIPPED 77

// Waits for a child that ran one of the checks below.
static void finish(pid_t child, const char *needs) {
  int status = 0;
  g_assert_cmpint(waitpid(child, &status, 0), ==, child);
  if (WIFEXITED(status) && WEXITSTATUS(status) == SKIPPED)
    g_test_skip(needs);
  else
    g_assert_cmpint(status, ==, 0);
}

// Mounts the library read-only where nobody else sees it.
static void read_from_mount(Fixture *f, const char *id) {
  if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
      mount(f->library, f->library, NULL, MS_BIND, NULL) != 0 ||
      mount(NULL, f->library, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL) != 0)
    _exit(SKIPPED);
  check_read_only(f, id);
  _exit(0);
}

static void test_read_only_mount(void) {
  g_autoptr(Fixture) f = fixture_new(TRUE);
  g_autofree char *id = fixture_put_call(f, G_GINT64_CONSTANT(1795176185000000), TRUE);
  g_clear_pointer(&f->service, es_service_free);
  pid_t child = fork();
  if (child == 0)
    read_from_mount(f, id);
  finish(child, "needs a mount namespace");
  g_autofree char *rows = fixture_sql(f, "SELECT count(*) FROM audit; SELECT count(*) FROM note");
  g_assert_cmpstr(rows, ==, "1\n0");
}

static void open_to_all(Fixture *f) {
  g_autofree char *parent = g_path_get_dirname(f->library);
  g_autofree char *database = g_build_filename(f->library, "index.sqlite", NULL);
  g_assert_cmpint(g_chmod(f->root, 0755) | g_chmod(parent, 0755) | g_chmod(f->library, 0755), ==, 0);
  g_assert_cmpint(g_chmod(database, 0644), ==, 0);
}

// Another account that can read the files may listen and nothing else. Runs in a child that becomes "nobody".
static void listen_as_nobody(Fixture *f, const char *show, const char *note) {
  if (setresuid(65534, 65534, 65534) != 0)
    _exit(SKIPPED);
  fixture_reopen(f);
  fixture_row(f, "call.show", show);
  g_assert_cmpuint(f->warnings->len, ==, 1);
  fixture_fail(f, "call.note", note, ES_ERROR_DENIED, "call.note");
  fixture_fail(f, "audit.list", NULL, ES_ERROR_DENIED, "audit.list");
  _exit(0);
}

static void test_other_account(void) {
  g_autoptr(Fixture) f = fixture_new(TRUE);
  g_autofree char *id = fixture_put_call(f, G_GINT64_CONSTANT(1795176185000000), TRUE);
  g_autofree char *show = g_strdup_printf("{\"id\":\"%s\"}", id);
  g_autofree char *note = g_strdup_printf("{\"id\":\"%s\",\"text\":\"x\"}", id);
  g_clear_pointer(&f->service, es_service_free);
  open_to_all(f);
  pid_t child = fork();
  if (child == 0)
    listen_as_nobody(f, show, note);
  finish(child, "needs root to become another account");
}

// Neither half of "change and audit row" is stored without the other.
static void test_audit_refused(void) {
  g_autoptr(Fixture) f = fixture_new(TRUE);
  g_autofree char *id = fixture_put_call(f, G_GINT64_CONSTANT(1795176185000000), TRUE);
  g_autofree char *note = g_strdup_printf("{\"id\":\"%s\",\"text\":\"x\"}", id);
  g_autofree char *trigger = fixture_sql(
      f, "CREATE TRIGGER no_audit BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'no audit'); END");
  g_assert_cmpstr(trigger, ==, "");
  fixture_reopen(f);
  g_assert_false(fixture_call(f, "call.note", note));
  g_assert_cmpuint(json_array_get_length(f->rows), ==, 0);
  g_autofree char *rows = fixture_sql(f, "SELECT count(*) FROM note");
  g_assert_cmpstr(rows, ==, "0");
  fixture_row(f, "call.search", NULL); // what was read is answered all the same
  g_assert_cmpuint(f->warnings->len, ==, 1);
}

static void fill(const char *directory) {
  g_autofree char *path = g_build_filename(directory, "ballast", NULL);
  static const char block[4096];
  int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  while (write(fd, block, sizeof block) > 0)
    ;
  close(fd);
}

static void work_on_full_disk(Fixture *f) {
  if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
      mount("none", f->root, "tmpfs", 0, "size=2m") != 0)
    _exit(SKIPPED);
  fixture_row(f, "library.init", NULL);
  g_autofree char *id = fixture_put_call(f, G_GINT64_CONSTANT(1795176185000000), TRUE);
  g_autofree char *text = g_strnfill(9000, 'x');
  g_autofree char *note = g_strdup_printf("{\"id\":\"%s\",\"text\":\"%s\"}", id, text);
  fixture_row(f, "call.note", note);
  fill(f->root);
  gboolean ok = TRUE;
  for (int i = 0; ok && i < 200; i++)
    ok = fixture_call(f, "call.note", note);
  g_assert_error(f->error, ES_ERROR, ES_ERROR_NO_SPACE);
  g_assert_null(strchr(f->error->message, '\n'));
  fixture_row(f, "call.search", NULL);
  g_autofree char *check = fixture_sql(f, "PRAGMA integrity_check");
  g_assert_cmpstr(check, ==, "ok");
  _exit(0);
}

static void test_full_disk(void) {
  g_autoptr(Fixture) f = fixture_new(FALSE);
  pid_t child = fork();
  if (child == 0)
    work_on_full_disk(f);
  finish(child, "needs a mount namespace");
}

static void test_corrupt(void) {
  g_autoptr(Fixture) f = fixture_new(TRUE);
  g_autofree char *database = g_build_filename(f->library, "index.sqlite", NULL);
  g_clear_pointer(&f->service, es_service_free);
  g_assert_true(g_file_set_contents(database,
                                    "this is not a database, but long enough to be read as one ....."
                                    "................................................................",
                                    -1, NULL));
  fixture_reopen(f);
  fixture_fail(f, "call.search", NULL, ES_ERROR_CORRUPT, database);
}

int main(int argc, char **argv) {
  g_setenv("TZ", "Africa/Cairo", TRUE);
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/door/table", test_table);
  g_test_add_func("/door/init", test_init);
  g_test_add_func("/door/no-library", test_no_library);
  g_test_add_func("/door/usage", test_usage);
  g_test_add_func("/door/not-utf8", test_not_utf8);
  g_test_add_func("/door/audit", test_audit);
  g_test_add_func("/door/audit-waits", test_audit_waits);
  g_test_add_func("/door/read-only-mount", test_read_only_mount);
  g_test_add_func("/door/other-account", test_other_account);
  g_test_add_func("/door/audit-refused", test_audit_refused);
  g_test_add_func("/door/full-disk", test_full_disk);
  g_test_add_func("/door/corrupt", test_corrupt);
  return g_test_run();
}
