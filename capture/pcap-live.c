// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// A live interface as a packet source, by libpcap. On Linux that is a ring in the kernel of blocks of 256
// KiB, of which each is handed over when it is full or when its first packet is 20 ms old (immediate mode
// would give every packet a slot of the largest packet's size, and the ring a hundredth of its room). The
// ring is the only queue: what does not fit into it is dropped by the kernel, which counts it.
//
// libpcap's blocking reads were seen not to return once traffic stopped, so the handle never blocks and
// poll() waits.
//
// How full the ring was is not told by the kernel. It shows afterwards: packets stamped before a look that
// are handed out after it were waiting then. They are summed up in blocks as the kernel must have filled
// them; part of a block counts as a whole one.
#include "earshot/capture/source.h"
#include "pcap-filter.h"

#include <linux/if_packet.h>
#include <math.h>
#include <net/if.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "earshot/common/clock.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"

#define SNAP_BYTES 262144 // libpcap's limit: whole packets
#define BLOCK_BYTES 262144
#define BLOCK_MS 20
#define PACKET_OVERHEAD_BYTES 64 // header and padding of a packet in its block
#define WAIT_MS 50

typedef struct {
  gint64 mark_us; // what is stamped until then waited
  gboolean counting;
  guint64 blocks, block_bytes;
  gint64 block_us;
  double fill; // at the latest look that is settled; NAN before
} Backlog;

typedef struct {
  EsPacketSource base;
  pcap_t *pcap;
  int fd;
  guint64 ring_bytes;
  Backlog backlog;
} PcapLive;

// ---- how full the ring was

static double backlog_part(const PcapLive *self) {
  double blocks = (double)MAX(self->ring_bytes / BLOCK_BYTES, 1);
  return MIN((double)self->backlog.blocks / blocks, 1);
}

static void settle_backlog(PcapLive *self) {
  if (self->backlog.counting)
    self->backlog.fill = backlog_part(self);
  self->backlog.counting = FALSE;
}

static void count_backlog(PcapLive *self, const EsPacket *packet) {
  Backlog *b = &self->backlog;
  if (!b->counting)
    return;
  if (packet->time_us > b->mark_us) {
    settle_backlog(self);
    return;
  }
  guint64 bytes = packet->length + PACKET_OVERHEAD_BYTES;
  gboolean full = b->block_bytes + bytes > BLOCK_BYTES;
  if (b->blocks == 0 || full || packet->time_us - b->block_us > BLOCK_MS * ES_US_PER_MS) {
    b->blocks++;
    b->block_bytes = 0;
    b->block_us = packet->time_us;
  }
  b->block_bytes += bytes;
}

static double look_at_backlog(PcapLive *self) {
  Backlog *b = &self->backlog;
  if (b->counting) // the look before is not worked off yet
    return fmax(b->fill, backlog_part(self));
  b->counting = TRUE;
  b->blocks = 0;
  b->mark_us = g_get_real_time();
  return b->fill;
}

// ---- packets

static EsSourceStatus report_break(PcapLive *self, GError **error) {
  g_set_error(error, ES_ERROR, ES_ERROR_IO, _("%s: listening broke off: %s"), self->base.name,
              pcap_geterr(self->pcap));
  return ES_SOURCE_ERROR;
}

// 1 for a packet, 0 for none, less for an error.
static int read_packet(PcapLive *self, EsPacket *packet) {
  struct pcap_pkthdr *header;
  const u_char *data;
  int result = pcap_next_ex(self->pcap, &header, &data);
  if (result != 1)
    return result;
  *packet = (EsPacket){.time_us = (gint64)header->ts.tv_sec * ES_US_PER_S + header->ts.tv_usec,
                       .link_type = pcap_datalink(self->pcap),
                       .data = data,
                       .length = header->caplen,
                       .wire_length = MAX(header->len, header->caplen)};
  count_backlog(self, packet);
  return 1;
}

// Each time the ring is found empty the caller gets a turn, whether something came by then or not. The moment
// it is told lies before the look that found nothing: a process that is stopped between a look and the clock
// would else take all that came meanwhile for late.
static EsSourceStatus pcap_live_next(EsPacketSource *source, EsPacket *packet, GError **error) {
  PcapLive *self = (PcapLive *)source;
  int result = read_packet(self, packet);
  gint64 looked_us = result == 0 ? g_get_real_time() : 0;
  if (result == 0)
    result = read_packet(self, packet);
  if (result != 0)
    return result == 1 ? ES_SOURCE_PACKET : report_break(self, error);
  settle_backlog(self);
  struct pollfd ready = {.fd = self->fd, .events = POLLIN};
  poll(&ready, 1, WAIT_MS);
  *packet = (EsPacket){.time_us = looked_us};
  return ES_SOURCE_IDLE;
}

static void pcap_live_progress(EsPacketSource *source, guint64 *done, guint64 *total) {
  *done = *total = 0;
}

static void pcap_live_stats(EsPacketSource *source, EsSourceStats *stats) {
  PcapLive *self = (PcapLive *)source;
  struct pcap_stat counters = {0};
  pcap_stats(self->pcap, &counters); // of an interface that is gone: 0
  *stats = (EsSourceStats){.dropped = (guint64)counters.ps_drop + counters.ps_ifdrop,
                           .ring_bytes = self->ring_bytes,
                           .ring_fill = look_at_backlog(self)};
}

