// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// One mapping rule: where it reads, what must fit, which field it sets to what. From a group [map NAME] of
// earshot.conf, or from a *_header key of [mapping].
//
// The expression runs on what anybody may have sent. PCRE counts its steps and gives up at a limit, and it
// reads ES_MAP_INPUT_CHARACTERS at most, so no header can hold up the recorder.
#pragma once

#include "earshot/common/config.h"
#include "map-source.h"

#define ES_MAP_VALUE_CHARACTERS 128

typedef enum {
  ES_MAP_AGENT,
  ES_MAP_QUEUE,
  ES_MAP_CLIENT,
  ES_MAP_DIRECTION,
  ES_MAP_BUSINESS_ID,
  ES_MAP_FIELDS // how many
} EsMapField;
// The member's name in JSON.
const char *es_map_field_name(EsMapField field);

typedef enum {
  ES_MAP_NOTHING, // does not read this message, or does not fit
  ES_MAP_VALUE,
  ES_MAP_REFUSED, // a value that the field cannot have
  ES_MAP_COSTLY,  // the expression gave up
} EsMapResult;

// An expression with these limits.
GRegex *es_map_regex_new(const char *pattern, GError **error);

typedef struct EsMapRule EsMapRule;

// Errors name file, line, group and key.
EsMapRule *es_map_rule_new(const EsConfig *config, const char *group, GError **error);
EsMapRule *es_map_rule_new_header(const char *header, EsMapField field);
void es_map_rule_free(EsMapRule *rule);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EsMapRule, es_map_rule_free)

EsMapField es_map_rule_field(const EsMapRule *rule);
const char *es_map_rule_name(const EsMapRule *rule); // "map queue-of-header", "header X-Queue"
// *read is what was read and *value what comes of it (both NULL if nothing; caller frees).
EsMapResult es_map_rule_apply(const EsMapRule *rule, const EsMapInput *input, char **read, char **value);
