// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "alert-settings.h"
#include "earshot/common/i18n.h"

#define GROUP "alert"
#define SECOND_MS G_GINT64_CONSTANT(1000)
#define DAY_MS (24 * 3600 * SECOND_MS)

static gboolean read_length(const EsConfig *c, const char *key, gint64 fallback_ms, gint64 least_ms,
                            gint64 *value_ms, GError **error) {
  if (!es_config_duration_ms(c, GROUP, key, fallback_ms, value_ms, error))
    return FALSE;
  if ((*value_ms >= least_ms || *value_ms == 0) && *value_ms <= DAY_MS)
    return TRUE;
  return es_config_error(c, error, GROUP, key, _("must be 0, or between %.0f seconds and a day"),
                         (double)least_ms / SECOND_MS);
}

// Split as a shell would split it, but no shell ever sees it.
static gboolean read_command(const EsConfig *c, char ***command, GError **error) {
  g_autofree char *text = NULL;
  g_autoptr(GError) wrong = NULL;
  *command = NULL;
  if (!es_config_string(c, GROUP, "command", "", &text, error))
    return FALSE;
  if (*text == '\0' || g_shell_parse_argv(text, NULL, command, &wrong))
    return TRUE;
  return es_config_error(c, error, GROUP, "command", "%s", wrong->message);
}

gboolean es_alert_settings_read(EsAlertSettings *s, const EsConfig *c, GError **error) {
  if (!read_length(c, "no_packets", 300 * SECOND_MS, SECOND_MS, &s->no_packets_ms, error) ||
      !es_config_int(c, GROUP, "one_way", 5, 0, 100, &s->one_way_percent, error) ||
      !es_config_int(c, GROUP, "lost", 2, 0, 100, &s->lost_percent, error) ||
      !es_config_int(c, GROUP, "disk_days", 7, 0, 10000, &s->disk_days, error) ||
      !es_config_int(c, GROUP, "disk_free", 5, 0, 100, &s->disk_free_percent, error) ||
      !read_length(c, "every", 60 * SECOND_MS, SECOND_MS, &s->every_ms, error))
    return FALSE;
  return read_command(c, &s->command, error);
}

gboolean es_alert_settings_load(EsAlertSettings *settings, const char *library, GError **error) {
  g_autofree char *path = g_build_filename(library, "earshot.conf", NULL);
  g_autoptr(EsConfig) config = es_config_load(path, error);
  return config && es_alert_settings_read(settings, config, error);
}

void es_alert_settings_clear(EsAlertSettings *settings) {
  g_clear_pointer(&settings->command, g_strfreev);
}