static void pcap_live_free(EsPacketSource *source) {
  PcapLive *self = (PcapLive *)source;
  g_clear_pointer(&self->pcap, pcap_close);
  g_free(self->base.name);
  g_free(self);
}

static const EsPacketSourceClass pcap_live_class = {
    .next = pcap_live_next, .progress = pcap_live_progress, .stats = pcap_live_stats, .free = pcap_live_free};

// ---- opening

static char *interface_names(void) {
  struct if_nameindex *list = if_nameindex();
  GString *names = g_string_new(NULL);
  for (const struct if_nameindex *i = list; i && i->if_index; i++)
    g_string_append_printf(names, "%s, ", i->if_name);
  g_string_append(names, "any");
  if (list)
    if_freenameindex(list);
  return g_string_free(names, FALSE);
}

static gboolean check_name(const char *interface, GError **error) {
  if (strcmp(interface, "any") == 0 || if_nametoindex(interface))
    return TRUE;
  g_autofree char *names = interface_names();
  g_set_error(error, ES_ERROR, ES_ERROR_FAILED, _("there is no interface “%s”; there are: %s"), interface,
              names);
  return FALSE;
}

static gboolean refuse(const PcapLive *self, int status, GError **error) {
  const char *name = self->base.name, *detail = pcap_geterr(self->pcap);
  if (status == PCAP_ERROR_PERM_DENIED || status == PCAP_ERROR_PROMISC_PERM_DENIED) {
    g_autofree char *program = g_file_read_link("/proc/self/exe", NULL);
    g_set_error(error, ES_ERROR, ES_ERROR_DENIED,
                _("%s: this account may not listen there; run the recorder as root, or once: setcap "
                  "cap_net_raw,cap_net_admin+ep %s"),
                name, program ? program : "earshot");
  } else if (status == PCAP_ERROR_IFACE_NOT_UP) {
    g_set_error(error, ES_ERROR, ES_ERROR_IO, _("%s: the interface is down"), name);
  } else {
    g_set_error(error, ES_ERROR, ES_ERROR_IO, _("%s: cannot listen: %s"), name,
                *detail ? detail : pcap_statustostr(status));
  }
  return FALSE;
}

static gboolean activate(PcapLive *self, GError **error) {
  pcap_set_snaplen(self->pcap, SNAP_BYTES);
  pcap_set_promisc(self->pcap, 1); // a mirror's packets are for others
  pcap_set_timeout(self->pcap, BLOCK_MS);
  pcap_set_buffer_size(self->pcap, (int)self->ring_bytes);
  int status = pcap_activate(self->pcap); // above 0: a warning, as where nothing is promiscuous
  if (status < 0)
    return refuse(self, status, error);
  char detail[PCAP_ERRBUF_SIZE] = "";
  if (pcap_setnonblock(self->pcap, 1, detail) == 0)
    return TRUE;
  g_set_error(error, ES_ERROR, ES_ERROR_IO, _("%s: cannot listen: %s"), self->base.name, detail);
  return FALSE;
}

// Loopback shows every packet going out and coming in. libpcap passes on the latter alone; that the former do
// not even enter the ring keeps its room and the kernel's counters for what is read.
static void see_once(PcapLive *self) {
  const int yes = 1;
  if (strcmp(self->base.name, "lo") == 0)
    setsockopt(self->fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &yes, sizeof yes);
  if (strcmp(self->base.name, "any") == 0)
    pcap_set_datalink(self->pcap, DLT_LINUX_SLL2); // names the interface of each packet
}

static gboolean open_interface(PcapLive *self, const char *filter, GError **error) {
  char detail[PCAP_ERRBUF_SIZE] = "";
  if (!check_name(self->base.name, error))
    return FALSE;
  self->pcap = pcap_create(self->base.name, detail);
  if (!self->pcap) {
    g_set_error(error, ES_ERROR, ES_ERROR_IO, _("%s: cannot listen: %s"), self->base.name, detail);
    return FALSE;
  }
  if (!activate(self, error))
    return FALSE;
  self->fd = pcap_get_selectable_fd(self->pcap);
  see_once(self);
  if (!es_link_type_supported(pcap_datalink(self->pcap))) {
    g_set_error(error, ES_ERROR, ES_ERROR_UNSUPPORTED, _("%s: unsupported link type %d (%s)"),
                self->base.name, pcap_datalink(self->pcap),
                pcap_datalink_val_to_name(pcap_datalink(self->pcap)));
    return FALSE;
  }
  return es_pcap_filter(self->pcap, filter, error);
}

EsPacketSource *es_pcap_live_open(const char *interface, const char *filter, guint64 ring_bytes,
                                  GError **error) {
  PcapLive *self = g_new0(PcapLive, 1);
  self->base.klass = &pcap_live_class;
  self->base.name = g_strdup(interface);
  self->ring_bytes = MIN(ring_bytes, G_MAXINT);
  self->backlog.fill = NAN;
  if (open_interface(self, filter, error))
    return &self->base;
  pcap_live_free(&self->base);
  return NULL;
}
