// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// A recording served to a browser (see listen.h). Everything lies below a path that begins with the secret:
//
//   GET  page with an audio element            GET  audio.opus   the recording, with Range
//   GET  events   what the page is to do       POST position     what it does: "SEQUENCE PLAYING SECONDS"
//
// Everybody on this machine can connect, so whatever lacks the secret, or comes for another host's name, gets
// an empty 404; connections are few, and one that has not named the secret after a while is shut, however
// slowly it goes on sending. One page at a time: a second one takes over. Each command has
// a sequence number, and a report that does not know the last command yet is left aside: it tells of before.
#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "language.h"
#include "listen-read.h"
#include "listen-resource.h"
#include "listen.h"

#define SECRET_BYTES 18
#define CONNECTIONS 16
#define IDLE_S 10                        // of a connection that sends or reads nothing
#define PATIENCE_US (5 * G_USEC_PER_SEC) // with one that has asked for nothing of ours yet
#define AUDIO_IDLE_S 900                 // a browser that is paused reads nothing for a while
#define MEMORY (16 * 1024)
#define MOST_BODY 64
#define BLOCK 4096
#define MOST_STEPS 256                        // of a block each, before the keys have their turn
#define SIGN_OF_LIFE_US (10 * G_USEC_PER_SEC) // finds out that a page has gone
#define LONGEST_GUESS_US (G_USEC_PER_SEC)     // a page that is silent for longer has stopped

// The stream of commands to one page.
typedef struct {
  EsListen *listen;
  struct MHD_Connection *connection;
  GString *waiting; // to be sent
  gboolean asleep;  // suspended until there is something
  gboolean over;
} Events;

struct EsListen {
  const EsListenModule *module; // first
  struct MHD_Daemon *daemon;
  char *path, *secret, *url;
  gint64 audio_ms;
  GPtrArray *strangers; // of Stranger: connections that have not named the secret
  Events *events;       // of the present page; NULL without one
  gint64 life_us;       // when a sign of life is due
  guint sequence;       // of the last command
  gboolean playing;
  gint64 position_ms, known_us; // where it was, and when
  double speed;
};

typedef struct {
  struct MHD_Connection *connection;
  gint64 until_us;
} Stranger;

// What is kept of one request between the calls of answer().
typedef struct {
  GString *body;
} Request;

extern const EsListenModule es_listen_http;

// ---- replies

static enum MHD_Result send_reply(struct MHD_Connection *connection, unsigned status,
                                  struct MHD_Response *response) {
  static const char *const headers[][2] = {{"Cache-Control", "no-store"},
                                           {"X-Content-Type-Options", "nosniff"},
                                           {"Referrer-Policy", "no-referrer"},
                                           {"X-Frame-Options", "DENY"},
                                           {"Cross-Origin-Resource-Policy", "same-origin"}};
  for (gsize i = 0; i < G_N_ELEMENTS(headers); i++)
    MHD_add_response_header(response, headers[i][0], headers[i][1]);
  enum MHD_Result result = MHD_queue_response(connection, status, response);
  MHD_destroy_response(response);
  return result;
}

static enum MHD_Result send_nothing(struct MHD_Connection *connection, unsigned status) {
  return send_reply(connection, status, MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT));
}

static char *random_text(void) {
  guint8 bytes[SECRET_BYTES];
  if (getrandom(bytes, sizeof bytes, 0) != sizeof bytes)
    return NULL;
  g_autofree char *text = g_base64_encode(bytes, sizeof bytes);
  return g_strdup(g_strdelimit(g_strdelimit(text, "+", '-'), "/", '_'));
}

// The page's own texts stand in script and markup alike.
static void fill_in(GString *page, const char *mark, const char *text) {
  g_autofree char *escaped = g_markup_escape_text(text, -1);
  g_string_replace(page, mark, escaped, 0);
}

static enum MHD_Result send_page(struct MHD_Connection *connection) {
  g_autoptr(GBytes) bytes = g_resource_lookup_data(es_listen_get_resource(), "/earshot/cli/listen.html",
                                                   G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
  g_autofree char *nonce = random_text();
  if (nonce == NULL)
    return send_nothing(connection, MHD_HTTP_INTERNAL_SERVER_ERROR);
  g_autoptr(GString) page = g_string_new_len(g_bytes_get_data(bytes, NULL), (gssize)g_bytes_get_size(bytes));
  fill_in(page, "@NONCE@", nonce);
  fill_in(page, "@LANG@", es_locale_language());
  fill_in(page, "@DIR@", g_str_equal(es_locale_language(), "ar") ? "rtl" : "ltr");
  fill_in(page, "@READY@", _("Leave this page open; the keys are pressed in the terminal."));
  fill_in(page, "@CLICK@", _("Click here once, so that the browser may play."));
  fill_in(page, "@TAKEN@", _("Another window plays it now."));
  fill_in(page, "@OVER@", _("The command in the terminal has ended."));
  struct MHD_Response *response =
      MHD_create_response_from_buffer(page->len, page->str, MHD_RESPMEM_MUST_COPY);
  g_autofree char *policy = g_strdup_printf("default-src 'none'; media-src 'self'; connect-src 'self'; "
                                            "script-src 'nonce-%s'; style-src 'nonce-%s'; "
                                            "frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
                                            nonce, nonce);
  MHD_add_response_header(response, "Content-Security-Policy", policy);
  MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "text/html; charset=utf-8");
  return send_reply(connection, MHD_HTTP_OK, response);
}

