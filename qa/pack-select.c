// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Which calls go into a pack. The search only names candidates; each is then read again with its consent
// events, because what a search row says is older than what may have been withdrawn since.
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "earshot/common/id.h"
#include "earshot/index/fold.h"
#include "pack-internal.h"

#include <string.h>

static void pack_call_free(gpointer data) {
  PackCall *call = data;
  es_call_free(call->call);
  g_free(call->stem);
  g_clear_pointer(&call->flags, g_ptr_array_unref);
  g_clear_pointer(&call->notes, g_ptr_array_unref);
  g_clear_pointer(&call->evaluations, g_ptr_array_unref);
  g_ptr_array_unref(call->clips);
  g_ptr_array_unref(call->entries);
  g_free(call);
}

void pack_leave_out(Pack *pack, const char *id, const char *reason) {
  EsLeftOut *left_out = g_new0(EsLeftOut, 1);
  left_out->id = g_strdup(id);
  left_out->reason = g_strdup(reason);
  g_ptr_array_add(pack->result->left_out, left_out);
}

// ---- consent

static const char *objection_to(const char *state, gboolean allow_unknown) {
  static const struct {
    const char *state, *objection;
    gboolean when_allowed;
  } table[] = {
      {"given", NULL, FALSE},
      {"unknown", "consent unknown", FALSE},
      {"requested", "consent requested", FALSE},
      {"refused", "consent refused", TRUE},
      {"withdrawn", "consent withdrawn", TRUE},
      {"expired", "consent expired", TRUE},
  };
  for (guint i = 0; i < G_N_ELEMENTS(table); i++)
    if (g_strcmp0(state, table[i].state) == 0)
      return allow_unknown && !table[i].when_allowed ? NULL : table[i].objection;
  return "consent unknown"; // a state this program does not know allows nothing
}

// NULL if the call may be handed out, else why not. Judged from the consent events as they stand in the
// index, never from tags or search results.
static const char *consent_objection(const EsCall *call, gboolean allow_unknown) {
  const char *from_events = objection_to(es_consent_state(call->consent), allow_unknown);
  // The stored state must agree; where it is stricter, it holds.
  return from_events ? from_events : objection_to(call->consent_state, allow_unknown);
}

// ---- candidates

static gboolean collect_id(const EsCall *call, gpointer user_data) {
  g_ptr_array_add(user_data, g_strdup(call->id));
  return TRUE;
}

static char *folded(const char *name) {
  g_autofree char *text = es_fold(name);
  return g_strdup(g_strstrip(text));
}

// By the spelling that the search found them by.
static void keep_flags_named(GPtrArray *flags, const char *name) {
  g_autofree char *wanted = name ? folded(name) : NULL;
  for (guint i = flags->len; wanted && i > 0; i--) {
    g_autofree char *is = folded(((const EsFlag *)flags->pdata[i - 1])->flag);
    if (!g_str_equal(is, wanted))
      g_ptr_array_remove_index(flags, i - 1);
  }
}

static gboolean load_annotations(Pack *pack, PackCall *call, GError **error) {
  gint64 rowid = call->call->rowid;
  call->flags = es_index_list_flags(pack->index, rowid, FALSE, error);
  if (!call->flags)
    return FALSE;
  keep_flags_named(call->flags, pack->options->flag);
  call->notes = es_index_list_notes(pack->index, rowid, error);
  if (!call->notes)
    return FALSE;
  call->evaluations = es_index_list_evaluations(pack->index, rowid, error);
  return call->evaluations != NULL;
}

static gboolean consider(Pack *pack, const char *id, GError **error) {
  g_autoptr(EsCall) call = es_index_get_call(pack->index, id, error);
  if (!call)
    return FALSE;
  pack_mask_learn(pack->mask, call); // also of calls left out: notes on others may name their callers
  const char *objection = consent_objection(call, pack->options->allow_unknown);
  if (!objection && (!call->file || call->audio_ms <= 0))
    objection = "no audio";
  if (objection) {
    pack_leave_out(pack, call->id, objection);
    return TRUE;
  }
  PackCall *chosen = g_new0(PackCall, 1);
  chosen->call = g_steal_pointer(&call);
  chosen->clips = g_ptr_array_new_with_free_func(pack_clip_free);
  chosen->entries = g_ptr_array_new();
  g_ptr_array_add(pack->calls, chosen);
  return load_annotations(pack, chosen, error);
}

