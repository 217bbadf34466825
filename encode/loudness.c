// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Blocks of 400 ms overlap by 75 %, that is, a block ends every 100 ms and is the mean of four steps of 100
// ms. A block counts above -70 LUFS, and in the end above 10 LU below the mean of those that count.
//
// The two filters of the standard are given for 48 kHz; for other rates they are designed anew from the
// analog prototype that yields the table (a shelf of 4 dB at 1682 Hz, a high-pass at 38 Hz), by bilinear
// transform. Four lanes are filtered at once as a vector of floats: recursive filters wait for their own
// output, and this way four of them wait together.
#include "loudness.h"

#include <math.h>
#include <string.h>

#define REFERENCE_LUFS (-23.0) // R128
#define LANES 4
#define STEP_FRAMES 5 // 100 ms
#define STEPS 4
#define BINS 800 // tenths of a dB above the gate
#define GATE_LUFS (-70.0)
#define FRAME_MAX 960
// A tone at half the rate, 180 dB down: without it a silent lane's filters decay into denormal numbers, which
// cost a hundred times as much.
#define KEEP_NORMAL 1e-9f
#define DECAYED                                                                                              \
  25 // frames of silence after which a filter holds nothing: the high-pass falls by 40 dB in each

typedef float Vector __attribute__((vector_size(LANES * sizeof(float))));

typedef struct {
  float b0, b1, b2, a1, a2;
} Biquad;

typedef struct {
  Vector shelf1, shelf2, pass1, pass2; // filter memories
  Vector step;                         // sum of squares of the step that is running
} Group;

struct EsLoudness {
  guint n_lanes, n_groups;
  int rate_hz;
  Biquad shelf, pass;
  guint frames, steps;
  guint at_rest; // frames of silence in a row, at most DECAYED
  Group *groups;
  float *past;   // [lane][STEPS]: mean squares of the last steps
  guint32 *bins; // [lane][BINS]
};

static Biquad shelf_filter(double rate_hz) {
  const double f0 = 1681.974450955533, gain_db = 3.999843853973347, q = 0.7071752369554196;
  double k = tan(G_PI * f0 / rate_hz), vh = pow(10, gain_db / 20), vb = pow(vh, 0.4996667741545416);
  double a0 = 1 + k / q + k * k;
  return (Biquad){(float)((vh + vb * k / q + k * k) / a0), (float)(2 * (k * k - vh) / a0),
                  (float)((vh - vb * k / q + k * k) / a0), (float)(2 * (k * k - 1) / a0),
                  (float)((1 - k / q + k * k) / a0)};
}

static Biquad pass_filter(double rate_hz) {
  const double f0 = 38.13547087602444, q = 0.5003270373238773;
  double k = tan(G_PI * f0 / rate_hz), a0 = 1 + k / q + k * k;
  return (Biquad){1, -2, 1, (float)(2 * (k * k - 1) / a0), (float)((1 - k / q + k * k) / a0)};
}

void es_loudness_set_rate(EsLoudness *l, int rate_hz) {
  l->rate_hz = rate_hz;
  l->shelf = shelf_filter(rate_hz);
  l->pass = pass_filter(rate_hz);
  for (guint i = 0; i < l->n_groups; i++) {
    Vector step = l->groups[i].step;
    memset(&l->groups[i], 0, sizeof l->groups[i]);
    l->groups[i].step = step;
  }
}

EsLoudness *es_loudness_new(guint n_lanes, int rate_hz) {
  EsLoudness *l = g_new0(EsLoudness, 1);
  l->n_lanes = n_lanes;
  l->n_groups = (n_lanes + LANES - 1) / LANES;
  l->groups = g_aligned_alloc0(l->n_groups, sizeof *l->groups, sizeof(Vector));
  l->past = g_new0(float, n_lanes *STEPS);
  l->bins = g_new0(guint32, n_lanes * BINS);
  es_loudness_set_rate(l, rate_hz);
  return l;
}

void es_loudness_free(EsLoudness *l) {
  if (!l)
    return;
  g_aligned_free(l->groups);
  g_free(l->past);
  g_free(l->bins);
  g_free(l);
}

static void move_lane(const EsLoudness *from, guint lane, EsLoudness *to, guint place) {
  const Group *a = &from->groups[lane / LANES];
  Group *b = &to->groups[place / LANES];
  guint i = lane % LANES, k = place % LANES;
  b->shelf1[k] = a->shelf1[i];
  b->shelf2[k] = a->shelf2[i];
  b->pass1[k] = a->pass1[i];
  b->pass2[k] = a->pass2[i];
  b->step[k] = a->step[i];
  memcpy(to->past + place * STEPS, from->past + lane * STEPS, STEPS * sizeof *to->past);
  memcpy(to->bins + place * BINS, from->bins + lane * BINS, BINS * sizeof *to->bins);
}

