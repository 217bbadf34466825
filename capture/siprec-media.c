// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "siprec-media.h"
#include "earshot/common/clock.h"
#include "earshot/common/descriptors.h"
#include "siprec-access.h"
#include "siprec-address.h"
#include "siprec-answer.h"
#include <errno.h>
#include <linux/sock_diag.h>
#include <openssl/crypto.h>
#include <string.h>
#include <unistd.h>

#define BATCH 8 // less than the time for which a recording waits, half a second
#define PACKET_BYTES 2048
#define REPORT_EVERY_US (5 * ES_US_PER_S)    // RFC 3550 section 6.2, halved to one and a half times
#define KEEP_ALIVE_US (15 * ES_US_PER_S)     // RFC 6263 section 6
#define STRANGERS_AFTER_US (1 * ES_US_PER_S) // nobody who was expected has sent so long
#define SILENT_US (2 * ES_US_PER_S)          // then another may take the source's place

// What is needed of a client's m-line all the time; an EsSdpMedia has nine kilobytes.
typedef struct {
  EsAddress address;
  gboolean has_address, rtcp_mux;
  guint16 rtcp_port;
  guint n_formats;
  guint8 payload_types[ES_SDP_MAX_FORMATS];
  int clocks_hz[ES_SDP_MAX_FORMATS];
} Offered;

struct EsSiprecMedia {
  int fds[2]; // RTP, RTCP
  EsAddress own;
  Offered offered;
  EsAddress peer;
  gint64 expected_us; // wall clock: since when packets are waited for
  gboolean latched;
  EsAddress source; // whose packets are taken
  gboolean has_control;
  EsAddress control; // from where its RTCP came
  gint64 rtp_us, heard_us;
  guint32 overflows[2];               // as the kernel counts them
  gint64 stamped_us;                  // of the latest packet in the socket of RTP, whosever it was
  EsSrtpKey key;                      // of the client, where it encrypts
  char crypto[ES_SIPREC_CRYPTO_SIZE]; // our line; "" where nothing is encrypted
  EsRtcpReceiver receiver;
  gint64 report_us, keep_alive_us; // when next; 0: not yet known
  GQueue held;                     // of Held: read, but later than what was asked for
};

// A packet of RTP's socket.
typedef struct {
  EsAddress from;
  gint64 time_us;
  gboolean cut;
  gsize length;
  guint8 data[];
} Held;

struct EsSiprecReader {
  guint8 data[BATCH][PACKET_BYTES];
  struct mmsghdr messages[BATCH];
  struct iovec pieces[BATCH];
  struct sockaddr_storage from[BATCH];
  union {
    struct cmsghdr align;
    char bytes[CMSG_SPACE(sizeof(struct timespec)) + CMSG_SPACE(sizeof(guint32))];
  } control[BATCH];
  const GArray *allow;
};

EsSiprecReader *es_siprec_reader_new(void) {
  return g_new0(EsSiprecReader, 1);
}

void es_siprec_reader_allow(EsSiprecReader *reader, const GArray *networks) {
  reader->allow = networks;
}

void es_siprec_reader_free(EsSiprecReader *reader) {
  g_free(reader);
}

// ---- a line

EsSiprecMedia *es_siprec_media_open(EsSiprecPorts *ports, const EsAddress *host, GError **error) {
  EsSiprecMedia *m = g_new0(EsSiprecMedia, 1);
  m->own = *host;
  es_descriptors_make_room(G_N_ELEMENTS(m->fds)); // a session that got in is not recorded by halves
  if (!es_siprec_ports_open(ports, host, m->fds, &m->own.port, error)) {
    g_free(m);
    return NULL;
  }
  es_rtcp_init(&m->receiver, g_random_int());
  m->heard_us = m->rtp_us = ES_UNKNOWN;
  m->stamped_us = g_get_real_time();
  return m;
}

guint16 es_siprec_media_port(const EsSiprecMedia *m) {
  return m->own.port;
}

gint64 es_siprec_media_heard_us(const EsSiprecMedia *m) {
  return m->heard_us;
}

