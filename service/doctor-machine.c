// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What the machine must give: a right clock, permission to capture, memory for the kernel's ring, a sound
// device for those who listen here, texts that can be shown, a time zone.
#include "doctor.h"
#include "earshot/common/config.h"
#include "earshot/common/i18n.h"

#include <langinfo.h>
#include <string.h>
#include <sys/timex.h>

#define CAPABILITY_NET_RAW 13

static void check_clock(const EsRequest *request) {
  struct timex clock = {.modes = 0};
  int state = adjtimex(&clock);
  if (state == -1)
    es_doctor_say(request, "clock", ES_DOCTOR_WARNING, NULL,
                  _("the kernel does not tell how right its clock is"));
  else if (state == TIME_ERROR || (clock.status & STA_UNSYNC))
    es_doctor_say(request, "clock", ES_DOCTOR_WARNING,
                  _("run chrony or systemd-timesyncd; in a container, on its host"),
                  _("the clock is not synchronised: calls may stand at wrong times"));
  else
    es_doctor_say(request, "clock", ES_DOCTOR_OK, NULL, _("the clock is synchronised (within %.1f ms)"),
                  (double)clock.esterror / 1000);
}

// The number after a name such as "CapPrm:" in a file of /proc; FALSE if it is not there.
static gboolean proc_number(const char *path, const char *name, guint base, guint64 *number) {
  g_autofree char *text = NULL;
  if (!g_file_get_contents(path, &text, NULL, NULL))
    return FALSE;
  g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
  for (char **line = lines; *line; line++)
    if (g_str_has_prefix(*line, name)) {
      *number = g_ascii_strtoull(*line + strlen(name), NULL, base);
      return TRUE;
    }
  return FALSE;
}

static void check_permission(const EsRequest *request) {
  guint64 capabilities = 0;
  proc_number("/proc/self/status", "CapPrm:", 16, &capabilities);
  if (capabilities >> CAPABILITY_NET_RAW & 1)
    es_doctor_say(request, "permission", ES_DOCTOR_OK, NULL, _("this account may capture from an interface"));
  else
    es_doctor_say(request, "permission", ES_DOCTOR_WARNING,
                  _("run as root, or: setcap cap_net_raw,cap_net_admin+ep on the program"),
                  _("this account may not capture from an interface (capture files can be read)"));
}

#define LITTLE_MEMORY_BYTES (256 * 1024 * 1024)

// The ring is the kernel's memory, taken all at once.
static void check_memory(const EsRequest *request) {
  g_autofree char *path = g_build_filename(es_request_library(request), "earshot.conf", NULL), *ring = NULL;
  g_autoptr(EsConfig) config = es_config_load(path, NULL); // a wrong one is complained about elsewhere
  guint64 kib = 0;
  if (!config || !es_config_string(config, "record", "ring", "64M", &ring, NULL) ||
      !proc_number("/proc/meminfo", "MemAvailable:", 10, &kib))
    return;
  g_autofree char *available = g_format_size_full(kib * 1024, G_FORMAT_SIZE_IEC_UNITS);
  gboolean little = kib * 1024 < LITTLE_MEMORY_BYTES;
  es_doctor_say(request, "memory", little ? ES_DOCTOR_WARNING : ES_DOCTOR_OK,
                little ? _("give the machine more memory") : NULL,
                _("%s of memory available; the kernel's ring takes %s"), available, ring);
}

// ALSA names what can play pcmC<card>D<device>p; a sound server listens in the account's run-time folder.
static gboolean can_play(void) {
  g_autoptr(GDir) dir = g_dir_open("/dev/snd", 0, NULL);
  const char *name;
  while (dir && (name = g_dir_read_name(dir)))
    if (g_str_has_prefix(name, "pcm") && g_str_has_suffix(name, "p"))
      return TRUE;
  static const char *const servers[] = {"pulse/native", "pipewire-0"};
  for (guint i = 0; i < G_N_ELEMENTS(servers); i++) {
    g_autofree char *path = g_build_filename(g_get_user_runtime_dir(), servers[i], NULL);
    if (g_file_test(path, G_FILE_TEST_EXISTS))
      return TRUE;
  }
  return FALSE;
}

static void check_sound(const EsRequest *request) {
  if (can_play())
    es_doctor_say(request, "sound", ES_DOCTOR_OK, NULL, _("there is a sound device"));
  else
    es_doctor_say(request, "sound", ES_DOCTOR_WARNING,
                  _("earshot play --output writes WAV to listen elsewhere"),
                  _("there is no sound device: “earshot play” cannot be heard here"));
}

static void check_locale(const EsRequest *request) {
  const char *codeset = nl_langinfo(CODESET);
  if (g_ascii_strcasecmp(codeset, "UTF-8") == 0)
    es_doctor_say(request, "locale", ES_DOCTOR_OK, NULL, _("the locale can show every script (%s)"), codeset);
  else
    es_doctor_say(request, "locale", ES_DOCTOR_WARNING, "export LC_ALL=C.UTF-8",
                  _("the locale cannot show Arabic (%s)"), codeset);
}

static void check_zone(const EsRequest *request) {
  const char *wanted = g_getenv("TZ");
  g_autoptr(GTimeZone) named = wanted && *wanted ? g_time_zone_new_identifier(wanted) : NULL;
  g_autoptr(GDateTime) now = g_date_time_new_now_local();
  g_autofree char *offset = g_date_time_format(now, "%Z (UTC%:z)");
  if (wanted && *wanted && *wanted != ':' && !named)
    es_doctor_say(request, "zone", ES_DOCTOR_WARNING, _("export a zone such as TZ=Africa/Cairo"),
                  _("TZ names no time zone: “%s”"), wanted);
  else
    es_doctor_say(request, "zone", ES_DOCTOR_OK, NULL, _("times are shown in the zone %s"), offset);
}

void es_doctor_machine(EsRequest *request) {
  check_clock(request);
  check_permission(request);
  check_memory(request);
  check_sound(request);
  check_locale(request);
  check_zone(request);
}
