// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// raw-opus FILE RATE BITRATE COMPLEXITY [SILENCE-DB [ENCODERS]]: encodes 16-bit mono samples by libopus
// alone, 20 ms VBR voice as the recorder does, and prints the bytes it made. With SILENCE-DB, as -60, it
// leaves out what the recorder leaves out: frames no louder than this, 300 ms after the last louder one and
// until 40 ms before the next. The yardstick that the recorder's throughput is held against; CPU time is
// taken outside, and told of the encoding alone. With ENCODERS each of so many takes a part of the samples,
// five frames at a time in turn: among many, none of them stays in the processor's caches.
#include <math.h>
#include <opus.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#define AFTER 15 // frames
#define BEFORE 2
#define AT_A_TIME 5

typedef struct {
  size_t frame, frames;
  const short *samples;
  const char *chosen;
  unsigned long bytes, encoded;
} Work;

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

static double cpu_s(void) {
  struct rusage used;
  getrusage(RUSAGE_SELF, &used);
  return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
         (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static int encode(Work *w, OpusEncoder *encoder, size_t from, size_t until) {
  unsigned char packet[1500];
  for (size_t i = from; i < until; i++) {
    int length = w->chosen[i]
                     ? opus_encode(encoder, w->samples + i * w->frame, (int)w->frame, packet, sizeof packet)
                     : 0;
    if (length < 0)
      return 0;
    w->bytes += (unsigned long)length;
    w->encoded += w->chosen[i] != 0;
  }
  return 1;
}

static int encode_in_turn(Work *w, OpusEncoder **encoders, size_t n) {
  size_t part = (w->frames + n - 1) / n;
  for (size_t at = 0; at < part; at += AT_A_TIME)
    for (size_t i = 0; i < n; i++) {
      size_t end = (i + 1) * part < w->frames ? (i + 1) * part : w->frames;
      size_t from = i * part + at, until = from + AT_A_TIME < end ? from + AT_A_TIME : end;
      if (!encode(w, encoders[i], from, until))
        return 0;
    }
  return 1;
}

static OpusEncoder **encoders_new(size_t n, int rate_hz, int bitrate, int complexity) {
  OpusEncoder **encoders = calloc(n, sizeof *encoders);
  for (size_t i = 0; encoders && i < n; i++)
    if (!(encoders[i] = encoder_new(rate_hz, bitrate, complexity)))
      return NULL;
  return encoders;
}

static void encoders_free(OpusEncoder **encoders, size_t n) {
  for (size_t i = 0; i < n; i++)
    opus_encoder_destroy(encoders[i]);
  free(encoders);
}

int main(int argc, char **argv) {
  if (argc < 5 || argc > 7) {
    fprintf(stderr, "usage: raw-opus FILE RATE BITRATE COMPLEXITY [SILENCE-DB [ENCODERS]]\n");
    return 2;
  }
  int rate_hz = atoi(argv[2]);
  size_t n = argc > 6 ? (size_t)atoi(argv[6]) : 1;
  Work work = {.frame = (size_t)rate_hz / 50};
  short *samples = read_samples(argv[1], work.frame, &work.frames);
  char *chosen = samples ? choose(samples, work.frames, work.frame, argc > 5 ? atof(argv[5]) : 0) : NULL;
  OpusEncoder **encoders = chosen && n > 0 ? encoders_new(n, rate_hz, atoi(argv[3]), atoi(argv[4])) : NULL;
  if (!encoders) {
    fprintf(stderr, "raw-opus: cannot read %s or set up the encoder\n", argv[1]);
    return 1;
  }
  work.samples = samples;
  work.chosen = chosen;
  double begun_s = cpu_s();
  if (!encode_in_turn(&work, encoders, n))
    return 1;
  printf("%zu frames, %lu encoded, %lu bytes, %f s\n", work.frames, work.encoded, work.bytes,
         cpu_s() - begun_s);
  encoders_free(encoders, n);
  free(chosen);
  free(samples);
  return 0;
}
