// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "mapping.h"
#include "earshot/common/i18n.h"
#include "number-list.h"
#include <string.h>

#define MAX_RULES 256

struct EsMapping {
  GPtrArray *rules;    // of EsMapRule, by rank
  GRegex *extensions;  // NULL when none
  GHashTable *numbers; // number → EsNumber
};

typedef struct {
  char *name; // "number 19555"
  char *client, *queue;
} EsNumber;

static void number_free(gpointer data) {
  EsNumber *number = data;
  g_free(number->name);
  g_free(number->client);
  g_free(number->queue);
  g_free(number);
}

void es_mapping_free(EsMapping *mapping) {
  if (!mapping)
    return;
  g_clear_pointer(&mapping->extensions, g_regex_unref);
  g_ptr_array_unref(mapping->rules);
  g_hash_table_unref(mapping->numbers);
  g_free(mapping);
}

// ---- the configuration

static gboolean read_extensions(EsMapping *mapping, const EsConfig *c, GError **error) {
  g_autofree char *text = NULL;
  g_autoptr(GError) wrong = NULL;
  if (!es_config_string(c, "mapping", "extensions", NULL, &text, error))
    return FALSE;
  if (!text)
    return TRUE;
  g_autofree char *whole = g_strdup_printf("^(?:%s)$", text); // "20[0-9]" shall not fit 1201
  mapping->extensions = es_map_regex_new(whole, &wrong);
  return mapping->extensions || es_config_error(c, error, "mapping", "extensions", "%s", wrong->message);
}

static gboolean read_number(EsMapping *mapping, const EsConfig *c, const char *group, GError **error) {
  EsNumber *number = g_new0(EsNumber, 1);
  number->name = g_strdup(group);
  g_hash_table_replace(mapping->numbers, g_strdup(group + strlen("number ")), number);
  return es_config_string(c, group, "client", NULL, &number->client, error) &&
         es_config_string(c, group, "queue", NULL, &number->queue, error);
}

static gboolean read_rule(EsMapping *mapping, const EsConfig *c, const char *group, GError **error) {
  if (mapping->rules->len >= MAX_RULES)
    return es_config_error(c, error, group, NULL, _("more than %d rules"), MAX_RULES);
  EsMapRule *rule = es_map_rule_new(c, group, error);
  if (rule)
    g_ptr_array_add(mapping->rules, rule);
  return rule != NULL;
}

static gboolean read_header_keys(EsMapping *mapping, const EsConfig *c, GError **error) {
  static const struct {
    const char *key;
    EsMapField field;
  } keys[] = {{"agent_header", ES_MAP_AGENT},
              {"queue_header", ES_MAP_QUEUE},
              {"client_header", ES_MAP_CLIENT},
              {"direction_header", ES_MAP_DIRECTION}};
  for (guint i = 0; i < G_N_ELEMENTS(keys); i++) {
    g_autofree char *header = NULL;
    if (!es_config_string(c, "mapping", keys[i].key, NULL, &header, error))
      return FALSE;
    if (header && *header)
      g_ptr_array_add(mapping->rules, es_map_rule_new_header(header, keys[i].field));
  }
  return TRUE;
}

EsMapping *es_mapping_new(const EsConfig *config, GError **error) {
  g_autoptr(EsMapping) mapping = g_new0(EsMapping, 1);
  mapping->numbers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, number_free);
  mapping->rules = g_ptr_array_new_with_free_func((GDestroyNotify)es_map_rule_free);
  if (!read_extensions(mapping, config, error))
    return NULL;
  g_auto(GStrv) groups = es_config_groups(config);
  for (char **group = groups; *group; group++)
    if ((g_str_has_prefix(*group, "number ") && !read_number(mapping, config, *group, error)) ||
        (g_str_has_prefix(*group, "map ") && !read_rule(mapping, config, *group, error)))
      return NULL;
  return read_header_keys(mapping, config, error) ? g_steal_pointer(&mapping) : NULL;
}

// ---- what rules read

void es_call_hints_init(EsCallHints *hints) {
  *hints = (EsCallHints){.trace = es_map_trace_new()};
  for (guint i = 0; i < ES_MAP_FIELDS; i++)
    hints->fields[i].rank = G_MAXUINT;
}

