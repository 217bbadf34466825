// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The text is scanned once before GKeyFile reads it: the scan finds lines that are no key, group or comment,
// groups and keys that come twice, and remembers the line of each. lines maps "group" and "group\nkey" (no
// name can hold a line feed) to line numbers.
#include "earshot/common/config.h"
#include "earshot/common/clock.h"
#include "earshot/common/descriptors.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#define MAX_BYTES (4 * 1024 * 1024)

struct EsConfig {
  char *name;
  GKeyFile *file;
  GHashTable *lines; // char * → line as pointer
};

typedef struct {
  EsConfig *config;
  char *group; // current; NULL before the first header
  guint line;
} Scan;

static char *line_id(const char *group, const char *key) {
  return key ? g_strdup_printf("%s\n%s", group, key) : g_strdup(group);
}

G_GNUC_PRINTF(3, 4)
static gboolean scan_error(const Scan *scan, GError **error, const char *format, ...) {
  va_list args;
  va_start(args, format);
  g_autofree char *message = g_strdup_vprintf(format, args);
  va_end(args);
  g_set_error(error, ES_ERROR, ES_ERROR_INVALID, "%s:%u: %s", scan->config->name, scan->line, message);
  return FALSE;
}

static gboolean scan_group(Scan *scan, char *line, GError **error) {
  char *end = strchr(line, ']');
  if (!end || end == line + 1 || end[1 + strspn(end + 1, " \t")] != '\0')
    return scan_error(scan, error, _("“%s” is not a group header like [name]"), line);
  g_free(scan->group);
  scan->group = g_strndup(line + 1, (gsize)(end - line - 1));
  guint before = es_config_line(scan->config, scan->group, NULL);
  if (before)
    return scan_error(scan, error, _("[%s]: this group was already on line %u"), scan->group, before);
  g_hash_table_insert(scan->config->lines, g_strdup(scan->group), GUINT_TO_POINTER(scan->line));
  return TRUE;
}

static gboolean scan_key(Scan *scan, char *line, GError **error) {
  char *equals = strchr(line, '=');
  if (!equals || equals == line)
    return scan_error(scan, error, _("“%s” is not “key=value”, a [group] or a # comment"), line);
  if (!scan->group)
    return scan_error(scan, error, _("“%s” stands before the first [group]"), line);
  *equals = '\0';
  g_strchomp(line);
  guint before = es_config_line(scan->config, scan->group, line);
  if (before)
    return scan_error(scan, error, _("[%s] %s: this key was already set on line %u"), scan->group, line,
                      before);
  g_hash_table_insert(scan->config->lines, line_id(scan->group, line), GUINT_TO_POINTER(scan->line));
  return TRUE;
}

static gboolean scan_line(Scan *scan, const char *start, gsize length, GError **error) {
  if (!g_utf8_validate_len(start, length, NULL)) // refuses NUL bytes, too
    return scan_error(scan, error, _("this line is not UTF-8 text"));
  g_autofree char *line = g_strstrip(g_strndup(start, length));
  if (line[0] == '\0' || line[0] == '#')
    return TRUE;
  return line[0] == '[' ? scan_group(scan, line, error) : scan_key(scan, line, error);
}

static gboolean scan_text(EsConfig *config, const char *text, gsize length, GError **error) {
  Scan scan = {.config = config};
  gboolean ok = TRUE;
  for (const char *p = text, *end = text + length; ok && p < end;) {
    const char *feed = memchr(p, '\n', (gsize)(end - p));
    const char *stop = feed ? feed : end;
    scan.line++;
    ok = scan_line(&scan, p, (gsize)(stop - p), error);
    p = feed ? feed + 1 : end;
  }
  g_free(scan.group);
  return ok;
}

