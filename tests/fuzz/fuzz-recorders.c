// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Both ends of the sockets in a library's spool, each with a peer that says the input: who asks how recorders
// are (the thread here answers as one), and a recorder that is asked. The recorder answers the next one, too.
#include <glib/gstdio.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../service/predecessors.h"
#include "control.h"
#include "earshot/common/clock.h"
#include "earshot/common/json.h"
#include "fuzz.h"
#include "recorders.h"
#include "spool-socket.h"

#define NOW_US G_GINT64_CONSTANT(1760000000000000)

// Two libraries: in one our thread listens, in the other a recorder.
typedef struct {
  char *answered, *recorded;
  int listener, folder;
  EsControl *control;
  char *socket; // of the recorder
  pthread_t thread;
  pthread_mutex_t mutex;
  guint8 *data; // behind the mutex; the thread may still be at it when nobody listens any more
  gsize size;
} Peers;

static Peers peers = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static char *library(void) {
  const char *memory = g_file_test("/dev/shm", G_FILE_TEST_IS_DIR) ? "/dev/shm" : g_get_tmp_dir();
  char *path = g_mkdtemp(g_build_filename(memory, "earshot-fuzz-XXXXXX", NULL));
  g_autofree char *spool = g_build_filename(path, "spool", NULL);
  g_assert_cmpint(g_mkdir(spool, 0700), ==, 0);
  return path;
}

static void say(int fd, const guint8 *data, gsize size) {
  while (size) {
    ssize_t n = send(fd, data, size, MSG_NOSIGNAL);
    if (n <= 0)
      return;
    data += n;
    size -= (gsize)n;
  }
}

static void *answer(void *unused) {
  struct pollfd waits = {peers.listener, POLLIN, 0};
  while (poll(&waits, 1, -1) == 1) {
    int fd = accept(peers.listener, NULL, NULL);
    if (fd < 0)
      return NULL;
    pthread_mutex_lock(&peers.mutex);
    say(fd, peers.data, peers.size);
    pthread_mutex_unlock(&peers.mutex);
    close(fd);
  }
  return NULL;
}

static void clear(char *path, const char *name) {
  g_autofree char *spool = g_build_filename(path, "spool", NULL);
  g_autofree char *socket = name ? g_build_filename(spool, name, NULL) : NULL;
  if (socket)
    g_unlink(socket);
  g_rmdir(spool);
  g_rmdir(path);
  g_free(path);
}

static char *listening;

static void end(void) {
  shutdown(peers.listener, SHUT_RDWR);
  pthread_join(peers.thread, NULL);
  close(peers.listener);
  es_control_stop(peers.control);
  g_free(peers.data);
  close(peers.folder);
  clear(peers.answered, listening);
  clear(peers.recorded, NULL);
  g_free(listening);
  g_free(peers.socket);
}

static void begin(void) {
  peers.answered = library();
  peers.recorded = library();
  int folder = es_spool_folder_open(peers.answered);
  peers.listener = es_spool_socket_listen(folder, &listening, NULL);
  g_assert_cmpint(peers.listener, >=, 0);
  close(folder);
  g_assert_cmpint(pthread_create(&peers.thread, NULL, answer, NULL), ==, 0);
  peers.control = es_control_start(peers.recorded, "file", "fuzz", -1, NULL);
  peers.folder = es_spool_folder_open(peers.recorded);
  g_autoptr(GPtrArray) names = es_spool_socket_list(peers.folder);
  g_assert_cmpuint(names->len, ==, 1);
  peers.socket = g_strdup(names->pdata[0]);
  atexit(end);
}

// ---- who asks

static void ask(const guint8 *data, gsize size) {
  pthread_mutex_lock(&peers.mutex);
  g_free(peers.data);
  peers.data = g_memdup2(data, size);
  peers.size = size;
  pthread_mutex_unlock(&peers.mutex);
  g_autoptr(GPtrArray) recorders = es_recorders_ask(peers.answered, NOW_US);
  g_assert_cmpuint(recorders->len, ==, 1);
  JsonObject *recorder = recorders->pdata[0];
  g_assert_cmpint(es_recorder_number(recorder, "calls_open"), >=, ES_UNKNOWN);
  const char *source = es_recorder_text(recorder, "source");
  g_assert_true(!source || g_utf8_validate(source, -1, NULL));
  es_recorder_time(recorder, "started_at");
  es_recorder_is_stalled(recorder);
}

static void take_place(void) {
  static const char *const places[] = {"udp:127.0.0.1:5060", NULL};
  g_autoptr(GError) error = NULL;
  g_autoptr(GArray) found = es_predecessors_find(peers.answered, "eth0", places, &error);
  g_assert_true((found != NULL) == (error == NULL));
  for (guint i = 0; found && i < found->len; i++)
    close(g_array_index(found, int, i));
}

// ---- who is asked

static void be_asked(const guint8 *data, gsize size) {
  char line[16384] = "";
  gsize n = 0;
  int fd = es_spool_socket_connect(peers.folder, peers.socket);
  g_assert_cmpint(fd, >=, 0);
  say(fd, data, size);
  struct pollfd waits = {fd, POLLIN, 0};
  while (!memchr(line, '\n', n) && n < sizeof line - 1 && poll(&waits, 1, 5000) == 1) {
    ssize_t got = read(fd, line + n, sizeof line - 1 - n);
    if (got <= 0)
      break;
    n += (gsize)got;
  }
  close(fd);
  line[n] = '\0';
  g_autoptr(JsonNode) node = n ? json_from_string(line, NULL) : NULL;
  g_assert_true(n == 0 || (node && JSON_NODE_HOLDS_OBJECT(node)));
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
  if (!peers.control)
    begin();
  ask(data, size);
  take_place();
  be_asked(data, MIN(size, 4096));
  return 0;
}
