// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// One recorder takes the place of another, who says what the input says, line by line; the first byte tells
// which of the two is ours. A line "socket …" comes with a descriptor, "socket +…" with two. Whatever is
// said, nothing stays open.
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "earshot/common/clock.h"
#include "fuzz.h"
#include "hand-over.h"
#include "library.h"
#include "predecessors.h"
#include "siprec-sockets.h"
#include "successors.h"

#define MAX_LINES 100
#define NOW_US G_GINT64_CONSTANT(1760000000000000)
#define WAIT_MS 5

typedef struct {
  const guint8 *data;
  gsize size;
  gboolean heir; // speaks; else the elder
} Script;

static guint count_descriptors(void) {
  g_autoptr(GDir) open = g_dir_open("/proc/self/fd", 0, NULL);
  guint n = 0;
  while (open && g_dir_read_name(open))
    n++;
  return n;
}

static void attach(int fd, const char *line, gsize length, guint n) {
  union {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(2 * sizeof(int))];
  } attached = {
      .header = {.cmsg_len = CMSG_LEN(n * sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS}};
  const int both[] = {fd, fd};
  struct iovec part = {(char *)line, length};
  struct msghdr message = {.msg_iov = &part,
                           .msg_iovlen = 1,
                           .msg_control = attached.bytes,
                           .msg_controllen = CMSG_SPACE(n * sizeof(int))};
  memcpy(CMSG_DATA(&attached.header), both, n * sizeof(int));
  sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

// What does not fit into the socket is not said.
static void say(int fd, const char *line, gsize length) {
  static const char socket[] = "socket ";
  if (length > strlen(socket) && memcmp(line, socket, strlen(socket)) == 0)
    attach(fd, line, length, line[strlen(socket)] == '+' ? 2 : 1);
  else
    send(fd, line, length, MSG_DONTWAIT | MSG_NOSIGNAL);
}

// The next line with its end.
static gboolean next(Script *s, const char **line, gsize *length) {
  const guint8 *end = s->size ? memchr(s->data, '\n', s->size) : NULL;
  *line = (const char *)s->data;
  *length = end ? (gsize)(end - s->data) + 1 : s->size;
  s->data += *length;
  s->size -= *length;
  return *length > 0;
}

// ---- the elder speaks

static void hear_elder(EsWorker *worker, Script *s, int ours, int other) {
  const char *line;
  gsize length;
  for (guint i = 0; i < MAX_LINES && next(s, &line, &length); i++)
    say(other, line, length);
  shutdown(other, SHUT_WR);
  EsPredecessors *elder = es_predecessors_new(&ours, 1);
  g_autoptr(GArray) sockets = g_array_new(FALSE, FALSE, sizeof(EsSiprecSocket));
  g_autoptr(GError) error = NULL;
  gboolean ok = es_predecessors_greet(elder, &error) && es_predecessors_get_sockets(elder, sockets, &error) &&
                es_predecessors_ask(elder, worker, NULL, NOW_US, &error);
  g_assert_true(ok == !error);
  if (ok)
    es_predecessors_look(elder, worker, NULL);
  es_predecessors_free(elder);
  for (guint i = 0; i < sockets->len; i++)
    close(g_array_index(sockets, EsSiprecSocket, i).fd);
}

// ---- the heir speaks

// Until ours has said something, or nothing for a moment; FALSE when it has hung up.
static gboolean listen_to(int fd) {
  char said[4096];
  struct pollfd ready = {.fd = fd, .events = POLLIN};
  return poll(&ready, 1, WAIT_MS) == 0 || recv(fd, said, sizeof said, MSG_DONTWAIT) != 0;
}

static void hear_heir(EsWorker *worker, Script *s, int ours, int other) {
  const char *line;
  gsize length;
  int ends[2];
  g_assert_cmpint(pipe(ends), ==, 0);
  g_assert_cmpint(write(ends[1], &ours, sizeof ours), ==, sizeof ours);
  EsSuccessors *heir = es_successors_new(ends[0]);
  es_successors_look(heir, worker, NULL, NOW_US);
  gboolean goes_on = listen_to(other);
  for (guint i = 0; goes_on && i < MAX_LINES && next(s, &line, &length); i++) {
    gboolean asks = length > 4 && (memcmp(line, "take", 4) == 0 || memcmp(line, "sock", 4) == 0);
    say(other, line, length);
    goes_on = !asks || listen_to(other);
    es_successors_look(heir, worker, NULL, g_get_real_time());
    goes_on = goes_on && (!asks || listen_to(other));
  }
  shutdown(other, SHUT_WR);
  es_successors_look(heir, worker, NULL, g_get_real_time());
  es_successors_have_taken(heir);
  es_successors_free(heir, s->size & 1);
  close(ends[0]);
  close(ends[1]);
}

static void play(EsWorker *worker, gpointer script) {
  Script *s = script;
  int pair[2];
  guint before = count_descriptors();
  g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), ==, 0);
  if (s->heir)
    hear_heir(worker, s, pair[0], pair[1]);
  else
    hear_elder(worker, s, pair[0], pair[1]);
  close(pair[1]);
  g_assert_cmpuint(count_descriptors(), ==, before);
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
  if (size == 0)
    return 0;
  Script script = {.data = data + 1, .size = size - 1, .heir = data[0] & 1};
  es_fuzz_worker("[record]\ncomplexity=0\n", play, &script);
  return 0;
}
