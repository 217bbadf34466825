// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// raw-opus FILE RATE BITRATE COMPLEXITY [SILENCE-DB]: encodes 16-bit mono samples by libopus alone, 20 ms VBR
// voice as the recorder does, and prints the bytes it made. With SILENCE-DB, as -60, it leaves out what the
// recorder leaves out: frames no louder than this, 300 ms after the last louder one and until 40 ms before
// the next. The yardstick that the recorder's throughput is held against; CPU time is taken outside.
#include <math.h>
#include <opus.h>
#include <stdio.h>
#include <stdlib.h>

#define AFTER 15 // frames
#define BEFORE 2

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

static int is_loud(const short *samples, size_t n, double silence_db) {
  double sum = 0, peak = 0, level = 32768 * pow(10, silence_db / 20);
  for (size_t i = 0; i < n; i++) {
    double value = fabs((double)samples[i]);
    sum += value * value;
    peak = value > peak ? value : peak;
  }
  return sum > level * level * (double)n || peak > 4 * level;
}

// Which frames are encoded.
static char *choose(const short *samples, size_t frames, size_t frame, double silence_db) {
  char *chosen = calloc(frames, 1);
  for (size_t i = 0; chosen && i < frames; i++) {
    if (silence_db < 0 && !is_loud(samples + i * frame, frame, silence_db))
      continue;
    for (size_t k = i < BEFORE ? 0 : i - BEFORE; k <= i + AFTER && k < frames; k++)
      chosen[k] = 1;
  }
  return chosen;
}

static short *read_samples(const char *path, size_t frame, size_t *frames) {
  FILE *input = fopen(path, "rb");
  if (!input)
    return NULL;
  fseek(input, 0, SEEK_END);
  *frames = (size_t)ftell(input) / (frame * sizeof(short));
  rewind(input);
  short *samples = malloc(*frames * frame * sizeof *samples + 1);
  if (samples && fread(samples, frame * sizeof *samples, *frames, input) != *frames)
    *frames = 0;
  fclose(input);
  return samples;
}

int main(int argc, char **argv) {
  if (argc != 5 && argc != 6) {
    fprintf(stderr, "usage: raw-opus FILE RATE BITRATE COMPLEXITY [SILENCE-DB]\n");
    return 2;
  }
  int rate_hz = atoi(argv[2]);
  size_t frame = (size_t)rate_hz / 50, frames = 0;
  short *samples = read_samples(argv[1], frame, &frames);
  char *chosen = samples ? choose(samples, frames, frame, argc > 5 ? atof(argv[5]) : 0) : NULL;
  OpusEncoder *encoder = chosen ? encoder_new(rate_hz, atoi(argv[3]), atoi(argv[4])) : NULL;
  if (!encoder) {
    fprintf(stderr, "raw-opus: cannot read %s or set up the encoder\n", argv[1]);
    return 1;
  }
  unsigned char packet[1500];
  unsigned long bytes = 0, encoded = 0;
  for (size_t i = 0; i < frames; i++) {
    int length = chosen[i] ? opus_encode(encoder, samples + i * frame, (int)frame, packet, sizeof packet) : 0;
    if (length < 0)
      return 1;
    bytes += (unsigned long)length;
    encoded += chosen[i] != 0;
  }
  printf("%zu frames, %lu encoded, %lu bytes\n", frames, encoded, bytes);
  opus_encoder_destroy(encoder);
  free(chosen);
  free(samples);
  return 0;
}
