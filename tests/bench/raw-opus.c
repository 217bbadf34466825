// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// raw-opus FILE RATE BITRATE COMPLEXITY: encodes 16-bit mono samples by libopus alone, 20 ms VBR voice as the
// recorder does, and prints the bytes it made. The yardstick that the recorder's throughput is held against;
// CPU time is taken outside.
#include <opus.h>
#include <stdio.h>
#include <stdlib.h>

static OpusEncoder *encoder_new(int rate_hz, int bitrate, int complexity) {
  int status = OPUS_OK;
  OpusEncoder *encoder = opus_encoder_create(rate_hz, 1, OPUS_APPLICATION_VOIP, &status);
  if (status != OPUS_OK)
    return NULL;
  opus_encoder_ctl(encoder, OPUS_SET_BITRATE(bitrate));
  opus_encoder_ctl(encoder, OPUS_SET_VBR(1));
  opus_encoder_ctl(encoder, OPUS_SET_COMPLEXITY(complexity));
  return encoder;
}

int main(int argc, char **argv) {
  if (argc != 5) {
    fprintf(stderr, "usage: raw-opus FILE RATE BITRATE COMPLEXITY\n");
    return 2;
  }
  FILE *input = fopen(argv[1], "rb");
  int rate_hz = atoi(argv[2]);
  OpusEncoder *encoder = input ? encoder_new(rate_hz, atoi(argv[3]), atoi(argv[4])) : NULL;
  if (!encoder) {
    fprintf(stderr, "raw-opus: cannot read %s or set up the encoder\n", argv[1]);
    return 1;
  }
  short samples[960];
  unsigned char packet[1500];
  unsigned long bytes = 0, frames = 0;
  size_t frame = (size_t)rate_hz / 50;
  while (fread(samples, sizeof *samples, frame, input) == frame) {
    int length = opus_encode(encoder, samples, (int)frame, packet, sizeof packet);
    if (length < 0)
      return 1;
    bytes += (unsigned long)length;
    frames++;
  }
  printf("%lu frames, %lu bytes\n", frames, bytes);
  opus_encoder_destroy(encoder);
  fclose(input);
  return 0;
}