static struct MHD_Response *part_of_file(int fd, guint64 size, guint64 start, guint64 length, EsRange range) {
  struct MHD_Response *response = MHD_create_response_from_fd_at_offset64(length, fd, start);
  if (response == NULL)
    return NULL;
  if (range == ES_RANGE_PART) {
    g_autofree char *text =
        g_strdup_printf("bytes %" G_GUINT64_FORMAT "-%" G_GUINT64_FORMAT "/%" G_GUINT64_FORMAT, start,
                        start + length - 1, size);
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_RANGE, text);
  }
  MHD_add_response_header(response, MHD_HTTP_HEADER_ACCEPT_RANGES, "bytes");
  MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "audio/ogg");
  return response;
}

static enum MHD_Result send_outside(struct MHD_Connection *connection, guint64 size) {
  g_autofree char *text = g_strdup_printf("bytes */%" G_GUINT64_FORMAT, size);
  struct MHD_Response *response = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
  MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_RANGE, text);
  return send_reply(connection, MHD_HTTP_RANGE_NOT_SATISFIABLE, response);
}

static enum MHD_Result send_audio(EsListen *listen, struct MHD_Connection *connection) {
  struct stat status;
  int fd = open(listen->path, O_RDONLY | O_CLOEXEC);
  if (fd < 0 || fstat(fd, &status) != 0 || status.st_size <= 0) {
    if (fd >= 0)
      close(fd);
    return send_nothing(connection, MHD_HTTP_NOT_FOUND);
  }
  guint64 size = (guint64)status.st_size, start = 0, length = size;
  EsRange range = es_listen_read_range(
      MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_RANGE), size, &start, &length);
  if (range == ES_RANGE_OUTSIDE) {
    close(fd);
    return send_outside(connection, size);
  }
  struct MHD_Response *response = part_of_file(fd, size, start, length, range);
  if (response == NULL) {
    close(fd);
    return MHD_NO;
  }
  MHD_set_connection_option(connection, MHD_CONNECTION_OPTION_TIMEOUT, (unsigned)AUDIO_IDLE_S);
  return send_reply(connection, range == ES_RANGE_PART ? MHD_HTTP_PARTIAL_CONTENT : MHD_HTTP_OK, response);
}

// ---- commands to the page

static void wake(Events *events) {
  if (!events->asleep)
    return;
  events->asleep = FALSE;
  MHD_resume_connection(events->connection);
}

static ssize_t read_events(void *data, uint64_t position, char *buffer, size_t most) {
  Events *events = data;
  if (events->waiting->len == 0 && events->over)
    return MHD_CONTENT_READER_END_OF_STREAM;
  if (events->waiting->len == 0) {
    events->asleep = TRUE;
    MHD_suspend_connection(events->connection);
    return 0;
  }
  gsize n = MIN(most, events->waiting->len);
  memcpy(buffer, events->waiting->str, n);
  g_string_erase(events->waiting, 0, (gssize)n);
  return (ssize_t)n;
}

static void free_events(void *data) {
  Events *events = data;
  EsListen *listen = events->listen;
  if (listen->events == events) { // the page has gone
    listen->events = NULL;
    listen->playing = FALSE;
  }
  g_string_free(events->waiting, TRUE);
  g_free(events);
}

static void end_events(Events *events, const char *last_words) {
  g_string_append(events->waiting, last_words);
  events->over = TRUE;
  wake(events);
}

static void tell_page(EsListen *listen) {
  char position[G_ASCII_DTOSTR_BUF_SIZE], speed[G_ASCII_DTOSTR_BUF_SIZE];
  if (listen->events == NULL)
    return;
  g_string_append_printf(
      listen->events->waiting, "data: {\"sequence\":%u,\"playing\":%s,\"position\":%s,\"speed\":%s}\n\n",
      listen->sequence, listen->playing ? "true" : "false",
      g_ascii_formatd(position, sizeof position, "%.3f", (double)listen->position_ms / 1000),
      g_ascii_formatd(speed, sizeof speed, "%.2f", listen->speed));
  wake(listen->events);
}

