// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "border.h"
#include "hand-over.h"
#include <string.h>

#define SILENT_US (60 * ES_US_PER_S) // then a voice is nobody's
#define LATE_US (32 * ES_US_PER_S)   // as long as SIP retransmits
#define MOST 200000                  // of each kind

typedef struct {
  EsAddress from, to; // the key; to is nowhere (port 0, all zero) where one address alone is meant
  gint64 last_us;
} Place;

struct EsHoldings {
  GHashTable *calls;  // Call-IDs
  GHashTable *places; // Place → itself
};

typedef struct {
  int other;
  EsHoldings *holdings;
  gint64 done_us; // ES_UNKNOWN: it is at work
} Other;

struct EsBorder {
  GArray *others;
  EsHoldings *own; // NULL: everything is
};

static guint place_hash(gconstpointer data) {
  const Place *p = data;
  return es_address_hash(&p->from) ^ (es_address_hash(&p->to) * 31);
}

static gboolean place_equal(gconstpointer a, gconstpointer b) {
  const Place *x = a, *y = b;
  return es_address_equal(&x->from, &y->from) && es_address_equal(&x->to, &y->to);
}

EsHoldings *es_holdings_new(void) {
  EsHoldings *h = g_new0(EsHoldings, 1);
  h->calls = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  h->places = g_hash_table_new_full(place_hash, place_equal, NULL, g_free);
  return h;
}

void es_holdings_free(EsHoldings *h) {
  if (!h)
    return;
  g_hash_table_unref(h->calls);
  g_hash_table_unref(h->places);
  g_free(h);
}

void es_holdings_add_call(EsHoldings *h, const char *call_id) {
  g_hash_table_add(h->calls, g_strdup(call_id));
}

static void add_place(EsHoldings *h, const Place *place) {
  g_hash_table_add(h->places, g_memdup2(place, sizeof *place));
}

void es_holdings_add_address(EsHoldings *h, const EsAddress *address, gint64 now_us) {
  add_place(h, &(Place){.from = *address, .last_us = now_us});
}

// One entry for both directions.
static Place way_of(const EsAddress *from, const EsAddress *to) {
  int order = memcmp(from->ip, to->ip, sizeof from->ip);
  gboolean turn = order > 0 || (order == 0 && from->port > to->port);
  return turn ? (Place){.from = *to, .to = *from} : (Place){.from = *from, .to = *to};
}

void es_holdings_add_way(EsHoldings *h, const EsAddress *from, const EsAddress *to, gint64 now_us) {
  Place place = way_of(from, to);
  place.last_us = now_us;
  add_place(h, &place);
}

// ---- as lines

static gboolean is_alone(const Place *place) {
  return place->to.port == 0 && es_address_is_any(&place->to);
}

guint es_holdings_write(const EsHoldings *h, GString *lines) {
  char from[ES_ADDRESS_TEXT_SIZE], to[ES_ADDRESS_TEXT_SIZE];
  GHashTableIter iter;
  gpointer each;
  g_hash_table_iter_init(&iter, h->calls);
  while (g_hash_table_iter_next(&iter, &each, NULL)) {
    g_autofree char *text = g_strescape(each, NULL);
    g_string_append_printf(lines, "call %s\n", text);
  }
  g_hash_table_iter_init(&iter, h->places);
  while (g_hash_table_iter_next(&iter, &each, NULL)) {
    const Place *place = each;
    if (is_alone(place))
      g_string_append_printf(lines, "address %s\n", es_address_format(&place->from, from));
    else
      g_string_append_printf(lines, "way %s %s\n", es_address_format(&place->from, from),
                             es_address_format(&place->to, to));
  }
  return g_hash_table_size(h->calls) + g_hash_table_size(h->places);
}

static gboolean read_place(EsHoldings *h, char **words, gint64 now_us) {
  EsAddress from, to;
  gboolean alone = strcmp(words[0], "address") == 0;
  if (g_hash_table_size(h->places) >= MOST || !es_address_parse(&from, words[1]))
    return FALSE;
  if (alone)
    es_holdings_add_address(h, &from, now_us);
  else if (es_address_parse(&to, words[2]))
    es_holdings_add_way(h, &from, &to, now_us);
  else
    return FALSE;
  return TRUE;
}

gboolean es_holdings_read(EsHoldings *h, const char *line, gint64 now_us) {
  if (g_str_has_prefix(line, "call ")) {
    char *call_id = g_hash_table_size(h->calls) < MOST ? es_talk_unescape(line + strlen("call ")) : NULL;
    if (call_id)
      g_hash_table_add(h->calls, call_id);
    return call_id != NULL;
  }
  g_auto(GStrv) words = g_strsplit(line, " ", 4);
  guint n = g_strv_length(words);
  return (n == 2 && strcmp(words[0], "address") == 0) || (n == 3 && strcmp(words[0], "way") == 0)
             ? read_place(h, words, now_us)
             : FALSE;
}