EsConfig *es_config_parse(const char *name, const char *text, gssize length, GError **error) {
  gsize size = length < 0 ? strlen(text) : (gsize)length;
  if (size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) { // editors on Windows write a byte order mark
    text += 3;
    size -= 3;
  }
  g_autoptr(EsConfig) config = g_new0(EsConfig, 1);
  config->name = g_strdup(name);
  config->file = g_key_file_new();
  config->lines = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  if (size > MAX_BYTES) {
    g_set_error(error, ES_ERROR, ES_ERROR_INVALID, _("%s: larger than %d MiB"), name, MAX_BYTES >> 20);
    return NULL;
  }
  if (!scan_text(config, text, size, error))
    return NULL;
  g_autoptr(GError) refused = NULL;
  if (size > 0 &&
      !g_key_file_load_from_data(config->file, text, size, G_KEY_FILE_KEEP_TRANSLATIONS, &refused)) {
    g_set_error(error, ES_ERROR, ES_ERROR_INVALID, "%s: %s", name, refused->message);
    return NULL;
  }
  return g_steal_pointer(&config);
}

// Reads up to one byte more than is allowed, so that a device or an endless file cannot fill the memory.
static GByteArray *read_file(int fd, const char *path, GError **error) {
  g_autoptr(GByteArray) data = g_byte_array_new();
  while (data->len <= MAX_BYTES) {
    guint8 block[16384];
    ssize_t n = read(fd, block, sizeof block);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0) {
      es_set_errno(error, errno, "%s", path);
      return NULL;
    }
    if (n == 0)
      break;
    g_byte_array_append(data, block, (guint)n);
  }
  return g_steal_pointer(&data);
}

EsConfig *es_config_load(const char *path, GError **error) {
  int fd = es_descriptors_open(path, O_RDONLY | O_CLOEXEC, 0);
  if (fd < 0 && errno == ENOENT)
    return es_config_parse(path, "", 0, error);
  if (fd < 0) {
    es_set_errno(error, errno, "%s", path);
    return NULL;
  }
  g_autoptr(GByteArray) data = read_file(fd, path, error);
  es_descriptors_close(fd);
  return data ? es_config_parse(path, data->data ? (const char *)data->data : "", data->len, error) : NULL;
}

void es_config_free(EsConfig *config) {
  if (!config)
    return;
  g_free(config->name);
  g_key_file_free(config->file);
  g_hash_table_unref(config->lines);
  g_free(config);
}

const char *es_config_name(const EsConfig *config) {
  return config->name;
}

guint es_config_line(const EsConfig *config, const char *group, const char *key) {
  g_autofree char *id = line_id(group, key);
  return GPOINTER_TO_UINT(g_hash_table_lookup(config->lines, id));
}

gboolean es_config_has(const EsConfig *config, const char *group, const char *key) {
  return g_key_file_has_key(config->file, group, key, NULL);
}

char **es_config_groups(const EsConfig *config) {
  return g_key_file_get_groups(config->file, NULL);
}

char **es_config_keys(const EsConfig *config, const char *group) {
  char **keys = g_key_file_get_keys(config->file, group, NULL, NULL);
  return keys ? keys : g_new0(char *, 1);
}

gboolean es_config_error(const EsConfig *c, GError **error, const char *group, const char *key,
                         const char *format, ...) {
  va_list args;
  va_start(args, format);
  g_autofree char *message = g_strdup_vprintf(format, args);
  va_end(args);
  guint line = es_config_line(c, group, key);
  g_autofree char *where = line ? g_strdup_printf("%s:%u", c->name, line) : g_strdup(c->name);
  g_set_error(error, ES_ERROR, ES_ERROR_INVALID, "%s: [%s]%s%s: %s", where, group, key ? " " : "",
              key ? key : "", message);
  return FALSE;
}

gboolean es_config_string(const EsConfig *c, const char *group, const char *key, const char *fallback,
                          char **value, GError **error) {
  *value = NULL;
  if (!es_config_has(c, group, key)) {
    *value = g_strdup(fallback);
    return TRUE;
  }
  g_autoptr(GError) refused = NULL;
  *value = g_key_file_get_string(c->file, group, key, &refused);
  if (!refused)
    return TRUE;
  g_clear_pointer(value, g_free); // an unknown escape gives both a value and an error
  return es_config_error(c, error, group, key, "%s", refused->message);
}

