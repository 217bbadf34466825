// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// A frame is loud when it stands MARGIN_DB above the floor. ONSET loud frames in a row begin speech (and
// count to it), HANGOVER frames without one end it, the first TAIL of which still count. The floor follows
// the level smoothed over some ten frames, so that the dips of an uneven noise (a room full of voices) do not
// pull it down: it falls to a quieter level within half a second and rises to the least of each RISE stretch,
// so that noise becomes floor while speech, which always has pauses, does not.
//
// What the floor is at the beginning nobody knows: the first ES_ACTIVITY_LEARN frames are judged again when
// they are complete, from their least level on. Else a noisy line would begin with a greeting of two
// seconds.
//
// The frames of speech also tell how much of it was raised: 6 dB or more above the leg's own usual level, the
// median of its speech in blocks of 400 ms, anew for each stream that has the leg (raised.c).
#include "activity.h"
#include "earshot/common/clock.h"

#include <math.h>
#include <string.h>

#define FRAME_MS 20
#define MARGIN_DB 7.0f
#define LEAST_FLOOR_DB (-62.0f) // below it, the codec's own rounding and digital silence
#define FIRST_FLOOR_DB (-50.0f)
#define LOUDEST_FLOOR_DB (-25.0f)
#define ONSET 2
#define HANGOVER 15
#define TAIL 8
#define SMOOTHING 0.1f // share of a new frame in the smoothed level
#define RISE 100
#define UNHEARD_DB (-200.0f)

void es_activity_init(EsActivity *a) {
  memset(a, 0, sizeof *a);
  a->talks = g_array_new(FALSE, FALSE, sizeof(EsTalk));
  a->floor_db = FIRST_FLOOR_DB;
  a->smooth_db = UNHEARD_DB;
}

void es_activity_clear(EsActivity *a) {
  g_clear_pointer(&a->talks, g_array_unref);
}

// Squares of 16-bit samples fit 30 bits: 512 of them sum up in 64 bits with ease, and the loop vectorises.
float es_mean_square(const gint16 *samples, int n) {
  gint64 sum = 0;
  for (int i = 0; i < n; i++)
    sum += samples[i] * samples[i];
  return n > 0 ? (float)sum / (float)n : 0;
}

static float level_db(float mean_square) {
  return 10 * log10f(mean_square / (32768.0f * 32768.0f) + 1e-10f);
}

static float smooth(float smooth_db, float frame_db) {
  return smooth_db == UNHEARD_DB ? frame_db : smooth_db + (frame_db - smooth_db) * SMOOTHING;
}

static void follow_floor(EsActivity *a, float frame_db) {
  float level = a->smooth_db = smooth(a->smooth_db, frame_db);
  if (level < a->floor_db)
    a->floor_db += (level - a->floor_db) * 0.2f;
  a->minimum_db = a->stretch == 0 ? level : MIN(a->minimum_db, level);
  if (++a->stretch == RISE) {
    a->floor_db = MAX(a->floor_db, a->minimum_db);
    a->stretch = 0;
  }
  a->floor_db = CLAMP(a->floor_db, LEAST_FLOOR_DB, LOUDEST_FLOOR_DB);
}

static void begin(EsActivity *a) {
  EsTalk talk = {a->frame + 1 - ONSET, a->frame + 1};
  EsTalk *last = a->talks->len > 0 ? &g_array_index(a->talks, EsTalk, a->talks->len - 1) : NULL;
  a->speaking = TRUE;
  if (!last || last->end < talk.start)
    g_array_append_val(a->talks, talk);
}

static void judge(EsActivity *a, float level) {
  gboolean loud = level > a->floor_db + MARGIN_DB;
  if (level != UNHEARD_DB)
    follow_floor(a, level);
  a->onset = loud ? a->onset + 1 : 0;
  if (a->onset >= ONSET) {
    if (!a->speaking)
      begin(a);
    a->hang = HANGOVER;
    g_array_index(a->talks, EsTalk, a->talks->len - 1).end = a->frame + 1 + TAIL;
  } else if (a->hang > 0) {
    a->hang--;
  } else {
    a->speaking = FALSE;
  }
  if (a->speaking)
    es_raised_push(&a->raised, level, loud);
  a->frame++;
}

// Nothing was heard before the frames learnt from, so all talk there is comes from them.
static void judge_again(EsActivity *a) {
  float floor_db = LOUDEST_FLOOR_DB, smooth_db = UNHEARD_DB;
  for (guint i = 0; i < a->n_learnt; i++)
    if (a->learnt_db[i] != UNHEARD_DB)
      floor_db = MIN(floor_db, smooth_db = smooth(smooth_db, a->learnt_db[i]));
  g_array_set_size(a->talks, 0);
  a->frame -= a->n_learnt;
  a->floor_db = MAX(floor_db, LEAST_FLOOR_DB);
  a->smooth_db = UNHEARD_DB;
  a->stretch = a->onset = a->hang = 0;
  a->speaking = FALSE;
  memset(&a->raised, 0, sizeof a->raised);
  for (guint i = 0; i < a->n_learnt; i++)
    judge(a, a->learnt_db[i]);
}

