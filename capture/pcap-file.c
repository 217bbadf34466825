// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// A capture file as a packet source, read by libpcap: pcap and pcapng, any byte order, micro- or nanoseconds.
//
// libpcap says what is wrong but neither in which file nor where, so the source keeps the offset at which the
// packet being read began. A file cut off in the middle gives every whole packet before its error.
#include "earshot/capture/source.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "earshot/common/clock.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "pcap-filter.h"

#define READ_BUFFER_BYTES (256 * 1024)
// The last second that a date with a four-digit year has; a later one is a damaged header, not a time.
#define LAST_SECOND G_GINT64_CONSTANT(253402300799)

typedef struct {
  EsPacketSource base;
  pcap_t *pcap; // owns the FILE
  FILE *file;
  gboolean seekable;   // offsets are known
  gint64 packet_start; // offset of the packet being read
  guint64 packets;
  guint64 total_bytes;
  gboolean ended;
} PcapFile;

// Files that hold 32 bits of seconds wrap in 2038; read as unsigned they reach 2106. Packets without a time
// (simple packet blocks) are a microsecond after the epoch: moments are above zero everywhere.
static gint64 timestamp_us(const struct timeval *tv) {
  gint64 seconds = tv->tv_sec;
  if (seconds < 0 && seconds >= G_MININT32)
    seconds += G_GINT64_CONSTANT(1) << 32;
  gint64 us = CLAMP(seconds, 0, LAST_SECOND) * ES_US_PER_S + CLAMP((gint64)tv->tv_usec, 0, ES_US_PER_S - 1);
  return MAX(us, 1);
}

static gint64 offset_of(const PcapFile *self) {
  return self->seekable ? (gint64)ftello(self->file) : -1;
}

// libpcap reads one link type and one snap length in a file, so an error is not always damage.
static EsSourceStatus report_stop(PcapFile *self, GError **error) {
  const char *detail = pcap_geterr(self->pcap), *name = self->base.name;
  unsigned long long packet = self->packets + 1;
  long long at = self->packet_start;
  gboolean cut = strstr(detail, "truncated") != NULL;
  self->ended = TRUE;
  if (ferror(self->file))
    es_set_errno(error, errno, _("%s: cannot read the capture"), name);
  else if (cut && at >= 0)
    g_set_error(error, ES_ERROR, ES_ERROR_INVALID, _("%s: cut off in packet %llu, which begins at byte %lld"),
                name, packet, at);
  else if (cut)
    g_set_error(error, ES_ERROR, ES_ERROR_INVALID, _("%s: cut off in packet %llu"), name, packet);
  else if (at >= 0)
    g_set_error(error, ES_ERROR, ES_ERROR_INVALID,
                _("%s: cannot be read from packet %llu at byte %lld on: %s"), name, packet, at, detail);
  else
    g_set_error(error, ES_ERROR, ES_ERROR_INVALID, _("%s: cannot be read from packet %llu on: %s"), name,
                packet, detail);
  return ES_SOURCE_ERROR;
}

static EsSourceStatus pcap_file_next(EsPacketSource *source, EsPacket *packet, GError **error) {
  PcapFile *self = (PcapFile *)source;
  if (self->ended)
    return ES_SOURCE_END;
  struct pcap_pkthdr *header;
  const u_char *data;
  self->packet_start = offset_of(self);
  int result = pcap_next_ex(self->pcap, &header, &data);
  if (result == PCAP_ERROR_BREAK) {
    self->ended = TRUE;
    return ES_SOURCE_END;
  }
  if (result != 1)
    return report_stop(self, error);
  self->packets++;
  *packet = (EsPacket){.time_us = timestamp_us(&header->ts),
                       .link_type = pcap_datalink(self->pcap),
                       .data = data,
                       .length = header->caplen,
                       .wire_length = MAX(header->len, header->caplen)};
  return ES_SOURCE_PACKET;
}

static void pcap_file_progress(EsPacketSource *source, guint64 *done, guint64 *total) {
  PcapFile *self = (PcapFile *)source;
  gint64 offset = offset_of(self);
  *done = offset > 0 ? (guint64)offset : 0;
  *total = self->total_bytes;
}

static void pcap_file_free(EsPacketSource *source) {
  PcapFile *self = (PcapFile *)source;
  if (self->pcap)
    pcap_close(self->pcap);
  else if (self->file && self->file != stdin)
    fclose(self->file);
  g_free(self->base.name);
  g_free(self);
}

static const EsPacketSourceClass pcap_file_class = {
    .next = pcap_file_next, .progress = pcap_file_progress, .free = pcap_file_free};

static gboolean open_stream(PcapFile *self, const char *path, GError **error) {
  gboolean standard_input = strcmp(path, "-") == 0;
  struct stat st;
  self->file = standard_input ? stdin : fopen(path, "rbe");
  if (!self->file || fstat(fileno(self->file), &st) != 0)
    return es_set_errno(error, errno, _("%s: cannot open the capture"), self->base.name);
  if (S_ISDIR(st.st_mode)) {
    g_set_error(error, ES_ERROR, ES_ERROR_INVALID, _("%s: is a folder, not a capture file"), self->base.name);
    return FALSE;
  }
  self->seekable = S_ISREG(st.st_mode);
  self->total_bytes = self->seekable ? (guint64)st.st_size : 0;
  if (!standard_input)
    setvbuf(self->file, NULL, _IOFBF, READ_BUFFER_BYTES);
  return TRUE;
}

static gboolean check_link_type(const PcapFile *self, GError **error) {
  int type = pcap_datalink(self->pcap);
  if (es_link_type_supported(type))
    return TRUE;
  const char *name = pcap_datalink_val_to_name(type);
  g_set_error(error, ES_ERROR, ES_ERROR_UNSUPPORTED, _("%s: unsupported link type %d (%s)"), self->base.name,
              type, name ? name : _("unknown"));
  return FALSE;
}

static gboolean open_capture(PcapFile *self, const char *filter, GError **error) {
  char detail[PCAP_ERRBUF_SIZE] = "";
  self->pcap = pcap_fopen_offline(self->file, detail);
  if (!self->pcap && ferror(self->file))
    return es_set_errno(error, errno, _("%s: cannot read the capture"), self->base.name);
  if (!self->pcap) {
    g_set_error(error, ES_ERROR, ES_ERROR_INVALID, _("%s: not a capture file (%s)"), self->base.name, detail);
    return FALSE;
  }
  return check_link_type(self, error) && es_pcap_filter(self->pcap, filter, error);
}

EsPacketSource *es_pcap_file_open(const char *path, const char *filter, GError **error) {
  PcapFile *self = g_new0(PcapFile, 1);
  self->base.klass = &pcap_file_class;
  self->base.name = g_strdup(strcmp(path, "-") == 0 ? _("standard input") : path);
  if (open_stream(self, path, error) && open_capture(self, filter, error))
    return &self->base;
  pcap_file_free(&self->base);
  return NULL;
}

void es_packet_source_free(EsPacketSource *source) {
  if (source)
    source->klass->free(source);
}