static gboolean same_key(const EsSrtpKey *a, const EsSrtpKey *b) {
  return a->tag == b->tag && a->suite == b->suite && a->key_length == b->key_length &&
         memcmp(a->key, b->key, a->key_length) == 0;
}

static void set_key(EsSiprecMedia *m, const EsSrtpKey *key) {
  if (!key)
    *m->crypto = '\0';
  else if (!*m->crypto || !same_key(&m->key, key)) {
    m->key = *key;
    es_siprec_make_key(key, m->crypto, sizeof m->crypto);
  }
}

const char *es_siprec_media_crypto(const EsSiprecMedia *m) {
  return m->crypto;
}

void es_siprec_media_expect(EsSiprecMedia *m, const EsSdpMedia *offered, const EsAddress *peer,
                            const EsSrtpKey *key) {
  gboolean moved = !es_address_equal(&m->offered.address, &offered->address);
  m->offered = (Offered){offered->address,
                         offered->has_address,
                         offered->rtcp_mux,
                         offered->rtcp_port,
                         offered->n_formats,
                         {0},
                         {0}};
  for (guint i = 0; i < offered->n_formats; i++) {
    m->offered.payload_types[i] = offered->formats[i].payload_type;
    m->offered.clocks_hz[i] = offered->formats[i].codec.clock_hz;
  }
  m->peer = *peer;
  m->expected_us = g_get_real_time();
  if (moved)
    m->latched = m->has_control = FALSE;
  set_key(m, key);
}

// ---- sending

static void send_to(const EsSiprecMedia *m, int fd, const EsAddress *to, const guint8 *data, gsize length) {
  struct sockaddr_storage address;
  socklen_t size = es_address_to_socket(to, &address);
  (void)!sendto(fd, data, length, 0, (struct sockaddr *)&address, size); // lost is lost, as ever with UDP
}

static gboolean control_address(const EsSiprecMedia *m, EsAddress *to) {
  if (m->has_control) {
    *to = m->control;
    return TRUE;
  }
  if (!m->latched && (!m->offered.has_address || m->offered.address.port == 0))
    return FALSE;
  guint16 port = m->offered.address.port;
  *to = m->latched ? m->source : m->offered.address;
  if (!m->offered.rtcp_mux)
    to->port = m->offered.rtcp_port ? m->offered.rtcp_port : (guint16)(port + 1);
  return to->port != 0 && !es_address_is_any(to);
}

static void send_report(EsSiprecMedia *m, const char *name, gboolean bye, gint64 now_us) {
  guint8 report[ES_RTCP_MAX_BYTES];
  EsAddress to;
  if (*m->crypto || !control_address(m, &to))
    return; // what we send is of little use, and never goes in the clear where the voices do not
  gsize length = es_rtcp_report(&m->receiver, name, bye, now_us, report);
  send_to(m, m->fds[m->offered.rtcp_mux ? 0 : 1], &to, report, length);
}

// Reports keep the way of RTCP open through a translator of addresses; that of RTP needs something of its own
// where it is another one: empty datagrams (RFC 6263 section 4.1).
static void keep_alive(EsSiprecMedia *m, gint64 now_us) {
  if (now_us < m->keep_alive_us)
    return;
  m->keep_alive_us = now_us + KEEP_ALIVE_US;
  if (!m->offered.rtcp_mux && m->latched)
    send_to(m, m->fds[0], &m->source, (const guint8 *)"", 0);
}

void es_siprec_media_report(EsSiprecMedia *m, const char *name, gint64 now_us) {
  keep_alive(m, now_us);
  if (now_us < m->report_us)
    return;
  if (m->report_us != 0)
    send_report(m, name, FALSE, now_us);
  m->report_us = now_us + REPORT_EVERY_US / 2 + g_random_int_range(0, REPORT_EVERY_US);
}

void es_siprec_media_close(EsSiprecMedia *m) {
  if (!m)
    return;
  if (m->latched)
    send_report(m, "earshot", TRUE, g_get_real_time());
  close(m->fds[0]);
  close(m->fds[1]);
  g_queue_clear_full(&m->held, g_free);
  OPENSSL_cleanse(m, sizeof *m);
  g_free(m);
}

