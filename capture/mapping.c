// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "mapping.h"
#include "earshot/common/i18n.h"
#include "number-list.h"
#include <string.h>

#define MAX_HINT 128 // characters of a header's value that are kept

struct EsMapping {
  GRegex *extensions; // NULL when none
  char *queue_header, *client_header, *agent_header, *direction_header;
  GHashTable *numbers; // number → EsNumber
};

typedef struct {
  char *client, *queue;
} EsNumber;

static void number_free(gpointer data) {
  EsNumber *number = data;
  g_free(number->client);
  g_free(number->queue);
  g_free(number);
}

void es_mapping_free(EsMapping *mapping) {
  if (!mapping)
    return;
  g_clear_pointer(&mapping->extensions, g_regex_unref);
  g_free(mapping->queue_header);
  g_free(mapping->client_header);
  g_free(mapping->agent_header);
  g_free(mapping->direction_header);
  g_hash_table_unref(mapping->numbers);
  g_free(mapping);
}

static gboolean read_extensions(EsMapping *mapping, const EsConfig *c, GError **error) {
  g_autofree char *text = NULL;
  g_autoptr(GError) wrong = NULL;
  if (!es_config_string(c, "mapping", "extensions", NULL, &text, error))
    return FALSE;
  if (!text)
    return TRUE;
  g_autofree char *whole = g_strdup_printf("^(?:%s)$", text); // "20[0-9]" shall not fit 1201
  mapping->extensions = g_regex_new(whole, G_REGEX_OPTIMIZE, 0, &wrong);
  return mapping->extensions || es_config_error(c, error, "mapping", "extensions", "%s", wrong->message);
}

static gboolean read_number(EsMapping *mapping, const EsConfig *c, const char *group, GError **error) {
  EsNumber *number = g_new0(EsNumber, 1);
  g_hash_table_replace(mapping->numbers, g_strdup(group + strlen("number ")), number);
  return es_config_string(c, group, "client", NULL, &number->client, error) &&
         es_config_string(c, group, "queue", NULL, &number->queue, error);
}

EsMapping *es_mapping_new(const EsConfig *config, GError **error) {
  g_autoptr(EsMapping) mapping = g_new0(EsMapping, 1);
  mapping->numbers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, number_free);
  if (!read_extensions(mapping, config, error) ||
      !es_config_string(config, "mapping", "queue_header", NULL, &mapping->queue_header, error) ||
      !es_config_string(config, "mapping", "client_header", NULL, &mapping->client_header, error) ||
      !es_config_string(config, "mapping", "agent_header", NULL, &mapping->agent_header, error) ||
      !es_config_string(config, "mapping", "direction_header", NULL, &mapping->direction_header, error))
    return NULL;
  g_auto(GStrv) groups = es_config_groups(config);
  for (char **group = groups; *group; group++)
    if (g_str_has_prefix(*group, "number ") && !read_number(mapping, config, *group, error))
      return NULL;
  return g_steal_pointer(&mapping);
}

void es_call_hints_clear(EsCallHints *hints) {
  g_clear_pointer(&hints->queue, g_free);
  g_clear_pointer(&hints->client, g_free);
  g_clear_pointer(&hints->agent, g_free);
  g_clear_pointer(&hints->direction, g_free);
}

static void take_header(const EsSipMessage *message, const char *name, char **hint) {
  const char *value = name && !*hint ? es_sip_header(message, name) : NULL;
  if (value && *value)
    *hint = g_utf8_substring(value, 0, MIN(g_utf8_strlen(value, -1), MAX_HINT));
}

void es_mapping_read(const EsMapping *mapping, const EsSipMessage *message, EsCallHints *hints) {
  take_header(message, mapping->queue_header, &hints->queue);
  take_header(message, mapping->client_header, &hints->client);
  take_header(message, mapping->agent_header, &hints->agent);
  take_header(message, mapping->direction_header, &hints->direction);
}

// *agent is who the directory says this user was; NULL if nobody.
static gboolean is_internal(const EsMapping *mapping, EsIndex *index, const char *user, gint64 at_us,
                            gboolean *internal, GError **error) {
  *internal = user && mapping->extensions && g_regex_match(mapping->extensions, user, 0, NULL);
  if (*internal || !user)
    return TRUE;
  g_autoptr(GError) failed = NULL;
  g_autoptr(EsAgent) agent = es_index_find_agent(index, user, at_us, &failed);
  *internal = agent != NULL;
  if (failed)
    g_propagate_error(error, g_steal_pointer(&failed));
  return !failed;
}

static const char *direction_name(const char *hint, gboolean caller, gboolean callee) {
  if (hint &&
      (strcmp(hint, "inbound") == 0 || strcmp(hint, "outbound") == 0 || strcmp(hint, "internal") == 0))
    return hint;
  return caller && callee ? "internal" : caller ? "outbound" : callee ? "inbound" : "unknown";
}

static EsSegment *only_segment(EsCall *call) {
  if (call->segments->len == 0) {
    EsSegment *segment = es_segment_new();
    segment->start_ms = 0;
    g_ptr_array_add(call->segments, segment);
  }
  return call->segments->pdata[0];
}

static gboolean name_agent(EsIndex *index, EsCall *call, EsSegment *segment, char **client, GError **error) {
  g_clear_pointer(&segment->agent_name, g_free);
  g_clear_pointer(&segment->team, g_free);
  if (!segment->agent)
    return TRUE;
  g_autoptr(GError) failed = NULL;
  g_autoptr(EsAgent) agent = es_index_find_agent(index, segment->agent, call->started_us, &failed);
  if (failed) {
    g_propagate_error(error, g_steal_pointer(&failed));
    return FALSE;
  }
  if (agent) {
    segment->agent_name = g_strdup(agent->name);
    segment->team = g_strdup(agent->team);
    *client = g_strdup(agent->client);
  }
  return TRUE;
}

// The internal party; of an internal call the callee.
static const char *find_agent(const EsCall *call, const char *passed_to, gboolean caller, gboolean callee,
                              gboolean passed) {
  return callee ? call->callee : passed ? passed_to : caller ? call->caller : NULL;
}

gboolean es_mapping_apply(const EsMapping *mapping, const EsCallHints *hints, const char *passed_to,
                          EsIndex *index, EsCall *call, GError **error) {
  gboolean caller, callee, passed;
  if (!is_internal(mapping, index, call->caller, call->started_us, &caller, error) ||
      !is_internal(mapping, index, call->callee, call->started_us, &callee, error) ||
      !is_internal(mapping, index, passed_to, call->started_us, &passed, error))
    return FALSE;
  const EsNumber *number = call->callee ? g_hash_table_lookup(mapping->numbers, call->callee) : NULL;
  g_free(call->direction);
  call->direction = g_strdup(direction_name(hints->direction, caller, callee || passed || number));

  EsSegment *segment = only_segment(call);
  g_free(segment->agent);
  segment->agent =
      g_strdup(hints->agent ? hints->agent : find_agent(call, passed_to, caller, callee, passed));
  g_free(segment->queue);
  segment->queue = g_strdup(hints->queue ? hints->queue : number ? number->queue : NULL);
  g_autofree char *team_client = NULL;
  if (!name_agent(index, call, segment, &team_client, error))
    return FALSE;
  const char *client = hints->client              ? hints->client
                       : number && number->client ? number->client
                                                  : team_client;
  g_free(call->client);
  call->client = g_strdup(client && *client ? client : "default");
  return TRUE;
}
