// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// siprec-load FROM-IP SERVER-IP:PORT CALLS SECONDS RAMP A.ulaw B.ulaw [FIRST [LENGTH [LOSE [HELD]]]]: so many
// recording sessions over UDP at once (RFC 7866), RAMP new ones a second, each with two streams of real
// speech; load.h tells of the rest. The Call-ID is load-NUMBER. All of them run until the last one has had
// its SECONDS, or until SIGTERM; then each hangs up.
#include "load.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define MESSAGE 8192

static int sip_socket;
static uint16_t sip_port;
static struct sockaddr_in server;
static char from_ip[64], server_text[64];
static uint16_t media_port[2];

// ---- signalling

static void send_sip(const char *text) {
  if (sendto(sip_socket, text, strlen(text), 0, (struct sockaddr *)&server, sizeof server) < 0)
    load_refused();
}

static int head(char *out, const LoadCall *c, const char *method, const char *uri, int cseq,
                const char *more) {
  return snprintf(
      out, MESSAGE,
      "%s %s SIP/2.0\r\nVia: SIP/2.0/UDP %s:%u;branch=z9hG4bK-%d-%d-%s;rport\r\nMax-Forwards: 70\r\n"
      "From: <sip:load@%s>;tag=load%d\r\nTo: <sip:srs@%s>%s%s\r\nCall-ID: load-%d\r\nCSeq: %d %s\r\n"
      "Contact: <sip:load@%s:%u>;+sip.src\r\n%s",
      method, uri, from_ip, sip_port, c->number, cseq, method, from_ip, c->number, server_text,
      c->to_tag[0] ? ";tag=" : "", c->to_tag, c->number, cseq, method, from_ip, sip_port, more);
}

static int write_sdp(char *out, const LoadCall *c) {
  int n = snprintf(out, MESSAGE, "v=0\r\no=load %d 1 IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\n", c->number,
                   from_ip, from_ip);
  for (int i = 0; i < 2; i++)
    n += snprintf(out + n, MESSAGE - (size_t)n,
                  "m=audio %u RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=sendonly\r\na=label:%d\r\n",
                  media_port[i], i + 1);
  return n;
}

static int write_metadata(char *out, const LoadCall *c) {
  int n = snprintf(
      out, MESSAGE,
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<recording xmlns=\"urn:ietf:params:xml:ns:recording:1\">"
      "<datamode>complete</datamode><session "
      "session_id=\"s%08d\"><sipSessionID>cs-%d</sipSessionID></session>",
      c->number, c->number);
  for (int i = 0; i < 2; i++)
    n += snprintf(
        out + n, MESSAGE - (size_t)n,
        "<participant participant_id=\"p%d-%08d\"><nameID aor=\"sip:%d@floor.example\"/></participant>"
        "<stream stream_id=\"t%d-%08d\" session_id=\"s%08d\"><label>%d</label></stream>",
        i, c->number, (i ? 2000 : 100000) + c->number, i, c->number, c->number, i + 1);
  for (int i = 0; i < 2; i++)
    n += snprintf(
        out + n, MESSAGE - (size_t)n,
        "<participantsessionassoc participant_id=\"p%d-%08d\" session_id=\"s%08d\"/>"
        "<participantstreamassoc participant_id=\"p%d-%08d\"><send>t%d-%08d</send><recv>t%d-%08d</recv>"
        "</participantstreamassoc>",
        i, c->number, c->number, i, c->number, i, c->number, 1 - i, c->number);
  return n + snprintf(out + n, MESSAGE - (size_t)n, "</recording>\n");
}

