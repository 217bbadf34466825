// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Locale and message catalogue (see language.h).
//
// gettext ignores LANGUAGE while the locale of messages is "C", and a locale that is not installed leaves it
// there. So when a language is wanted, any other locale will do as the vehicle: the language's own if it is
// installed, else C.UTF-8, which Debian always has.
#include "language.h"
#include "earshot/common/i18n.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef ES_LOCALE_DIR
#define ES_LOCALE_DIR "/usr/share/locale"
#endif

static const char *language_from_argv(char **argv) {
  for (; *argv != NULL; argv++) {
    if (strcmp(*argv, "--") == 0)
      return NULL;
    if (strcmp(*argv, "--lang") == 0)
      return argv[1];
    if (g_str_has_prefix(*argv, "--lang="))
      return *argv + strlen("--lang=");
  }
  return NULL;
}

// The language that the environment names, for when its locale is not installed.
static const char *language_from_environment(void) {
  static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
  for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
    const char *value = g_getenv(names[i]);
    if (value != NULL && *value != '\0')
      return value;
  }
  return NULL;
}

// NOLINTBEGIN(concurrency-mt-unsafe): the locale is set before there is a second thread, and only read then
static gboolean is_c(int category) {
  const char *name = setlocale(category, NULL);
  return name == NULL || strcmp(name, "C") == 0 || strcmp(name, "POSIX") == 0;
}

// Messages and characters in some locale in which gettext looks at LANGUAGE.
static void leave_c(const char *language) {
  g_autofree char *own = g_strdup_printf("%s.UTF-8", language);
  const char *const vehicles[] = {own, "ar_EG.UTF-8", "en_US.UTF-8", "C.UTF-8"};
  for (gsize i = 0; is_c(LC_MESSAGES) && i < G_N_ELEMENTS(vehicles); i++)
    setlocale(LC_MESSAGES, vehicles[i]);
  if (is_c(LC_CTYPE))
    setlocale(LC_CTYPE, "C.UTF-8");
}

// Beside the program in the build tree, under the same prefix, or where it was configured to be.
static char *catalogue_directory(void) {
  const char *given = g_getenv("EARSHOT_LOCALE_DIR");
  if (given != NULL)
    return g_strdup(given);
  char program[4096];
  gssize length = readlink("/proc/self/exe", program, sizeof program - 1);
  if (length > 0) {
    static const char *const places[] = {"../po", "../share/locale"};
    program[length] = '\0';
    g_autofree char *directory = g_path_get_dirname(program);
    for (gsize i = 0; i < G_N_ELEMENTS(places); i++) {
      g_autofree char *place = g_build_filename(directory, places[i], NULL);
      g_autofree char *catalogue = g_build_filename(place, "ar", "LC_MESSAGES", "earshot.mo", NULL);
      if (access(catalogue, R_OK) == 0)
        return g_steal_pointer(&place);
    }
  }
  return g_strdup(ES_LOCALE_DIR);
}

void es_locale_begin(char **argv) {
  const char *language = language_from_argv(argv);
  if (setlocale(LC_ALL, "") == NULL) {
    if (language == NULL)
      language = language_from_environment();
    setlocale(LC_ALL, "C.UTF-8");
  }
  setlocale(LC_NUMERIC, "C"); // figures look the same everywhere and can be read back
  if (language != NULL) {
    g_setenv("LANGUAGE", language, TRUE);
    leave_c(language);
  }
  g_autofree char *directory = catalogue_directory();
  bindtextdomain(ES_GETTEXT_DOMAIN, directory);
  bind_textdomain_codeset(ES_GETTEXT_DOMAIN, "UTF-8");
}

const char *es_locale_language(void) {
  const char *language = g_getenv("LANGUAGE");
  if (is_c(LC_MESSAGES))
    return "en";
  if (language == NULL || *language == '\0')
    language = setlocale(LC_MESSAGES, NULL);
  return g_str_has_prefix(language, "ar") ? "ar" : "en";
}
// NOLINTEND(concurrency-mt-unsafe)
