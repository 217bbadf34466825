// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// library.traffic: a look at the traffic (capture/listen.c), in words: what the recorder would make of it and
// what to change. Rows are those of library.doctor.
#include "capture-module.h"
#include "doctor.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "json.h"
#include "params.h"

#define DEFAULT_MS 60000
#define MOST_MS (24 * 3600 * 1000)
#define COPIES_PERCENT 5 // a few may be copies for other reasons
#define LOUD 20          // packets that are more than stray ones

static double percent(guint64 part, guint64 whole) {
  return whole ? 100 * (double)part / (double)whole : 0;
}

static char *join(const EsListenCount *counts) {
  GString *text = g_string_new(NULL);
  for (guint i = 0; i < ES_LISTEN_NAMES && counts[i].name[0]; i++)
    g_string_append_printf(text, "%s%s: %.0f", i ? ", " : "", counts[i].name, (double)counts[i].count);
  return g_string_free(text, FALSE);
}

static void say_packets(const EsRequest *request, const EsListenResult *r) {
  es_doctor_say(request, "packets", r->packets ? ES_DOCTOR_OK : ES_DOCTOR_FAILURE,
                r->packets ? NULL : _("look at the mirror port, its cable and which interface it ends at"),
                _("packets: %.0f in %.0f s (SIP over UDP %.0f, RTP %.0f, RTCP %.0f, other %.0f)"),
                (double)r->packets, (double)r->length_us / 1e6, (double)r->sip, (double)r->rtp,
                (double)r->rtcp, (double)(r->packets - r->sip - r->rtp - r->rtcp));
  if (r->dropped)
    es_doctor_say(request, "drops", ES_DOCTOR_WARNING,
                  _("give the recorder a larger ring or a narrower filter"),
                  _("packets dropped by the kernel: %.0f"), (double)r->dropped);
}

// Signalling that is there and is not read whole.
static void say_unread_sip(const EsRequest *request, const EsListenResult *r) {
  if (r->sip_tls)
    es_doctor_say(request, "sip-tls", ES_DOCTOR_WARNING,
                  _("let the telephone system signal without encryption towards this place"),
                  _("SIP over TLS: %.0f packets; what is encrypted is not read"), (double)r->sip_tls);
  if (r->tcp_lost_bytes)
    es_doctor_say(request, "sip-lost", ES_DOCTOR_WARNING,
                  _("look for packets that the mirror port or this machine drops"),
                  _("SIP over TCP: %.0f bytes were not seen; calls may be missing"),
                  (double)r->tcp_lost_bytes);
  if (r->websocket_unreadable)
    es_doctor_say(request, "websocket", ES_DOCTOR_WARNING,
                  _("let the telephone system not compress its WebSocket messages"),
                  _("SIP over WebSocket: %.0f compressed messages cannot be read"),
                  (double)r->websocket_unreadable);
}

static void say_sip(const EsRequest *request, const EsListenResult *r) {
  guint64 messages = r->sip + r->sip_tcp + r->websocket;
  if (messages)
    es_doctor_say(request, "sip", r->sip_bad > messages / 10 ? ES_DOCTOR_WARNING : ES_DOCTOR_OK, NULL,
                  _("SIP messages: %.0f (over UDP %.0f, TCP %.0f, WebSocket %.0f), not readable %.0f; calls "
                    "begun %.0f, answered %.0f"),
                  (double)messages, (double)r->sip, (double)r->sip_tcp, (double)r->websocket,
                  (double)r->sip_bad, (double)r->calls, (double)r->answered);
  else
    es_doctor_say(request, "sip", ES_DOCTOR_FAILURE,
                  _("let the mirror copy the signalling too, and make a call while this listens"),
                  _("no SIP was seen: without it there are no calls"));
  say_unread_sip(request, r);
}

static void say_direction(const EsRequest *request, const EsListenResult *r) {
  static const char *const advice =
      N_("the mirror copies received packets only: let it copy what is sent as well, or mirror both ports");
  if (r->with_media)
    es_doctor_say(request, "one-way", r->one_way ? ES_DOCTOR_FAILURE : ES_DOCTOR_OK,
                  r->one_way ? _(advice) : NULL, _("%.0f of %.0f calls have media one way only"),
                  (double)r->one_way, (double)r->with_media);
  else if (r->answered)
    es_doctor_say(request, "one-way", ES_DOCTOR_FAILURE,
                  _("let the mirror copy the media too: it may go another way than the signalling"),
                  _("%.0f calls were answered and none has media"), (double)r->answered);
  if (r->streams_unknown)
    es_doctor_say(
        request, "rtp-without-sip", r->unknown_one_way ? ES_DOCTOR_WARNING : ES_DOCTOR_OK,
        r->unknown_one_way ? _(advice) : NULL,
        _("RTP of calls whose beginning was not seen: streams %.0f, of them without the other direction "
          "%.0f"),
        (double)r->streams_unknown, (double)r->unknown_one_way);
}

static void say_recording(const EsRequest *request, const EsListenResult *r) {
  if (r->recording)
    es_doctor_say(request, "siprec", ES_DOCTOR_OK, NULL,
                  _("recording sessions (SIPREC): %.0f; their voices come one way, as they should"),
                  (double)r->recording);
}

