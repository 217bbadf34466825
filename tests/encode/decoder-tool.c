// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// decoder-tool RTPMAP [FMTP]: payloads in hex on standard input, one a line; 16-bit samples on standard
// output. An empty line stands for a lost payload. Says on standard error how many did not decode.
#include <stdio.h>
#include <stdlib.h>

#include "earshot/encode/codec.h"

static gsize read_hex(const char *text, guint8 *bytes, gsize room) {
  gsize n = 0;
  for (; g_ascii_isxdigit(text[0]) && g_ascii_isxdigit(text[1]) && n < room; text += 2)
    bytes[n++] = (guint8)(g_ascii_xdigit_value(text[0]) << 4 | g_ascii_xdigit_value(text[1]));
  return n;
}

int main(int argc, char **argv) {
  EsCodec codec;
  g_autoptr(GError) error = NULL;
  char *line = NULL;
  size_t room = 0;
  int bad = 0;
  if (argc < 2 || !es_codec_from_rtpmap(argv[1], argv[2], &codec))
    return 2;
  g_autoptr(EsDecoder) decoder = es_decoder_new(&codec, &error);
  if (!decoder) {
    fprintf(stderr, "%s\n", error->message);
    return 1;
  }
  while (getline(&line, &room, stdin) > 0) {
    static guint8 payload[65536];
    gint16 samples[ES_DECODER_MAX_SAMPLES];
    int n = es_decoder_decode(decoder, payload, read_hex(line, payload, sizeof payload), samples);
    if (n > 0)
      fwrite(samples, sizeof *samples, (gsize)n, stdout);
    bad += n < 0;
  }
  free(line);
  fprintf(stderr, "%d\n", bad);
  return 0;
}