// ---- receiving

static gboolean is_expected(const EsSiprecMedia *m, const EsAddress *from) {
  return (m->offered.has_address && es_address_same_host(&m->offered.address, from)) ||
         es_address_same_host(&m->peer, from);
}

static gboolean latch(EsSiprecMedia *m, const GArray *allow, const EsAddress *from, gint64 now_us) {
  if (m->latched && es_address_equal(&m->source, from))
    return TRUE;
  if (m->latched && m->rtp_us != ES_UNKNOWN && now_us - m->rtp_us < SILENT_US)
    return FALSE;
  gboolean stranger = !is_expected(m, from);
  if (stranger &&
      ((allow->len && !es_networks_hold(allow, from)) || now_us - m->expected_us < STRANGERS_AFTER_US))
    return FALSE;
  m->latched = TRUE;
  m->source = *from;
  return TRUE;
}

static int clock_of(const EsSiprecMedia *m, guint8 payload_type) {
  for (guint i = 0; i < m->offered.n_formats; i++)
    if (m->offered.payload_types[i] == payload_type)
      return MAX(m->offered.clocks_hz[i], 1);
  return 8000;
}

typedef struct {
  EsSiprecMedia *media;
  EsSiprecReader *reader;
  EsSiprecMediaStats *stats;
  const EsSiprecTaker *taker;
  gint64 until_us;
} Reading;

static void take_control(const Reading *r, const guint8 *data, gsize length, const EsAddress *from,
                         gint64 time_us) {
  EsSiprecMedia *m = r->media;
  if (m->latched ? !es_address_same_host(&m->source, from) : !is_expected(m, from)) {
    r->stats->foreign++;
    return;
  }
  r->stats->rtcp++;
  m->control = *from;
  m->has_control = TRUE;
  m->heard_us = time_us;
  if (!*m->crypto) // what is encrypted is not needed: no report of ours answers it
    r->stats->bad += !es_rtcp_hear(&m->receiver, data, length, time_us);
}

static gboolean take_packet(const Reading *r, const guint8 *data, gsize length, gboolean cut,
                            const EsAddress *from, gint64 time_us, GError **error) {
  EsSiprecMedia *m = r->media;
  EsRtp rtp;
  if (es_rtcp_looks_like(data, length)) {
    take_control(r, data, length, from, time_us);
    return TRUE;
  }
  if (!es_rtp_parse(data, length, &rtp)) {
    r->stats->bad += length > 0; // an empty one keeps a way open
    return TRUE;
  }
  if (!latch(m, r->reader->allow, from, time_us)) {
    r->stats->foreign++;
    return TRUE;
  }
  r->stats->rtp++;
  rtp.cut = cut;
  m->rtp_us = m->heard_us = time_us;
  es_rtcp_packet(&m->receiver, &rtp, clock_of(m, rtp.payload_type), time_us);
  return r->taker->take(r->taker->user_data, from, &m->own, &rtp, time_us, error);
}

static void prepare(EsSiprecReader *reader) {
  for (guint i = 0; i < BATCH; i++) {
    reader->pieces[i] = (struct iovec){reader->data[i], PACKET_BYTES};
    reader->messages[i].msg_hdr = (struct msghdr){.msg_name = &reader->from[i],
                                                  .msg_namelen = sizeof reader->from[i],
                                                  .msg_iov = &reader->pieces[i],
                                                  .msg_iovlen = 1,
                                                  .msg_control = reader->control[i].bytes,
                                                  .msg_controllen = sizeof reader->control[i].bytes};
  }
}

// When the kernel got it, and how many found no room so far.
static gint64 read_stamps(struct msghdr *header, guint32 *overflows) {
  gint64 time_us = g_get_real_time();
  for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c; c = CMSG_NXTHDR(header, c)) {
    struct timespec stamp;
    if (c->cmsg_level != SOL_SOCKET)
      continue;
    if (c->cmsg_type == SO_TIMESTAMPNS) {
      memcpy(&stamp, CMSG_DATA(c), sizeof stamp);
      time_us = (gint64)stamp.tv_sec * ES_US_PER_S + stamp.tv_nsec / 1000;
    } else if (c->cmsg_type == SO_RXQ_OVFL)
      memcpy(overflows, CMSG_DATA(c), sizeof *overflows);
  }
  return time_us;
}