gboolean es_config_list(const EsConfig *c, const char *group, const char *key, char ***value,
                        GError **error) {
  *value = g_new0(char *, 1);
  if (!es_config_has(c, group, key))
    return TRUE;
  g_autoptr(GError) refused = NULL;
  g_auto(GStrv) raw = g_key_file_get_string_list(c->file, group, key, NULL, &refused);
  if (refused)
    return es_config_error(c, error, group, key, "%s", refused->message);
  g_autoptr(GStrvBuilder) kept = g_strv_builder_new();
  for (char **item = raw; *item; item++)
    if (*g_strstrip(*item))
      g_strv_builder_add(kept, *item);
  g_strfreev(*value);
  *value = g_strv_builder_end(kept);
  return TRUE;
}

// The key's text with digits in ASCII and without spaces around it, NULL if it cannot be read.
static char *plain_value(const EsConfig *c, const char *group, const char *key, GError **error) {
  g_autofree char *text = NULL;
  if (!es_config_string(c, group, key, "", &text, error))
    return NULL;
  return g_strstrip(es_digits_to_ascii(text));
}

gboolean es_config_int(const EsConfig *c, const char *group, const char *key, gint64 fallback, gint64 min,
                       gint64 max, gint64 *value, GError **error) {
  *value = fallback;
  if (!es_config_has(c, group, key))
    return TRUE;
  g_autofree char *text = plain_value(c, group, key, error);
  if (!text)
    return FALSE;
  if (g_ascii_string_to_signed(text, 10, min, max, value, NULL))
    return TRUE;
  *value = fallback;
  return es_config_error(c, error, group, key, _("“%s” is not a whole number from %" PRId64 " to %" PRId64),
                         text, min, max);
}

gboolean es_config_bool(const EsConfig *c, const char *group, const char *key, gboolean fallback,
                        gboolean *value, GError **error) {
  static const char *const yes[] = {"true", "yes", "on", "1", NULL};
  static const char *const no[] = {"false", "no", "off", "0", NULL};
  *value = fallback;
  if (!es_config_has(c, group, key))
    return TRUE;
  g_autofree char *text = plain_value(c, group, key, error);
  if (!text)
    return FALSE;
  g_autofree char *lower = g_ascii_strdown(text, -1);
  gboolean is_yes = g_strv_contains(yes, lower);
  if (!is_yes && !g_strv_contains(no, lower))
    return es_config_error(c, error, group, key, _("“%s” is neither yes nor no"), text);
  *value = is_yes;
  return TRUE;
}

gboolean es_config_duration_ms(const EsConfig *c, const char *group, const char *key, gint64 fallback,
                               gint64 *value, GError **error) {
  *value = fallback;
  if (!es_config_has(c, group, key))
    return TRUE;
  g_autofree char *text = plain_value(c, group, key, error);
  if (!text)
    return FALSE;
  g_autoptr(GError) refused = NULL;
  return es_duration_parse(text, value, &refused) ||
         es_config_error(c, error, group, key, "%s", refused->message);
}

char *es_config_raw(const EsConfig *c, const char *group, const char *key) {
  char *value = g_key_file_get_value(c->file, group, key, NULL);
  return value ? g_strstrip(value) : NULL;
}

gboolean es_config_length_ms(const EsConfig *c, const char *group, const char *key, gint64 fallback_ms,
                             gint64 min_ms, gint64 max_ms, gint64 *value_ms, GError **error) {
  if (!es_config_duration_ms(c, group, key, fallback_ms, value_ms, error))
    return FALSE;
  if (*value_ms >= min_ms && *value_ms <= max_ms)
    return TRUE;
  return es_config_error(c, error, group, key, _("must be between %.1f and %.1f seconds"),
                         (double)min_ms / 1e3, (double)max_ms / 1e3);
}

char *es_config_localised(const EsConfig *c, const char *group, const char *key, const char *language) {
  if (!language)
    return g_key_file_get_string(c->file, group, key, NULL);
  return g_key_file_get_locale_string(c->file, group, key, language, NULL);
}
