// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What the SIP parser makes of captures, of what is over TCP in captures (--tcp FILE...) or of single
// messages
// (--message FILE...), a line a message, for tests to hold against other readers: method or status, Call-ID,
// CSeq, From and To as uri, user, tag; branch, Content-Type, bytes of the body. Fields are divided by tabs.
#include <stdio.h>
#include <string.h>

#include "earshot/capture/source.h"
#include "earshot/wire/sip.h"
#include "earshot/wire/tcp.h"

static const char *or_empty(const char *text) {
  return text ? text : "";
}

static void print_message(const guint8 *data, gsize length) {
  g_autoptr(EsSipMessage) m = es_sip_parse(data, length);
  if (!m) {
    puts("refused");
    return;
  }
  const EsSipParty *from = es_sip_from(m), *to = es_sip_to(m);
  gsize body;
  es_sip_body(m, &body);
  if (es_sip_is_request(m))
    printf("%s", es_sip_method(m));
  else
    printf("%d", es_sip_status(m));
  printf("\t%s\t%u\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%zu\n", es_sip_call_id(m), es_sip_cseq(m), from->uri,
         from->user, or_empty(from->tag), to->uri, to->user, or_empty(to->tag), or_empty(es_sip_branch(m)),
         es_sip_content_type(m), body);
}

static gboolean print_completed(const EsDatagram *message, gpointer user_data, GError **error) {
  print_message(message->payload, message->length);
  return TRUE;
}

static void print_packet(EsLink *link, EsTcp *tcp, const EsPacket *packet) {
  EsDatagram d;
  EsLinkResult kind = es_link_read(link, packet, &d);
  if (tcp && kind == ES_LINK_TCP)
    es_tcp_push(tcp, &d, print_completed, NULL, NULL);
  else if (!tcp && kind == ES_LINK_UDP && es_sip_looks_like(d.payload, d.length))
    print_message(d.payload, d.length);
}

static gboolean print_capture(const char *path, gboolean over_tcp) {
  g_autoptr(GError) error = NULL;
  g_autoptr(EsPacketSource) source = es_pcap_file_open(path, NULL, &error);
  g_autoptr(EsLink) link = es_link_new();
  EsTcp *tcp = over_tcp ? es_tcp_new() : NULL;
  EsPacket packet;
  while (source && source->klass->next(source, &packet, &error) == ES_SOURCE_PACKET)
    print_packet(link, tcp, &packet);
  if (tcp)
    es_tcp_expire(tcp, G_MAXINT64, print_completed, NULL, NULL);
  es_tcp_free(tcp);
  if (error)
    fprintf(stderr, "%s\n", error->message);
  return error == NULL;
}

static gboolean print_file(const char *path) {
  g_autofree char *data = NULL;
  gsize length;
  if (!g_file_get_contents(path, &data, &length, NULL))
    return FALSE;
  if (es_sip_looks_like((const guint8 *)data, length))
    print_message((const guint8 *)data, length);
  else
    puts("not SIP");
  return TRUE;
}

int main(int argc, char **argv) {
  gboolean messages = argc > 1 && strcmp(argv[1], "--message") == 0, good = TRUE;
  gboolean over_tcp = argc > 1 && strcmp(argv[1], "--tcp") == 0;
  for (int i = 1 + (messages || over_tcp); i < argc; i++)
    good = (messages ? print_file(argv[i]) : print_capture(argv[i], over_tcp)) && good;
  return good ? 0 : 1;
}