// The kernel's count stands in the first packet after those that found no room: they came between that one
// and the packet before it.
static void count_drops(const Reading *r, guint which, guint32 overflows, gint64 until_us) {
  EsSiprecMedia *m = r->media;
  guint32 dropped = overflows - m->overflows[which];
  m->overflows[which] = overflows;
  r->stats->dropped += dropped;
  if (which != 0)
    return; // a report is no voice
  if (dropped)
    r->taker->dropped(r->taker->user_data, dropped, m->stamped_us, until_us);
  m->stamped_us = until_us;
}

void es_siprec_media_count_drops(EsSiprecMedia *m, EsSiprecMediaStats *stats, const EsSiprecTaker *taker,
                                 gint64 now_us) {
  guint32 figures[SK_MEMINFO_VARS];
  socklen_t size = sizeof figures;
  const Reading reading = {m, NULL, stats, taker, now_us};
  if (getsockopt(m->fds[0], SOL_SOCKET, SO_MEMINFO, figures, &size) == 0 && size == sizeof figures)
    count_drops(&reading, 0, figures[SK_MEMINFO_DROPS], now_us);
}

// The few of a batch that came after what is asked for; they go first the next time.
static void hold(EsSiprecMedia *m, const guint8 *data, gsize length, gboolean cut, const EsAddress *from,
                 gint64 time_us) {
  Held *held = g_malloc(sizeof *held + length);
  *held = (Held){.from = *from, .time_us = time_us, .cut = cut, .length = length};
  memcpy(held->data, data, length);
  g_queue_push_tail(&m->held, held);
}

static gboolean take_held(const Reading *r, GError **error) {
  const Held *next;
  while ((next = g_queue_peek_head(&r->media->held)) && next->time_us <= r->until_us) {
    g_autofree Held *held = g_queue_pop_head(&r->media->held);
    if (!take_packet(r, held->data, held->length, held->cut, &held->from, held->time_us, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean take_batch(const Reading *r, guint n, guint which, GError **error) {
  EsSiprecReader *reader = r->reader;
  for (guint i = 0; i < n; i++) {
    struct msghdr *header = &reader->messages[i].msg_hdr;
    guint32 overflows = r->media->overflows[which];
    gint64 time_us = read_stamps(header, &overflows);
    EsAddress from;
    count_drops(r, which, overflows, time_us);
    if (!es_address_from_socket(&from, (struct sockaddr *)&reader->from[i]))
      continue;
    gboolean cut = (header->msg_flags & MSG_TRUNC) != 0;
    gsize length = reader->messages[i].msg_len;
    if (which == 0 && time_us > r->until_us)
      hold(r->media, reader->data[i], length, cut, &from, time_us);
    else if (!take_packet(r, reader->data[i], length, cut, &from, time_us, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean read_socket(const Reading *r, guint which, gboolean *more, GError **error) {
  prepare(r->reader);
  int n = recvmmsg(r->media->fds[which], r->reader->messages, BATCH, MSG_DONTWAIT, NULL);
  *more |= n == BATCH;
  return n <= 0 || take_batch(r, (guint)n, which, error); // an error is one of sending, told late
}

gboolean es_siprec_media_read(EsSiprecMedia *m, EsSiprecReader *reader, gint64 until_us, gboolean with_rtcp,
                              EsSiprecMediaStats *stats, const EsSiprecTaker *taker, gboolean *more,
                              GError **error) {
  const Reading reading = {m, reader, stats, taker, until_us};
  if (!take_held(&reading, error))
    return FALSE;
  return (m->held.length > 0 || read_socket(&reading, 0, more, error)) &&
         (!with_rtcp || read_socket(&reading, 1, more, error));
}