void es_call_hints_clear(EsCallHints *hints) {
  for (guint i = 0; i < ES_MAP_FIELDS; i++)
    g_clear_pointer(&hints->fields[i].value, g_free);
  g_clear_pointer(&hints->trace, es_map_trace_free);
}

static gboolean wins(const EsCallHints *hints, EsMapField field, guint rank) {
  gboolean over_time = field == ES_MAP_AGENT || field == ES_MAP_QUEUE;
  return rank < hints->fields[field].rank || (over_time && rank == hints->fields[field].rank);
}

// TRUE if the field has a new value.
static gboolean take_value(EsCallHints *hints, const EsMapRule *rule, guint rank, const char *input,
                           const char *value) {
  EsMapField field = es_map_rule_field(rule);
  gboolean won = wins(hints, field, rank);
  es_map_trace_add(hints->trace, es_map_field_name(field), value, es_map_rule_name(rule), input,
                   won ? "set" : "lost");
  if (!won || g_strcmp0(hints->fields[field].value, value) == 0)
    return FALSE;
  g_free(hints->fields[field].value);
  hints->fields[field].value = g_strdup(value);
  hints->fields[field].rank = rank;
  return TRUE;
}

gboolean es_mapping_read(const EsMapping *mapping, const EsMapInput *from, EsCallHints *hints) {
  gboolean changed = FALSE;
  for (guint rank = 0; rank < mapping->rules->len; rank++) {
    const EsMapRule *rule = mapping->rules->pdata[rank];
    g_autofree char *input = NULL, *value = NULL;
    const char *name = es_map_rule_name(rule), *field = es_map_field_name(es_map_rule_field(rule));
    if (es_map_trace_has(hints->trace, name, "too-costly"))
      continue; // not twice in one call
    switch (es_map_rule_apply(rule, from, &input, &value)) {
    case ES_MAP_VALUE:
      changed |= take_value(hints, rule, rank, input, value);
      break;
    case ES_MAP_REFUSED:
      es_map_trace_add(hints->trace, field, value, name, input, "refused");
      break;
    case ES_MAP_COSTLY:
      es_map_trace_add(hints->trace, field, NULL, name, input, "too-costly");
      break;
    case ES_MAP_NOTHING:
      break;
    }
  }
  return changed;
}

// ---- who works here

// Why a user is internal: the rule's name, NULL if it is not.
static gboolean find_reason(const EsMapping *mapping, EsIndex *index, const char *user, gint64 at_us,
                            const char **reason, GError **error) {
  *reason = NULL;
  if (!user)
    return TRUE;
  if (mapping->extensions && g_regex_match(mapping->extensions, user, 0, NULL)) {
    *reason = "mapping extensions";
    return TRUE;
  }
  g_autoptr(GError) failed = NULL;
  g_autoptr(EsAgent) agent = index ? es_index_find_agent(index, user, at_us, &failed) : NULL;
  *reason = agent ? "directory" : NULL;
  if (failed)
    g_propagate_error(error, g_steal_pointer(&failed));
  return !failed;
}

gboolean es_mapping_is_internal(const EsMapping *mapping, EsIndex *index, const char *user, gint64 at_us,
                                gboolean *internal, GError **error) {
  const char *reason;
  gboolean ok = find_reason(mapping, index, user, at_us, &reason, error);
  *internal = reason != NULL;
  return ok;
}

// ---- from what was read to the row

typedef struct {
  const char *value, *rule, *input;
} Choice;

// A user and why it is internal.
typedef struct {
  const char *user, *reason;
} Party;

typedef struct {
  const EsMapping *mapping;
  const EsCallHints *hints;
  EsIndex *index;
  EsCall *call;
  EsMapTrace *trace; // with the lines of what no rule set
  const EsNumber *number;
  Party caller, callee, passed, connected;
} Work;

static gboolean look_up(Work *w, const char *user, Party *party, GError **error) {
  party->user = user;
  return find_reason(w->mapping, w->index, user, w->call->started_us, &party->reason, error);
}