// ---- names of files

static char *id_digits(const char *id, gsize count) { // the last count digits, without dashes
  g_autoptr(GString) digits = g_string_new(NULL);
  for (const char *p = id; *p; p++)
    if (*p != '-')
      g_string_append_c(digits, *p);
  return g_strdup(digits->str + (digits->len > count ? digits->len - count : 0));
}

static gboolean name_calls(const Pack *pack, gsize count) {
  g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
  gboolean unique = TRUE;
  for (guint i = 0; i < pack->calls->len; i++) {
    PackCall *call = pack->calls->pdata[i];
    g_free(call->stem);
    call->stem = id_digits(call->call->id, count);
    unique &= g_hash_table_add(seen, call->stem);
  }
  return unique;
}

// ---- what is asked for

static gboolean select_flagged(Pack *pack, GError **error) {
  EsSearch search = pack->options->filter;
  search.flag = pack->options->flag;
  g_autoptr(GPtrArray) ids = g_ptr_array_new_with_free_func(g_free);
  if (!es_index_search(pack->index, &search, collect_id, ids, error))
    return FALSE;
  for (guint i = 0; i < ids->len; i++)
    if (!consider(pack, ids->pdata[i], error))
      return FALSE;
  return TRUE;
}

static PackCall *find_call(const Pack *pack, const char *id) {
  for (guint i = 0; i < pack->calls->len; i++)
    if (g_str_equal(((PackCall *)pack->calls->pdata[i])->call->id, id))
      return pack->calls->pdata[i];
  return NULL;
}

// A call may be on the list several times, with different parts.
static gboolean select_entry(Pack *pack, GHashTable *seen, EsPlaylistEntry *entry, GError **error) {
  g_autoptr(EsCall) call = es_index_get_call(pack->index, entry->id, error);
  if (!call) {
    g_prefix_error(error, "%s:%u: ", pack->options->playlist->name, entry->line);
    return FALSE;
  }
  if (g_hash_table_add(seen, g_strdup(call->id)) && !consider(pack, call->id, error))
    return FALSE;
  PackCall *chosen = find_call(pack, call->id);
  if (!chosen)
    return TRUE; // left out
  if (entry->start_ms != ES_UNKNOWN && entry->start_ms >= call->audio_ms) {
    g_autofree char *start = es_duration_format(entry->start_ms, FALSE),
                    *length = es_duration_format(call->audio_ms, FALSE);
    g_set_error(error, ES_ERROR, ES_ERROR_INVALID, _("%s:%u: the recording ends at %s, before %s"),
                pack->options->playlist->name, entry->line, length, start);
    return FALSE;
  }
  g_ptr_array_add(chosen->entries, entry);
  return TRUE;
}

static gboolean select_listed(Pack *pack, GError **error) {
  g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  const GPtrArray *entries = pack->options->playlist->entries;
  for (guint i = 0; i < entries->len; i++)
    if (!select_entry(pack, seen, entries->pdata[i], error))
      return FALSE;
  return TRUE;
}

gboolean pack_select(Pack *pack, GError **error) {
  g_ptr_array_set_free_func(pack->calls, pack_call_free);
  if (!(pack->options->playlist ? select_listed(pack, error) : select_flagged(pack, error)))
    return FALSE;
  for (gsize count = ES_ID_SHORT; !name_calls(pack, count) && count < ES_ID_LENGTH; count += 4)
    ;
  return TRUE;
}

gboolean pack_check_again(Pack *pack, GError **error) {
  for (guint i = 0; i < pack->calls->len; i++) {
    const char *id = ((PackCall *)pack->calls->pdata[i])->call->id;
    g_autoptr(EsCall) call = es_index_get_call(pack->index, id, error);
    if (!call)
      return FALSE;
    if (consent_objection(call, pack->options->allow_unknown)) {
      g_set_error(error, ES_ERROR, ES_ERROR_FAILED,
                  _("consent for call %s changed while it was exported; nothing was written, export again"),
                  es_id_short(id));
      return FALSE;
    }
  }
  return TRUE;
}