void es_loudness_insert(EsLoudness *l, guint lane) {
  g_autoptr(EsLoudness) wider = es_loudness_new(l->n_lanes + 1, l->rate_hz);
  for (guint i = 0; i < l->n_lanes; i++)
    move_lane(l, i, wider, i + (i >= lane));
  wider->frames = l->frames;
  wider->steps = l->steps;
  EsLoudness narrow = *l;
  *l = *wider;
  *wider = narrow; // freed
}

// Transposed direct form II, both filters in one pass.
static void filter(Group *group, const Biquad *s, const Biquad *p, const Vector *in, int n) {
  Vector s1 = group->shelf1, s2 = group->shelf2, p1 = group->pass1, p2 = group->pass2;
  Vector sum = {0};
  for (int i = 0; i < n; i++) {
    Vector x = in[i];
    Vector y = s->b0 * x + s1;
    s1 = s->b1 * x + s2 - s->a1 * y; // what waits for y comes last: each sample waits for the one before
    s2 = s->b2 * x - s->a2 * y;
    Vector z = y + p1;
    p1 = p2 - 2 * y - p->a1 * z;
    p2 = y - p->a2 * z;
    sum += z * z;
  }
  group->shelf1 = s1;
  group->shelf2 = s2;
  group->pass1 = p1;
  group->pass2 = p2;
  group->step += sum / (float)n;
}

static void count_block(EsLoudness *l, guint lane) {
  const float *past = l->past + lane * STEPS;
  float mean = (past[0] + past[1] + past[2] + past[3]) / STEPS;
  double lufs = -0.691 + 10 * log10((double)mean + 1e-20);
  if (lufs > GATE_LUFS)
    l->bins[lane * BINS + MIN((guint)((lufs - GATE_LUFS) * 10), BINS - 1)]++;
}

static void end_step(EsLoudness *l) {
  for (guint lane = 0; lane < l->n_lanes; lane++) {
    l->past[lane * STEPS + l->steps % STEPS] = l->groups[lane / LANES].step[lane % LANES] / STEP_FRAMES;
    if (l->steps >= STEPS - 1)
      count_block(l, lane);
  }
  for (guint i = 0; i < l->n_groups; i++)
    l->groups[i].step = (Vector){0};
  l->steps++;
}

static void filter_all(EsLoudness *l, const gint16 *const *lanes) {
  Vector in[FRAME_MAX];
  int n = l->rate_hz / 50;
  for (guint group = 0; group < l->n_groups; group++) {
    guint first = group * LANES, count = MIN(l->n_lanes - first, LANES);
    if (count < LANES)
      memset(in, 0, (gsize)n * sizeof in[0]);
    for (guint lane = 0; lane < count; lane++)
      for (int i = 0; i < n; i++)
        in[i][lane] = (float)lanes[first + lane][i] * (1.0f / 32768) + (i & 1 ? KEEP_NORMAL : -KEEP_NORMAL);
    filter(&l->groups[group], &l->shelf, &l->pass, in, n);
  }
}

static void end_frame(EsLoudness *l) {
  if (++l->frames % STEP_FRAMES == 0)
    end_step(l);
}

void es_loudness_push(EsLoudness *l, const gint16 *const *lanes) {
  filter_all(l, lanes);
  l->at_rest = 0;
  end_frame(l);
}

void es_loudness_rest(EsLoudness *l) {
  if (l->at_rest < DECAYED) {
    static const gint16 nothing[FRAME_MAX];
    g_autofree const gint16 **lanes = g_new(const gint16 *, l->n_lanes);
    for (guint i = 0; i < l->n_lanes; i++)
      lanes[i] = nothing;
    filter_all(l, lanes);
    l->at_rest++;
  }
  end_frame(l);
}

// Mean square of the blocks from a bin on; a bin stands for its middle.
static double mean_from(const guint32 *bins, guint from) {
  double sum = 0, n = 0;
  for (guint i = from; i < BINS; i++) {
    if (bins[i] == 0)
      continue;
    sum += bins[i] * pow(10, (GATE_LUFS + (i + 0.5) / 10 + 0.691) / 10);
    n += bins[i];
  }
  return n > 0 ? sum / n : 0;
}

double es_loudness_integrated(const EsLoudness *l, guint lane) {
  const guint32 *bins = l->bins + lane * BINS;
  double mean = mean_from(bins, 0);
  if (mean <= 0)
    return NAN;
  double relative = -0.691 + 10 * log10(mean) - 10;
  guint from = relative > GATE_LUFS ? (guint)((relative - GATE_LUFS) * 10) : 0;
  return -0.691 + 10 * log10(mean_from(bins, from));
}

char *es_loudness_gain_tag(double lufs) {
  if (isnan(lufs))
    return NULL;
  return g_strdup_printf("R128_TRACK_GAIN=%d",
                         (int)CLAMP(lrint((REFERENCE_LUFS - lufs) * 256), -32768, 32767));
}