void es_activity_push(EsActivity *a, float mean_square, gboolean usable) {
  float level = usable ? level_db(mean_square) : UNHEARD_DB;
  gboolean learning = a->n_learnt < ES_ACTIVITY_LEARN && (usable || a->n_learnt > 0);
  judge(a, level);
  if (!learning)
    return;
  a->learnt_db[a->n_learnt++] = level;
  if (a->n_learnt == ES_ACTIVITY_LEARN)
    judge_again(a);
}

gboolean es_activity_is_low(const EsActivity *a, float mean_square) {
  return level_db(mean_square) <= a->floor_db + MARGIN_DB;
}

gboolean es_activity_is_quiet(const EsActivity *a, float mean_square) {
  return !a->speaking && a->onset == 0 && es_activity_is_low(a, mean_square);
}

void es_activity_part(EsActivity *a) {
  es_raised_part(&a->raised);
}

gint64 es_activity_raised_ms(const EsActivity *a) {
  return a->n_learnt > 0 ? (gint64)es_raised_frames(&a->raised) * FRAME_MS : ES_UNKNOWN;
}

GArray *es_activity_intervals(const EsActivity *a, gint64 length_ms) {
  GArray *intervals = g_array_new(FALSE, FALSE, sizeof(EsInterval));
  for (guint i = 0; i < a->talks->len; i++) {
    const EsTalk *talk = &g_array_index(a->talks, EsTalk, i);
    EsInterval interval = {(gint64)talk->start * FRAME_MS, MIN((gint64)talk->end * FRAME_MS, length_ms)};
    if (interval.start_ms < interval.end_ms)
      g_array_append_val(intervals, interval);
  }
  return intervals;
}

static int compare_start(gconstpointer a, gconstpointer b) {
  const EsInterval *x = a, *y = b;
  return x->start_ms < y->start_ms ? -1 : x->start_ms > y->start_ms;
}

static GArray *all_by_start(GArray *const *arrays, guint n) {
  GArray *all = g_array_new(FALSE, FALSE, sizeof(EsInterval));
  for (guint i = 0; i < n; i++)
    g_array_append_vals(all, arrays[i]->data, arrays[i]->len);
  g_array_sort(all, compare_start);
  return all;
}

static void append_if_long(GArray *intervals, gint64 start_ms, gint64 end_ms, gint64 least_ms) {
  EsInterval interval = {start_ms, end_ms};
  if (end_ms > start_ms && end_ms - start_ms >= least_ms)
    g_array_append_val(intervals, interval);
}

// With intervals by start, an overlap begins where one starts before the furthest end so far.
GArray *es_intervals_overlaps(GArray *const *speech, guint n, gint64 least_ms) {
  g_autoptr(GArray) all = all_by_start(speech, n);
  GArray *overlaps = g_array_new(FALSE, FALSE, sizeof(EsInterval));
  gint64 reach = G_MININT64, start = 0, end = G_MININT64;
  for (guint i = 0; i < all->len; i++) {
    const EsInterval *it = &g_array_index(all, EsInterval, i);
    gint64 until = MIN(reach, it->end_ms);
    reach = MAX(reach, it->end_ms);
    if (until <= it->start_ms)
      continue;
    if (it->start_ms > end) {
      append_if_long(overlaps, start, end, least_ms);
      start = it->start_ms;
    }
    end = MAX(end, until);
  }
  append_if_long(overlaps, start, end, least_ms);
  return overlaps;
}

GArray *es_intervals_rest(GArray *const *taken, guint n, gint64 length_ms, gint64 least_ms) {
  g_autoptr(GArray) all = all_by_start(taken, n);
  GArray *rest = g_array_new(FALSE, FALSE, sizeof(EsInterval));
  gint64 reach = 0;
  for (guint i = 0; i < all->len; i++) {
    const EsInterval *it = &g_array_index(all, EsInterval, i);
    append_if_long(rest, reach, MIN(it->start_ms, length_ms), least_ms);
    reach = MAX(reach, it->end_ms);
  }
  append_if_long(rest, reach, length_ms, least_ms);
  return rest;
}

gint64 es_intervals_sum_ms(const GArray *intervals) {
  gint64 sum = 0;
  for (guint i = 0; i < intervals->len; i++) {
    const EsInterval *it = &g_array_index(intervals, EsInterval, i);
    sum += it->end_ms - it->start_ms;
  }
  return sum;
}