static void say_media(const EsRequest *request, const EsListenResult *r) {
  g_autofree char *codecs = join(r->codecs);
  if (*codecs)
    es_doctor_say(request, "codecs", ES_DOCTOR_OK, NULL, _("codecs of answered calls: %s"), codecs);
  if (r->encrypted_told)
    es_doctor_say(request, "encrypted-told", ES_DOCTOR_OK, NULL,
                  _("calls with encrypted media (SRTP) and their keys in the signalling: %.0f; they are "
                    "recorded as any other"),
                  (double)r->encrypted_told);
  if (r->encrypted > r->encrypted_told || r->dtls)
    es_doctor_say(request, "encrypted", ES_DOCTOR_WARNING,
                  _("record where the media is not encrypted, behind the session border controller"),
                  _("calls with encrypted media (SRTP) whose keys are not seen: %.0f, DTLS packets: %.0f; "
                    "such calls have no audio"),
                  (double)(r->encrypted - r->encrypted_told), (double)r->dtls);
  if (percent(r->copies, r->packets) >= COPIES_PERCENT)
    es_doctor_say(request, "copies", ES_DOCTOR_OK, NULL,
                  _("packets that came twice: %.0f (%.0f %%); the recorder counts them once"),
                  (double)r->copies, percent(r->copies, r->packets));
}

static void say_frames(const EsRequest *request, const EsListenResult *r) {
  g_autofree char *vlans = join(r->vlans), *tunnels = join(r->tunnels), *unread = join(r->unread);
  if (*vlans)
    es_doctor_say(request, "vlan", ES_DOCTOR_OK, NULL,
                  _("VLAN tags are read (packets by number: %s; with several tags: %.0f)"), vlans,
                  (double)r->vlan_stacked);
  if (*tunnels)
    es_doctor_say(request, "tunnels", ES_DOCTOR_OK, NULL, _("tunnels are read (packets: %s)"), tunnels);
  if (*unread)
    es_doctor_say(request, "tunnels-unread", ES_DOCTOR_WARNING, _("unpack the tunnel before the recorder"),
                  _("tunnels that are not read (packets): %s"), unread);
  if (r->fragments)
    es_doctor_say(request, "fragments", r->incomplete ? ES_DOCTOR_WARNING : ES_DOCTOR_OK,
                  r->incomplete
                      ? _("see that the mirror loses nothing: what is missing may be a large SIP message")
                      : NULL,
                  _("IP fragments: %.0f; of them without the other parts %.0f"), (double)r->fragments,
                  (double)r->incomplete);
  if (r->cut)
    es_doctor_say(request, "cut", ES_DOCTOR_FAILURE, _("capture whole packets (tcpdump -s 0)"),
                  _("packets that were cut when they were captured: %.0f"), (double)r->cut);
  if (r->malformed > LOUD)
    es_doctor_say(request, "malformed", ES_DOCTOR_WARNING, NULL, _("packets that are not whole: %.0f"),
                  (double)r->malformed);
  if (r->crowded)
    es_doctor_say(request, "crowded", ES_DOCTOR_WARNING, _("listen for a shorter time"),
                  _("there was more than could be kept in mind: %.0f"), (double)r->crowded);
}

static gboolean run_traffic(EsRequest *request, GError **error) {
  const EsCaptureModule *module = es_capture_module(error);
  gint stop = 0;
  EsListenResult result = {0};
  EsListenOptions options = {
      .file = es_param_string(request, "pcap"),
      .interface = es_param_string(request, "interface"),
      .library = es_request_library(request),
      .length_ms = es_param_int(request, "length_ms", DEFAULT_MS),
      .stop = &stop,
  };
  if (!options.file == !options.interface)
    return es_request_refuse(error, "interface", _("give an interface or a capture file"));
  if (options.length_ms < 1 || options.length_ms > MOST_MS)
    return es_request_refuse(error, "length_ms", _("must be from a millisecond to a day"));
  gulong watch = es_request_watch(request, &stop);
  gboolean ok = module && module->listen(&options, &result, error);
  es_request_unwatch(request, watch);
  if (!ok && result.packets == 0) // of a capture that is cut off, what is there
    return FALSE;
  say_packets(request, &result);
  say_sip(request, &result);
  say_recording(request, &result);
  say_direction(request, &result);
  say_media(request, &result);
  say_frames(request, &result);
  return ok;
}

static const EsParam traffic_params[] = {
    {"interface", ES_PARAM_STRING, FALSE, N_("network interface, or any")},
    {"pcap", ES_PARAM_STRING, FALSE, N_("capture file instead; - is standard input")},
    {"length_ms", ES_PARAM_INT, FALSE, N_("how long to listen to the interface; a minute")},
    {0},
};
const EsOperation es_op_library_traffic = {
    .info = {"library.traffic", ES_PERMISSION_OPERATE, FALSE, N_("what a recorder would see of the traffic"),
             traffic_params},
    .need = ES_STORE_IF_WHOLE,
    .run = run_traffic,
};
