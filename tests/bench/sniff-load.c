// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// sniff-load INTERFACE CALLS SECONDS RAMP A.ulaw B.ulaw [FIRST [LENGTH [LOSE [HELD]]]]: so many telephone
// calls at once as a mirror port shows them, SIP and RTP in frames, written to one end of a pair of
// interfaces; load.h tells of the rest. The Call-ID is load-NUMBER. Each call has two addresses of its own,
// from its number.
#include "load.h"

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#define MESSAGE 2048
#define FRAME_HEADER (14 + 20 + 8)

static int wire;
static int n_waiting; // packets to be sent
static uint8_t headers[LOAD_BATCH][FRAME_HEADER + LOAD_RTP_HEADER];
static struct iovec parts[LOAD_BATCH][2];
static struct mmsghdr messages[LOAD_BATCH];

static void open_wire(const char *interface) {
  const int yes = 1, size = 16 * 1024 * 1024;
  struct sockaddr_ll here = {.sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex(interface)};
  wire = socket(AF_PACKET, SOCK_RAW, 0); // of no protocol: nothing is to be received
  setsockopt(wire, SOL_PACKET, PACKET_QDISC_BYPASS, &yes, sizeof yes);
  setsockopt(wire, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size);
  if (wire < 0 || here.sll_ifindex == 0 || bind(wire, (struct sockaddr *)&here, sizeof here) != 0)
    load_die(interface);
}

// ---- frames

static void put_16(uint8_t *at, unsigned value) {
  at[0] = (uint8_t)(value >> 8);
  at[1] = (uint8_t)value;
}

static void write_address(uint8_t ip[4], int number, int side) {
  ip[0] = 10;
  ip[1] = (uint8_t)((side ? 128 : 0) + (number >> 16 & 127));
  put_16(ip + 2, (unsigned)number);
}

static void seal(uint8_t ip[20]) {
  uint32_t sum = 0;
  for (int i = 0; i < 20; i += 2)
    sum += (uint32_t)(ip[i] << 8 | ip[i + 1]);
  sum = (sum & 0xFFFF) + (sum >> 16);
  put_16(ip + 10, ~(sum + (sum >> 16)) & 0xFFFF);
}

// Ethernet, IPv4 and UDP from one side of a call to the other.
static void write_headers(uint8_t h[FRAME_HEADER], int number, int side, unsigned port, size_t payload) {
  static const uint8_t start[] = {2,    0, 0, 0, 0, 2, 2,    0, 0,  0,  0, 1, 8, 0, // for nobody here
                                  0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, 17, 0, 0};
  memset(h, 0, FRAME_HEADER);
  memcpy(h, start, sizeof start);
  put_16(h + 16, 28 + (unsigned)payload);
  write_address(h + 26, number, side);
  write_address(h + 30, number, 1 - side);
  seal(h + 14);
  put_16(h + 34, port);
  put_16(h + 36, port);
  put_16(h + 38, 8 + (unsigned)payload);
}

// ---- signalling

static void send_text(const LoadCall *c, int side, const char *text) {
  uint8_t header[FRAME_HEADER];
  struct iovec frame[2] = {{header, sizeof header}, {(void *)text, strlen(text)}};
  write_headers(header, c->number, side, 5060, strlen(text));
  if (writev(wire, frame, 2) < 0)
    load_refused();
}

static void name_sides(const LoadCall *c, char ip[2][INET_ADDRSTRLEN]) {
  for (int side = 0; side < 2; side++) {
    uint8_t address[4];
    write_address(address, c->number, side);
    inet_ntop(AF_INET, address, ip[side], INET_ADDRSTRLEN);
  }
}

static void send_sip(const LoadCall *c, int side, const char *first, const char *cseq, int has_tag,
                     int has_sdp) {
  char text[MESSAGE], sdp[MESSAGE / 4] = "", ip[2][INET_ADDRSTRLEN], tag[32] = "";
  name_sides(c, ip);
  if (has_tag)
    snprintf(tag, sizeof tag, ";tag=b%d", c->number);
  if (has_sdp)
    snprintf(sdp, sizeof sdp,
             "v=0\r\no=- 1 1 IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\nm=audio 10000 RTP/AVP 0\r\n"
             "a=rtpmap:0 PCMU/8000\r\na=sendrecv\r\n",
             ip[side], ip[side]);
  snprintf(text, sizeof text,
           "%s\r\nVia: SIP/2.0/UDP %s:5060;branch=z9hG4bK%d-%c\r\nFrom: <sip:0100%07d@%s>;tag=a%d\r\n"
           "To: <sip:2%03d@%s>%s\r\nCall-ID: load-%d\r\nCSeq: %s\r\nMax-Forwards: 70\r\nContact: "
           "<sip:x@%s:5060>\r\n"
           "%sContent-Length: %zu\r\n\r\n%s",
           first, ip[0], c->number, cseq[0], c->number, ip[0], c->number, c->number % 1000, ip[1], tag,
           c->number, cseq, ip[side], has_sdp ? "Content-Type: application/sdp\r\n" : "", strlen(sdp), sdp);
  send_text(c, side, text);
}

static void send_request(const LoadCall *c, const char *method, const char *cseq, int has_sdp) {
  char first[128], ip[2][INET_ADDRSTRLEN];
  name_sides(c, ip);
  snprintf(first, sizeof first, "%s sip:2%03d@%s SIP/2.0", method, c->number % 1000, ip[1]);
  send_sip(c, 0, first, cseq, !has_sdp, has_sdp);
}

static void invite(LoadCall *c) {
  send_request(c, "INVITE", "1 INVITE", 1);
  send_sip(c, 1, "SIP/2.0 180 Ringing", "1 INVITE", 1, 0);
  send_sip(c, 1, "SIP/2.0 200 OK", "1 INVITE", 1, 1);
  send_request(c, "ACK", "1 ACK", 0);
  load_answered(c, 200);
}

static void bye(LoadCall *c) {
  send_request(c, "BYE", "2 BYE", 0);
  send_sip(c, 1, "SIP/2.0 200 OK", "2 BYE", 1, 0);
  load_left(c);
}

// ---- media

static void flush(void) {
  load_send(wire, messages, n_waiting);
  n_waiting = 0;
}

static void put_packet(LoadCall *c, int stream, const uint8_t header[LOAD_RTP_HEADER],
                       const uint8_t *payload) {
  uint8_t *h = headers[n_waiting];
  write_headers(h, c->number, stream, 10000, LOAD_RTP_HEADER + LOAD_FRAME);
  memcpy(h + FRAME_HEADER, header, LOAD_RTP_HEADER);
  parts[n_waiting][0] = (struct iovec){h, sizeof headers[0]};
  parts[n_waiting][1] = (struct iovec){(void *)payload, LOAD_FRAME};
  messages[n_waiting] = (struct mmsghdr){.msg_hdr = {.msg_iov = parts[n_waiting], .msg_iovlen = 2}};
  if (++n_waiting == LOAD_BATCH)
    flush();
}

int main(int argc, char **argv) {
  static const LoadWay sniffed = {invite, bye, NULL, put_packet, flush};
  LoadPlan plan = load_plan(argv + (argc < 2 ? argc : 2));
  open_wire(argv[1]);
  return load_run(&plan, &sniffed);
}
