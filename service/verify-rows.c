// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// A page of rows is read, its files are looked at by a few threads, and what they found is told in the order
// of the rows; then comes the next page. So memory is bounded, whatever the library holds.
//
// The threads are joined, and are no GThreadPool's: those may still be on their way out while the program
// ends, and GLib then aborts it (one run of two hundred).
#include "verify.h"

#define ROWS_AT_ONCE 256

typedef struct {
  const EsFileRow *row; // borrowed
  EsFound found;
  char *message;
} Job;

typedef struct {
  EsVerify *verify;
  GAsyncQueue *todo; // of Job; one without a row: there will be no more
  GAsyncQueue *done; // of Job, in the order in which they came to their end
} Shift;

static gpointer work(gpointer data) {
  Shift *shift = data;
  Job *job;
  es_verify_be_patient();
  while ((job = g_async_queue_pop(shift->todo))->row) {
    if (!es_verify_is_stopped(shift->verify))
      job->found = es_verify_file(es_request_library(shift->verify->request), job->row, shift->verify->fast,
                                  &job->message);
    g_async_queue_push(shift->done, job);
  }
  return NULL;
}

gboolean es_verify_row_again(EsVerify *verify, const char *id, GError **error) {
  g_autoptr(EsFileRow) row = NULL;
  g_autofree char *message = NULL;
  if (!es_index_get_file_row(verify->request->index, id, &row, error))
    return FALSE;
  EsFound found = row ? es_verify_file(es_request_library(verify->request), row, verify->fast, &message)
                      : ES_FOUND_NOTHING;
  if (found)
    es_verify_tell(verify, found, id, row->file, message);
  return TRUE;
}

static gboolean judge(EsVerify *verify, const Job *job, GError **error) {
  if (!job->found || (verify->busy && es_verify_suspect(verify, job->row->id, NULL)))
    return TRUE;
  return es_verify_row_again(verify, job->row->id, error);
}

static gboolean look_at_page(Shift *shift, const GPtrArray *rows, GError **error) {
  EsVerify *verify = shift->verify;
  g_autofree Job *jobs = g_new0(Job, rows->len);
  gboolean ok = TRUE;
  for (guint i = 0; i < rows->len; i++) {
    jobs[i].row = rows->pdata[i];
    g_async_queue_push(shift->todo, &jobs[i]);
  }
  for (guint i = 0; i < rows->len; i++) {
    const Job *job = g_async_queue_pop(shift->done);
    verify->rows++;
    verify->bytes += job->row->file ? MAX(job->row->file_bytes, 0) : 0;
    es_verify_progress(verify);
  }
  for (guint i = 0; i < rows->len; i++) {
    ok = ok && (es_verify_is_stopped(verify) || judge(verify, &jobs[i], error));
    g_free(jobs[i].message);
  }
  return ok;
}

static gboolean look_at_all(Shift *shift, GError **error) {
  EsVerify *verify = shift->verify;
  gint64 after = 0;
  while (!es_verify_is_stopped(verify)) {
    g_autoptr(GPtrArray) rows =
        es_index_list_files(verify->request->index, &verify->range, after, ROWS_AT_ONCE, error);
    if (!rows || !look_at_page(shift, rows, error))
      return FALSE;
    if (rows->len == 0)
      break;
    after = ((const EsFileRow *)rows->pdata[rows->len - 1])->rowid;
  }
  return TRUE;
}

gboolean es_verify_rows(EsVerify *verify, GError **error) {
  Shift shift = {verify, g_async_queue_new(), g_async_queue_new()};
  Job over = {NULL};
  g_autofree GThread **threads = g_new0(GThread *, verify->threads);
  for (guint i = 0; i < verify->threads; i++)
    threads[i] = g_thread_new("verify", work, &shift);
  gboolean ok = look_at_all(&shift, error);
  for (guint i = 0; i < verify->threads; i++)
    g_async_queue_push(shift.todo, &over);
  for (guint i = 0; i < verify->threads; i++)
    g_thread_join(threads[i]);
  g_async_queue_unref(shift.todo);
  g_async_queue_unref(shift.done);
  return ok;
}
