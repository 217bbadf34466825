// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The two sockets of one m-line: RTP and RTCP of the recording client come in, receiver reports go out.
//
// Whose packets are taken: those of the first source whose address the client's SDP named or from which its
// signalling comes; if such a one never sends, the first from any address that may send here at all (a client
// behind a translator of addresses). All others are counted and ignored, so that nobody can talk into a
// recording.
#pragma once

#include "earshot/wire/sdp.h"
#include "siprec-ports.h"
#include "siprec-rtcp.h"

typedef struct {
  guint64 rtp, rtcp;
  guint64 foreign; // from somebody else
  guint64 bad;     // neither RTP nor RTCP
  guint64 dropped; // by the kernel: no room in the socket
} EsSiprecMediaStats;

typedef struct EsSiprecMedia EsSiprecMedia;

// One RTP packet, with the moment at which the kernel got it.
typedef gboolean (*EsSiprecTake)(gpointer user_data, const EsAddress *from, const EsAddress *to,
                                 const EsRtp *rtp, gint64 time_us, GError **error);
// The kernel had no room for so many packets of the line's voice between two moments.
typedef void (*EsSiprecDropped)(gpointer user_data, guint64 packets, gint64 from_us, gint64 until_us);

// Who takes what a line gets.
typedef struct {
  EsSiprecTake take;
  EsSiprecDropped dropped;
  gpointer user_data;
} EsSiprecTaker;

EsSiprecMedia *es_siprec_media_open(EsSiprecPorts *ports, const EsAddress *host, GError **error);
// Says goodbye to the sender.
void es_siprec_media_close(EsSiprecMedia *media);
guint16 es_siprec_media_port(const EsSiprecMedia *media);
// The client's newest description of the line, where its signalling comes from, and the key with which it
// encrypts (NULL: it does not). Packets are handed on as they are; who takes them has the key from SDP as
// well.
void es_siprec_media_expect(EsSiprecMedia *media, const EsSdpMedia *offered, const EsAddress *peer,
                            const EsSrtpKey *key);
// The value of our a=crypto line; "" for a plain line. Stays while the client's key does.
const char *es_siprec_media_crypto(const EsSiprecMedia *media);

// What both kinds of sockets share while they are read; one for the thread.
typedef struct EsSiprecReader EsSiprecReader;
EsSiprecReader *es_siprec_reader_new(void);
// The networks from which strangers may send (of EsNetwork; empty: all); borrowed until the next.
void es_siprec_reader_allow(EsSiprecReader *reader, const GArray *networks);
void es_siprec_reader_free(EsSiprecReader *reader);
// Reads one batch of what waits and came until then, in wall time; more may wait if *more is set to TRUE.
// with_rtcp looks at the socket of RTCP as well.
gboolean es_siprec_media_read(EsSiprecMedia *media, EsSiprecReader *reader, gint64 until_us,
                              gboolean with_rtcp, EsSiprecMediaStats *stats, const EsSiprecTaker *taker,
                              gboolean *more, GError **error);
// Asks the kernel for drops after which no packet came to tell of them.
void es_siprec_media_count_drops(EsSiprecMedia *media, EsSiprecMediaStats *stats, const EsSiprecTaker *taker,
                                 gint64 now_us);
// Sends the receiver report if it is time for it.
void es_siprec_media_report(EsSiprecMedia *media, const char *name, gint64 now_us);
// Wall clock of the latest RTP or RTCP packet; ES_UNKNOWN before the first.
gint64 es_siprec_media_heard_us(const EsSiprecMedia *media);