static enum MHD_Result send_events(EsListen *listen, struct MHD_Connection *connection) {
  Events *before = listen->events, *events = g_new0(Events, 1);
  events->listen = listen;
  events->connection = connection;
  events->waiting = g_string_new("retry: 600000\n\n");
  listen->events = events;
  if (before != NULL)
    end_events(before, "event: taken\ndata:\n\n");
  tell_page(listen);
  struct MHD_Response *response =
      MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK, read_events, events, free_events);
  MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "text/event-stream");
  return send_reply(connection, MHD_HTTP_OK, response);
}

// ---- what the page tells

static void take_report(EsListen *listen, const char *text) {
  guint sequence;
  gboolean playing;
  gint64 position_ms;
  if (!es_listen_read_report(text, &sequence, &playing, &position_ms) || sequence != listen->sequence)
    return;
  listen->playing = playing;
  listen->position_ms = position_ms;
  listen->known_us = g_get_monotonic_time();
}

static gboolean is_own_origin(struct MHD_Connection *connection, const char *host) {
  const char *origin = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ORIGIN);
  g_autofree char *own = g_strconcat("http://", host, NULL);
  return origin == NULL || g_strcmp0(origin, own) == 0;
}

static enum MHD_Result take_body(EsListen *listen, struct MHD_Connection *connection, Request *request,
                                 const char *data, size_t *size) {
  if (*size == 0) {
    take_report(listen, request->body->str);
    return send_nothing(connection, MHD_HTTP_NO_CONTENT);
  }
  if (request->body->len + *size > MOST_BODY)
    return MHD_NO;
  g_string_append_len(request->body, data, (gssize)*size);
  *size = 0;
  return MHD_YES;
}

// ---- who is connected

static Stranger *find_stranger(const EsListen *listen, const struct MHD_Connection *connection) {
  for (guint i = 0; i < listen->strangers->len; i++) {
    Stranger *stranger = g_ptr_array_index(listen->strangers, i);
    if (stranger->connection == connection)
      return stranger;
  }
  return NULL;
}

static void forget_stranger(EsListen *listen, const struct MHD_Connection *connection) {
  Stranger *stranger = find_stranger(listen, connection);
  if (stranger != NULL)
    g_ptr_array_remove_fast(listen->strangers, stranger);
}

static void on_connection(void *data, struct MHD_Connection *connection, void **unused,
                          enum MHD_ConnectionNotificationCode code) {
  EsListen *listen = data;
  if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
    forget_stranger(listen, connection);
    return;
  }
  Stranger *stranger = g_new0(Stranger, 1);
  stranger->connection = connection;
  stranger->until_us = g_get_monotonic_time() + PATIENCE_US;
  g_ptr_array_add(listen->strangers, stranger);
}

static void shut_strangers(const EsListen *listen, gint64 now_us) {
  for (guint i = 0; i < listen->strangers->len; i++) {
    const Stranger *stranger = g_ptr_array_index(listen->strangers, i);
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(stranger->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (now_us >= stranger->until_us && info != NULL)
      shutdown(info->connect_fd, SHUT_RDWR);
  }
}

// ---- requests

static enum MHD_Result send_what(EsListen *listen, struct MHD_Connection *connection, const char *what,
                                 gboolean get) {
  if (*what == '\0')
    return send_page(connection);
  if (g_str_equal(what, "audio.opus"))
    return send_audio(listen, connection);
  if (g_str_equal(what, "events") && get)
    return send_events(listen, connection);
  return send_nothing(connection, MHD_HTTP_NOT_FOUND);
}

static enum MHD_Result answer(void *data, struct MHD_Connection *connection, const char *path,
                              const char *method, const char *version, const char *body, size_t *body_size,
                              void **kept) {
  EsListen *listen = data;
  const char *host = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_HOST);
  const char *what = es_listen_read_path(path, listen->secret);
  if (what == NULL || !es_listen_is_own_host(host))
    return *body_size > 0 ? MHD_NO : send_nothing(connection, MHD_HTTP_NOT_FOUND);
  forget_stranger(listen, connection);
  gboolean post = g_str_equal(method, MHD_HTTP_METHOD_POST);
  if (post && (!g_str_equal(what, "position") || !is_own_origin(connection, host)))
    return *body_size > 0 ? MHD_NO : send_nothing(connection, MHD_HTTP_NOT_FOUND);
  Request *request = *kept;
  if (request == NULL) { // the headers alone are here
    request = *kept = g_new0(Request, 1);
    request->body = g_string_new(NULL);
    return MHD_YES;
  }
  if (post)
    return take_body(listen, connection, request, body, body_size);
  gboolean get = g_str_equal(method, MHD_HTTP_METHOD_GET);
  if (!get && !g_str_equal(method, MHD_HTTP_METHOD_HEAD))
    return send_nothing(connection, MHD_HTTP_METHOD_NOT_ALLOWED);
  return send_what(listen, connection, what, get);
}

