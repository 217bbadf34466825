// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// earshot.conf: a GKeyFile whose mistakes are reported with file, line, group and key. GKeyFile itself gives
// no lines and lets the last of two equal keys win silently, so the text is scanned once for duplicates and
// for the line of each key. Immutable after loading; any thread may read.
#pragma once

#include <glib.h>

typedef struct EsConfig EsConfig;

// Reads a file; a file that does not exist gives an empty configuration.
EsConfig *es_config_load(const char *path, GError **error);
// The same from text; name stands for the file in messages.
EsConfig *es_config_parse(const char *name, const char *text, gssize length, GError **error);
void es_config_free(EsConfig *config);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EsConfig, es_config_free)

const char *es_config_name(const EsConfig *config);
// Line of a key (or of the group's header when key is NULL), counted from 1; 0 if absent.
guint es_config_line(const EsConfig *config, const char *group, const char *key);
gboolean es_config_has(const EsConfig *config, const char *group, const char *key);
// NULL-terminated; caller frees with g_strfreev.
char **es_config_groups(const EsConfig *config);
char **es_config_keys(const EsConfig *config, const char *group);

// Each getter returns FALSE only for a value that is there and wrong; *value keeps fallback when the key is
// absent.
gboolean es_config_string(const EsConfig *c, const char *group, const char *key, const char *fallback,
                          char **value, GError **error);
gboolean es_config_list(const EsConfig *c, const char *group, const char *key, char ***value, GError **error);
gboolean es_config_int(const EsConfig *c, const char *group, const char *key, gint64 fallback, gint64 min,
                       gint64 max, gint64 *value, GError **error);
gboolean es_config_bool(const EsConfig *c, const char *group, const char *key, gboolean fallback,
                        gboolean *value, GError **error);
gboolean es_config_duration_ms(const EsConfig *c, const char *group, const char *key, gint64 fallback,
                               gint64 *value, GError **error);
// The value as it is written, without spaces around it: what holds backslashes of its own, such as a regular
// expression. NULL if absent.
char *es_config_raw(const EsConfig *c, const char *group, const char *key);
// The same for a length of time that must lie in [min_ms, max_ms].
gboolean es_config_length_ms(const EsConfig *c, const char *group, const char *key, gint64 fallback_ms,
                             gint64 min_ms, gint64 max_ms, gint64 *value_ms, GError **error);
// The value in the first of the given languages that has it ("text[ar]"), else the unlocalised one. NULL if
// absent.
char *es_config_localised(const EsConfig *c, const char *group, const char *key, const char *language);

// Sets *error to "<file>:<line>: [group] key: <message>", code ES_ERROR_INVALID. Always returns FALSE.
gboolean es_config_error(const EsConfig *c, GError **error, const char *group, const char *key,
                         const char *format, ...) G_GNUC_PRINTF(5, 6);
