// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The recording server, with everything behind it, and a recording client that says what the input says: one
// thing after the other, each after its kind (one byte) and its length (two bytes). In messages, %t is the
// tag that the server gave.
//
//   0  SIP    a message
//   1  RTP    to the media port that the server named last
//   2  RTCP   to the port above
//   3  reply  to the last request of the server; the first byte says which
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "earshot/common/address.h"
#include "fuzz.h"
#include "library.h"
#include "siprec-address.h"
#include "siprec-private.h"

#define MAX_STEPS 40
#define FIRST_PORT 30000
#define PORTS 5000
#define MOST_BYTES 65000
#define LONGEST 16384

typedef struct {
  const guint8 *data;
  gsize left;
  EsSiprecServer *server;
  int fd;
  EsAddress door;
  guint16 media;         // 0: none was named
  char tag[64];          // of the server
  char request[LONGEST]; // its last one
} Client;

static void send_to(Client *c, guint16 port, const void *bytes, gsize length) {
  EsAddress to = c->door;
  struct sockaddr_storage address;
  to.port = port;
  socklen_t size = es_address_to_socket(&to, &address);
  if (port && length <= MOST_BYTES)
    sendto(c->fd, bytes, length, MSG_DONTWAIT, (struct sockaddr *)&address, size);
}

// ---- what the server says

static void note(Client *c, const char *text) {
  const char *to = strstr(text, "\nTo:"), *end = to ? strchr(to + 1, '\n') : NULL;
  const char *tag = to ? strstr(to, ";tag=") : NULL, *media = strstr(text, "\nm=audio ");
  if (strncmp(text, "SIP/2.0", 7) != 0)
    g_strlcpy(c->request, text, sizeof c->request);
  else if (tag && end && tag < end)
    g_snprintf(c->tag, sizeof c->tag, "%.*s", (int)strcspn(tag + 5, ";\r\n"), tag + 5);
  if (media)
    c->media = (guint16)g_ascii_strtoull(media + strlen("\nm=audio "), NULL, 10);
}

static void hear(Client *c) {
  char text[LONGEST];
  ssize_t n;
  for (guint i = 0; i < 4; i++) {
    g_autoptr(GError) error = NULL;
    c->server->next_us = 0; // each step looks at everything
    g_assert_true(es_siprec_server_step(c->server, &error));
    while ((n = recv(c->fd, text, sizeof text - 1, MSG_DONTWAIT)) > 0) {
      text[n] = '\0';
      note(c, text);
    }
  }
}

// ---- what the client says

static void say(Client *c, const guint8 *bytes, gsize length) {
  g_autofree char *text = g_strndup((const char *)bytes, length);
  g_auto(GStrv) parts = g_strsplit(text, "%t", -1);
  g_autofree char *whole = g_strjoinv(c->tag, parts);
  send_to(c, c->door.port, whole, strlen(whole));
}

static void reply(Client *c, const guint8 *bytes, gsize length) {
  static const char *const copied[] = {"Via:", "From:", "To:", "Call-ID:", "CSeq:"};
  static const char *const statuses[] = {"200 OK", "481 Gone", "100 Trying", "500 Broken", "401 Who"};
  g_autoptr(GString) text = g_string_new("SIP/2.0 ");
  g_auto(GStrv) lines = g_strsplit(c->request, "\r\n", -1);
  g_string_append_printf(text, "%s\r\n", statuses[length ? bytes[0] % G_N_ELEMENTS(statuses) : 0]);
  for (char **line = lines; *line; line++)
    for (guint i = 0; i < G_N_ELEMENTS(copied); i++)
      if (g_str_has_prefix(*line, copied[i]))
        g_string_append_printf(text, "%s\r\n", *line);
  g_string_append(text, "Content-Length: 0\r\n\r\n");
  send_to(c, c->door.port, text->str, text->len);
}

static gboolean step(Client *c) {
  if (c->left < 3)
    return FALSE;
  const guint8 *bytes = c->data + 3;
  guint kind = c->data[0] & 3;
  gsize length = MIN((gsize)(c->data[1] << 8 | c->data[2]), c->left - 3);
  if (kind == 0)
    say(c, bytes, length);
  else if (kind == 3)
    reply(c, bytes, length);
  else
    send_to(c, c->media ? (guint16)(c->media + kind - 1) : 0, bytes, length);
  c->data = bytes + length;
  c->left -= 3 + length;
  hear(c);
  return TRUE;
}

// ---- the server

static void find_door(Client *c) {
  g_autoptr(GArray) sockets = g_array_new(FALSE, FALSE, sizeof(EsSiprecSocket));
  struct sockaddr_storage address;
  socklen_t size = sizeof address;
  es_siprec_server_list_sockets(c->server, sockets);
  g_assert_cmpuint(sockets->len, ==, 1);
  g_assert_cmpint(
      getsockname(g_array_index(sockets, EsSiprecSocket, 0).fd, (struct sockaddr *)&address, &size), ==, 0);
  g_assert_true(es_address_from_socket(&c->door, (struct sockaddr *)&address));
}

// As es_siprec_server_end_all, without the wait for clients.
static void end_all(Client *c) {
  guint n;
  g_autofree gpointer *dialogs = g_hash_table_get_keys_as_array(c->server->shared.dialogs, &n);
  for (guint i = 0; i < n; i++)
    es_siprec_dialog_end(dialogs[i], ES_END_STOPPED);
  hear(c);
  g_assert_no_error(c->server->shared.failed);
}

// At the port of the one before, if nobody else has it now.
static EsSiprecServer *open_server(EsCaptureSettings *settings, EsCaptureStats *stats) {
  static guint port;
  EsSiprecServer *server = NULL;
  port = port ? port : FIRST_PORT + (guint)getpid() % PORTS;
  for (guint i = 0; !server && i < PORTS; i++) {
    g_autofree char *place = g_strdup_printf("udp:127.0.0.1:%u", port);
    const char *const listen[] = {place, NULL};
    server = es_siprec_server_new(listen, NULL, settings, stats, NULL);
    port = server ? port : FIRST_PORT + (port - FIRST_PORT + 1) % PORTS;
  }
  g_assert_nonnull(server);
  return server;
}

static void play(EsWorker *worker, gpointer script) {
  Client *c = script;
  static const char config[] = "[siprec]\nmin_session=90s\nlenient=10.0.0.0/8\nmax_sessions=8\n";
  g_autoptr(EsConfig) read = es_config_parse("fuzz.conf", config, -1, NULL);
  EsCaptureSettings *settings = es_capture_settings_new(read, NULL);
  EsCaptureStats stats = {0};
  c->server = open_server(settings, &stats);
  es_siprec_server_set_worker(c->server, worker);
  find_door(c);
  c->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  for (guint i = 0; i < MAX_STEPS && step(c); i++)
    ;
  end_all(c);
  close(c->fd);
  es_siprec_server_free(c->server);
  es_capture_settings_unref(settings);
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
  g_autofree Client *client = g_new0(Client, 1);
  client->data = data;
  client->left = size;
  es_fuzz_worker("[record]\ncomplexity=0\nmax_calls=5\n[mapping]\nextensions=1..\n", play, client);
  return 0;
}