// ---- the border

static gboolean is_held(const Place *key, EsHoldings *h, gint64 now_us) {
  Place *place = g_hash_table_lookup(h->places, key);
  if (!place || now_us - place->last_us > SILENT_US)
    return FALSE;
  place->last_us = MAX(place->last_us, now_us);
  return TRUE;
}

static gboolean holds_voice(EsHoldings *h, const EsAddress *from, const EsAddress *to, gint64 now_us) {
  const Place one = {.from = *from}, other = {.from = *to}, way = way_of(from, to);
  gboolean held = is_held(&one, h, now_us);
  held = is_held(&other, h, now_us) || held;
  return is_held(&way, h, now_us) || held;
}

static void clear_other(gpointer data) {
  es_holdings_free(((Other *)data)->holdings);
}

EsBorder *es_border_new(void) {
  EsBorder *b = g_new0(EsBorder, 1);
  b->others = g_array_new(FALSE, FALSE, sizeof(Other));
  g_array_set_clear_func(b->others, clear_other);
  return b;
}

void es_border_free(EsBorder *b) {
  g_array_unref(b->others);
  es_holdings_free(b->own);
  g_free(b);
}

void es_border_add_other(EsBorder *b, int other, EsHoldings *holdings) {
  g_array_append_val(b->others, ((Other){other, holdings, ES_UNKNOWN}));
}

static Other *find(const EsBorder *b, int other) {
  for (guint i = 0; i < b->others->len; i++)
    if (g_array_index(b->others, Other, i).other == other)
      return &g_array_index(b->others, Other, i);
  return NULL;
}

void es_border_other_done(EsBorder *b, int other, gint64 now_us) {
  Other *done = find(b, other);
  if (done)
    done->done_us = now_us;
}

void es_border_other_gone(EsBorder *b, int other) {
  Other *gone = find(b, other);
  if (gone)
    g_array_remove_index_fast(b->others, (guint)(gone - (Other *)(gpointer)b->others->data));
}

void es_border_keep_to(EsBorder *b, EsHoldings *own) {
  es_holdings_free(b->own);
  b->own = own;
}

const EsHoldings *es_border_own(const EsBorder *b) {
  return b->own;
}

gboolean es_border_leaves_call(const EsBorder *b, const char *call_id) {
  for (guint i = 0; i < b->others->len; i++)
    if (g_hash_table_contains(g_array_index(b->others, Other, i).holdings->calls, call_id))
      return TRUE;
  return b->own && !g_hash_table_contains(b->own->calls, call_id);
}

gboolean es_border_leaves_voice(EsBorder *b, const EsAddress *from, const EsAddress *to, gint64 now_us) {
  for (guint i = 0; i < b->others->len; i++)
    if (holds_voice(g_array_index(b->others, Other, i).holdings, from, to, now_us))
      return TRUE;
  return b->own && !holds_voice(b->own, from, to, now_us);
}

static gboolean is_silent(gpointer key, gpointer value, gpointer now_us) {
  return *(gint64 *)now_us - ((Place *)key)->last_us > SILENT_US;
}

void es_border_sweep(EsBorder *b, gint64 now_us) {
  for (guint i = b->others->len; i-- > 0;) {
    Other *other = &g_array_index(b->others, Other, i);
    if (other->done_us != ES_UNKNOWN && now_us - other->done_us > LATE_US)
      g_hash_table_remove_all(other->holdings->calls);
    g_hash_table_foreach_remove(other->holdings->places, is_silent, &now_us);
    if (other->done_us != ES_UNKNOWN && g_hash_table_size(other->holdings->calls) == 0 &&
        g_hash_table_size(other->holdings->places) == 0)
      g_array_remove_index_fast(b->others, i);
  }
}

static void set_clock(EsHoldings *h, gint64 by_us) {
  GHashTableIter iter;
  gpointer each;
  g_hash_table_iter_init(&iter, h->places);
  while (g_hash_table_iter_next(&iter, &each, NULL))
    ((Place *)each)->last_us += by_us;
}

void es_border_clock_set(EsBorder *b, gint64 by_us) {
  if (b->own)
    set_clock(b->own, by_us);
  for (guint i = 0; i < b->others->len; i++) {
    Other *other = &g_array_index(b->others, Other, i);
    set_clock(other->holdings, by_us);
    if (other->done_us != ES_UNKNOWN)
      other->done_us += by_us;
  }
}
