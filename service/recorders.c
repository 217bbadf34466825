// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// All recorders are asked at once and share the time they have, so that three dead ones take no longer than
// one. What they answer is read with care: a socket in the spool may be anybody's of the library's account.
#include "recorders.h"
#include "earshot/common/clock.h"
#include "earshot/common/json.h"
#include "spool-socket.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#define MOST_RECORDERS 64
#define MOST_ANSWER_BYTES 8192 // a state takes one; the parser of JSON goes as deep as it is told to
#define PATIENCE_US (2 * G_USEC_PER_SEC)
#define STALLED_MS 10000 // a recorder renews its state ten times a second

typedef struct {
  gint64 pid;
  int fd; // -1: it has answered, or will not
  GString *answer;
} Asked;

static void asked_free(gpointer data) {
  Asked *asked = data;
  if (asked->fd >= 0)
    close(asked->fd);
  g_string_free(asked->answer, TRUE);
  g_free(asked);
}

static GPtrArray *connect_all(int folder) {
  g_autoptr(GPtrArray) names = es_spool_socket_list(folder);
  GPtrArray *all = g_ptr_array_new_with_free_func(asked_free);
  for (guint i = 0; i < names->len && all->len < MOST_RECORDERS; i++) {
    int fd = es_spool_socket_connect(folder, names->pdata[i]);
    if (fd < 0 && errno != EAGAIN) // EAGAIN: so many wait that it does not take another one
      continue;
    Asked *asked = g_new0(Asked, 1);
    *asked = (Asked){es_spool_socket_pid(names->pdata[i]), fd, g_string_new(NULL)};
    g_ptr_array_add(all, asked);
  }
  return all;
}

static void read_some(Asked *asked) {
  char text[4096];
  ssize_t n = read(asked->fd, text, sizeof text);
  if (n < 0 && (errno == EAGAIN || errno == EINTR))
    return;
  if (n > 0)
    g_string_append_len(asked->answer, text, n);
  if (n > 0 && asked->answer->len < MOST_ANSWER_BYTES && !memchr(text, '\n', (size_t)n))
    return;
  close(asked->fd);
  asked->fd = -1;
}

static void read_all(GPtrArray *all) {
  gint64 until_us = g_get_monotonic_time() + PATIENCE_US, left_us;
  while ((left_us = until_us - g_get_monotonic_time()) > 0) {
    struct pollfd fds[MOST_RECORDERS];
    guint waiting = 0;
    for (guint i = 0; i < all->len; i++) {
      Asked *asked = all->pdata[i];
      fds[i] = (struct pollfd){asked->fd, POLLIN, 0}; // a negative one is passed over
      waiting += asked->fd >= 0;
    }
    if (waiting == 0 || (poll(fds, all->len, (int)(left_us / 1000) + 1) < 0 && errno != EINTR))
      return;
    for (guint i = 0; i < all->len; i++)
      if (fds[i].revents)
        read_some(all->pdata[i]);
  }
}

JsonObject *es_recorder_parse(const GString *answer) {
  if (!memchr(answer->str, '\n', answer->len) || strlen(answer->str) != answer->len)
    return NULL;
  g_autoptr(JsonNode) node = json_from_string(answer->str, NULL);
  return node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_dup_object(node) : NULL;
}

static JsonObject *recorder_of(const Asked *asked, gint64 now_us) {
  JsonObject *recorder = es_recorder_parse(asked->answer);
  gboolean answers = recorder && es_recorder_time(recorder, "updated_at") != ES_UNKNOWN;
  if (!answers) {
    g_clear_pointer(&recorder, json_object_unref);
    recorder = json_object_new();
    json_object_set_int_member(recorder, "pid", asked->pid);
  }
  gint64 silent_us = answers ? MAX(now_us - es_recorder_time(recorder, "updated_at"), 0) : ES_UNKNOWN;
  json_object_set_boolean_member(recorder, "answers", answers);
  es_json_set_ms(recorder, "silent_ms", answers ? silent_us / ES_US_PER_MS : ES_UNKNOWN);
  return recorder;
}

static gint compare_start(gconstpointer a, gconstpointer b) {
  const char *one = es_recorder_text(*(JsonObject *const *)a, "started_at");
  const char *two = es_recorder_text(*(JsonObject *const *)b, "started_at");
  return g_strcmp0(one ? one : "9", two ? two : "9"); // those that do not answer come last
}

GPtrArray *es_recorders_ask(const char *library, gint64 now_us) {
  GPtrArray *recorders = g_ptr_array_new_with_free_func((GDestroyNotify)json_object_unref);
  int folder = es_spool_folder_open(library);
  if (folder < 0)
    return recorders;
  g_autoptr(GPtrArray) all = connect_all(folder);
  read_all(all);
  for (guint i = 0; i < all->len; i++)
    g_ptr_array_add(recorders, recorder_of(all->pdata[i], now_us));
  close(folder);
  g_ptr_array_sort(recorders, compare_start);
  return recorders;
}

static JsonNode *value_of(JsonObject *recorder, const char *name, GType type) {
  JsonNode *node = json_object_get_member(recorder, name);
  return node && JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == type ? node : NULL;
}

gint64 es_recorder_number(JsonObject *recorder, const char *name) {
  JsonNode *node = value_of(recorder, name, G_TYPE_INT64);
  return node && json_node_get_int(node) >= 0 ? json_node_get_int(node) : ES_UNKNOWN;
}

const char *es_recorder_text(JsonObject *recorder, const char *name) {
  JsonNode *node = value_of(recorder, name, G_TYPE_STRING);
  return node ? json_node_get_string(node) : NULL;
}

gint64 es_recorder_time(JsonObject *recorder, const char *name) {
  const char *text = es_recorder_text(recorder, name);
  gint64 time_us;
  return text && es_time_parse(text, 0, &time_us, NULL, NULL) ? time_us : ES_UNKNOWN;
}

// One that reads a pipe waits for whoever writes into it.
gboolean es_recorder_is_stalled(JsonObject *recorder) {
  return !json_object_get_boolean_member_with_default(recorder, "answers", FALSE) ||
         (es_recorder_number(recorder, "silent_ms") > STALLED_MS &&
          g_strcmp0(es_recorder_text(recorder, "source"), "pipe") != 0);
}