static void forget_request(void *data, struct MHD_Connection *connection, void **kept,
                           enum MHD_RequestTerminationCode code) {
  Request *request = *kept;
  if (request == NULL)
    return;
  g_string_free(request->body, TRUE);
  g_free(request);
  *kept = NULL;
}

// ---- the server

static gboolean start(EsListen *listen, guint16 port, GError **error) {
  struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  listen->daemon = MHD_start_daemon(
      MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, port, NULL, NULL, answer, listen, MHD_OPTION_SOCK_ADDR,
      (struct sockaddr *)&address, MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS,
      MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY,
      MHD_OPTION_NOTIFY_COMPLETED, forget_request, NULL, MHD_OPTION_NOTIFY_CONNECTION, on_connection, listen,
      MHD_OPTION_END);
  if (listen->daemon == NULL)
    return es_set_errno(error, errno, _("port %u of 127.0.0.1"), port);
  const union MHD_DaemonInfo *bound = MHD_get_daemon_info(listen->daemon, MHD_DAEMON_INFO_BIND_PORT);
  listen->url =
      g_strdup_printf("http://127.0.0.1:%u/%s/", bound != NULL ? bound->port : port, listen->secret);
  return TRUE;
}

static void http_close(EsListen *listen) {
  if (listen->daemon != NULL) {
    if (listen->events != NULL)
      end_events(listen->events, "");
    MHD_run(listen->daemon);
    MHD_stop_daemon(listen->daemon);
  }
  g_ptr_array_unref(listen->strangers);
  g_free(listen->path);
  g_free(listen->secret);
  g_free(listen->url);
  g_free(listen);
}

static EsListen *http_open(const char *path, gint64 audio_ms, guint16 port, GError **error) {
  EsListen *listen = g_new0(EsListen, 1);
  listen->module = &es_listen_http;
  listen->path = g_strdup(path);
  listen->audio_ms = audio_ms;
  listen->strangers = g_ptr_array_new_with_free_func(g_free);
  listen->speed = 1;
  listen->secret = random_text();
  if (listen->secret != NULL && start(listen, port, error))
    return listen;
  if (listen->secret == NULL)
    es_set_errno(error, errno, "getrandom");
  http_close(listen);
  return NULL;
}

static const char *http_url(const EsListen *listen) {
  return listen->url;
}

static int http_fd(const EsListen *listen) {
  const union MHD_DaemonInfo *info = MHD_get_daemon_info(listen->daemon, MHD_DAEMON_INFO_EPOLL_FD);
  return info != NULL ? info->epoll_fd : -1;
}

// A step sends a block to each connection that takes it; that more could be sent is told by a timeout of
// nothing, not by the descriptor.
static void work(const EsListen *listen) {
  MHD_UNSIGNED_LONG_LONG timeout_ms = 0;
  for (guint i = 0; i < MOST_STEPS && timeout_ms == 0; i++)
    if (MHD_run(listen->daemon) != MHD_YES || MHD_get_timeout(listen->daemon, &timeout_ms) != MHD_YES)
      return;
}

static void http_run(EsListen *listen) {
  gint64 now_us = g_get_monotonic_time();
  if (listen->events != NULL && now_us >= listen->life_us) {
    g_string_append(listen->events->waiting, ":\n\n");
    wake(listen->events);
    listen->life_us = now_us + SIGN_OF_LIFE_US;
  }
  shut_strangers(listen, now_us);
  work(listen);
}

static void http_command(EsListen *listen, gboolean playing, gint64 position_ms, double speed) {
  listen->sequence++;
  listen->playing = playing;
  listen->position_ms = position_ms;
  listen->known_us = 0;
  listen->speed = speed;
  tell_page(listen);
  work(listen);
}

static void http_state(const EsListen *listen, gboolean *playing, gint64 *position_ms) {
  gint64 since_us = g_get_monotonic_time() - listen->known_us;
  *playing = listen->playing;
  *position_ms = listen->position_ms;
  if (listen->playing && listen->known_us > 0)
    *position_ms += (gint64)((double)MIN(since_us, LONGEST_GUESS_US) / 1000 * listen->speed);
  *position_ms = MIN(*position_ms, listen->audio_ms);
}

const EsListenModule es_listen_http = {http_open, http_close,   http_url,  http_fd,
                                       http_run,  http_command, http_state};