// A rule's value goes first; what else would have been is worth a line all the same.
static const char *choose(Work *w, EsMapField field, Choice other) {
  const char *value = w->hints->fields[field].value;
  if (!value || other.value)
    es_map_trace_add(w->trace, es_map_field_name(field), other.value, other.rule ? other.rule : "default",
                     other.input, value ? "lost" : "set");
  return value ? value : other.value;
}

static Choice guess_direction(const Work *w) {
  const Party *ours = w->callee.reason ? &w->callee : &w->passed;
  gboolean number = w->number && !ours->reason;
  const char *rule = number ? w->number->name : ours->reason, *input = number ? w->call->callee : ours->user;
  if (w->caller.reason)
    return rule ? (Choice){"internal", rule, input} : (Choice){"outbound", w->caller.reason, w->caller.user};
  if (rule)
    return (Choice){"inbound", rule, input};
  if (w->connected.reason)
    return (Choice){"inbound", w->connected.reason, w->connected.user};
  return (Choice){"unknown", "default", NULL};
}

static Choice guess_agent(const Work *w) {
  const Party *parties[] = {&w->connected, &w->callee, &w->passed, &w->caller};
  for (guint i = 0; i < G_N_ELEMENTS(parties); i++)
    if (parties[i]->reason)
      return (Choice){parties[i]->user, parties[i]->reason, parties[i]->user};
  return (Choice){0};
}

static gboolean choose_client(Work *w, const char *agent, GError **error) {
  g_autoptr(GError) failed = NULL;
  g_autoptr(EsAgent) person =
      agent && w->index ? es_index_find_agent(w->index, agent, w->call->started_us, &failed) : NULL;
  if (failed) {
    g_propagate_error(error, g_steal_pointer(&failed));
    return FALSE;
  }
  const char *own = w->number ? w->number->client : NULL;
  Choice other = own && *own ? (Choice){own, w->number->name, w->call->callee}
                 : person && person->client && *person->client ? (Choice){person->client, "directory", agent}
                                                               : (Choice){"default", "default", NULL};
  gboolean nobody = strcmp(other.rule, "default") == 0 && w->hints->fields[ES_MAP_CLIENT].value;
  const char *client = nobody ? w->hints->fields[ES_MAP_CLIENT].value : choose(w, ES_MAP_CLIENT, other);
  g_free(w->call->client);
  w->call->client = g_strdup(client);
  return TRUE;
}

static gboolean settle(Work *w, char **agent, char **queue, GError **error) {
  Choice direction = guess_direction(w);
  if (strcmp(direction.value, "unknown") == 0 && w->hints->fields[ES_MAP_DIRECTION].value)
    direction.value = NULL;
  g_free(w->call->direction);
  w->call->direction = g_strdup(choose(w, ES_MAP_DIRECTION, direction));
  *agent = g_strdup(choose(w, ES_MAP_AGENT, guess_agent(w)));
  *queue = g_strdup(choose(w, ES_MAP_QUEUE,
                           w->number && w->number->queue
                               ? (Choice){w->number->queue, w->number->name, w->call->callee}
                               : (Choice){0}));
  g_free(w->call->business_id);
  w->call->business_id = g_strdup(w->hints->fields[ES_MAP_BUSINESS_ID].value);
  return choose_client(w, *agent, error);
}

gboolean es_mapping_apply(const EsMapping *mapping, const EsCallHints *hints, const EsMapParties *parties,
                          EsIndex *index, EsCall *call, char **agent, char **queue, GError **error) {
  g_autoptr(EsMapTrace) trace = es_map_trace_copy(hints->trace);
  Work w = {.mapping = mapping, .hints = hints, .index = index, .call = call, .trace = trace};
  w.number = call->callee ? g_hash_table_lookup(mapping->numbers, call->callee) : NULL;
  *agent = *queue = NULL;
  if (!look_up(&w, call->caller, &w.caller, error) || !look_up(&w, call->callee, &w.callee, error) ||
      !look_up(&w, parties->passed_to, &w.passed, error) ||
      !look_up(&w, parties->connected, &w.connected, error) || !settle(&w, agent, queue, error))
    return FALSE;
  g_free(call->mapping_json);
  call->mapping_json = es_map_trace_json(trace);
  return TRUE;
}
