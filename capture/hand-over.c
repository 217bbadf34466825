// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "hand-over.h"
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MOST_DESCRIPTORS 256       // that nobody has taken yet
#define LONGEST_LINE (1024 * 1024) // a Call-ID of the longest message, escaped

void es_talk_init(EsTalk *talk, int fd) {
  *talk = (EsTalk){.fd = fd, .read = g_string_new(NULL)};
  g_queue_init(&talk->descriptors);
}

void es_talk_clear(EsTalk *talk) {
  int left;
  while ((left = es_talk_take_descriptor(talk)) >= 0)
    close(left);
  if (talk->fd >= 0)
    close(talk->fd);
  if (talk->read)
    g_string_free(talk->read, TRUE);
  *talk = (EsTalk){.fd = -1};
}

static gboolean wait_for(int fd, short events, gint64 until_us) {
  struct pollfd ready = {.fd = fd, .events = events};
  gint64 left_us = until_us - g_get_monotonic_time();
  return left_us > 0 && (poll(&ready, 1, (int)(left_us / 1000) + 1) >= 0 || errno == EINTR);
}

static char *take_line(GString *read) {
  const char *end = memchr(read->str, '\n', read->len);
  if (!end)
    return NULL;
  gsize length = (gsize)(end - read->str);
  char *line = g_strndup(read->str, length);
  g_string_erase(read, 0, (gssize)length + 1);
  return line;
}

char *es_talk_unescape(const char *text) {
  gsize length = strlen(text), n = 0;
  while (n < length && text[length - 1 - n] == '\\')
    n++;
  return n % 2 == 0 ? g_strcompress(text) : NULL; // an escape without its end
}

int es_talk_take_descriptor(EsTalk *talk) {
  return g_queue_is_empty(&talk->descriptors) ? -1 : GPOINTER_TO_INT(g_queue_pop_head(&talk->descriptors));
}

typedef union {
  struct cmsghdr header;
  char bytes[CMSG_SPACE(sizeof(int))];
} Attached;

// There is room for one, which padding makes two.
static void keep_descriptors(EsTalk *talk, struct cmsghdr *header) {
  gsize n = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
  for (gsize i = 0; i < n; i++) {
    int fd;
    memcpy(&fd, CMSG_DATA(header) + i * sizeof fd, sizeof fd);
    if (talk->descriptors.length < MOST_DESCRIPTORS)
      g_queue_push_tail(&talk->descriptors, GINT_TO_POINTER(fd));
    else
      close(fd);
  }
}

static ssize_t receive(EsTalk *talk, char *bytes, gsize size) {
  Attached attached;
  struct iovec part = {bytes, size};
  struct msghdr message = {.msg_iov = &part,
                           .msg_iovlen = 1,
                           .msg_control = attached.bytes,
                           .msg_controllen = sizeof attached.bytes};
  ssize_t n = recvmsg(talk->fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  struct cmsghdr *header = n > 0 ? CMSG_FIRSTHDR(&message) : NULL;
  if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS)
    keep_descriptors(talk, header);
  return n;
}

gboolean es_talk_say_with(EsTalk *talk, const char *line, int descriptor) {
  g_autofree char *whole = g_strconcat(line, "\n", NULL);
  Attached attached = {
      .header = {.cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS}};
  struct iovec part = {whole, strlen(whole)};
  struct msghdr message = {.msg_iov = &part,
                           .msg_iovlen = 1,
                           .msg_control = attached.bytes,
                           .msg_controllen = sizeof attached.bytes};
  memcpy(CMSG_DATA(&attached.header), &descriptor, sizeof descriptor);
  return sendmsg(talk->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)strlen(whole);
}

char *es_talk_read(EsTalk *talk, gint64 until_us) {
  char *line, bytes[16384];
  while (!(line = take_line(talk->read)) && !talk->over) {
    ssize_t n = receive(talk, bytes, sizeof bytes);
    if (n > 0)
      g_string_append_len(talk->read, bytes, n);
    talk->over = n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR) || talk->read->len > LONGEST_LINE;
    if (n < 0 && !talk->over && !wait_for(talk->fd, POLLIN, until_us))
      return NULL;
  }
  return line;
}

gboolean es_talk_write(EsTalk *talk, const char *text, gsize length, gint64 until_us) {
  while (length > 0) {
    ssize_t n = send(talk->fd, text, length, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n > 0) {
      text += n;
      length -= (gsize)n;
    } else if ((errno != EAGAIN && errno != EINTR) || !wait_for(talk->fd, POLLOUT, until_us)) {
      return FALSE;
    }
  }
  return TRUE;
}

gboolean es_talk_say(EsTalk *talk, const char *line, gint64 until_us) {
  g_autofree char *whole = g_strconcat(line, "\n", NULL); // at once, so that it is read at once
  return es_talk_write(talk, whole, strlen(whole), until_us);
}
