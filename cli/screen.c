// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Terminal facts and colours (see screen.h).
#include "screen.h"
#include "text.h"

#include <langinfo.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define DEFAULT_WIDTH 80
#define LEAST_WIDTH 40
#define MOST_WIDTH 1000

static int terminal_width(void) {
  struct winsize size;
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
    return CLAMP(size.ws_col, LEAST_WIDTH, MOST_WIDTH);
  const char *columns = g_getenv("COLUMNS");
  gint64 width = columns != NULL ? g_ascii_strtoll(columns, NULL, 10) : 0;
  return width > 0 ? (int)CLAMP(width, LEAST_WIDTH, MOST_WIDTH) : DEFAULT_WIDTH;
}

void es_screen_detect(EsScreen *screen) {
  const char *no_colour = g_getenv("NO_COLOR");
  const char *term = g_getenv("TERM");
  screen->terminal = isatty(STDOUT_FILENO);
  screen->utf8 = g_ascii_strcasecmp(nl_langinfo(CODESET), "UTF-8") == 0;
  screen->colour = screen->terminal && (no_colour == NULL || *no_colour == '\0') && term != NULL &&
                   strcmp(term, "dumb") != 0;
  screen->isolate = screen->terminal && screen->utf8;
  screen->width = screen->terminal ? terminal_width() : 0;
}

void es_screen_print(const EsScreen *screen, const char *text, int indent, int hanging) {
  g_autofree char *wrapped = es_text_wrap(text, screen->width > 0 ? screen->width : G_MAXINT, hanging);
  printf("%*s%s\n", indent, "", wrapped);
}

void es_screen_make_plain(EsScreen *screen) {
  screen->colour = FALSE;
  screen->utf8 = FALSE;
  screen->isolate = FALSE;
}

const char *es_screen_begin(const EsScreen *screen, EsStyle style) {
  static const char *const codes[] = {"",         "\033[1m", "\033[32m", "\033[33m",
                                      "\033[31m", "\033[2m", "\033[1;4m"};
  return screen->colour ? codes[style] : "";
}

const char *es_screen_end(const EsScreen *screen, EsStyle style) {
  return screen->colour && style != ES_STYLE_NONE ? "\033[0m" : "";
}