static void send_invite(LoadCall *c) {
  char text[MESSAGE], sdp[MESSAGE], metadata[MESSAGE], body[2 * MESSAGE], whole[4 * MESSAGE], uri[128],
      more[256];
  write_sdp(sdp, c);
  write_metadata(metadata, c);
  int length = snprintf(
      body, sizeof body,
      "--cut\r\nContent-Type: application/sdp\r\n\r\n%s\r\n--cut\r\nContent-Type: "
      "application/rs-metadata+xml\r\nContent-Disposition: recording-session\r\n\r\n%s\r\n--cut--\r\n",
      sdp, metadata);
  snprintf(uri, sizeof uri, "sip:srs@%s", server_text);
  snprintf(more, sizeof more,
           "Require: siprec\r\nContent-Type: multipart/mixed;boundary=cut\r\nContent-Length: %d\r\n\r\n",
           length);
  head(text, c, "INVITE", uri, 1, more);
  snprintf(whole, sizeof whole, "%s%s", text, body);
  send_sip(whole);
}

static void send_ack(LoadCall *c, int accepted) {
  char text[MESSAGE], uri[300];
  snprintf(uri, sizeof uri, "%s", accepted ? c->contact : server_text);
  head(text, c, "ACK", uri, 1, "Content-Length: 0\r\n\r\n");
  send_sip(text);
}

static void send_bye(LoadCall *c) {
  char text[MESSAGE];
  head(text, c, "BYE", c->contact, 2, "Content-Length: 0\r\n\r\n");
  send_sip(text);
}

static const char *after(const char *text, const char *name) {
  const char *at = strstr(text, name);
  return at ? at + strlen(name) : NULL;
}

static void copy_until(char *out, size_t size, const char *from, const char *ends) {
  size_t n = strcspn(from, ends);
  snprintf(out, size, "%.*s", (int)n, from);
}

static void read_answer(LoadCall *c, const char *text) {
  const char *to = after(text, "\r\nTo:"), *tag = to ? after(to, ";tag=") : NULL;
  const char *contact = after(text, "\r\nContact:"), *uri = contact ? strchr(contact, '<') : NULL;
  const char *address = after(text, "\r\nc=IN IP4 "), *line = text;
  if (!tag || !uri || !address)
    return;
  copy_until(c->to_tag, sizeof c->to_tag, tag, ";\r\n");
  copy_until(c->contact, sizeof c->contact, uri + 1, ">");
  char ip[64];
  copy_until(ip, sizeof ip, address, "\r\n");
  for (int i = 0; i < 2 && (line = after(line, "\r\nm=audio ")); i++) {
    c->media[i] = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(line))};
    inet_pton(AF_INET, ip, &c->media[i].sin_addr);
  }
}

static void take_response(char *text) {
  const char *id = after(text, "\r\nCall-ID: load-"), *cseq = after(text, "\r\nCSeq: ");
  int status = strncmp(text, "SIP/2.0 ", 8) == 0 ? atoi(text + 8) : 0;
  LoadCall *c = id ? load_find(atoi(id)) : NULL;
  if (!c || !cseq || status < 200)
    return;
  if (strstr(cseq, "INVITE") && strstr(cseq, "INVITE") < strchr(cseq, '\r')) {
    if (c->state == LOAD_INVITED && status < 300)
      read_answer(c, text);
    send_ack(c, status < 300);
    load_answered(c, status);
  } else {
    load_left(c);
  }
}

static void read_sip(void) {
  char text[65536];
  ssize_t n;
  while ((n = recv(sip_socket, text, sizeof text - 1, MSG_DONTWAIT)) > 0) {
    text[n] = '\0';
    take_response(text);
  }
}

int main(int argc, char **argv) {
  static const LoadWay siprec = {send_invite, send_bye, read_sip, load_put_datagram, load_flush_datagrams};
  char ip[64];
  LoadPlan plan = load_plan(argv + (argc < 3 ? argc : 3));
  snprintf(from_ip, sizeof from_ip, "%s", argv[1]);
  snprintf(server_text, sizeof server_text, "%s", argv[2]);
  copy_until(ip, sizeof ip, argv[2], ":");
  server = (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)atoi(strchr(argv[2], ':') + 1))};
  inet_pton(AF_INET, ip, &server.sin_addr);
  for (int i = 0; i < 2; i++)
    load_open_media(i, from_ip, &media_port[i]);
  sip_socket = load_open_socket(from_ip, &sip_port);
  return load_run(&plan, &siprec);
}
