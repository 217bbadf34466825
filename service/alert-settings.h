// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// [alert] of earshot.conf: from when on something is worth a complaint, and who is told. 0 stands for never.
#pragma once

#include "earshot/common/config.h"

typedef struct {
  gint64 no_packets_ms;   // no packet for this long
  gint64 one_way_percent; // of the recent answered calls
  gint64 lost_percent;    // of their packets
  gint64 disk_days;       // left at the present rate
  gint64 disk_free_percent;
  gint64 every_ms; // how often a recorder looks
  char **command;  // program and arguments; NULL for none
} EsAlertSettings;

gboolean es_alert_settings_read(EsAlertSettings *settings, const EsConfig *config, GError **error);
// The same from the library's earshot.conf.
gboolean es_alert_settings_load(EsAlertSettings *settings, const char *library, GError **error);
void es_alert_settings_clear(EsAlertSettings *settings);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(EsAlertSettings, es_alert_settings_clear)
