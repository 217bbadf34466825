// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What the SIP parser makes of captures or of single messages (--message FILE...), a line a message, for
// tests to hold against other readers: method or status, Call-ID, CSeq, From and To as uri, user, tag;
// branch, Content-Type, bytes of the body. Fields are divided by tabs.
#include <stdio.h>
#include <string.h>

#include "earshot/capture/source.h"
#include "earshot/wire/sip.h"

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

static gboolean print_capture(const char *path) {
  g_autoptr(GError) error = NULL;
  g_autoptr(EsPacketSource) source = es_pcap_file_open(path, NULL, &error);
  EsPacket packet;
  EsDatagram d;
  g_autoptr(EsLink) link = es_link_new();
  while (source && source->klass->next(source, &packet, &error) == ES_SOURCE_PACKET)
    if (es_link_read(link, &packet, &d) == ES_LINK_UDP && es_sip_looks_like(d.payload, d.length))
      print_message(d.payload, d.length);
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
  for (int i = 1 + messages; i < argc; i++)
    good = (messages ? print_file(argv[i]) : print_capture(argv[i])) && good;
  return good ? 0 : 1;
}
